// Every leaf of a schema, with values that fit it: for tests that must hold for each field, also for one that
// is added later.
import { z } from 'zod'
import { bareSchema } from '../../shared/contract/schema-walk.ts'

export type Leaf = {
  /** Names; `0` for an entry of a list, `x` for one of a map. */
  path: readonly string[]
  name: string
  schema: z.ZodType
  isNullable: boolean
}

/** All leaves, the list entries and map entries among them. */
export function leavesOf(schema: z.ZodType, path: readonly string[] = []): Leaf[] {
  const { bare, wrappers } = bareSchema(schema)
  if (bare instanceof z.ZodObject) {
    return Object.entries(bare.shape).flatMap(([key, inner]) => leavesOf(inner as z.ZodType, [...path, key]))
  }
  if (bare instanceof z.ZodArray) return leavesOf(bare.element as z.ZodType, [...path, '0'])
  if (bare instanceof z.ZodRecord) return leavesOf(bare.valueType as z.ZodType, [...path, 'x'])
  const isNullable = wrappers.some((wrapper) => wrapper instanceof z.ZodNullable)
  return [{ path, name: path.join('.'), schema: bare, isNullable }]
}

const CANDIDATES: readonly unknown[] = [
  'x',
  'y',
  'https://a.test/p',
  'https://b.test/q',
  'a.test',
  'b.test',
  'X-Token: {access_token}',
  'a-b',
  true,
  false,
  1,
  2,
  60,
  3600,
  null,
  [],
  {},
]

/** Values of the leaf, as many different ones as there are at hand. */
export function valuesFor(schema: z.ZodType): unknown[] {
  const { bare } = bareSchema(schema)
  if (bare instanceof z.ZodEnum) return bare.options
  if (bare instanceof z.ZodLiteral) return [...bare.values]
  return CANDIDATES.filter((candidate) => bare.safeParse(candidate).success)
}

/** The least valid value of a schema. */
function sampleOf(schema: z.ZodType): unknown {
  const { bare } = bareSchema(schema)
  if (bare instanceof z.ZodObject) {
    return Object.fromEntries(
      Object.entries(bare.shape).flatMap(([key, inner]) =>
        (inner as z.ZodType).safeParse(undefined).success ? [] : [[key, sampleOf(inner as z.ZodType)]],
      ),
    )
  }
  if (bare instanceof z.ZodArray) return []
  if (bare instanceof z.ZodRecord) return {}
  return valuesFor(bare)[0]
}

/** A sparse value that is valid as a whole and has `value` at the leaf. */
export function sparseWith(schema: z.ZodType, path: readonly string[], value: unknown): unknown {
  const [key, ...rest] = path
  if (key === undefined) return value
  const { bare } = bareSchema(schema)
  if (bare instanceof z.ZodArray) {
    const element = bare.element as z.ZodType
    const entry = sparseWith(element, rest, value)
    // A list that needs more than one entry gets others.
    const others = valuesFor(element).filter((other) => other !== entry)
    const lengths = Array.from({ length: others.length + 1 }, (_each, length) => length)
    const enough = lengths.find((length) => bare.safeParse([entry, ...others.slice(0, length)]).success)
    return [entry, ...others.slice(0, enough ?? 0)]
  }
  if (bare instanceof z.ZodRecord) return { [key]: sparseWith(bare.valueType as z.ZodType, rest, value) }
  if (!(bare instanceof z.ZodObject)) return value
  const inner = (bare.shape as Record<string, z.ZodType>)[key]
  if (inner === undefined) throw new Error(`no field ${key}`)
  return { ...(sampleOf(bare) as object), [key]: sparseWith(inner, rest, value) }
}

/** What stands at a path. */
export function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (inner as Record<string, unknown> | null | undefined)?.[key],
    value,
  )
}
