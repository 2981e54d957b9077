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

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
