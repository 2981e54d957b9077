// Regular expressions of a provider. They run in a linear engine (RE2), because JavaScript's engine can take
// exponential time (ReDoS).
import { RE2JS, RE2JSException } from 're2js'
import { KeywayError } from '../../../shared/contract/errors.ts'
import type { ProviderSpec } from '../../../shared/contract/provider-spec.ts'
import type { PatternMatch } from '../../../shared/domain/template.ts'
import { BoundedMap } from '../bounded-map.ts'

const MAX_CHARACTERS = 300
const MAX_KEPT = 500
const NOT_READ =
  'It is no regular expression that can be used here: look-around, back-references and counts beyond 1000 are not known, and 300 characters are the most.'

const compiled = new BoundedMap<string, RE2JS | null>(MAX_KEPT)

function compile(pattern: string): RE2JS | null {
  const known = compiled.get(pattern)
  if (known !== undefined) return known
  const fresh = pattern.length > MAX_CHARACTERS ? null : tryToCompile(pattern)
  compiled.set(pattern, fresh)
  return fresh
}

function tryToCompile(pattern: string): RE2JS | null {
  try {
    return RE2JS.compile(pattern)
  } catch (error) {
    if (error instanceof RE2JSException) return null
    throw error
  }
}

/** Whether the pattern matches the whole of `value`. */
export const matchPattern: PatternMatch = (pattern, value) => {
  const expression = compile(pattern)
  if (expression === null) return 'unreadable'
  return expression.matches(value) ? 'fits' : 'misfits'
}

/** The pattern that matches exactly this text. */
export const literally = (text: string): string => RE2JS.quote(text)

/** Every pattern of a provider with its field. */
export function patternsOf({
  templateParameters,
  api,
  authorize,
}: Pick<ProviderSpec, 'templateParameters' | 'api' | 'authorize'>): Array<{
  field: string
  pattern: string
}> {
  const all = [
    ...templateParameters.map(({ pattern }, index) => ({
      field: `spec.templateParameters.${index}.pattern`,
      pattern,
    })),
    { field: 'spec.api.dynamicHostPattern', pattern: api.dynamicHostPattern },
    {
      field: 'spec.authorize.tokenHostFromCallback.pattern',
      pattern: authorize.tokenHostFromCallback?.pattern ?? null,
    },
  ]
  return all.flatMap(({ field, pattern }) => (pattern === null ? [] : [{ field, pattern }]))
}

/**
 * Checks that patterns are valid and parameters match them. Stored values are accepted; an invalid one is
 * reported when it is used.
 * @throws KeywayError invalid_request that names the field
 */
export function checkPatterns(
  spec: ProviderSpec,
  { before, parameters }: { before: ProviderSpec | null; parameters: Readonly<Record<string, string>> },
): void {
  const stood = new Set(before === null ? [] : patternsOf(before).map(({ pattern }) => pattern))
  for (const { field, pattern } of patternsOf(spec)) {
    if (!stood.has(pattern) && compile(pattern) === null)
      throw new KeywayError('invalid_request', { message: `${field}: ${NOT_READ}`, details: { field } })
  }
  checkParameters(spec, parameters)
}

function checkParameters(
  { templateParameters }: Pick<ProviderSpec, 'templateParameters'>,
  given: Readonly<Record<string, string>>,
): void {
  for (const { name, label, pattern, example } of templateParameters) {
    const value = (Object.hasOwn(given, name) ? (given[name] ?? '') : '').trim()
    if (value === '' || pattern === null || matchPattern(pattern, value) !== 'misfits') continue
    throw new KeywayError('invalid_request', {
      message: `${label} does not look right${example === null ? '.' : `; an example is ${example}.`}`,
      nextStep: 'Correct the value and save again.',
      details: { field: `parameters.${name}` },
    })
  }
}
