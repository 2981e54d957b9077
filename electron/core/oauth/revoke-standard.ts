import type { CustomFetch } from 'openid-client'
import { readTokenBody } from '../../../shared/domain/token-body.ts'
import { errorOf } from '../../../shared/domain/token-error.ts'
import { authMethods, type AuthMethod } from './client-authentication.ts'
import { buildConfiguration } from './configuration.ts'
import { loadLibrary } from './library.ts'
import type { ResolvedProvider } from './oauth-client.ts'
import type { OAuthDeps } from './oauth-deps.ts'
import { judgeRevocation, type Revoked } from './revoke-own.ts'
import type { TokenToRevoke } from './revoke.ts'
import type { Server } from './servers.ts'
import { shapeRequest } from './shape-request.ts'
import { json } from './standard-reply.ts'
import { clientIdRule } from './token-shaping.ts'
import { wireFailure, type WireFailure } from './wire-failure.ts'
import { sendWire, type WireReply } from './wire.ts'

type Ask = {
  provider: ResolvedProvider
  server: Server
  token: TokenToRevoke
  secrets: readonly string[]
  signal: AbortSignal
}

/** RFC 7009 through the library. */
export async function standardRevocation(deps: OAuthDeps, ask: Ask): Promise<Revoked> {
  const supported = ask.server.discovered?.token_endpoint_auth_methods_supported ?? null
  const methods = authMethods(ask.provider, { supported })
  let result: Revoked = { done: false, message: 'There was no way to authenticate.' }
  for (const method of methods) {
    const { reply } = await send(deps, ask, method)
    result = judgeRevocation(ask.provider, reply, ask.secrets)
    const read = readTokenBody(reply.text)
    const code = read.kind === 'object' ? errorOf(read.body, ask.provider.spec.token)?.code : undefined
    if (result.done || (code !== 'invalid_client' && reply.status !== 401)) break
  }
  return result
}

async function send(
  deps: OAuthDeps,
  { provider, server, token, signal }: Ask,
  method: AuthMethod,
): Promise<{ reply: WireReply }> {
  const library = await loadLibrary()
  const url = server.need('revocation')
  const { client } = provider.spec
  const seen: { reply: WireReply | null; failure: WireFailure | null } = { reply: null, failure: null }
  const fetch: CustomFetch = async (_url, init) => {
    const parameters = [...new URLSearchParams(init.body instanceof URLSearchParams ? init.body : '')]
    const request = shapeRequest(
      { url, headers: init.headers, parameters },
      {
        method: 'POST',
        format: 'form',
        omit: clientIdRule(provider),
        add: {},
        rename: { client_id: client.idParam, client_secret: client.secretParam },
        headers: { accept: 'application/json', 'user-agent': deps.userAgent },
      },
    )
    try {
      seen.reply = await sendWire({ fetch: deps.fetchFor(provider), clock: deps.clock, signal }, request)
    } catch (error) {
      seen.failure = wireFailure(error, new URL(url).host)
      throw seen.failure
    }
    return json(200, seen.reply, {})
  }
  const config = buildConfiguration(library, { provider, server, method, fetch })
  try {
    await library.tokenRevocation(config, token.value, { token_type_hint: token.kind })
  } catch (error) {
    throw seen.failure ?? error
  }
  if (seen.reply === null) throw new Error('nothing was sent')
  return { reply: seen.reply }
}
