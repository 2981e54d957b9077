// Finds the authorization server of an address. Each attempt is a step that is shown to the person.
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
type Search = { transport: HttpTransport; userAgent: string; log: StepLog }

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
  // POST comes last, because an address that is not a protected resource should not receive an unexpected
  // request body.
  const posted = await challenged(search, url, failures, 'POST')
  if (posted !== null) return serverOfResource(search, posted)
  const { origin, pathname } = new URL(url)
  // Older servers publish one metadata document at the origin for everything below it.
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

/** An unusable document explains the failure better than an address without a document. */
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
    const { transport, userAgent } = search
    for (const method of ['GET', 'POST'] as const) {
      const challenge = await attempt(search, [], () => challengeOf(transport, url, { method, userAgent }))
      // The scopes of the challenge take precedence over all scopes that the resource supports.
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
  const { transport, userAgent } = search
  const challenge = await attempt(search, failures, () => challengeOf(transport, url, { method, userAgent }))
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
 * The origin may show the metadata of an issuer at a longer path. It is accepted only if the same metadata is
 * also at that issuer's own address.
 */
async function atOwnPlace(search: Search, issuer: string): Promise<DiscoveredMetadata | null> {
  for (const address of metadataAddresses(issuer, 'oidc-then-oauth2')) {
    const found = await attempt(search, [], async () => {
      const reply = await getDocument(search.transport, address, search.userAgent)
      return parseMetadata(address, reply)
    })
    if (found !== null && issuerMatches(issuer, found.issuer, exact)) return found
  }
  return null
}

/** Records a failed attempt. If the caller's own signal or deadline ended it, the error is passed on. */
async function attempt<T>(
  search: Search,
  failures: unknown[],
  work: () => Promise<T | null>,
): Promise<T | null> {
  try {
    return await work()
  } catch (error) {
    if (search.transport.signal.aborted) throw error
    failures.push(error)
    return null
  }
}

async function readResource(
  search: Search,
  address: string,
  resource: string,
): Promise<ProtectedResource | null> {
  const { transport, userAgent, log } = search
  const found = await readProtectedResource(transport, address, { resource, userAgent })
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
  const { transport, userAgent, log } = search
  const request = `GET ${address}`
  try {
    const reply = await getDocument(transport, address, userAgent)
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

/**
 * For a metadata document that was entered directly: its issuer must be on the host where the document was
 * found.
 */
function belongs(issuer: string, address: string): boolean {
  return new URL(issuer).origin === new URL(address).origin
}

// Protected resource metadata (RFC 9728): a resource (MCP server, API) lists the authorization servers that
// it trusts.

const safeAddress = z.string().max(2000).refine(isSafeUrl)

const schema = z.object({
  resource: safeAddress,
  resource_name: z.string().max(200).optional().catch(undefined),
  authorization_servers: z.array(safeAddress).min(1).max(20),
  scopes_supported: z.array(z.string().max(300)).max(500).optional(),
})
export type ProtectedResource = z.output<typeof schema>

/** Possible addresses of a resource's metadata: with the path inserted, and at the root. */
function resourceAddresses(resource: string): string[] {
  const url = new URL(resource)
  const path = withoutTrailing(url.pathname, '/')
  const root = `${url.origin}/.well-known/oauth-protected-resource`
  return path === '' ? [root] : [`${root}${path}`, root]
}

/**
 * Null if there is no document at `address`.
 * @throws KeywayError discovery_failed if the document must not be trusted
 */
async function readProtectedResource(
  transport: HttpTransport,
  address: string,
  about: { resource: string; userAgent: string },
): Promise<ProtectedResource | null> {
  const reply = await getDocument(transport, address, about.userAgent)
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
 * The described resource must be the requested one or a parent path of it, and never on another origin (RFC
 * 9728 3.3).
 */
function covers(described: string, asked: string): boolean {
  const [outer, inner] = [new URL(described), new URL(asked)]
  const slash = (path: string): string => (path.endsWith('/') ? path : `${path}/`)
  return outer.origin === inner.origin && slash(inner.pathname).startsWith(slash(outer.pathname))
}

export type Challenge = {
  /** The address of the resource's metadata. */
  address: string | null
  /** The scopes that this request would have needed (RFC 6750 3); null if the challenge names none. */
  scopes: string[] | null
}

/**
 * The first message of an MCP client. A server that supports only POST rejects this message, but may not
 * reject a GET with a challenge.
 */
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
 * Sends a request to the resource. A 401 response may name its metadata and the required scopes. Null if the
 * response has no such challenge. The body is not read, because it may be an endless stream.
 */
async function challengeOf(
  transport: HttpTransport,
  resource: string,
  about: { method: 'GET' | 'POST'; userAgent: string },
): Promise<Challenge | null> {
  const { method, userAgent } = about
  const accept = { accept: 'application/json, text/event-stream', 'user-agent': userAgent }
  try {
    const response = await transport.fetch(resource, {
      method,
      headers: method === 'GET' ? accept : { ...accept, 'content-type': 'application/json' },
      ...(method === 'GET' ? {} : { body: JSON.stringify(initialize) }),
      redirect: 'manual',
      signal: transport.signal,
    })
    await response.body?.cancel()
    return readChallenge(resource, response.headers.get('www-authenticate') ?? '')
  } catch (error) {
    if (transport.signal.aborted || error instanceof HttpFailure) throw error
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

/** Quoted or unquoted: RFC 9110 11.2 allows both. */
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
