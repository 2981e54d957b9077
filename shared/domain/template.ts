// Filling of {placeholders}. A value that is missing or empty takes its whole entry with it; what a URL may become is decided in template-url.ts.
// A secret is filled only from values that hold secrets (for a body or header to the provider). Where they do not, a placeholder of one is
// refused, whoever wrote it: in an address or a field that is shown, the secret would be out.
import { KeywayError } from '../contract/errors.ts'
import type { TemplateParameter } from '../contract/provider-spec.ts'
import { isSecretPlaceholder, misplacedMessage } from '../contract/secret-sinks.ts'

/** Placeholder name → value, e.g. `tenant`, `token.instance_url`, `client_id`. */
export type TemplateValues = Readonly<Record<string, string>>

const placeholder = /\{([A-Za-z_][A-Za-z0-9_.[\]-]*)\}/g

/** The text with everything filled, or null when a value is missing or empty. @throws KeywayError config_error for a secret that may not stand here */
export function fillTemplate(text: string, values: TemplateValues): string | null {
  let complete = true
  const filled = text.replace(placeholder, (_whole, name: string) => {
    const value = valueOf(values, name)
    if (value === '') complete = false
    return value
  })
  return complete ? filled : null
}

/** For bodies in a language with braces of its own (GraphQL): fills what has a value, leaves the rest as it stands. */
export function fillKnown(text: string, values: TemplateValues): string {
  return text.replace(placeholder, (whole, name: string) => valueOf(values, name) || whole)
}

/** A map of templates, without the entries that stay incomplete or come out empty. */
export function fillMap(
  map: Readonly<Record<string, string>>,
  values: TemplateValues,
): Record<string, string> {
  const filled: Record<string, string> = {}
  for (const [name, template] of Object.entries(map)) {
    const text = fillTemplate(template, values)
    if (text !== null && text !== '') filled[name] = text
  }
  return filled
}

/** Whether the whole of a value matches a pattern that came as data. The service brings an engine that is linear in the value's length. */
export type PatternMatch = (pattern: string, value: string) => 'fits' | 'misfits' | 'unreadable'

export type ParameterProblem = { name: string; message: string }

/** Template parameters with their defaults, each checked against its pattern. */
export function resolveParameters(
  parameters: readonly TemplateParameter[],
  given: TemplateValues,
  match: PatternMatch,
): { values: Record<string, string>; problems: ParameterProblem[] } {
  const values: Record<string, string> = {}
  const problems: ParameterProblem[] = []
  for (const parameter of parameters) {
    const typed = (Object.hasOwn(given, parameter.name) ? (given[parameter.name] ?? '') : '').trim()
    const value = typed === '' ? (parameter.default ?? '') : typed
    const message = problemOf(parameter, value, match)
    if (message === null) values[parameter.name] = value
    else problems.push({ name: parameter.name, message })
  }
  return { values, problems }
}

function problemOf(parameter: TemplateParameter, value: string, match: PatternMatch): string | null {
  if (value === '') return parameter.required ? `${parameter.label} is needed.` : null
  const matched = parameter.pattern === null ? 'fits' : match(parameter.pattern, value)
  if (matched === 'fits') return null
  if (matched === 'unreadable') return `The pattern of ${parameter.label} cannot be used here.`
  return `${parameter.label} does not look right${parameter.example === null ? '.' : `; an example is ${parameter.example}.`}`
}

/** @throws KeywayError config_error for a secret that these values do not hold */
function valueOf(values: TemplateValues, name: string): string {
  if (Object.hasOwn(values, name)) return values[name] ?? ''
  if (isSecretPlaceholder(name)) throw misplacedSecret(name)
  return ''
}

export function misplacedSecret(name: string): KeywayError {
  return new KeywayError('config_error', {
    message: misplacedMessage(name),
    nextStep: 'Take it out of that field on the provider page.',
    details: { placeholder: name },
  })
}
