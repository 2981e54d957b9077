// Finds out whose account a connection is. The provider's own identity call takes precedence; else the
// id_token and userinfo are used. If the identity cannot be read, the sign-in continues and the identity is
// null.
import type { CustomFetch } from 'openid-client'
import type { z } from 'zod'
import type { accountSpec } from '../../../../shared/contract/provider-spec.ts'
import type { Secret } from '../../../../shared/contract/secret.ts'
import { parseJsonOr } from '../../../../shared/domain/exact-json.ts'
import { readPath, readText, textOf } from '../../../../shared/domain/json-path.ts'
import { namedSecrets } from '../../../../shared/domain/redact.ts'
import { fillKnown, fillMap } from '../../../../shared/domain/template.ts'
import { withDeadline } from '../../async.ts'
import { openText, openValues, secretTraces, type SecretTraces } from '../../secret-traces.ts'
import { buildConfiguration } from '../client-authentication.ts'
import type { EndpointResolver } from '../metadata/endpoints.ts'
import { collectValues, fillProviderUrl, templateValues, withSecrets } from '../request-format.ts'
import { idTokenClaims, jsonResponse } from '../token/response.ts'
import { sendHttp, type HttpResponse } from '../transport/http-exchange.ts'
import { loadLibrary } from '../transport/openid-client.ts'
import {
  type ApiCredential,
  DISCOVERY_DEADLINE_MS,
  type Identity,
  type OAuthClient,
  type OAuthDeps,
  type ResolvedProvider,
} from '../types.ts'
import { type ProviderApiRequest, type CallProviderApi, isJwt } from './request.ts'
import { checkUserinfoSignature } from './userinfo-signature.ts'

type Tools = {
  deps: OAuthDeps
  servers: EndpointResolver
  callApi: CallProviderApi
  apiHeaders: OAuthClient['apiHeaders']
}
type Found = Identity & { values: Record<string, string> }

const labels = ['email', 'preferred_username', 'upn', 'name', 'nickname', 'login', 'username', 'display_name']
const ids = ['sub', 'id', 'user_id', 'uid']

export function createIdentify(tools: Tools): OAuthClient['identify'] {
  const identify: OAuthClient['identify'] = async (provider, credential, signal) => {
    const claims = credential.idToken === null ? {} : idTokenClaims(credential.idToken.reveal())
    const told: Found = { id: idIn(claims, ['sub']), label: firstOf(claims, labels), values: {} }
    const { account } = provider.spec
    try {
      if (account.request !== null) {
        const request = identityRequest(tools.deps, provider, credential, account.request)
        const data = await tools.callApi(provider, credential, request, signal)
        const own = identityIn(provider, data)
        return { ...own, label: own.label ?? told.label }
      }
      if (told.id !== null && told.label !== null) return told
      const userinfo = await readUserinfo(tools, provider, credential, { expectedSubject: told.id, signal })
      if (userinfo === null) return told
      const found = identityIn(provider, userinfo)
      return { id: told.id ?? found.id, label: told.label ?? found.label, values: found.values }
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'unknown'
      tools.deps.logger.info('the account could not be identified', { provider: provider.slug, reason })
      // An id of another kind than the provider's identity call returns would look like another account next
      // time.
      return account.request === null ? told : { id: null, label: told.label, values: {} }
    }
  }
  return async (provider, credential, signal) => {
    const found = await identify(provider, credential, signal)
    const { accessToken, idToken } = credential
    const traces = secretTraces([accessToken.reveal(), idToken?.reveal(), provider.clientSecret?.reveal()])
    return openIdentity(found, traces)
  }
}

const openIdentity = ({ id, label, values }: Found, traces: SecretTraces): Found => ({
  id: openText(id, traces),
  label: openText(label, traces),
  values: openValues(values, traces),
})

function identityIn(provider: ResolvedProvider, data: unknown): Found {
  const { idPath, labelPath } = provider.spec.account
  const found = {
    id: idIn(data, idPath === null ? ids : [idPath]),
    label: labelPath === null ? firstOf(data, labels) : readText(data, labelPath),
    values: collectValues(provider, 'identity', data),
  }
  // The response may also contain secret keys of the account.
  return openIdentity(found, secretTraces(namedSecrets(data)))
}

/** Longer values are not identifiers. They are rejected, not cut: a part could equal another account's id. */
const MAX_ID = 4000

/** Ids are compared exactly, so they are stored in full. `true` is not an id. */
function idIn(data: unknown, paths: readonly string[]): string | null {
  const found = paths.map((path) => textOf(readPath(data, path))).find((text) => text !== null) ?? null
  return found === null || found.length > MAX_ID ? null : found
}

function firstOf(data: unknown, paths: readonly string[]): string | null {
  for (const path of paths) {
    const text = readText(data, path)
    if (text !== null) return text.slice(0, 300)
  }
  return null
}

type RequestSpec = NonNullable<z.output<typeof accountSpec>['request']>
type Json = RequestSpec['body']

/**
 * The provider's identity request with its templates filled. The body is JSON unless its content type is a
 * form.
 */
function identityRequest(
  deps: OAuthDeps,
  provider: ResolvedProvider,
  credential: ApiCredential & { idToken?: Secret | null },
  spec: RequestSpec,
): ProviderApiRequest {
  const open = templateValues(deps, provider, credential.values)
  const url = fillProviderUrl(provider, spec.url, open)
  const values = withSecrets(provider, open, credential)
  const headers = fillMap(spec.headers, values)
  const body = fillLeaves(spec.body, values)
  if (spec.method === 'GET' || body === null) return { method: spec.method, url, headers, body: null }
  const type = Object.entries(headers).find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? ''
  if (type.includes('form') && typeof body === 'object' && !Array.isArray(body)) {
    const fields = Object.entries(body).map(([name, value]): [string, string] => [name, asText(value)])
    return { method: spec.method, url, headers, body: new URLSearchParams(fields).toString() }
  }
  const typed = type === '' ? { ...headers, 'content-type': 'application/json' } : headers
  return { method: spec.method, url, headers: typed, body: JSON.stringify(body) }
}

function asText(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function fillLeaves(body: Json, values: Readonly<Record<string, string>>): Json {
  if (typeof body === 'string') return fillKnown(body, values)
  if (Array.isArray(body)) return body.map((item) => fillLeaves(item, values))
  if (body === null || typeof body !== 'object') return body
  return Object.fromEntries(Object.entries(body).map(([name, value]) => [name, fillLeaves(value, values)]))
}

// OpenID Connect userinfo. With an id_token the library reads it and compares the subjects. Without one there
// is nothing to compare, and the response is read like any other identity call.

type UserinfoTools = {
  deps: OAuthDeps
  servers: EndpointResolver
  callApi: CallProviderApi
  apiHeaders: OAuthClient['apiHeaders']
}

/** Null if there is no userinfo endpoint or the response is not an object. */
async function readUserinfo(
  { deps, servers, callApi, apiHeaders }: UserinfoTools,
  provider: ResolvedProvider,
  credential: ApiCredential,
  about: { expectedSubject: string | null; signal?: AbortSignal | undefined },
): Promise<unknown> {
  const { signal } = about
  const server = await servers.resolveEndpoints(provider, {
    need: ['userinfo'],
    values: credential.values,
    discovery: 'when-needed',
    signal,
  })
  const url = server.endpoint('userinfo')
  if (url === null) return null
  const check = (reply: HttpResponse): Promise<void> =>
    checkUserinfoSignature({ deps, servers }, provider, reply, signal)
  if (about.expectedSubject === null) {
    return callApi(provider, credential, { method: 'GET', url, headers: {}, body: null, check }, signal)
  }
  const expected = about.expectedSubject
  const library = await loadLibrary()
  return withDeadline({ clock: deps.clock, timeoutMs: DISCOVERY_DEADLINE_MS, signal }, async (inner) => {
    const fetch: CustomFetch = async (_url, init) => {
      const send = async (nonce: string | null): Promise<HttpResponse> => {
        const own = Object.fromEntries(await apiHeaders(provider, credential, { method: 'GET', url, nonce }))
        const headers = { ...init.headers, 'user-agent': deps.userAgent, ...own }
        const wire = { fetch: deps.fetchFor(provider.extraCa), clock: deps.clock, signal: inner }
        return sendHttp(wire, { method: 'GET', url, headers, body: null })
      }
      const first = await send(null)
      const nonce = first.headers.get('dpop-nonce')
      const challenged = first.status === 401 && nonce !== null && credential.dpopKey !== null
      const reply = challenged ? await send(nonce) : first
      if (reply.status === 200) await check(reply)
      return standardUserinfo(reply, provider.clientId, server.issuer)
    }
    const config = buildConfiguration(library, { provider, server, method: 'none', fetch })
    return library.fetchUserInfo(config, credential.accessToken.reveal(), expected)
  })
}

/**
 * Converts a signed or unsigned response for the library, which compares the subjects; numbers become text. A
 * signed response for another client or issuer (OpenID Connect Core 5.3.2) is not converted, and the library
 * rejects it.
 */
function standardUserinfo(reply: HttpResponse, clientId: string | null, issuer: string | null): Response {
  const claims = isJwt(reply) ? idTokenClaims(reply.text) : parseJsonOr(reply.text)
  const isObject = typeof claims === 'object' && claims !== null && !Array.isArray(claims)
  if (!isObject || (isJwt(reply) && !isFor(claims as Record<string, unknown>, clientId, issuer))) {
    const type = reply.headers.get('content-type') ?? 'application/json'
    return new Response(reply.text, { status: reply.status, headers: { 'content-type': type } })
  }
  const sub = textOf((claims as Record<string, unknown>)['sub'])
  return jsonResponse(reply.status, reply, { ...claims, ...(sub === null ? {} : { sub }) })
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

/** Token validation that some providers require regularly. Only a definite rejection counts as invalid. */
export function createValidate(deps: OAuthDeps): OAuthClient['validate'] {
  return async (provider, credential, signal) => {
    const rule = provider.spec.account.validation
    if (rule === null) return 'unknown'
    const { clock } = deps
    try {
      const url = fillProviderUrl(provider, rule.url, templateValues(deps, provider, credential.values))
      const authorization = `${rule.scheme} ${credential.accessToken.reveal()}`
      const headers = { accept: 'application/json', 'user-agent': deps.userAgent, authorization }
      const reply = await withDeadline({ clock, timeoutMs: DISCOVERY_DEADLINE_MS, signal }, (inner) =>
        sendHttp(
          { fetch: deps.fetchFor(provider.extraCa), clock, signal: inner },
          { method: 'GET', url, headers, body: null },
        ),
      )
      if (reply.status === 401) return 'invalid'
      return reply.status >= 200 && reply.status < 300 ? 'valid' : 'unknown'
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'unknown'
      deps.logger.info('a token could not be validated', { provider: provider.slug, reason })
      return 'unknown'
    }
  }
}
