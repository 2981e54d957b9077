import { z } from 'zod'
import { KeywayError } from '../../shared/contract/errors.ts'
import { wordsOf, type Issue } from './issue-words.ts'

/** 400 that names the field and what is allowed there; `where` is the part of the request (body, query, path, headers). */
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

/** The query as an object; a parameter that comes twice is refused, for two readers would take different ones. */
export function queryObject(query: string): Record<string, string> {
  const found: Record<string, string> = {}
  for (const [name, value] of new URLSearchParams(query)) {
    if (Object.hasOwn(found, name)) {
      throw invalidRequest('query', [{ path: [name], message: 'It may be given only once.' }])
    }
    Object.defineProperty(found, name, { value, enumerable: true, configurable: true, writable: true })
  }
  return found
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
