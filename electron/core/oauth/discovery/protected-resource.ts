// Protected resource metadata (RFC 9728): a resource (MCP server, API) lists the authorization servers that
// it trusts.
import { isSafeUrl } from '../../../../shared/contract/provider-template.ts'
import { readTokenBody } from '../../../../shared/domain/token-response.ts'
import { withoutTrailing } from '../../../../shared/domain/without-trailing.ts'
import { parseScopes } from '../../../../shared/contract/scope-list.ts'
import { addressMember, listOf, namesMember, optionalMembers, textMember } from '../members.ts'
import { discoveryRefused, getDocument, MetadataNotFound, pointsInside } from '../metadata/metadata.ts'
import { type HttpTransport, HttpFailure } from '../transport/http-exchange.ts'

const readers = {
  resource_name: textMember(200),
  authorization_servers: listOf(addressMember),
  scopes_supported: namesMember,
}

export type ProtectedResource = { resource: string } & ReturnType<
  typeof optionalMembers<typeof readers>
>['members']

/** `leftOut`: the optional members that cannot be used, each with the reason. */
export type ResourceDocument = { resource: ProtectedResource; leftOut: string[] }

/** Possible addresses of a resource's metadata: with the path inserted, and at the root. */
export function resourceAddresses(resource: string): string[] {
  const url = new URL(resource)
  const path = withoutTrailing(url.pathname, '/')
  const root = `${url.origin}/.well-known/oauth-protected-resource`
  return path === '' ? [root] : [`${root}${path}`, root]
}

/**
 * Reads the metadata at `source`. The only required member is `resource`.
 * @throws KeywayError discovery_failed if there is none, or it must not be trusted; HttpFailure
 */
export async function readProtectedResource(
  transport: HttpTransport,
  source: string,
  about: { resource: string; userAgent: string },
): Promise<ResourceDocument> {
  const reply = await getDocument(transport, source, about.userAgent)
  const absent = `There is no resource metadata at ${source} (HTTP ${reply.status})`
  if (reply.status !== 200) throw new MetadataNotFound(`${absent}.`)
  const read = readTokenBody(reply.text)
  if (read.kind === 'unreadable') throw new MetadataNotFound(`${absent}. ${read.message}`)
  const { value: resource, note } = addressMember(read.body['resource'])
  if (resource === undefined) {
    const reason = 'resource' in read.body ? note : 'absent'
    throw new MetadataNotFound(`The resource metadata at ${source} is not usable: resource (${reason}).`)
  }
  if (!covers(resource, about.resource)) {
    throw discoveryRefused(`${source} describes ${resource}, which is not ${about.resource}.`)
  }
  const { members, leftOut } = optionalMembers(read.body, readers)
  if (members.authorization_servers?.some((server) => pointsInside(about.resource, server)) === true) {
    throw discoveryRefused(
      `${source} names an authorization server on this machine, which a remote resource may not.`,
    )
  }
  return { resource: { resource, ...members }, leftOut }
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
export async function challengeOf(
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
  const scopes = parseScopes(parameterIn(header, SCOPE))
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
