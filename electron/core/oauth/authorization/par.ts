// Pushed authorization requests (RFC 9126): the parameters are sent to the server directly, and the browser
// carries only a reference.
import type { CustomFetch } from 'openid-client'
import { asKeywayError, KeywayError } from '../../../../shared/contract/errors.ts'
import { namedSecrets } from '../../../../shared/domain/redact.ts'
import { errorOf, readTokenBody } from '../../../../shared/domain/token-response.ts'
import { withDeadline } from '../../async.ts'
import { type AuthMethod, buildConfiguration, type ClientAuthentication } from '../client-authentication.ts'
import type { DpopKeys, PrivateJwk } from '../dpop.ts'
import type { AuthorizationServer } from '../metadata/endpoints.ts'
import { asDiscoveryError } from '../metadata/metadata.ts'
import { adviceFor, LATER, refusedRequestCode, scrub } from '../token/errors.ts'
import { shapeRequest, tokenShaping } from '../request-format.ts'
import { jsonResponse } from '../token/response.ts'
import { sendHttp, type HttpResponse } from '../transport/http-exchange.ts'
import { loadLibrary } from '../transport/openid-client.ts'
import { DISCOVERY_DEADLINE_MS, type OAuthDeps, type ResolvedProvider } from '../types.ts'

type Pushed = {
  provider: ResolvedProvider
  server: AuthorizationServer
  parameters: ReadonlyArray<readonly [string, string]>
  dpopKey: PrivateJwk | null
  signal?: AbortSignal | undefined
}

/**
 * Returns the parameters for the browser: client_id and request_uri.
 * @throws KeywayError config_error | provider_unreachable | deadline_exceeded
 */
export async function pushAuthorization(
  tools: { deps: OAuthDeps; dpopKeys: DpopKeys; clients: ClientAuthentication },
  push: Pushed,
): Promise<Array<[string, string]>> {
  const { provider, server } = push
  const url = server.endpointOrThrow('pushedAuthorization')
  const timeoutMs = DISCOVERY_DEADLINE_MS
  try {
    return await withDeadline({ clock: tools.deps.clock, timeoutMs, signal: push.signal }, (signal) =>
      tools.clients.authenticated(
        { provider, server, url },
        (method) => pushOnce(tools, push, { url, method, signal }),
        () => 'accepted',
      ),
    )
  } catch (error) {
    throw asKeywayError(asDiscoveryError(error))
  }
}

async function pushOnce(
  { deps, dpopKeys }: { deps: OAuthDeps; dpopKeys: DpopKeys },
  { provider, server, parameters, dpopKey }: Pushed,
  how: { url: string; method: AuthMethod; signal: AbortSignal },
): Promise<Array<[string, string]>> {
  const library = await loadLibrary()
  const seen: { reply: HttpResponse | null } = { reply: null }
  const send: CustomFetch = async (_url, init) => {
    const added = [...new URLSearchParams(init.body instanceof URLSearchParams ? init.body : '')]
    const base = tokenShaping({
      provider,
      values: server.values,
      userAgent: deps.userAgent,
      purpose: 'device',
      redirectUri: null,
    })
    const shaping = {
      ...base,
      method: 'POST' as const,
      format: 'form' as const,
      omit: [],
      add: {},
      rename: {},
    }
    const request = shapeRequest({ url: how.url, headers: init.headers, parameters: added }, shaping)
    seen.reply = await sendHttp(
      { fetch: deps.fetchFor(provider.extraCa), clock: deps.clock, signal: how.signal },
      request,
    )
    return standardPushReply(seen.reply)
  }
  const config = buildConfiguration(library, { provider, server, method: how.method, fetch: send })
  const options =
    dpopKey === null ? {} : { DPoP: await dpopKeys.handle({ library, config, skewSeconds: 0 }, dpopKey) }
  try {
    const url = await library.buildAuthorizationUrlWithPAR(
      config,
      new URLSearchParams(parameters.map(([name, value]): [string, string] => [name, value])),
      options,
    )
    return [
      ['client_id', provider.clientId],
      ['request_uri', url.searchParams.get('request_uri') ?? ''],
    ]
  } catch (error) {
    throw seen.reply === null ? innermost(error) : refusedPush(provider, seen.reply)
  }
}

/**
 * Many servers answer 200 instead of 201 or omit the lifetime. Neither matters: the reference is used at
 * once.
 */
function standardPushReply(reply: HttpResponse): Response {
  const read = readTokenBody(reply.text)
  const body = read.kind === 'object' ? read.body : {}
  if (reply.status >= 200 && reply.status < 300) return jsonResponse(201, reply, { expires_in: 60, ...body })
  return jsonResponse(reply.status < 500 ? 400 : 502, reply, body)
}

function refusedPush(provider: ResolvedProvider, reply: HttpResponse): KeywayError {
  const read = readTokenBody(reply.text)
  const error = read.kind === 'object' ? errorOf(read.body, provider.spec.token) : null
  const secrets = [
    provider.clientSecret?.reveal(),
    ...(read.kind === 'object' ? namedSecrets(read.body) : []),
  ]
  const code = scrub(error?.code ?? `http_${reply.status}`, secrets)
  const said = scrub(error?.description ?? '', secrets)
  const kind = refusedRequestCode(reply.status, error?.code ?? null)
  return new KeywayError(kind, {
    message: `${provider.name} refused the pushed authorization request: ${code}${said === '' ? '' : `, ${said}`}.`,
    nextStep: kind === 'provider_unreachable' ? LATER : adviceFor(code),
    details: { providerCode: code },
  })
}

function innermost(error: unknown): unknown {
  return error instanceof Error && error.cause instanceof Error ? error.cause : error
}
