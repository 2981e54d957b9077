// Reads a file that describes one provider: an export of Keyway as JSON or code, or JSON of the same form.
import type { z } from 'zod'
import { KeywayError } from '../../../shared/contract/errors.ts'
import { cleanName } from '../../../shared/contract/name.ts'
import { providerInput, type ProviderInput, SECRET_PLACEHOLDER } from '../../../shared/contract/provider.ts'
import { readJson } from '../../../shared/domain/json-path.ts'

/**
 * @throws KeywayError invalid_request with the position if it is not JSON, or each invalid field
 * (`details.issues`)
 */
export function readProviderFile(
  text: string,
  slug: string | undefined,
): { input: ProviderInput; notes: string[] } {
  const read = readJson(definitionIn(text))
  if (!read.ok) {
    const { line, column } = read
    throw new KeywayError('invalid_request', {
      message: `This is not JSON: it stops making sense at line ${line}, column ${column}.`,
      nextStep: 'Paste what "Export" shows, or JSON of the same shape.',
      details: { field: 'json', line, column },
    })
  }
  const notes: string[] = []
  const given = withoutPlaceholders(read.value, notes)
  const parsed = providerInput.safeParse(
    isObject(given) ? { ...withCleanName(given), ...(slug === undefined ? {} : { slug }) } : given,
  )
  if (parsed.success) return { input: parsed.data, notes }
  const issues = parsed.error.issues.flatMap(fieldsOf)
  const [first] = issues
  throw new KeywayError('invalid_request', {
    message: `${first?.field ?? 'json'}: ${first?.message ?? 'Not what a provider looks like.'}`,
    nextStep: 'Correct the named fields; nothing was registered.',
    details: { field: first?.field ?? 'json', issues },
    cause: parsed.error,
  })
}

/** Invisible characters in a name are removed; the file is not rejected for them. */
function withCleanName(given: Record<string, unknown>): Record<string, unknown> {
  return typeof given['name'] === 'string' ? { ...given, name: cleanName(given['name']) } : given
}

/** The object inside `defineProvider({…})`, or the whole text. */
function definitionIn(text: string): string {
  const begins = text.indexOf('defineProvider(')
  const ends = text.lastIndexOf(')')
  return begins === -1 || ends < begins ? text : text.slice(begins + 'defineProvider('.length, ends)
}

const ENVIRONMENT = /^\$\{[A-Za-z_]\w*\}$/

function withoutPlaceholders(value: unknown, notes: string[]): unknown {
  if (!isObject(value)) return value
  const isHollow = (field: unknown): boolean =>
    typeof field === 'string' && (ENVIRONMENT.test(field) || field === SECRET_PLACEHOLDER)
  const labels = [
    ['clientId', 'The client id is not in the file: enter it.'],
    ['clientSecret', 'The client secret is not in the file: enter it.'],
  ] as const
  const hollow = labels.filter(([name]) => isHollow(value[name]))
  notes.push(...hollow.map(([, note]) => note))
  return Object.fromEntries(
    Object.entries(value).filter(([name]) => !hollow.some(([field]) => field === name)),
  )
}

function fieldsOf(issue: z.core.$ZodIssue): { field: string; message: string }[] {
  const path = issue.path.map(String)
  const message = issue.message
  if (issue.code !== 'unrecognized_keys') return [{ field: path.join('.') || 'json', message }]
  return issue.keys.map((key) => ({ field: [...path, key].join('.'), message: 'There is no such field.' }))
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
