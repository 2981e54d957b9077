// OpenID Connect userinfo. With an id_token it goes through the library, which compares the subjects; without one there is nothing to
// compare, and the address is read like any "who am I".
import type { CustomFetch } from 'openid-client'
import { parseJsonOr } from '../../../shared/domain/exact-json.ts'
import { textOf } from '../../../shared/domain/json-path.ts'
import { isJwt, type ApiCaller } from './api-call.ts'
import { buildConfiguration } from './configuration.ts'
import { withinDeadline } from './deadline.ts'
import { claimsOf } from './id-token.ts'
import { loadLibrary } from './library.ts'
import type { ApiCredential, OAuthClient, ResolvedProvider } from './oauth-client.ts'
import { DISCOVERY_DEADLINE_MS, type OAuthDeps } from './oauth-deps.ts'
import type { Servers } from './servers.ts'
import { json } from './standard-reply.ts'
import { sendWire, type WireReply } from './wire.ts'

type Tools = { deps: OAuthDeps; servers: Servers; callApi: ApiCaller; apiHeaders: OAuthClient['apiHeaders'] }

/** Null when there is no userinfo address, or it does not answer with an object. */
export async function readUserinfo(
  { deps, servers, callApi, apiHeaders }: Tools,
  provider: ResolvedProvider,
  credential: ApiCredential,
  about: { expectedSubject: string | null; signal?: AbortSignal | undefined },
): Promise<unknown> {
  const { signal } = about
  const server = await servers.find(provider, {
    need: ['userinfo'],
    values: credential.values,
    discovery: 'when-needed',
    signal,
  })
  const url = server.endpoint('userinfo')
  if (url === null) return null
  if (about.expectedSubject === null) {
    return callApi(provider, credential, { method: 'GET', url, headers: {}, body: null }, signal)
  }
  const expected = about.expectedSubject
  const library = await loadLibrary()
  return withinDeadline({ clock: deps.clock, timeoutMs: DISCOVERY_DEADLINE_MS, signal }, async (inner) => {
    const fetch: CustomFetch = async (_url, init) => {
      const send = async (nonce: string | null): Promise<WireReply> => {
        const own = Object.fromEntries(await apiHeaders(provider, credential, { method: 'GET', url, nonce }))
        const headers = { ...init.headers, 'user-agent': deps.userAgent, ...own }
        const wire = { fetch: deps.fetchFor(provider), clock: deps.clock, signal: inner }
        return sendWire(wire, { method: 'GET', url, headers, body: null })
      }
      const first = await send(null)
      const nonce = first.headers.get('dpop-nonce')
      const challenged = first.status === 401 && nonce !== null && credential.dpopKey !== null
      return standardUserinfo(challenged ? await send(nonce) : first, provider.clientId, server.issuer)
    }
    const config = buildConfiguration(library, { provider, server, method: 'none', fetch })
    return library.fetchUserInfo(config, credential.accessToken.reveal(), expected)
  })
}

/**
 * For the library, which compares the subjects: signed or not, numbers as text. A signed answer that names another client or another
 * issuer (OpenID Connect Core 5.3.2) stays as it is, and the library refuses it.
 */
function standardUserinfo(reply: WireReply, clientId: string | null, issuer: string | null): Response {
  const claims = isJwt(reply) ? claimsOf(reply.text) : parseJsonOr(reply.text)
  const isObject = typeof claims === 'object' && claims !== null && !Array.isArray(claims)
  if (!isObject || (isJwt(reply) && !isFor(claims as Record<string, unknown>, clientId, issuer))) {
    const type = reply.headers.get('content-type') ?? 'application/json'
    return new Response(reply.text, { status: reply.status, headers: { 'content-type': type } })
  }
  const sub = textOf((claims as Record<string, unknown>)['sub'])
  return json(reply.status, reply, { ...claims, ...(sub === null ? {} : { sub }) })
}

function isFor(
  { aud, iss }: Record<string, unknown>,
  clientId: string | null,
  issuer: string | null,
): boolean {
  const audiences: unknown[] = Array.isArray(aud) ? aud : [aud]
  const isClients = aud === undefined || audiences.includes(clientId)
  return isClients && (iss === undefined || issuer === null || iss === issuer)
}
