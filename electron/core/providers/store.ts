// Stores the registered providers. An entry that cannot be parsed stays in the file unchanged and is
// reported.
import type { z } from 'zod'
import { KeywayError } from '../../../shared/contract/errors.ts'
import type { Preset } from '../../../shared/contract/preset.ts'
import {
  type ProviderSpec,
  providerSpec,
  type ProviderSpecInput,
} from '../../../shared/contract/provider-spec.ts'
import { providerRecord, type ProviderRecord, SECRET_PLACEHOLDER } from '../../../shared/contract/provider.ts'
import { bareSchema, isMap, memberSchema } from '../../../shared/contract/schema-walk.ts'
import { Secret } from '../../../shared/contract/secret.ts'
import type { ResolvedProvider } from '../oauth/types.ts'
import type { KeyValueStore, Logger } from '../ports.ts'
import type { SecretBox } from '../vault/status.ts'

export type ProviderStore = {
  list(): ProviderRecord[]
  byId(id: string): ProviderRecord | null
  bySlug(slug: string): ProviderRecord | null
  /** @throws KeywayError provider_not_found */
  getOrThrow(id: string): ProviderRecord
  /** Why there is none: a preset that was never set up, or an unknown name. */
  notFound(idOrSlug: string): KeywayError
  specOf(record: ProviderRecord): ProviderSpec
  presetOf(record: Pick<ProviderRecord, 'preset'>): Preset | null
  /** Every slug in the file, including those of unreadable entries. */
  takenSlugs(): string[]
  /** @throws KeywayError disk_full | save_failed; nothing has changed then */
  save(record: ProviderRecord): void
  remove(id: string): void
}

export type ProviderStoreDeps = {
  store: KeyValueStore
  presets: readonly Preset[]
  logger: Logger
  onUnreadable: (entry: { store: string; key: string }) => void
}

export function createProviderStore(deps: ProviderStoreDeps): ProviderStore {
  const presets = new Map(deps.presets.map((preset) => [preset.slug, preset]))
  const { records, unreadableSlugs } = load(deps)
  // By record and not by id: a changed record is a new object, so an old spec is never used for it.
  const specs = new WeakMap<ProviderRecord, ProviderSpec>()
  const presetOf: ProviderStore['presetOf'] = ({ preset }) =>
    preset === null ? null : (presets.get(preset) ?? null)

  return {
    list: () => [...records.values()],
    byId: (id) => records.get(id) ?? null,
    bySlug(slug) {
      // Called on every request, so no list is created.
      for (const record of records.values()) if (record.slug === slug) return record
      return null
    },
    getOrThrow(id) {
      const record = records.get(id)
      if (record === undefined) throw notFound(presets, id)
      return record
    },
    notFound: (idOrSlug) => notFound(presets, idOrSlug),
    specOf(record) {
      const known = specs.get(record)
      if (known !== undefined) return known
      const spec = specOf(presetOf(record), record.spec)
      specs.set(record, spec)
      return spec
    },
    presetOf,
    takenSlugs: () => [...[...records.values()].map(({ slug }) => slug), ...unreadableSlugs],
    save(record) {
      deps.store.set(record.id, record)
      records.set(record.id, record)
    },
    remove(id) {
      deps.store.delete(id)
      records.delete(id)
    },
  }
}

function notFound(presets: ReadonlyMap<string, Preset>, idOrSlug: string): KeywayError {
  const preset = presets.get(idOrSlug)
  if (preset === undefined) return new KeywayError('provider_not_found', { details: { provider: idOrSlug } })
  return new KeywayError('provider_not_found', {
    message: `${preset.name} is a built-in preset that has not been set up yet.`,
    nextStep: `Choose "Add connection" in Keyway's window, then ${preset.name}.`,
    details: { provider: idOrSlug, preset: preset.slug },
  })
}

export const isProviderEntry = (key: string, value: unknown): boolean =>
  providerRecord.safeParse(value).data?.id === key

function load({ store, logger, onUnreadable }: ProviderStoreDeps): {
  records: Map<string, ProviderRecord>
  unreadableSlugs: string[]
} {
  const records = new Map<string, ProviderRecord>()
  const unreadableSlugs: string[] = []
  for (const [key, value] of store.entries()) {
    const parsed = providerRecord.safeParse(value)
    if (parsed.success && parsed.data.id === key) {
      records.set(key, parsed.data)
      continue
    }
    logger.warn('A provider could not be read; it is kept as it is', { key, error: parsed.error })
    onUnreadable({ store: 'providers', key })
    const slug = (value as { slug?: unknown } | null)?.slug
    if (typeof slug === 'string') unreadableSlugs.push(slug)
  }
  return { records, unreadableSlugs }
}

const secretOf = (id: string): string => `provider:${id}:client-secret`
export const clientKeysOf = (id: string): string => `provider:${id}:client-keys`
const registrationOf = (id: string): string => `provider:${id}:registration`

/**
 * The encrypted client secret after a save: kept if nothing or the placeholder was sent, removed if it was
 * emptied.
 */
export function sealClientSecret(
  box: SecretBox,
  id: string,
  typed: string | undefined,
  stored: string | null,
): string | null {
  if (typed === undefined || typed === SECRET_PLACEHOLDER) return stored
  return typed === '' ? null : box.seal(new Secret(typed), secretOf(id))
}

export function openClientSecret(box: SecretBox, record: ProviderRecord): Secret | null {
  return record.sealedClientSecret === null ? null : box.open(record.sealedClientSecret, secretOf(record.id))
}

/**
 * A provider with its decrypted client secret.
 * @throws KeywayError vault_locked | integrity_check_failed
 */
export function resolveProvider(
  { providers, box }: { providers: Pick<ProviderStore, 'specOf'>; box: SecretBox },
  record: ProviderRecord,
): ResolvedProvider {
  // Also without a secret: with a locked vault nothing is started that could not be finished.
  if (!box.unlocked) throw new KeywayError('vault_locked')
  box.gate?.provider(record.id)
  return {
    id: record.id,
    slug: record.slug,
    name: record.name,
    clientId: record.clientId,
    clientSecret: openClientSecret(box, record),
    clientKeys: openClientKeys(box, record),
    spec: providers.specOf(record),
    parameters: record.parameters,
    extraCa: record.extraCa,
  }
}

export function openClientKeys(
  box: SecretBox,
  { id, sealedClientKeys }: Pick<ProviderRecord, 'id' | 'sealedClientKeys'>,
): Secret | null {
  return sealedClientKeys === null ? null : box.open(sealedClientKeys, clientKeysOf(id))
}

export function sealRegistration(box: SecretBox, id: string, token: Secret | null): string | null {
  return token === null ? null : box.seal(token, registrationOf(id))
}

export function openRegistration(box: SecretBox, record: ProviderRecord): Secret | null {
  return record.sealedRegistration === null
    ? null
    : box.open(record.sealedRegistration, registrationOf(record.id))
}

/**
 * The preset's sparse spec with the registration's deviations, completed with the defaults of a standard
 * server.
 * @throws KeywayError invalid_request if the result is not valid
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

// Merges objects by name; arrays, scalars and null replace. An empty text removes a map entry; no request
// sends one.
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
 * Applies a change of some fields to the provider's deviations; not validated yet. Missing fields are
 * unchanged (RFC 7396, with the schema to tell maps from objects): null is a value where the schema allows
 * it, and removes a map entry.
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

/** An object with required fields is kept whole, because a part of it would not be valid. */
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
