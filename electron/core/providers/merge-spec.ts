import type { z } from 'zod'
import { bareSchema, isMap, memberSchema } from '../../../shared/contract/schema-walk.ts'
import { KeywayError } from '../../../shared/contract/errors.ts'
import type { Preset } from '../../../shared/contract/preset.ts'
import {
  providerSpec,
  type ProviderSpec,
  type ProviderSpecInput,
} from '../../../shared/contract/provider-spec.ts'

/**
 * The preset's sparse spec with the registration's own deviations on top, filled up with the defaults of a plain server.
 * @throws KeywayError invalid_request when the two do not make a spec together
 */
export function specOf(preset: Preset | null, overrides: ProviderSpecInput): ProviderSpec {
  const parsed = providerSpec.safeParse(merge(preset?.spec ?? {}, overrides))
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new KeywayError('invalid_request', {
    message: issue?.message ?? 'These settings do not fit together.',
    details: { field: ['spec', ...(issue?.path ?? [])].join('.') },
    cause: parsed.error,
  })
}

// Objects are merged name by name; arrays, scalars and null replace. An entry of a map is taken away by an empty text, which no
// request sends.
function merge(base: unknown, over: unknown): unknown {
  if (over === undefined) return base
  if (!isObject(base) || !isObject(over)) return over
  const merged: Record<string, unknown> = { ...base }
  for (const [name, value] of Object.entries(over)) {
    if (name !== '__proto__') merged[name] = merge(base[name], value)
  }
  return merged
}

/**
 * A change of a few fields, put into what a provider has of its own; not checked yet. What is left out stays as it is (RFC 7396, with the
 * schema to tell maps from objects): null is a value where the schema knows it, and takes an entry out of a map.
 */
export function patchedSpec(
  standing: { overrides: unknown; preset: unknown },
  change: unknown,
  schema: z.ZodType = providerSpec,
): unknown {
  if (!isObject(change)) return change
  const merged: Record<string, unknown> = { ...startOf(schema, standing) }
  for (const [name, value] of Object.entries(change)) {
    if (name === '__proto__' || value === undefined) continue
    const { preset } = standing
    const ofPreset = isObject(preset) && Object.hasOwn(preset, name) ? preset[name] : undefined
    if (value === null && isMap(schema)) {
      if (ofPreset === undefined) delete merged[name]
      else merged[name] = ''
      continue
    }
    const member = memberSchema(schema, name)
    const inside = { overrides: merged[name], preset: ofPreset }
    merged[name] = member === null ? value : patchedSpec(inside, value, member)
  }
  return merged
}

/** An object with members that must be there is kept whole, for a part of it would be no valid deviation. */
function startOf(
  schema: z.ZodType,
  { overrides, preset }: { overrides: unknown; preset: unknown },
): Record<string, unknown> {
  const isWhole = overrides === null || bareSchema(schema).bare.safeParse({}).success
  const start = isWhole ? overrides : merge(preset, overrides)
  return isObject(start) ? start : {}
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
