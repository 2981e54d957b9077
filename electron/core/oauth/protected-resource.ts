// RFC 9728: a resource (an MCP server, an API) names the authorization servers that it trusts.
import { parseJson } from '../../../shared/domain/exact-json.ts'
import { z } from 'zod'
import { isSafeUrl } from '../../../shared/contract/provider-template.ts'
import { getDocument, pointsInside, refused } from './metadata.ts'
import { WireFailure } from './wire-failure.ts'
import type { Wire } from './wire.ts'
import { withoutTrailing } from '../../../shared/domain/without-trailing.ts'

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

/** Null when there is none at `address`. @throws KeywayError discovery_failed for one that must not be believed */
export async function readProtectedResource(
  wire: Wire,
  address: string,
  about: { resource: string; userAgent: string },
): Promise<ProtectedResource | null> {
  const reply = await getDocument(wire, address, about.userAgent)
  if (reply.status !== 200) return null
  const parsed = schema.safeParse(jsonIn(reply.text))
  if (!parsed.success) return null
  const { data } = parsed
  if (!covers(data.resource, about.resource)) {
    throw refused(`${address} describes ${data.resource}, which is not ${about.resource}.`)
  }
  if (data.authorization_servers.some((server) => pointsInside(about.resource, server))) {
    throw refused(
      `${address} names an authorization server on this machine, which a remote resource may not.`,
    )
  }
  return data
}

/** The described resource must be what was asked for, or what it lies below; never another origin (RFC 9728 3.3). */
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
 * Asks the resource itself: its refusal may say where its metadata is and which scopes it wants. Null when it does not refuse in that way.
 * The body is not read, it may be an endless stream.
 */
export async function challengeOf(
  wire: Wire,
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
    if (wire.signal.aborted || error instanceof WireFailure) throw error
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
