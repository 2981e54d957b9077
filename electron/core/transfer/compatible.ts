// Compares the content of a bundle with the existing data and finds conflicts.
import { isDeepStrictEqual } from 'node:util'
import type { AppRecord } from '../../../shared/contract/app.ts'
import type { BundleChoice, BundleClash } from '../../../shared/contract/transfer.ts'
import type { ConnectionRecord } from '../../../shared/contract/connection.ts'
import type { ProviderSpec, ProviderSpecInput } from '../../../shared/contract/provider-spec.ts'
import type { ProviderRecord } from '../../../shared/contract/provider.ts'
import type { Settings } from '../../../shared/contract/settings.ts'
import { slugAvailability } from '../../../shared/domain/slug-availability.ts'
import { sameLabel } from '../../../shared/contract/name.ts'
import { sameAccount } from '../connections/store/record.ts'
import type { BundledConnection, BundledProvider } from './content.ts'

/** The existing data: the source of an export, and what an import is compared with. */
export type ExistingData = {
  providers(): ProviderRecord[]
  connections(): ConnectionRecord[]
  apps(): AppRecord[]
  settings(): Settings
  presetSlugs: readonly string[]
  /** Including those of unreadable entries. */
  takenSlugs(): string[]
  /** @throws KeywayError invalid_request if preset and deviations are not valid together */
  specOf(provider: { preset: string | null; spec: ProviderSpecInput }): ProviderSpec
}

export function fitApp(app: AppRecord, apps: readonly AppRecord[]): Fit {
  const hashes = new Set(app.keys.map(({ sha256 }) => sha256))
  const twin = apps.find(({ id, keys }) => id === app.id || keys.some(({ sha256 }) => hashes.has(sha256)))
  if (twin !== undefined) {
    const text = `"${twin.name}" is here already, with the same id or key.`
    return clash('here_already', twin.id, text, ['skip', 'keep_both'])
  }
  const sameName = apps.find(({ name }) => name.toLowerCase() === app.name.toLowerCase())
  if (sameName !== undefined) {
    return clash('name_taken', sameName.id, `Another app has the name "${sameName.name}" here.`, [
      'keep_both',
      'skip',
    ])
  }
  return { clash: null, choices: ['add', 'skip'] }
}

/** The target of a connection: an existing provider by id, one that the import creates, or none. */
export type ConnectionTarget = { kind: 'here'; providerId: string } | { kind: 'new' } | { kind: 'none' }

export function fitConnection(
  connection: BundledConnection,
  home: ConnectionTarget,
  connections: readonly ConnectionRecord[],
): Fit {
  const twin = connections.find(({ id }) => id === connection.id)
  if (twin !== undefined) {
    return clash('here_already', twin.id, `This connection is here already ("${twin.account}").`, [
      'skip',
      'keep_both',
    ])
  }
  if (home.kind === 'none') {
    return clash(
      'provider_not_taken',
      null,
      'Its provider is not taken over, and no provider here is the same client.',
      ['skip'],
    )
  }
  const beside =
    home.kind === 'new' ? [] : connections.filter(({ providerId }) => providerId === home.providerId)
  // An identifier that an earlier version rounded may be the same account; the person decides.
  const same = beside.find(
    (each) =>
      each.identity.id !== null &&
      connection.identity.id !== null &&
      (sameAccount(each, connection) !== 'no' || sameAccount(connection, each) !== 'no'),
  )
  if (same !== undefined) {
    const text = `The same account is connected here as "${same.account}".`
    return clash('here_already', same.id, text, ['skip', 'keep_both'])
  }
  const sameName = beside.find(({ account }) => sameLabel(account, connection.account))
  if (sameName !== undefined) {
    const text = `Another account has the name "${sameName.account}" here.`
    return clash('account_taken', sameName.id, text, ['keep_both', 'skip'])
  }
  return { clash: null, choices: ['add', 'skip'] }
}

// How a bundle's provider fits the existing ones. Two registrations are the same if they are one client at
// one server, because then tokens of one work with the other. The name alone never counts: a token could be
// sent to a wrong server.

export type Fit = {
  clash: BundleClash | null
  /** The suggested one first. */
  choices: BundleChoice[]
}
export type ProviderFit = Fit & {
  differs: string[]
  /** The existing provider that serves its connections if it is skipped; null: they are skipped too. */
  counterpart: ProviderRecord | null
}

export function fitProvider(provider: BundledProvider, localData: ExistingData): ProviderFit {
  if (provider.preset !== null && !localData.presetSlugs.includes(provider.preset)) {
    return {
      ...clash(
        'preset_unknown',
        null,
        `It builds on the preset "${provider.preset}", which this Keyway does not have.`,
        ['skip'],
      ),
      differs: [],
      counterpart: null,
    }
  }
  const others = localData.providers().filter(({ id, slug }) => id === provider.id || slug === provider.slug)
  const same = others.find((other) => isSameClient(provider, other, localData))
  if (same !== undefined) {
    const text = `"${same.name}" is registered here with the same client.`
    return {
      ...clash('here_already', same.id, text, ['skip', 'keep_both']),
      differs: differences(provider, same),
      counterpart: same,
    }
  }
  const [other] = others
  const availability = slugAvailability(provider.slug, {
    preset: provider.preset,
    presetSlugs: localData.presetSlugs,
    takenSlugs: localData.takenSlugs(),
  })
  if (other === undefined && availability === 'free') {
    return { clash: null, choices: ['add', 'skip'], differs: [], counterpart: null }
  }
  const text =
    other === undefined
      ? `The slug "${provider.slug}" is not free here.`
      : `"${other.name}" has this slug or id here, and is another client or another server.`
  return {
    ...clash('slug_taken', other?.id ?? null, text, ['keep_both', 'skip']),
    differs: other === undefined ? [] : differences(provider, other),
    counterpart: null,
  }
}

function clash(
  kind: BundleClash['kind'],
  withId: string | null,
  message: string,
  choices: BundleChoice[],
): Fit {
  return { clash: { kind, withId, message }, choices }
}

function isSameClient(provider: BundledProvider, other: ProviderRecord, localData: ExistingData): boolean {
  return isDeepStrictEqual(basisOf(provider, localData), basisOf(other, localData))
}

/** The fields that authorizations depend on. */
function basisOf(
  provider: Pick<ProviderRecord, 'clientId' | 'parameters' | 'preset' | 'spec'>,
  localData: ExistingData,
): unknown {
  const { endpoints, discovery } = localData.specOf(provider)
  return [
    provider.clientId,
    provider.parameters,
    endpoints.token,
    endpoints.authorization,
    discovery.issuer,
    discovery.url,
  ]
}

const COMPARED = [
  'name',
  'slug',
  'clientId',
  'scopes',
  'secondaryScopes',
  'parameters',
  'allowedHosts',
  'privateHosts',
  'redirect',
  'redirectHost',
  'flow',
  'extraCa',
  'spec',
] as const

function differences(provider: BundledProvider, other: ProviderRecord): string[] {
  return COMPARED.filter((name) => !isDeepStrictEqual(provider[name], other[name]))
}
