// Which authorization server an address belongs to. Each try is a step that the person can read.
import { issuerMatches } from './issuer-rules.ts'
import {
  asDiscoveryError,
  getDocument,
  NothingThere,
  parseMetadata,
  refused,
  type DiscoveredMetadata,
} from './metadata.ts'
import {
  challengeOf,
  readProtectedResource,
  resourceAddresses,
  type ProtectedResource,
} from './protected-resource.ts'
import type { StepLog } from './step-log.ts'
import { metadataAddresses } from './well-known.ts'
import type { Wire } from './wire.ts'

export type FoundServer = { metadata: DiscoveredMetadata; resource: ProtectedResource | null }
type Search = { wire: Wire; userAgent: string; log: StepLog }

const exact = { issuerPattern: null, issuerTrailingSlash: false }

/** @throws KeywayError discovery_failed | provider_unreachable | config_error */
export async function findServer(search: Search, url: string): Promise<FoundServer> {
  if (new URL(url).pathname.includes('/.well-known/oauth-protected-resource')) {
    const resource = await readResource(search, url, url.replace('/.well-known/oauth-protected-resource', ''))
    if (resource !== null) return serverOfResource(search, resource)
  } else if (new URL(url).pathname.includes('/.well-known/')) {
    return { metadata: await readMetadata(search, url, null), resource: null }
  }
  const failures: unknown[] = []
  const resource =
    (await resourceByAddress(search, url, failures)) ?? (await challenged(search, url, failures, 'GET'))
  if (resource !== null) return serverOfResource(search, resource)
  const own = await tryIssuer(search, url, failures)
  if (own !== null) return { metadata: own, resource: null }
  // Only now: a page that is no resource should not be sent what it has not asked for.
  const posted = await challenged(search, url, failures, 'POST')
  if (posted !== null) return serverOfResource(search, posted)
  const { origin, pathname } = new URL(url)
  // Older servers keep the metadata of everything below at their origin.
  const metadata = pathname === '/' ? null : await tryIssuer(search, origin, failures)
  if (metadata !== null) return { metadata, resource: null }
  throw asDiscoveryError(telling(failures) ?? refused(`No server metadata was found for ${url}.`))
}

async function serverOfResource(search: Search, resource: ProtectedResource): Promise<FoundServer> {
  const failures: unknown[] = []
  for (const issuer of resource.authorization_servers) {
    const metadata = await tryIssuer(search, issuer, failures)
    if (metadata !== null) return { metadata, resource }
  }
  throw asDiscoveryError(
    telling(failures) ?? refused(`${resource.resource} names no server that can be used.`),
  )
}

/** A document that cannot be used explains more than the places where there is none. */
function telling(failures: readonly unknown[]): unknown {
  return failures.find((failure) => !(failure instanceof NothingThere)) ?? failures[0]
}

async function resourceByAddress(
  search: Search,
  url: string,
  failures: unknown[],
): Promise<ProtectedResource | null> {
  for (const address of resourceAddresses(url)) {
    const found = await attempt(search, failures, () => readResource(search, address, url))
    if (found === null) continue
    const { wire, userAgent } = search
    for (const method of ['GET', 'POST'] as const) {
      const challenge = await attempt(search, [], () => challengeOf(wire, url, { method, userAgent }))
      // What it asks for when it refuses goes before everything that it knows.
      if (challenge !== null) return withScopes(found, challenge.scopes)
    }
    return found
  }
  return null
}

async function challenged(
  search: Search,
  url: string,
  failures: unknown[],
  method: 'GET' | 'POST',
): Promise<ProtectedResource | null> {
  const { wire, userAgent } = search
  const challenge = await attempt(search, failures, () => challengeOf(wire, url, { method, userAgent }))
  const address = challenge?.address ?? null
  if (challenge === null || address === null) return null
  const found = await attempt(search, failures, () => readResource(search, address, url))
  return found === null ? null : withScopes(found, challenge.scopes)
}

function withScopes(resource: ProtectedResource, scopes: string[] | null): ProtectedResource {
  return scopes === null ? resource : { ...resource, scopes_supported: scopes }
}

async function tryIssuer(
  search: Search,
  issuer: string,
  failures: unknown[],
): Promise<DiscoveredMetadata | null> {
  for (const address of metadataAddresses(issuer, 'oidc-then-oauth2')) {
    const found = await attempt(search, failures, () => readMetadata(search, address, issuer))
    if (found !== null) return found
  }
  return null
}

/** Metadata of an issuer further down, shown at the root as well: believed only when it stands at that issuer's own place too. */
async function atOwnPlace(search: Search, issuer: string): Promise<DiscoveredMetadata | null> {
  for (const address of metadataAddresses(issuer, 'oidc-then-oauth2')) {
    const found = await attempt(search, [], async () => {
      const reply = await getDocument(search.wire, address, search.userAgent)
      return parseMetadata(address, reply)
    })
    if (found !== null && issuerMatches(issuer, found.issuer, exact)) return found
  }
  return null
}

/** A failed try is remembered; the caller's own end of time is passed on. */
async function attempt<T>(
  search: Search,
  failures: unknown[],
  work: () => Promise<T | null>,
): Promise<T | null> {
  try {
    return await work()
  } catch (error) {
    if (search.wire.signal.aborted) throw error
    failures.push(error)
    return null
  }
}

async function readResource(
  search: Search,
  address: string,
  resource: string,
): Promise<ProtectedResource | null> {
  const { wire, userAgent, log } = search
  const found = await readProtectedResource(wire, address, { resource, userAgent })
  log.add(
    found === null
      ? {
          name: 'Protected resource',
          outcome: 'skipped',
          request: `GET ${address}`,
          explanation: 'No resource metadata there (RFC 9728).',
        }
      : {
          name: 'Protected resource',
          outcome: 'ok',
          request: `GET ${address}`,
          explanation: `${found.resource} trusts ${found.authorization_servers.join(', ')}.`,
        },
  )
  return found
}

async function readMetadata(
  search: Search,
  address: string,
  issuer: string | null,
): Promise<DiscoveredMetadata> {
  const { wire, userAgent, log } = search
  const request = `GET ${address}`
  try {
    const reply = await getDocument(wire, address, userAgent)
    const shown = await parseMetadata(address, reply)
    const isOwn = issuer === null || issuerMatches(issuer, shown.issuer, exact)
    const fits = belongs(shown.issuer, address)
    const metadata = isOwn ? shown : fits ? await atOwnPlace(search, shown.issuer) : null
    if (metadata === null || (issuer === null && !fits)) {
      throw refused(`The metadata at ${address} belongs to ${shown.issuer}.`)
    }
    log.add({
      name: 'Server metadata',
      outcome: 'ok',
      request,
      answer: `HTTP ${reply.status}`,
      explanation: `Issuer ${metadata.issuer}.`,
    })
    return metadata
  } catch (error) {
    const explanation = error instanceof Error ? error.message : 'It cannot be read.'
    log.add({ name: 'Server metadata', outcome: 'skipped', request, explanation })
    throw error
  }
}

/** A document pasted directly: its issuer must at least live where it was found. */
function belongs(issuer: string, address: string): boolean {
  return new URL(issuer).origin === new URL(address).origin
}
