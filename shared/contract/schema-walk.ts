// Reads a zod schema as a tree: finds the field at a path, and the wrappers around it.
import { z } from 'zod'

export type SchemaPath = ReadonlyArray<PropertyKey>

/**
 * The schema without its wrappers (optional, nullable, default …), and the removed wrappers, outermost first.
 */
export function bareSchema(schema: z.ZodType): { bare: z.ZodType; wrappers: z.ZodType[] } {
  const wrappers: z.ZodType[] = []
  let bare = schema
  while (
    bare instanceof z.ZodOptional ||
    bare instanceof z.ZodNullable ||
    bare instanceof z.ZodDefault ||
    bare instanceof z.ZodPrefault
  ) {
    wrappers.push(bare)
    bare = bare.unwrap() as z.ZodType
  }
  return { bare, wrappers }
}

/** The schema of a member, or null where the schema has no such member. */
export function memberSchema(schema: z.ZodType, key: PropertyKey): z.ZodType | null {
  const { bare } = bareSchema(schema)
  if (bare instanceof z.ZodObject) {
    const shape = bare.shape as Record<PropertyKey, z.ZodType>
    return Object.hasOwn(shape, key) ? (shape[key] ?? null) : null
  }
  if (bare instanceof z.ZodRecord) return bare.valueType as z.ZodType
  if (bare instanceof z.ZodArray) return bare.element as z.ZodType
  return null
}

export const isMap = (schema: z.ZodType): boolean => bareSchema(schema).bare instanceof z.ZodRecord

/**
 * Whether a value is nested deeper than `levels`. Works without recursion, so that any depth can be checked.
 */
export function isDeeperThan(value: unknown, levels: number): boolean {
  let level: unknown[] = [value]
  for (let depth = 0; level.length > 0; depth += 1) {
    const next: unknown[] = []
    for (const each of level) {
      if (each === null || typeof each !== 'object') continue
      for (const inner of Object.values(each))
        if (inner !== null && typeof inner === 'object') next.push(inner)
    }
    if (next.length > 0 && depth + 1 >= levels) return true
    level = next
  }
  return false
}
