// Converts schema errors into a KeywayError that names the field and the allowed values.
import { z } from 'zod'
import { KeywayError } from '../../shared/contract/errors.ts'

export type Issue = {
  readonly code?: string | undefined
  readonly path: ReadonlyArray<PropertyKey>
  readonly message: string
  readonly expected?: unknown
  readonly values?: unknown
  readonly keys?: unknown
  readonly minimum?: unknown
  readonly maximum?: unknown
  readonly origin?: unknown
}

/**
 * An error (status 400) that names the field and what is allowed. `where`: the part of the request (body,
 * query, path, headers, input).
 */
export function invalidRequest(where: string, issues: readonly Issue[], schema?: z.ZodType): KeywayError {
  const allowed = schema === undefined ? null : fieldsOf(schema)
  const details = issues
    .slice(0, 20)
    .map((issue) => ({ field: fieldOf(issue, where), in: where, message: wordsOf(issue, allowed) }))
  const [first] = details
  return new KeywayError('invalid_request', {
    message:
      first === undefined
        ? 'The request is not of the shape this call takes.'
        : `${first.field}: ${first.message}`,
    details: { field: first?.field ?? where, details },
  })
}

export function parsed<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  where: string,
): z.output<Schema> {
  const result = schema.safeParse(value)
  if (!result.success) throw invalidRequest(where, result.error.issues, schema)
  return result.data
}

function fieldsOf(schema: z.ZodType): string[] | null {
  let inner: z.core.$ZodType = schema
  while (inner instanceof z.ZodOptional || inner instanceof z.ZodNullable) inner = inner.unwrap()
  return inner instanceof z.ZodObject ? Object.keys(inner.shape) : null
}

function fieldOf({ path, keys }: Issue, where: string): string {
  const inner = Array.isArray(keys) && typeof keys[0] === 'string' ? [...path, keys[0]] : path
  return inner.length === 0 ? where : inner.map(String).join('.')
}

/** The default messages of the validator. */
const PLAIN = /^(?:Invalid (?:input|option)|Too (?:small|big)|Unrecognized key)/

/** `allowed`: the existing field names, if known. Custom messages of a schema are kept. */
function wordsOf(issue: Issue, allowed: readonly string[] | null): string {
  if (issue.code === 'unrecognized_keys') {
    return allowed === null || issue.path.length > 0
      ? 'There is no such field.'
      : allowed.length === 0
        ? 'There is no such field; none is taken here.'
        : `There is no such field; these are taken: ${allowed.join(', ')}.`
  }
  if (!PLAIN.test(issue.message)) return issue.message
  if (issue.message.endsWith('received undefined')) return `It is missing; ${kind(issue.expected)} is needed.`
  if (issue.code === 'invalid_type') return `${capital(kind(issue.expected))} is needed.`
  if (Array.isArray(issue.values)) return `One of ${issue.values.map(String).join(', ')}.`
  if (issue.code === 'too_small') return `At least ${String(issue.minimum)}${unit(issue.origin)}.`
  if (issue.code === 'too_big') return `At most ${String(issue.maximum)}${unit(issue.origin)}.`
  return issue.message
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
}

function kind(expected: unknown): string {
  return (typeof expected === 'string' ? KINDS[expected] : undefined) ?? 'another value'
}

function unit(origin: unknown): string {
  if (origin === 'string') return ' characters'
  return origin === 'array' ? ' entries' : ''
}

const capital = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1)
