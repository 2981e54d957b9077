// The whole circle at a real, certified authorization server.
import { describe, expect, it } from 'vitest'
import type { AuthorizeRequest } from '../../electron/core/oauth/types.ts'
import type { ProviderSpecInput } from '../../shared/contract/provider-spec.ts'
import { approveDevice, signInWithHttp } from '../support/user-agent.ts'
import { answerOf, grantOf, makeOAuthClient, resolvedProvider } from '../support/oauth.ts'
import {
  callApi,
  callbackUri,
  type ClientName,
  startPracticeProvider,
} from '../support/start-practice-provider.ts'
import type { PracticeProvider } from '../../electron/practice-provider/provider.ts'

const scopes = ['openid', 'profile', 'email', 'offline_access', 'files.read']

function asProvider(practice: PracticeProvider, client: ClientName = 'native', spec: ProviderSpecInput = {}) {
  const { clientId, clientSecret } = practice.clients[client]
  return resolvedProvider({ discovery: { issuer: practice.issuer }, ...spec }, { clientId, clientSecret })
}

const request = (more: Partial<AuthorizeRequest> = {}): AuthorizeRequest => ({
  redirectUri: callbackUri,
  scopes,
  secondaryScopes: [],
  loginHint: null,
  prompt: null,
  optionalParams: {},
  ...more,
})

async function callbackFrom(url: string, decision: 'allow' | 'deny' = 'allow'): Promise<URLSearchParams> {
  const outcome = await signInWithHttp(url, { account: 'ada@example.test', decision, stopAtCallback: true })
  if (outcome.kind !== 'stopped') throw new Error(JSON.stringify(outcome))
  return new URL(outcome.callbackUrl).searchParams
}

describe('the OAuth client at a real provider', () => {
  it.each<ClientName>(['native', 'basic', 'post'])(
    'signs in, refreshes, rotates and revokes as the %s client',
    async (name) => {
      const practice = await startPracticeProvider()
      const client = makeOAuthClient()
      // What the browser carries is looked at here, so nothing is pushed.
      const provider = asProvider(practice, name, { authorize: { par: 'never' } })
      const { url, authorizationState } = await client.authorize(provider, request())
      const asked = new URL(url).searchParams
      expect(asked.get('code_challenge_method')).toBe('S256')
      expect(asked.get('state')).toBe(authorizationState.state)
      expect(asked.get('prompt')).toBe('consent')

      const first = answerOf(await client.exchange(provider, authorizationState, await callbackFrom(url)))
      expect(first.tokenType).toBe('Bearer')
      expect(first.lifetimeSeconds).toBe(3600)
      expect(first.scopes).toEqual(expect.arrayContaining(scopes))
      expect((await callApi(practice, '/api/me', first.accessToken.reveal())).status).toBe(200)
      expect(await client.identify(provider, { ...grantOf(first) })).toMatchObject({
        label: 'ada@example.test',
      })

      const second = answerOf(await client.refresh(provider, grantOf(first, scopes)))
      expect(second.refreshToken?.reveal()).not.toBe(first.refreshToken?.reveal())
      expect(await client.revoke(provider, grantOf(second))).toMatchObject({ revoked: 'at_provider' })
      expect((await callApi(practice, '/api/me', second.accessToken.reveal())).status).toBe(401)
      expect(await client.refresh(provider, grantOf(second))).toMatchObject({
        kind: 'ended',
        code: 'invalid_grant',
      })
    },
  )

  it('finds the way of authentication by itself when addresses are typed and nobody says', async () => {
    const practice = await startPracticeProvider()
    const client = makeOAuthClient()
    for (const name of ['basic', 'post'] as const) {
      const provider = asProvider(practice, name, {
        discovery: {},
        endpoints: { authorization: practice.url('/auth'), token: practice.url('/token') },
      })
      const { url, authorizationState } = await client.authorize({ ...provider, id: name }, request())
      const answer = answerOf(
        await client.exchange({ ...provider, id: name }, authorizationState, await callbackFrom(url)),
      )
      expect(answer.refreshToken).not.toBeNull()
    }
  })

  it('pushes the authorization request where the server offers it, and goes on without where it then refuses', async () => {
    const practice = await startPracticeProvider()
    const client = makeOAuthClient()
    const provider = asProvider(practice)
    const pushed = await client.authorize(provider, request())
    expect([...new URL(pushed.url).searchParams.keys()].toSorted()).toEqual(['client_id', 'request_uri'])
    await practice.behave({ faults: [{ kind: 'status', at: 'par', status: 403, times: 1 }] })
    const plain = await client.authorize(provider, request())
    expect(new URL(plain.url).searchParams.get('code_challenge_method')).toBe('S256')
    answerOf(await client.exchange(provider, plain.authorizationState, await callbackFrom(plain.url)))
  })

  it('pushes the authorization request when told to', async () => {
    const practice = await startPracticeProvider()
    const client = makeOAuthClient()
    for (const name of ['native', 'basic'] as const) {
      const provider = asProvider(practice, name, {
        authorize: { par: 'always' },
        discovery: { issuer: practice.issuer },
      })
      const { url, authorizationState } = await client.authorize(provider, request())
      expect([...new URL(url).searchParams.keys()].toSorted()).toEqual(['client_id', 'request_uri'])
      answerOf(await client.exchange(provider, authorizationState, await callbackFrom(url)))
    }
  })

  it('binds tokens with DPoP from the pushed request to the revocation, takes up the server nonce, and proves possession to the API and at the refresh', async () => {
    const practice = await startPracticeProvider({ behaviour: { requireDpopNonce: true } })
    const client = makeOAuthClient()
    const provider = asProvider(practice, 'native', {
      dpop: 'always',
      authorize: { par: 'always' },
      discovery: { issuer: practice.issuer },
    })
    const { url, authorizationState } = await client.authorize(provider, request({ scopes }))
    expect([...new URL(url).searchParams.keys()].toSorted()).toEqual(['client_id', 'request_uri'])
    const first = answerOf(await client.exchange(provider, authorizationState, await callbackFrom(url)))
    expect(first.tokenType).toBe('DPoP')
    expect(first.dpopKey).toMatchObject({ kty: 'EC' })
    const second = answerOf(await client.refresh(provider, grantOf(first)))
    expect(second.tokenType).toBe('DPoP')
    const api = practice.url('/api/me')
    const proven = await client.apiHeaders(provider, grantOf(second), {
      method: 'GET',
      url: api,
      nonce: null,
    })
    expect((await fetch(api, { headers: proven })).status).toBe(200)
    const wrong = await client.apiHeaders(provider, grantOf(second), {
      method: 'POST',
      url: api,
      nonce: null,
    })
    expect((await fetch(api, { headers: wrong })).status).toBe(401)
    const stranger = makeOAuthClient()
    const again = answerOf(await stranger.refresh(provider, grantOf(second)))
    expect(again.tokenType).toBe('DPoP')
    expect(await stranger.revoke(provider, grantOf(again))).toMatchObject({ revoked: 'at_provider' })
    expect(await stranger.refresh(provider, grantOf(again))).toMatchObject({ kind: 'ended' })
  })

  it('says so when access is denied, when the answer is of another issuer, and when it comes twice', async () => {
    const practice = await startPracticeProvider()
    const client = makeOAuthClient()
    const provider = asProvider(practice)
    const denied = await client.authorize(provider, request())
    const refusal = await callbackFrom(denied.url, 'deny')
    await expect(client.exchange(provider, denied.authorizationState, refusal)).rejects.toMatchObject({
      code: 'access_denied',
    })

    const mixed = await client.authorize(provider, request())
    const callback = await callbackFrom(mixed.url)
    const foreign = new URLSearchParams(callback)
    foreign.set('iss', 'https://evil.example')
    await expect(client.exchange(provider, mixed.authorizationState, foreign)).rejects.toMatchObject({
      code: 'issuer_mismatch',
    })
    const silent = new URLSearchParams(callback)
    silent.delete('iss')
    await expect(client.exchange(provider, mixed.authorizationState, silent)).rejects.toMatchObject({
      code: 'issuer_mismatch',
    })
    const other = await client.authorize(provider, request())
    await expect(client.exchange(provider, other.authorizationState, callback)).rejects.toMatchObject({
      code: 'state_mismatch',
    })
    const twice = new URLSearchParams([...callback, ['code', 'other']])
    await expect(client.exchange(provider, mixed.authorizationState, twice)).rejects.toMatchObject({
      code: 'invalid_request',
    })

    const wrongScope = new URLSearchParams({ error: 'invalid_scope', state: mixed.authorizationState.state })
    await expect(client.exchange(provider, mixed.authorizationState, wrongScope)).rejects.toMatchObject({
      code: 'provider_error',
      nextStep: expect.stringContaining('Correct the scopes') as string,
    })
    const error = new URLSearchParams({ error: 'access_denied', state: mixed.authorizationState.state })
    await expect(client.exchange(provider, mixed.authorizationState, error)).rejects.toMatchObject({
      code: 'access_denied',
    })

    answerOf(await client.exchange(provider, mixed.authorizationState, callback))
    expect(await client.exchange(provider, mixed.authorizationState, callback)).toMatchObject({
      kind: 'ended',
      code: 'invalid_grant',
    })
  })

  it('gets tokens for the client itself, and names the setting when the secret is wrong', async () => {
    const practice = await startPracticeProvider()
    const client = makeOAuthClient()
    const provider = asProvider(practice, 'basic')
    expect(answerOf(await client.clientCredentials(provider, ['files.read'])).refreshToken).toBeNull()
    const wrong = resolvedProvider(
      { discovery: { issuer: practice.issuer } },
      { clientId: practice.clients.basic.clientId, clientSecret: 'not-the-secret' },
    )
    expect(await client.clientCredentials(wrong, [])).toMatchObject({
      kind: 'config_error',
      code: 'invalid_client',
    })
  })

  it('runs the device flow: approved, denied and cancelled', async () => {
    const practice = await startPracticeProvider({ behaviour: { deviceIntervalSeconds: 0.05 } })
    const client = makeOAuthClient()
    const provider = asProvider(practice)
    const start = () => client.startDevice(provider, scopes)

    const wanted = await start()
    const polling = client.pollDevice(provider, wanted, new AbortController().signal)
    await approveDevice(wanted.verificationUriComplete ?? wanted.verificationUri, {
      account: 'ada@example.test',
    })
    expect(answerOf(await polling).refreshToken).not.toBeNull()

    const refused = await start()
    const waiting = client.pollDevice(provider, refused, new AbortController().signal)
    const allow = approveDevice(refused.verificationUriComplete ?? '', {
      account: 'ada@example.test',
      decision: 'deny',
    })
    await Promise.all([expect(waiting).rejects.toMatchObject({ code: 'access_denied' }), allow])

    const controller = new AbortController()
    const stopped = client.pollDevice(provider, await start(), controller.signal)
    controller.abort()
    await expect(stopped).rejects.toMatchObject({ code: 'flow_cancelled' })
  })

  it('asks for a resource (RFC 8707) at each step', async () => {
    const practice = await startPracticeProvider()
    const client = makeOAuthClient()
    const resource = practice.url('/api')
    const provider = asProvider(practice, 'native', {
      resources: [resource],
      authorize: { par: 'never' },
    })
    const { url, authorizationState } = await client.authorize(provider, request())
    expect(new URL(url).searchParams.get('resource')).toBe(resource)
    const first = answerOf(await client.exchange(provider, authorizationState, await callbackFrom(url)))
    answerOf(await client.refresh(provider, grantOf(first)))
    expect((await callApi(practice, '/api/me', first.accessToken.reveal())).status).toBe(200)
  })
})
