// A bundle as the person sees it before anything is imported: what is in it, what clashes, and what is suggested for each.
import { isDeepStrictEqual } from 'node:util'
import type { BundleReport, BundleSetting } from '../../../shared/contract/bundle.ts'
import type { AppRecord, Grant } from '../../../shared/contract/app.ts'
import type { Settings } from '../../../shared/contract/settings.ts'
import type { BundleContent, BundledConnection, BundledProvider } from './bundle-content.ts'
import { grantWarnings } from './bundle-warnings.ts'
import { fitApp } from './fit-app.ts'
import { fitConnection, type ConnectionHome } from './fit-connection.ts'
import { fitProvider, type ProviderFit } from './fit-provider.ts'
import type { Here } from './here.ts'
import { createYielder } from './yielder.ts'

export async function bundleReport(
  content: BundleContent,
  createdAt: number,
  here: Here,
): Promise<BundleReport> {
  const yielding = createYielder()
  const fits = new Map(
    content.providers.map((provider) => [provider.id, { provider, fit: fitProvider(provider, here) }]),
  )
  const connections = here.connections()
  const apps = here.apps()
  const items: BundleReport['connections'] = []
  for (const connection of content.connections) {
    await yielding()
    const { provider, fit } = fits.get(connection.providerId) ?? {}
    const home: ConnectionHome = fit === undefined ? { kind: 'none' } : suggestedHome(fit)
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
        loses: lostRights(app, here),
      }
    }),
    settings: settingDifferences(here.settings(), content.settings),
    warnings: contentWarnings(content, here),
  }
}

function suggestedHome({ choices, counterpart }: ProviderFit): ConnectionHome {
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

export function contentWarnings(content: BundleContent, here: Here): BundleReport['warnings'] {
  const providers = new Map(content.providers.map((provider) => [provider.id, provider]))
  return content.connections.flatMap((connection) => {
    const provider = providers.get(connection.providerId)
    if (provider === undefined || !isPresetKnown(provider, here)) return []
    return grantWarnings(connection, { name: provider.name, spec: here.specOf(provider) })
  })
}

const isPresetKnown = ({ preset }: BundledProvider, here: Here): boolean =>
  preset === null || here.presetSlugs.includes(preset)

/** The settings whose values are not the same. */
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

/** Who could read what Keyway sends: never out of a file, whoever made it. */
const DECIDES_TRUST: ReadonlySet<keyof Settings> = new Set(['proxyUrl', 'extraCa'])

/** What an app of the file does not bring along, as far as it can be told before the choices are made. */
function lostRights(app: AppRecord, here: Here): BundleReport['apps'][number]['loses'] {
  const [providers, connections] = [here.providers(), here.connections()]
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
