import { z } from 'zod'

/**
 * The schema of a change: every field may be absent, and what is absent stays absent. Zod's own `partial()` would fill in the defaults
 * (since zod 4 a default inside an optional applies), and a change of one field would silently reset all others.
 */
export function patchOf<S extends z.ZodRawShape>(
  object: z.ZodObject<S>,
): z.ZodType<{ [K in keyof S]?: z.output<S[K]> }> {
  const shape = Object.fromEntries(
    Object.entries(object.shape).map(([key, field]) => [key, bare(field as z.ZodType).optional()]),
  )
  return z.strictObject(shape) as unknown as z.ZodType<{ [K in keyof S]?: z.output<S[K]> }>
}

function bare(field: z.ZodType): z.ZodType {
  return field instanceof z.ZodDefault || field instanceof z.ZodPrefault
    ? (field.unwrap() as z.ZodType)
    : field
}
