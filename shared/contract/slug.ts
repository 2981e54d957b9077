import { z } from 'zod'
import { nameSchema } from './name.ts'

/**
 * Lowercase letters, digits and single hyphens between them; 1 to 63 characters. Immutable once the provider
 * exists.
 */
export const slugSchema = z
  .string()
  .min(1, 'A slug is needed.')
  .max(63, 'A slug has at most 63 characters.')
  .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, 'Lowercase letters, digits and hyphens between them.')

/** Preset slugs may also hold underscores (`google_calendar`), which distinguishes them at a glance. */
export const presetSlugSchema = z
  .string()
  .min(1)
  .max(40)
  .regex(/^[a-z][a-z0-9_-]*$/)

const SLUG_RULE =
  'A slug has lowercase letters, digits and single hyphens between them, at most 63 characters, such as my-server.'

/** A slug as it is registered: {@link slugSchema}, or the slug of a preset. */
export const newSlugSchema = z
  .string(SLUG_RULE)
  .min(1, `A slug is needed. ${SLUG_RULE}`)
  .max(63, SLUG_RULE)
  .regex(/^(?:[a-z0-9]+(?:-[a-z0-9]+)*|[a-z][a-z0-9_-]{0,39})$/, SLUG_RULE)

/** The label of a new connection within its provider ("work"); compared without regard to case. */
export const accountSchema = nameSchema({
  empty: 'An account needs a name.',
  long: 'An account name has at most 100 characters.',
})

/** Selects an account, including one whose name an earlier version accepted and that would be refused now. */
export const accountSelector = z
  .string()
  .trim()
  .min(1, 'An account needs a name.')
  .max(100, 'An account name has at most 100 characters.')
  .regex(/^[^\p{Cc}\p{Cs}]+$/u, 'Control characters are not allowed.')

/**
 * The schema of a change: every field may be absent, and an absent field stays absent. Zod's own `partial()`
 * would fill in the defaults (since zod 4 a default inside an optional applies), so changing one field would
 * silently reset all others.
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
