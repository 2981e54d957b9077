// The registered providers as they are stored. What does not parse is left untouched in the file and reported; nothing overwrites it.
import { KeywayError } from '../../../shared/contract/errors.ts'
import type { ProviderSpec } from '../../../shared/contract/provider-spec.ts'
import { providerRecord, type ProviderRecord } from '../../../shared/contract/provider.ts'
import type { Preset } from '../../../shared/contract/preset.ts'
import type { KeyValueStore, Logger } from '../ports.ts'
import { specOf } from './merge-spec.ts'

export type ProviderBook = {
  list(): ProviderRecord[]
  byId(id: string): ProviderRecord | null
  bySlug(slug: string): ProviderRecord | null
  /** @throws KeywayError provider_not_found */
  need(id: string): ProviderRecord
  specOf(record: ProviderRecord): ProviderSpec
  presetOf(record: Pick<ProviderRecord, 'preset'>): Preset | null
  /** Every slug in the file, also of entries that cannot be read. */
  takenSlugs(): string[]
  /** @throws KeywayError disk_full | save_failed; nothing has changed then. */
  save(record: ProviderRecord): void
  remove(id: string): void
}

export type ProviderBookDeps = {
  store: KeyValueStore
  presets: readonly Preset[]
  logger: Logger
  onUnreadable: (entry: { store: string; key: string }) => void
}

export function createProviderBook(deps: ProviderBookDeps): ProviderBook {
  const presets = new Map(deps.presets.map((preset) => [preset.slug, preset]))
  const { records, unreadableSlugs } = load(deps)
  // By record, not by id: a changed record is a new object, so an old spec can never be taken for the new one's.
  const specs = new WeakMap<ProviderRecord, ProviderSpec>()
  const presetOf: ProviderBook['presetOf'] = ({ preset }) =>
    preset === null ? null : (presets.get(preset) ?? null)

  return {
    list: () => [...records.values()],
    byId: (id) => records.get(id) ?? null,
    bySlug(slug) {
      // On every request: no list is made for it.
      for (const record of records.values()) if (record.slug === slug) return record
      return null
    },
    need(id) {
      const record = records.get(id)
      if (record === undefined) throw new KeywayError('provider_not_found', { details: { provider: id } })
      return record
    },
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

export const isProviderEntry = (key: string, value: unknown): boolean =>
  providerRecord.safeParse(value).data?.id === key

function load({ store, logger, onUnreadable }: ProviderBookDeps): {
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
