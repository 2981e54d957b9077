// The preview of an import: its content, the conflicts, and a suggestion for each.
import { isDeepStrictEqual } from 'node:util'
import type { AppRecord, Grant } from '../../../shared/contract/app.ts'
import type { BundleReport, BundleSetting, BundleWarning } from '../../../shared/contract/transfer.ts'
import type { ConnectionRecord } from '../../../shared/contract/connection.ts'
import type { ProviderSpec } from '../../../shared/contract/provider-spec.ts'
import type { Settings } from '../../../shared/contract/settings.ts'
import { createYielder } from './file-reader.ts'
import {
  type ConnectionTarget,
  fitApp,
  fitConnection,
  fitProvider,
  type ExistingData,
  type ProviderFit,
} from './compatible.ts'
import type { BundleContent, BundledConnection, BundledProvider } from './content.ts'

export async function bundleReport(
  content: BundleContent,
  createdAt: number,
  localData: ExistingData,
): Promise<BundleReport> {
  const yielding = createYielder()
  const fits = new Map(
    content.providers.map((provider) => [provider.id, { provider, fit: fitProvider(provider, localData) }]),
  )
  const connections = localData.connections()
  const apps = localData.apps()
  const items: BundleReport['connections'] = []
  for (const connection of content.connections) {
    await yielding()
    const { provider, fit } = fits.get(connection.providerId) ?? {}
    const home: ConnectionTarget = fit === undefined ? { kind: 'none' } : suggestedTarget(fit)
    items.push(connectionItem(connection, provider?.name ?? '', fitConnection(connection, home, connections)))
  }
  return {
    createdAt,
    keywayVersion: content.keywayVersion,
    providers: [...fits.values()].map(({ provider, fit: { clash, choices, differs } }) => {
      const { id, name, slug, preset, clientSecret } = provider
      return { id, name, clash, choices, slug, preset, hasClientSecret: clientSecret !== null, differs }
    }),
    connections: items,
    apps: content.apps.map((app) => {
      const { id, name, grants, manage, approve, origins, paused, keys } = app
      return {
        id,
        name,
        ...fitApp(app, apps),
        grants,
        manage,
        approve,
        origins,
        paused,
        keyCount: keys.length,
        loses: lostRights(app, localData),
      }
    }),
    settings: settingDifferences(localData.settings(), content.settings),
    warnings: contentWarnings(content, localData),
  }
}

function suggestedTarget({ choices, counterpart }: ProviderFit): ConnectionTarget {
  if (choices[0] !== 'skip') return { kind: 'new' }
  return counterpart === null ? { kind: 'none' } : { kind: 'here', providerId: counterpart.id }
}

function connectionItem(
  connection: BundledConnection,
  providerName: string,
  fit: ReturnType<typeof fitConnection>,
): BundleReport['connections'][number] {
  const { id, account, providerId, identity, how, grantedScopes, lastOutcome, lastAuthorizedAt } = connection
  return {
    id,
    name: account,
    ...fit,
    providerId,
    providerName,
    identityLabel: identity.label,
    how,
    grantedScopes,
    status: lastOutcome.status,
    lastAuthorizedAt,
  }
}

export function contentWarnings(content: BundleContent, localData: ExistingData): BundleReport['warnings'] {
  const providers = new Map(content.providers.map((provider) => [provider.id, provider]))
  return content.connections.flatMap((connection) => {
    const provider = providers.get(connection.providerId)
    if (provider === undefined || !isPresetKnown(provider, localData)) return []
    return grantWarnings(connection, { name: provider.name, spec: localData.specOf(provider) })
  })
}

const isPresetKnown = ({ preset }: BundledProvider, here: ExistingData): boolean =>
  preset === null || here.presetSlugs.includes(preset)

/** The settings whose values differ. */
export function settingDifferences(here: Settings, there: Settings): BundleSetting[] {
  const names = Object.keys(there) as (keyof Settings)[]
  return names
    .filter((name) => !isDeepStrictEqual(here[name], there[name]))
    .map((name) => ({
      name,
      here: asText(here[name]),
      there: asText(there[name]),
      isTaken: !DECIDES_TRUST.has(name),
    }))
}

/** These decide who can read what Keyway sends, so they are never imported. */
const DECIDES_TRUST: ReadonlySet<keyof Settings> = new Set(['proxyUrl', 'extraCa'])

/** Rights that an app of the file does not keep, as far as known before the choices. */
function lostRights(app: AppRecord, localData: ExistingData): BundleReport['apps'][number]['loses'] {
  const [providers, connections] = [localData.providers(), localData.connections()]
  const isHere = ({ target }: Grant): boolean =>
    (target.kind === 'provider' && providers.some(({ id }) => id === target.providerId)) ||
    (target.kind === 'connection' && connections.some(({ id }) => id === target.connectionId))
  return [
    ...(app.manage ? (['manage'] as const) : []),
    ...(app.approve ? (['approve'] as const) : []),
    ...(app.grants.some(({ target }) => target.kind === 'all') ? (['all'] as const) : []),
    ...(app.grants.some(isHere) ? (['here'] as const) : []),
  ]
}

function asText(value: string | number | boolean | null): string {
  if (typeof value !== 'string') return value === null ? 'none' : String(value)
  const certificates = value.match(/-----BEGIN CERTIFICATE-----/g)?.length
  return certificates === undefined ? value : `${certificates} certificate${certificates === 1 ? '' : 's'}`
}

// What a person must know before an authorization is used in two places.

type StoredGrant = Pick<ConnectionRecord, 'id' | 'account' | 'hasRefreshToken' | 'life' | 'refreshStartedAt'>

/** Whether a refresh uses up the refresh token: observation takes precedence over the description. */
function rotation(
  { hasRefreshToken, life }: Pick<StoredGrant, 'hasRefreshToken' | 'life'>,
  spec: ProviderSpec,
): 'known' | 'possible' | 'no' {
  if (!hasRefreshToken) return 'no'
  if (life.some(({ kind }) => kind === 'rotated') || spec.refresh.rotates === 'yes') return 'known'
  const wasRenewed = life.some(({ kind }) => kind === 'refreshed')
  return wasRenewed || spec.refresh.rotates === 'no' ? 'no' : 'possible'
}

export function grantWarnings(
  grant: StoredGrant,
  provider: { name: string; spec: ProviderSpec },
): BundleWarning[] {
  const about = { connectionId: grant.id, providerName: provider.name, account: grant.account }
  const who = `${provider.name}, ${grant.account}`
  const rotates = rotation(grant, provider.spec)
  const warnings: BundleWarning[] = []
  if (rotates !== 'no') {
    const how = rotates === 'known' ? 'uses up' : 'may use up'
    warnings.push({
      ...about,
      code: 'rotating_grant',
      certainty: rotates,
      message: `${who}: each renewal ${how} the refresh token. Used on two machines, one of them loses the grant; on one of the two, close Keyway or reconnect the account.`,
    })
  }
  if (grant.refreshStartedAt !== null) {
    warnings.push({
      ...about,
      code: 'renewal_under_way',
      certainty: 'possible',
      message: `${who}: a renewal had not ended when the bundle was made; its token may be used up already.`,
    })
  }
  return warnings
}

export function leftOut(about: {
  connectionId: string | null
  providerName: string
  account: string | null
  what: string
}): BundleWarning {
  const { what, ...rest } = about
  return {
    ...rest,
    code: 'left_out',
    certainty: 'known',
    message: `${rest.providerName}${rest.account === null ? '' : `, ${rest.account}`}: ${what}`,
  }
}
