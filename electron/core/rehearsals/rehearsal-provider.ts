// The rehearsal as an ordinary provider of this Keyway, so that connecting is two clicks and everything about it is as with a real one.
import { providerInput, type ProviderInput, type ProviderView } from '../../../shared/contract/provider.ts'
import { freeSlug } from '../../../shared/domain/foreign-provider.ts'
import type { Providers } from '../keyway.ts'
import type { RehearsalRun } from './rehearsal-run.ts'

const SLUG = 'rehearsal'

const LOOPBACK_ISSUER = /^http:\/\/127\.0\.0\.1:(\d+)$/

/** What an earlier start registered, by its client and its place on this machine. */
export function registeredRehearsal(
  providers: Pick<Providers, 'list'>,
  clientId: string,
): { provider: ProviderView; port: number } | null {
  for (const provider of providers.list()) {
    const port = LOOPBACK_ISSUER.exec(provider.spec.discovery.issuer ?? '')?.[1]
    if (port !== undefined && provider.clientId === clientId) return { provider, port: Number(port) }
  }
  return null
}

/** Registers it, or moves what is registered to where it runs now. What the person changed otherwise stays. */
export function registerRehearsal(providers: Providers, run: RehearsalRun): ProviderView {
  const registered = registeredRehearsal(providers, run.clientId)
  if (registered === null) return providers.create(registration(providers, run))
  const { provider, port } = registered
  const isCurrent = port === run.port && provider.spec.api.probe !== null
  if (isCurrent) return provider
  const moved = (hosts: readonly string[]): string[] =>
    hosts.map((host) => (host === `127.0.0.1:${port}` ? `127.0.0.1:${run.port}` : host))
  return providers.update(provider.id, {
    allowedHosts: moved(provider.allowedHosts),
    privateHosts: moved(provider.privateHosts),
    spec: {
      ...provider.overrides,
      discovery: { ...provider.overrides.discovery, issuer: run.issuer },
      api: { ...provider.overrides.api, ...apiOf(run) },
    },
  }).provider
}

function registration(providers: Pick<Providers, 'list'>, run: RehearsalRun): ProviderInput {
  const host = `127.0.0.1:${run.port}`
  return providerInput.parse({
    slug: freeSlug(SLUG, new Set(providers.list().map(({ slug }) => slug))),
    name: 'Rehearsal (nothing is real)',
    clientId: run.clientId,
    scopes: ['openid', 'profile', 'email', 'offline_access', 'files.read'],
    // Its API runs on this very machine, which is never allowed unless somebody says so.
    allowedHosts: [host],
    privateHosts: [host],
    spec: {
      discovery: { issuer: run.issuer, kind: 'oidc' },
      // OpenID Connect Core 11: offline_access needs prompt=consent.
      authorize: { extraParams: { prompt: 'consent' } },
      redirect: { loopback: 'yes', anyPort: 'yes' },
      api: apiOf(run),
    },
  })
}

const apiOf = ({ issuer }: RehearsalRun): { baseUrl: string; probe: { url: string } } => ({
  baseUrl: `${issuer}/api`,
  probe: { url: `${issuer}/api/me` },
})
