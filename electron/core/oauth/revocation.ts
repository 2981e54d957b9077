// Revokes tokens at the provider by RFC 7009 or the provider's own request. The refresh token comes first,
// and three seconds are allowed in total. Success is reported only if the server confirmed it.
import type { CustomFetch } from 'openid-client'
import type { RevocationSpec } from '../../../shared/contract/provider-token-spec.ts'
import { readPath } from '../../../shared/domain/json-path.ts'
import { namedSecrets } from '../../../shared/domain/redact.ts'
import { fillMap, fillTemplate } from '../../../shared/domain/template.ts'
import { errorInSuccess, errorOf, readTokenBody } from '../../../shared/domain/token-response.ts'
import { withDeadline } from '../async.ts'
import { ASSERTION_TYPE, isAssertion, makeAssertion } from './client-assertion.ts'
import {
  type AuthMethod,
  authMethods,
  basicHeader,
  buildConfiguration,
  type ClientAuthentication,
  type ClientVerdict,
  isClientRefusal,
} from './client-authentication.ts'
import type { AuthorizationServer, EndpointResolver } from './metadata/endpoints.ts'
import { clientIdRule, fillProviderUrl, shapeRequest, withSecrets } from './request-format.ts'
import { scrub } from './token/errors.ts'
import { jsonResponse } from './token/response.ts'
import { sendHttp, httpFailureOf, type HttpFailure, type HttpResponse } from './transport/http-exchange.ts'
import { loadLibrary } from './transport/openid-client.ts'
import {
  type OAuthClient,
  type OAuthDeps,
  type RefreshRequest,
  type ResolvedProvider,
  REVOCATION_DEADLINE_MS,
} from './types.ts'

export type TokenToRevoke = { kind: 'refresh_token' | 'access_token'; value: string }

type Tools = { deps: OAuthDeps; servers: EndpointResolver; clients: ClientAuthentication }

export function createRevoke(tools: Tools): OAuthClient['revoke'] {
  return async (provider, tokens) => {
    try {
      const { clock } = tools.deps
      return await withDeadline({ clock, timeoutMs: REVOCATION_DEADLINE_MS }, (signal) =>
        revokeAll(tools, provider, tokens, signal),
      )
    } catch (error) {
      const reason = error instanceof Error ? error.message.replace(/\.$/, '') : 'unknown reason'
      return { revoked: 'failed', message: `${provider.name} was not told: ${reason}.` }
    }
  }
}

async function revokeAll(
  { deps, servers, clients }: Tools,
  provider: ResolvedProvider,
  tokens: RefreshRequest,
  signal: AbortSignal,
): ReturnType<OAuthClient['revoke']> {
  const own = provider.spec.revocation
  const server = await servers.resolveEndpoints(provider, {
    need: own?.url == null ? ['revocation'] : [],
    values: tokens.values,
    discovery: 'when-needed',
    signal,
  })
  if (own?.url == null && server.endpoint('revocation') === null) {
    return { revoked: 'not_supported', message: `${provider.name} has no way to end a grant from outside.` }
  }
  const secrets = [tokens.accessToken.reveal(), tokens.refreshToken?.reveal() ?? '']
  const toRevoke = order(tokens, own?.tokens ?? 'refresh-then-access')
  let decided: Revoked | null = null
  for (const token of toRevoke) {
    const result =
      own === null
        ? await standardRevocation({ deps, clients }, { provider, server, token, secrets, signal })
        : await ownRevocation(deps, { provider, server, rule: own, token, tokens, signal })
    // The first token decides. If the refresh token is revoked, the access token expires by itself. If only
    // the access token is revoked, the authorization remains valid through the refresh token.
    decided ??= result
  }
  if (decided === null) return { revoked: 'failed', message: 'There was no token to end.' }
  return { revoked: decided.done ? 'at_provider' : 'failed', message: decided.message }
}

function order(tokens: RefreshRequest, which: 'refresh-then-access' | 'access' | 'refresh'): TokenToRevoke[] {
  const refresh: TokenToRevoke[] =
    tokens.refreshToken === null ? [] : [{ kind: 'refresh_token', value: tokens.refreshToken.reveal() }]
  const access: TokenToRevoke[] = [{ kind: 'access_token', value: tokens.accessToken.reveal() }]
  if (which === 'access') return access
  return which === 'refresh' && refresh.length > 0 ? refresh : [...refresh, ...access]
}

// Revocation requests other than RFC 7009: bearer POST, DELETE, JSON, token in the query, or a custom header.

export type Revoked = { done: boolean; message: string }

type CustomRevocation = {
  provider: ResolvedProvider
  server: AuthorizationServer
  rule: RevocationSpec
  token: TokenToRevoke
  tokens: RefreshRequest
  signal: AbortSignal
}

async function ownRevocation(deps: OAuthDeps, revocation: CustomRevocation): Promise<Revoked> {
  const { provider, server, rule, token, tokens, signal } = revocation
  const url =
    rule.url === null
      ? server.endpointOrThrow('revocation')
      : fillProviderUrl(provider, rule.url, server.values)
  const values = withSecrets(provider, server.values, tokens)
  const { headers, parameters } = await authentication(revocation, values)
  const body =
    Object.keys(rule.body).length === 0 ? { [rule.tokenParam]: token.value } : fillMap(rule.body, values)
  const request = shapeRequest(
    { url, headers: { accept: 'application/json', 'user-agent': deps.userAgent }, parameters: [] },
    {
      method: rule.method,
      format: rule.format,
      omit: [],
      add: rule.format === 'none' ? {} : { ...parameters, ...body },
      rename: {},
      headers,
    },
  )
  const reply = await sendHttp({ fetch: deps.fetchFor(provider.extraCa), clock: deps.clock, signal }, request)
  return judgeRevocation(provider, reply, [tokens.accessToken.reveal(), tokens.refreshToken?.reveal() ?? ''])
}

async function authentication(
  { provider, server, rule, tokens }: CustomRevocation,
  values: Readonly<Record<string, string>>,
): Promise<{ headers: Record<string, string>; parameters: Record<string, string> }> {
  const { client } = provider.spec
  const secret = provider.clientSecret?.reveal() ?? ''
  const basic = { authorization: basicHeader(provider.spec.client.basicEncoding, provider.clientId, secret) }
  if (rule.auth === 'bearer') {
    return { headers: { authorization: `Bearer ${tokens.accessToken.reveal()}` }, parameters: {} }
  }
  if (rule.auth === 'header') {
    const value = fillTemplate(rule.authHeader ?? '', values)
    return { headers: value === null || value === '' ? {} : { authorization: value }, parameters: {} }
  }
  if (rule.auth === 'none') return { headers: {}, parameters: {} }
  const [method] = authMethods(provider, { supported: ['client_secret_post'] })
  if (
    rule.auth === 'client_secret_basic' ||
    method === 'client_secret_basic' ||
    method === 'basic_empty_secret'
  ) {
    return { headers: basic, parameters: {} }
  }
  if (method !== undefined && isAssertion(method)) {
    const assertion = await makeAssertion(provider, { server, method, skewSeconds: 0 })
    const signed = { client_assertion_type: ASSERTION_TYPE, client_assertion: assertion }
    return { headers: {}, parameters: { [client.idParam]: provider.clientId, ...signed } }
  }
  const withSecret = method === 'client_secret_post' ? { [client.secretParam]: secret } : {}
  return { headers: {}, parameters: { [client.idParam]: provider.clientId, ...withSecret } }
}

/** Success depends on the response body too: an error may come with status 200. */
function judgeRevocation(
  provider: ResolvedProvider,
  reply: HttpResponse,
  secrets: readonly string[],
): Revoked {
  const { token } = provider.spec
  const read = readTokenBody(reply.text)
  const body = read.kind === 'object' ? read.body : {}
  const fine = reply.status >= 200 && reply.status < 300
  // Some responses do not have the token endpoint's format. Only a response with the success field can report
  // a failure through it.
  const speaks = token.success === null || readPath(body, token.success.path) !== undefined
  const inside =
    fine && speaks && read.kind === 'object' ? errorInSuccess(body, token, { hasToken: false }) : null
  const error = fine ? inside : (errorOf(body, token) ?? { code: `HTTP ${reply.status}`, description: null })
  if (error === null) return { done: true, message: `The grant was ended at ${provider.name}.` }
  const words = scrub([error.code, error.description].filter((part) => part !== null).join(': '), [
    ...secrets,
    ...namedSecrets(body),
    provider.clientSecret?.reveal() ?? '',
  ])
  return { done: false, message: `${provider.name} did not end the grant (${words}).` }
}

type StandardRevocation = {
  provider: ResolvedProvider
  server: AuthorizationServer
  token: TokenToRevoke
  secrets: readonly string[]
  signal: AbortSignal
}

/** RFC 7009, through the library. */
async function standardRevocation(
  { deps, clients }: Pick<Tools, 'deps' | 'clients'>,
  revocation: StandardRevocation,
): Promise<Revoked> {
  const { provider, server, secrets } = revocation
  const call = { provider, server, url: server.endpointOrThrow('revocation') }
  const { result } = await clients.authenticated(
    call,
    async (method) => {
      const { reply } = await send(deps, revocation, method)
      return { reply, result: judgeRevocation(provider, reply, secrets) }
    },
    (attempted) => verdictOn(provider, attempted),
  )
  return result
}

function verdictOn(
  provider: ResolvedProvider,
  { reply, result }: { reply: HttpResponse; result: Revoked },
): ClientVerdict {
  if (result.done) return 'accepted'
  const read = readTokenBody(reply.text)
  const error = read.kind === 'object' ? errorOf(read.body, provider.spec.token) : null
  if (error === null || reply.status === 401) return isBare(reply.status) ? 'refused' : 'unknown'
  return isClientRefusal(error.code, error.description ?? '') ? 'refused' : 'unknown'
}

const isBare = (status: number): boolean => status === 401 || status === 403

async function send(
  deps: OAuthDeps,
  { provider, server, token, signal }: StandardRevocation,
  method: AuthMethod,
): Promise<{ reply: HttpResponse }> {
  const library = await loadLibrary()
  const url = server.endpointOrThrow('revocation')
  const { client } = provider.spec
  const seen: { reply: HttpResponse | null; failure: HttpFailure | null } = { reply: null, failure: null }
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
      seen.reply = await sendHttp(
        { fetch: deps.fetchFor(provider.extraCa), clock: deps.clock, signal },
        request,
      )
    } catch (error) {
      seen.failure = httpFailureOf(error, new URL(url).host)
      throw seen.failure
    }
    return jsonResponse(200, seen.reply, {})
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
