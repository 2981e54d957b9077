// A provider that takes nothing in the browser's address: server found by metadata, parameters pushed (RFC
// 9126), tokens bound to a key (RFC 9449). Its record names these needs instead of addresses.
import { createHash } from 'node:crypto'
import type { ResolvedProvider } from '../../../electron/core/oauth/types.ts'
import { makeOAuthClient } from '../oauth.ts'
import { FIRST, SECOND } from './demand-token.ts'
import { CLIENT_ID, CODE, REDIRECT_URI } from './person.ts'
import type { CatalogRecord } from './record.ts'
import { json } from './replies.ts'
import { differences, SOMETHING, unequal, viewOf, type Demand, type WireView } from './wire-view.ts'

const SERVER = 'https://pds.example.com'
const DID = 'did:plc:madeup'
const REQUEST_URI = 'urn:ietf:params:oauth:request_uri:made-up'

export async function comparePushed(made: ResolvedProvider, record: CatalogRecord): Promise<string[]> {
  const provider = { ...made, parameters: { server: 'pds.example.com' } }
  const scope = record.defaultScopes.join(record.scopeSeparator)
  const { fetch, seen } = pushedServer(scope)
  const client = makeOAuthClient({ fetchFor: () => fetch })
  const { url, authorizationState } = await client.authorize(provider, {
    redirectUri: REDIRECT_URI,
    scopes: record.defaultScopes,
    secondaryScopes: [],
    loginHint: null,
    prompt: null,
    optionalParams: {},
  })
  const callback = new URLSearchParams({ code: CODE, state: authorizationState.state, iss: SERVER })
  const outcome = await client.exchange(provider, authorizationState, callback)
  const [pushed, exchanged] = seen
  const found = [
    ...differences('authorization', browserDemand, viewOf(url)),
    ...differences('pushed request', pushDemand(authorizationState.state, scope), pushed),
    ...differences(
      'exchange',
      tokenDemand({
        grant_type: 'authorization_code',
        code: CODE,
        redirect_uri: REDIRECT_URI,
        code_verifier: SOMETHING,
      }),
      exchanged,
    ),
    ...proves('pushed request', pushed, null),
    ...proves('exchange', exchanged, null),
    ...unequal('PKCE', pushed?.fields['code_challenge'], digestOf(exchanged?.fields['code_verifier'])),
  ]
  if (outcome.kind !== 'ok') return [...found, `exchange: ${outcome.kind}, ${outcome.code}`]
  const { response } = outcome
  const { accessToken, refreshToken, tokenType, dpopKey, values } = response
  const api = `${SERVER}/xrpc/app.bsky.actor.getProfile`
  const headers = await client.apiHeaders(
    provider,
    { accessToken, tokenType, dpopKey, values },
    { method: 'GET', url: api, nonce: null },
  )
  const apiCall = viewOf(api, { headers: headers.map(([name, value]): [string, string] => [name, value]) })
  const renewed = await client.refresh(provider, {
    refreshToken,
    accessToken,
    scopes: record.defaultScopes,
    redirectUri: REDIRECT_URI,
    dpopKey,
    values,
  })
  return [
    ...found,
    ...unequal('exchange: token type', 'DPoP', tokenType),
    ...unequal('exchange: account', DID, response.accountId),
    ...unequal('token header', `DPoP ${FIRST.access}`, apiCall.headers['authorization']),
    ...proves('API', apiCall, FIRST.access),
    ...differences(
      'refresh',
      tokenDemand({ grant_type: 'refresh_token', refresh_token: FIRST.refresh }),
      seen[2],
    ),
    ...proves('refresh', seen[2], null),
    ...unequal(
      'refresh: outcome',
      SECOND.access,
      renewed.kind === 'ok' ? renewed.response.accessToken.reveal() : renewed.code,
    ),
  ]
}

function digestOf(verifier: unknown): string {
  return createHash('sha256')
    .update(typeof verifier === 'string' ? verifier : '')
    .digest('base64url')
}

const browserDemand: Demand = {
  method: 'GET',
  url: `${SERVER}/oauth/authorize`,
  query: { client_id: CLIENT_ID, request_uri: REQUEST_URI },
  headers: {},
  format: 'none',
  fields: {},
}

function pushDemand(state: string, scope: string): Demand {
  return {
    method: 'POST',
    url: `${SERVER}/oauth/par`,
    query: {},
    headers: { authorization: null, dpop: SOMETHING },
    format: 'form',
    fields: {
      client_id: CLIENT_ID,
      response_type: 'code',
      redirect_uri: REDIRECT_URI,
      state,
      scope,
      code_challenge: SOMETHING,
      code_challenge_method: 'S256',
    },
  }
}

function tokenDemand(fields: Record<string, string>): Demand {
  return {
    method: 'POST',
    url: `${SERVER}/oauth/token`,
    query: {},
    headers: { authorization: null, dpop: SOMETHING },
    format: 'form',
    fields: { client_id: CLIENT_ID, ...fields },
  }
}

/** The proof is for this very request, and at the API for this very token. */
function proves(what: string, view: WireView | undefined, token: string | null): string[] {
  const payload = view?.headers['dpop']?.split('.')[1] ?? ''
  const text = Buffer.from(payload, 'base64url').toString()
  if (view === undefined || text === '') return [`${what}: there is no proof`]
  const claims = JSON.parse(text) as { htm?: string; htu?: string; ath?: string }
  const ath = token === null ? undefined : createHash('sha256').update(token).digest('base64url')
  return [
    ...unequal(`${what}: proven method`, view.method, claims.htm),
    ...unequal(`${what}: proven address`, view.url, claims.htu),
    ...unequal(`${what}: proven token`, ath, claims.ath),
  ]
}

function pushedServer(scope: string): {
  fetch: (url: string, init?: RequestInit) => Promise<Response>
  seen: WireView[]
} {
  const seen: WireView[] = []
  const metadata = {
    issuer: SERVER,
    authorization_endpoint: `${SERVER}/oauth/authorize`,
    token_endpoint: `${SERVER}/oauth/token`,
    pushed_authorization_request_endpoint: `${SERVER}/oauth/par`,
    require_pushed_authorization_requests: true,
    authorization_response_iss_parameter_supported: true,
    dpop_signing_alg_values_supported: ['ES256'],
    token_endpoint_auth_methods_supported: ['none', 'private_key_jwt'],
    response_types_supported: ['code'],
  }
  const tokens = ({ access, refresh }: typeof FIRST): object => ({
    access_token: access,
    refresh_token: refresh,
    token_type: 'DPoP',
    expires_in: 3600,
    scope,
    sub: DID,
  })
  const answer = (path: string): { status: number; body: object } => {
    if (path === '/.well-known/oauth-authorization-server') return { status: 200, body: metadata }
    if (path === '/oauth/par') return { status: 201, body: { request_uri: REQUEST_URI, expires_in: 300 } }
    if (path === '/oauth/token') return { status: 200, body: tokens(seen.length > 2 ? SECOND : FIRST) }
    return { status: 404, body: {} }
  }
  return {
    seen,
    fetch(url, init) {
      const { pathname } = new URL(url)
      if (!pathname.startsWith('/.well-known/')) seen.push(viewOf(url, init))
      const { status, body } = answer(pathname)
      const reply = json(body, status)
      return Promise.resolve(
        new Response(reply.text, { status, headers: { 'content-type': 'application/json' } }),
      )
    },
  }
}
