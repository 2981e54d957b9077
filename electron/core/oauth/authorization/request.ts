// Builds the authorization request (RFC 6749 4.1.1) with PKCE, state, nonce, PAR, DPoP and resource as the
// provider requires.
import { createHash, randomBytes } from 'node:crypto'
import { KeywayError } from '../../../../shared/contract/errors.ts'
import { type Secret, secretOrNull } from '../../../../shared/contract/secret.ts'
import { joinScopes } from '../../../../shared/domain/scopes.ts'
import { fillMap, fillTemplate, type TemplateValues } from '../../../../shared/domain/template.ts'
import { type ClientAuthentication, requireClientId } from '../client-authentication.ts'
import type { DpopKeys, PrivateJwk } from '../dpop.ts'
import type { AuthorizationServer, EndpointResolver } from '../metadata/endpoints.ts'
import { clientIdRule, shapeParameters, withQuery } from '../request-format.ts'
import { loadLibrary } from '../transport/openid-client.ts'
import type {
  AuthorizeRequest,
  OAuthClient,
  OAuthDeps,
  ResolvedProvider,
  AuthorizationState,
} from '../types.ts'
import { pushAuthorization } from './par.ts'

type Tools = {
  deps: OAuthDeps
  servers: EndpointResolver
  dpopKeys: DpopKeys
  clients: ClientAuthentication
}

export function createAuthorize({ deps, servers, dpopKeys, clients }: Tools): OAuthClient['authorize'] {
  return async (provider, request, signal) => {
    requireClientId(provider)
    const server = await servers.resolveEndpoints(provider, {
      need: ['authorization', 'token'],
      discovery: 'if-possible',
      signal,
    })
    const endpoint = server.endpointOrThrow('authorization')
    const pkce = makePkce(provider)
    const state = randomText(32, provider.spec.authorize.stateMinLength)
    const nonce = wantsNonce(provider, request) ? randomText(32) : null
    const dpopKey = wantsDpop(provider, server) ? await dpopKeys.make(await loadLibrary()) : null
    const redirectUri = redirectFor(provider, request.redirectUri, state)
    const parameters = authorizationParameters({ provider, request, server, pkce, state, nonce, redirectUri })
    const authorizationState: AuthorizationState = {
      state,
      redirectUri,
      createdAt: deps.clock.now(),
      issuer: server.issuer,
      inner: toInnerState({
        verifier: secretOrNull(pkce?.verifier),
        nonce: secretOrNull(nonce),
        dpopKey,
        scopes: request.scopes,
        authorizationHost: new URL(endpoint).host,
      }),
    }
    const pushed = await pushedOrPlain(
      { deps, dpopKeys, clients },
      { provider, server, parameters, dpopKey, signal },
    )
    return { url: withQuery(endpoint, pushed), authorizationState }
  }
}

type Parts = {
  provider: ResolvedProvider
  request: AuthorizeRequest
  server: AuthorizationServer
  pkce: Pkce | null
  state: string
  nonce: string | null
  redirectUri: string | null
}

function authorizationParameters(parts: Parts): Array<[string, string]> {
  const { provider, request, server, pkce, state, nonce, redirectUri } = parts
  const { authorize, scopes, client } = provider.spec
  const standard: Array<[string, string | null]> = [
    ['client_id', provider.clientId],
    ['response_type', 'code'],
    ['redirect_uri', redirectUri],
    ['state', state],
    ['scope', scopes.none ? null : joinScopes(request.scopes, scopes.separator)],
    ['code_challenge', pkce?.challenge ?? null],
    ['code_challenge_method', pkce?.method ?? null],
    ['nonce', nonce],
    ['response_mode', authorize.responseMode === 'default' ? null : authorize.responseMode],
    ['login_hint', request.loginHint],
    ...resourcesOf(provider, server.values).map((resource): [string, string] => ['resource', resource]),
  ]
  const filled = standard.filter((entry): entry is [string, string] => entry[1] !== null && entry[1] !== '')
  return shapeParameters(filled, {
    omit: [...authorize.omitParams, ...clientIdRule(provider)],
    add: {
      ...fillMap(authorize.extraParams, server.values),
      ...chosen(provider, request),
      ...secondary(provider, request),
    },
    rename: { scope: scopes.param, client_id: client.idParam, ...authorize.paramNames },
  })
}

/**
 * The optional parameters that the person filled in, and the prompt: requested now, fixed by the provider, or
 * required for offline access.
 */
function chosen(provider: ResolvedProvider, request: AuthorizeRequest): Record<string, string> {
  const { authorize, refresh } = provider.spec
  const optional = Object.entries(request.optionalParams).filter(
    ([name, value]) => authorize.optionalParams.includes(name) && value !== '',
  )
  const fixed = authorize.extraParams['prompt']
  // OpenID Connect Core 11: offline access is granted only with prompt=consent, unless the provider is known
  // to need the scope only. Servers apply it without the scope `openid` too; others ignore the parameter.
  const offline = request.scopes.includes('offline_access')
  const scopeIsEnough = refresh.needsScope !== null && refresh.needsParam !== 'prompt=consent'
  const due =
    fixed ?? (offline && !scopeIsEnough && !authorize.omitParams.includes('prompt') ? 'consent' : undefined)
  const prompts =
    request.prompt === 'none'
      ? ['none']
      : [request.prompt, due].filter((prompt) => typeof prompt === 'string')
  const prompt = [...new Set(prompts)].join(' ')
  return { ...Object.fromEntries(optional), ...(prompt === '' ? {} : { prompt }) }
}

function secondary(provider: ResolvedProvider, request: AuthorizeRequest): Record<string, string> {
  const rule = provider.spec.scopes.secondary
  if (rule === null || request.secondaryScopes.length === 0) return {}
  return { [rule.param]: joinScopes(request.secondaryScopes, rule.separator) }
}

/** Resource indicators (RFC 8707). */
export function resourcesOf(provider: ResolvedProvider, values: TemplateValues): string[] {
  return provider.spec.resources
    .map((resource) => fillTemplate(resource, values))
    .filter((resource): resource is string => resource !== null && resource !== '')
}

/** For a server that does not return `state`, the state is part of the redirect URI. */
function redirectFor(provider: ResolvedProvider, redirectUri: string | null, state: string): string | null {
  if (redirectUri === null || !provider.spec.authorize.stateInRedirectUri) return redirectUri
  return withQuery(redirectUri, [['state', state]])
}

function wantsNonce(provider: ResolvedProvider, request: AuthorizeRequest): boolean {
  return (
    provider.spec.authorize.nonce === 'auto' &&
    request.scopes.includes('openid') &&
    !provider.spec.scopes.none
  )
}

export function wantsDpop(provider: ResolvedProvider, server: AuthorizationServer): boolean {
  if (provider.spec.dpop === 'auto')
    return (server.discovered?.dpop_signing_alg_values_supported ?? []).length > 0
  return provider.spec.dpop === 'always'
}

/**
 * Uses PAR where the server requires or offers it. If a server only offers PAR and rejects the request, the
 * plain request is used.
 */
async function pushedOrPlain(
  tools: Pick<Tools, 'deps' | 'dpopKeys' | 'clients'>,
  push: Parameters<typeof pushAuthorization>[1],
): Promise<ReadonlyArray<readonly [string, string]>> {
  const { provider, server, parameters } = push
  const use = parUse(provider, server)
  if (use === 'plain') return parameters
  try {
    return await pushAuthorization(tools, push)
  } catch (error) {
    if (use === 'required' || push.signal?.aborted === true) throw error
    tools.deps.logger.warn('The offered pushed authorization request was refused; signing in without it', {
      provider: provider.slug,
      error,
    })
    return parameters
  }
}

function parUse(provider: ResolvedProvider, server: AuthorizationServer): 'required' | 'offered' | 'plain' {
  const { par } = provider.spec.authorize
  const { discovered } = server
  if (par === 'never') return 'plain'
  if (par === 'always' || discovered?.require_pushed_authorization_requests === true) return 'required'
  return discovered?.pushed_authorization_request_endpoint === undefined ? 'plain' : 'offered'
}

export type Pkce = { verifier: string; challenge: string; method: 'S256' | 'plain' }

/**
 * PKCE (RFC 7636), with two deviations that servers have: the digest in hex under the name S256, and `plain`.
 * Null when PKCE is off.
 */
function makePkce(provider: Pick<ResolvedProvider, 'spec' | 'clientSecret'>): Pkce | null {
  const { pkce, pkceWithSecret } = provider.spec.authorize
  const kind = provider.clientSecret === null ? pkce : (pkceWithSecret ?? pkce)
  if (kind === 'off') return null
  const verifier = randomText(32)
  if (kind === 'plain') return { verifier, challenge: verifier, method: 'plain' }
  const digest = createHash('sha256').update(verifier)
  return { verifier, challenge: digest.digest(kind === 'S256' ? 'base64url' : 'hex'), method: 'S256' }
}

/** At least 256 random bits; longer where a server requires a minimum length. */
function randomText(bytes: number, minLength = 0): string {
  return randomBytes(Math.max(bytes, Math.ceil((minLength * 3) / 4))).toString('base64url')
}

/** What the client keeps between the authorization request and the callback. Held in memory only. */
export type InnerState = {
  readonly verifier: Secret | null
  readonly nonce: Secret | null
  readonly dpopKey: PrivateJwk | null
  /** Scopes as requested, for resources and for servers that require them again. */
  readonly scopes: readonly string[]
  readonly authorizationHost: string
}

const made = new WeakSet<object>()

function toInnerState(inner: InnerState): InnerState {
  const sealed = Object.freeze({ ...inner, toJSON: () => '[transaction]' })
  made.add(sealed)
  return sealed
}

/**
 * @throws KeywayError flow_not_found if this process did not create the state. No response from outside can
 * cause that.
 */
export function readInnerState(authorizationState: AuthorizationState): InnerState {
  const { inner } = authorizationState
  if (typeof inner === 'object' && inner !== null && made.has(inner)) return inner as InnerState
  throw new KeywayError('flow_not_found')
}
