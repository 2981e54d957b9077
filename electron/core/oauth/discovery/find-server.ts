// Which authorization server an address belongs to. Each try is a step that the person can read.
import { z } from 'zod'
import { isSafeUrl } from '../../../../shared/contract/provider-template.ts'
import { parseJson } from '../../../../shared/domain/exact-json.ts'
import { withoutTrailing } from '../../../../shared/domain/without-trailing.ts'
import {
  asDiscoveryError,
  type DiscoveredMetadata,
  getDocument,
  issuerMatches,
  metadataAddresses,
  MetadataNotFound,
  parseMetadata,
  pointsInside,
  discoveryRefused,
} from '../metadata/metadata.ts'
import type { StepLog } from '../provider-check/context.ts'
import { type HttpTransport, HttpFailure } from '../transport/http-exchange.ts'

export type FoundServer = { metadata: DiscoveredMetadata; resource: ProtectedResource | null }
type Search = { wire: HttpTransport; userAgent: string; log: StepLog }

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
  throw asDiscoveryError(
    mostTelling(failures) ?? discoveryRefused(`No server metadata was found for ${url}.`),
  )
}

async function serverOfResource(search: Search, resource: ProtectedResource): Promise<FoundServer> {
  const failures: unknown[] = []
  for (const issuer of resource.authorization_servers) {
    const metadata = await tryIssuer(search, issuer, failures)
    if (metadata !== null) return { metadata, resource }
  }
  throw asDiscoveryError(
    mostTelling(failures) ?? discoveryRefused(`${resource.resource} names no server that can be used.`),
  )
}

/** A document that cannot be used explains more than the places where there is none. */
function mostTelling(failures: readonly unknown[]): unknown {
  return failures.find((failure) => !(failure instanceof MetadataNotFound)) ?? failures[0]
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

/**
 * Metadata of an issuer further down, shown at the root as well: believed only when it stands at that
 * issuer's own place too.
 */
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
      throw discoveryRefused(`The metadata at ${address} belongs to ${shown.issuer}.`)
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

// RFC 9728: a resource (an MCP server, an API) names the authorization servers that it trusts.

const safeAddress = z.string().max(2000).refine(isSafeUrl)

const schema = z.object({
  resource: safeAddress,
  resource_name: z.string().max(200).optional().catch(undefined),
  authorization_servers: z.array(safeAddress).min(1).max(20),
  scopes_supported: z.array(z.string().max(300)).max(500).optional(),
})
export type ProtectedResource = z.output<typeof schema>

/** Where a resource's own metadata may be: with its path inserted, and at the root. */
export function resourceAddresses(resource: string): string[] {
  const url = new URL(resource)
  const path = withoutTrailing(url.pathname, '/')
  const root = `${url.origin}/.well-known/oauth-protected-resource`
  return path === '' ? [root] : [`${root}${path}`, root]
}

/**
 * Null when there is none at `address`. @throws KeywayError discovery_failed for one that must not be
 * believed
 */
export async function readProtectedResource(
  wire: HttpTransport,
  address: string,
  about: { resource: string; userAgent: string },
): Promise<ProtectedResource | null> {
  const reply = await getDocument(wire, address, about.userAgent)
  if (reply.status !== 200) return null
  const parsed = schema.safeParse(jsonIn(reply.text))
  if (!parsed.success) return null
  const { data } = parsed
  if (!covers(data.resource, about.resource)) {
    throw discoveryRefused(`${address} describes ${data.resource}, which is not ${about.resource}.`)
  }
  if (data.authorization_servers.some((server) => pointsInside(about.resource, server))) {
    throw discoveryRefused(
      `${address} names an authorization server on this machine, which a remote resource may not.`,
    )
  }
  return data
}

/**
 * The described resource must be what was asked for, or what it lies below; never another origin (RFC 9728
 * 3.3).
 */
function covers(described: string, asked: string): boolean {
  const [outer, inner] = [new URL(described), new URL(asked)]
  const slash = (path: string): string => (path.endsWith('/') ? path : `${path}/`)
  return outer.origin === inner.origin && slash(inner.pathname).startsWith(slash(outer.pathname))
}

export type Challenge = {
  /** Where the resource's metadata is. */
  address: string | null
  /** What this call would have needed (RFC 6750 3); null when it does not say. */
  scopes: string[] | null
}

/** What an MCP client says first; servers that speak only POST refuse this one and not a GET. */
const initialize = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: {
    protocolVersion: '2025-06-18',
    capabilities: {},
    clientInfo: { name: 'keyway', version: '1' },
  },
}

/**
 * Asks the resource itself: its refusal may say where its metadata is and which scopes it wants. Null when it
 * does not refuse in that way. The body is not read, it may be an endless stream.
 */
export async function challengeOf(
  wire: HttpTransport,
  resource: string,
  about: { method: 'GET' | 'POST'; userAgent: string },
): Promise<Challenge | null> {
  const { method, userAgent } = about
  const accept = { accept: 'application/json, text/event-stream', 'user-agent': userAgent }
  try {
    const response = await wire.fetch(resource, {
      method,
      headers: method === 'GET' ? accept : { ...accept, 'content-type': 'application/json' },
      ...(method === 'GET' ? {} : { body: JSON.stringify(initialize) }),
      redirect: 'manual',
      signal: wire.signal,
    })
    await response.body?.cancel()
    return readChallenge(resource, response.headers.get('www-authenticate') ?? '')
  } catch (error) {
    if (wire.signal.aborted || error instanceof HttpFailure) throw error
    return null
  }
}

function readChallenge(resource: string, header: string): Challenge | null {
  const named = parameterIn(header, METADATA)
  const safe = named !== null && isSafeUrl(named) && !pointsInside(resource, named)
  const scopes = parameterIn(header, SCOPE)?.split(' ').filter(Boolean) ?? null
  if (!safe && scopes === null) return null
  return { address: safe ? named : null, scopes }
}

/** Quoted or not: RFC 9110 11.2 allows both. */
const METADATA = /(?:^|[\s,])resource_metadata\s*=\s*(?:"([^"]*)"|([^\s,"]+))/i
const SCOPE = /(?:^|[\s,])scope\s*=\s*(?:"([^"]*)"|([^\s,"]+))/i

function parameterIn(header: string, pattern: RegExp): string | null {
  const found = pattern.exec(header)
  return found?.[1] ?? found?.[2] ?? null
}

function jsonIn(text: string): unknown {
  try {
    return parseJson(text)
  } catch {
    return null
  }
}
