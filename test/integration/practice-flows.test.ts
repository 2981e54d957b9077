// The practice provider against openid-client, a certified client that Keyway did not write: what holds here
// holds for real servers.
import * as oidc from 'openid-client'
import { describe, expect, it } from 'vitest'
import {
  allowLoopbackHttp,
  callApi,
  callbackUri,
  type ClientName,
  discoverAs,
  signInForTokens,
  startPracticeProvider,
} from '../support/start-practice-provider.ts'
import { approveDevice, signInWithHttp } from '../support/user-agent.ts'

const refusal = async (attempt: Promise<unknown>): Promise<string> => {
  const failure: unknown = await attempt.then(
    () => new Error('It was not refused'),
    (thrown: unknown) => thrown,
  )
  return failure instanceof oidc.ResponseBodyError ? failure.error : String(failure)
}

describe('the code flow', () => {
  it.each<ClientName>(['native', 'basic', 'post'])('gives the %s client tokens that work', async (client) => {
    const provider = await startPracticeProvider()
    const config = await discoverAs(provider, client)
    const tokens = await signInForTokens(config, { account: 'grace@example.test' })

    expect(tokens.claims()).toMatchObject({ iss: provider.issuer, email: 'grace@example.test' })
    expect(tokens.refresh_token).toBeTypeOf('string')
    const who = await callApi(provider, '/api/me', tokens.access_token)
    expect(await who.json()).toMatchObject({ email: 'grace@example.test', name: 'Grace Hopper' })
    const { sub } = tokens.claims()!
    const info = await oidc.fetchUserInfo(config, tokens.access_token, sub)
    expect(info.email).toBe('grace@example.test')
    expect(provider.stats()).toMatchObject({
      tokenRequests: 1,
      tokenRequestsByGrantType: { authorization_code: 1 },
      failures: [],
    })
  })

  it('takes the native client back at any loopback port, and the others only where they are registered', async () => {
    const provider = await startPracticeProvider()
    const parameters = { redirect_uri: 'http://127.0.0.1:50123/oauth2/callback' }
    const native = await signInForTokens(await discoverAs(provider, 'native'), { parameters })
    expect(native.access_token).toBeTypeOf('string')
    await expect(signInForTokens(await discoverAs(provider, 'basic'), { parameters })).rejects.toThrow(
      'redirect_uri',
    )
  })

  it('takes further redirect URIs from its options', async () => {
    const redirectUri = 'http://127.0.0.1:50124/oauth2/callback'
    const provider = await startPracticeProvider({ redirectUris: [redirectUri] })
    const config = await discoverAs(provider, 'post')
    const tokens = await signInForTokens(config, { parameters: { redirect_uri: redirectUri } })
    expect(tokens.access_token).toBeTypeOf('string')
  })

  it('refuses a public client without PKCE, naming its issuer in the answer', async () => {
    const provider = await startPracticeProvider()
    const config = await discoverAs(provider)
    const url = oidc.buildAuthorizationUrl(config, { redirect_uri: callbackUri, scope: 'openid', state: 's' })
    const outcome = await signInWithHttp(url.href, { account: 'ada@example.test', stopAtCallback: true })
    if (outcome.kind !== 'stopped') throw new Error(outcome.kind)
    const answer = new URL(outcome.callbackUrl).searchParams
    expect(answer.get('error')).toBe('invalid_request')
    expect(answer.get('iss')).toBe(provider.issuer)
  })

  it('ends a grant whose code comes in twice', async () => {
    const provider = await startPracticeProvider()
    const config = await discoverAs(provider)
    const codes: string[] = []
    config[oidc.customFetch] = (url, options) => {
      if (options.body instanceof URLSearchParams && options.body.has('code'))
        codes.push(options.body.toString())
      return fetch(url, options as RequestInit)
    }
    const tokens = await signInForTokens(config)
    const again = await fetch(provider.url('/token'), {
      method: 'POST',
      body: new URLSearchParams(codes[0]),
    })
    expect(again.status).toBe(400)
    expect((await callApi(provider, '/api/me', tokens.access_token)).status).toBe(401)
    expect(provider.grants()).toEqual([])
  })

  it('serves plain OAuth too: no openid, no id token, a default scope when none is asked for', async () => {
    const provider = await startPracticeProvider({ behaviour: { issueRefreshTokens: 'always' } })
    const config = await discoverAs(provider)
    const tokens = await signInForTokens(config, { scope: 'files.write' })
    expect(tokens.id_token).toBeUndefined()
    expect(tokens.scope).toBe('files.write')
    expect(tokens.refresh_token).toBeTypeOf('string')

    const bare = new URL('/auth', provider.issuer)
    bare.search = new URLSearchParams({
      client_id: provider.clients.basic.clientId,
      redirect_uri: callbackUri,
      response_type: 'code',
      state: 's',
    }).toString()
    const outcome = await signInWithHttp(bare.href, { account: 'ada@example.test', stopAtCallback: true })
    expect(outcome).toMatchObject({ kind: 'stopped', callbackUrl: expect.stringContaining('code=') })
    expect(provider.grants().find(({ clientId }) => clientId === 'rehearsal-basic')?.scopes).toEqual([
      'files.read',
    ])
  })

  it('carries RFC 8414 metadata that agrees with the OpenID discovery', async () => {
    const provider = await startPracticeProvider()
    const [openid, oauth] = await Promise.all(
      ['openid-configuration', 'oauth-authorization-server'].map(async (name) =>
        (await fetch(provider.url(`/.well-known/${name}`))).json(),
      ),
    )
    expect(oauth).toEqual(openid)
    expect(openid).toMatchObject({
      issuer: provider.issuer,
      authorization_response_iss_parameter_supported: true,
      code_challenge_methods_supported: ['S256'],
    })
  })
})

describe('refreshing', () => {
  it('rotates, and a used-up refresh token that comes back kills the whole family', async () => {
    const provider = await startPracticeProvider()
    const config = await discoverAs(provider)
    const first = await signInForTokens(config)
    const second = await oidc.refreshTokenGrant(config, first.refresh_token!)
    expect(second.refresh_token).not.toBe(first.refresh_token)
    const third = await oidc.refreshTokenGrant(config, second.refresh_token!)
    expect(provider.stats()).toMatchObject({ refreshes: 2, reuseDetections: 0 })

    expect(await refusal(oidc.refreshTokenGrant(config, first.refresh_token!))).toBe('invalid_grant')
    expect(provider.stats()).toMatchObject({ refreshes: 2, reuseDetections: 1 })
    // Not only the old one: the newest refresh token and every access token are gone with it.
    expect(await refusal(oidc.refreshTokenGrant(config, third.refresh_token!))).toBe('invalid_grant')
    expect((await callApi(provider, '/api/me', third.access_token)).status).toBe(401)
    expect(provider.grants()).toEqual([])
  })

  it('one of two simultaneous refreshes with one token is taken for theft', async () => {
    const provider = await startPracticeProvider()
    const config = await discoverAs(provider)
    const { refresh_token: token } = await signInForTokens(config)
    const both = await Promise.allSettled([
      oidc.refreshTokenGrant(config, token!),
      oidc.refreshTokenGrant(config, token!),
    ])
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(provider.stats().reuseDetections).toBe(1)
    expect(provider.grants()).toEqual([])
  })

  it('gives no refresh token without offline_access, unless the policy says always', async () => {
    const provider = await startPracticeProvider()
    const config = await discoverAs(provider)
    const scope = 'openid files.read'
    expect((await signInForTokens(config, { scope })).refresh_token).toBeUndefined()
    await provider.behave({ issueRefreshTokens: 'always' })
    expect((await signInForTokens(config, { scope })).refresh_token).toBeTypeOf('string')
    await provider.behave({ issueRefreshTokens: 'never' })
    expect((await signInForTokens(config)).refresh_token).toBeUndefined()
  })
})

describe('revoking', () => {
  it('a revoked refresh token takes the access token with it: the API answers 401', async () => {
    const provider = await startPracticeProvider()
    const config = await discoverAs(provider, 'basic')
    const tokens = await signInForTokens(config)
    expect((await callApi(provider, '/api/me', tokens.access_token)).status).toBe(200)
    await oidc.tokenRevocation(config, tokens.refresh_token!, { token_type_hint: 'refresh_token' })

    const answer = await callApi(provider, '/api/me', tokens.access_token)
    expect(answer.status).toBe(401)
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer .*error="invalid_token"/)
    expect(provider.stats().revocations).toEqual({ refresh_token: 1, access_token: 0, unknown: 0 })
    expect(await oidc.tokenIntrospection(config, tokens.access_token)).toEqual({ active: false })
  })

  it('tells apart what was revoked, and takes an unknown token calmly', async () => {
    const provider = await startPracticeProvider()
    const config = await discoverAs(provider)
    const tokens = await signInForTokens(config)
    await oidc.tokenRevocation(config, 'not-a-token-of-this-server')
    await oidc.tokenRevocation(config, tokens.access_token)
    expect(provider.stats().revocations).toEqual({ refresh_token: 0, access_token: 1, unknown: 1 })
  })

  it('a grant that is revoked from outside ends at once, that of another account does not', async () => {
    const provider = await startPracticeProvider()
    const config = await discoverAs(provider)
    const ada = await signInForTokens(config)
    const grace = await signInForTokens(config, { account: 'grace@example.test' })
    expect(provider.grants().map(({ account }) => account)).toEqual([
      'ada@example.test',
      'grace@example.test',
    ])

    expect(provider.revokeGrants({ account: 'ada@example.test' })).toBe(1)
    expect((await callApi(provider, '/api/me', ada.access_token)).status).toBe(401)
    expect(await refusal(oidc.refreshTokenGrant(config, ada.refresh_token!))).toBe('invalid_grant')
    expect((await callApi(provider, '/api/me', grace.access_token)).status).toBe(200)
  })

  it('access tokens that are made to run out leave the grant alone', async () => {
    const provider = await startPracticeProvider()
    const config = await discoverAs(provider)
    const tokens = await signInForTokens(config)
    expect(provider.expireAccessTokens({ clientId: 'rehearsal-native' })).toBe(1)
    expect((await callApi(provider, '/api/me', tokens.access_token)).status).toBe(401)
    const fresh = await oidc.refreshTokenGrant(config, tokens.refresh_token!)
    expect((await callApi(provider, '/api/me', fresh.access_token)).status).toBe(200)
  })
})

describe('the device flow', () => {
  const begin = async (behaviour = {}) => {
    const provider = await startPracticeProvider({ behaviour: { deviceIntervalSeconds: 0.05, ...behaviour } })
    const config = await discoverAs(provider)
    const device = await oidc.initiateDeviceAuthorization(config, {
      scope: 'openid offline_access files.read',
    })
    return { provider, config, device }
  }

  it('is pending until the person has allowed it, then gives tokens of that person', async () => {
    const { provider, config, device } = await begin()
    expect(await refusal(pollOnce(config, device.device_code))).toBe('authorization_pending')
    const approval = await approveDevice(device.verification_uri_complete!, { account: 'mary@example.test' })
    expect(approval).toEqual({ kind: 'approved' })

    const tokens = await oidc.pollDeviceAuthorizationGrant(config, device)
    expect(await (await callApi(provider, '/api/me', tokens.access_token)).json()).toMatchObject({
      email: 'mary@example.test',
    })
    expect(tokens.refresh_token).toBeTypeOf('string')
  })

  it('works with a code that is typed in', async () => {
    const { config, device } = await begin()
    const approval = await approveDevice(device.verification_uri, {
      account: 'ada@example.test',
      userCode: device.user_code.toLowerCase(),
    })
    expect(approval).toEqual({ kind: 'approved' })
    expect((await oidc.pollDeviceAuthorizationGrant(config, device)).access_token).toBeTypeOf('string')
  })

  it('tells the device that the person denied it', async () => {
    const { config, device } = await begin()
    const choices = { account: 'ada@example.test', decision: 'deny' } as const
    expect(await approveDevice(device.verification_uri_complete!, choices)).toEqual({ kind: 'denied' })
    expect(await refusal(pollOnce(config, device.device_code))).toBe('access_denied')
  })

  it('says so when a code does not exist', async () => {
    const { device } = await begin()
    const outcome = await approveDevice(device.verification_uri, {
      account: 'ada@example.test',
      userCode: 'BBBB-BBBB',
    })
    expect(outcome).toMatchObject({ kind: 'stuck', words: expect.stringContaining('There is no such code') })
  })
})

const pollOnce = (config: oidc.Configuration, deviceCode: string) =>
  oidc.genericGrantRequest(config, 'urn:ietf:params:oauth:grant-type:device_code', {
    device_code: deviceCode,
  })

describe('what else the protocol offers', () => {
  it('client credentials: a token of the client itself, without a refresh token', async () => {
    const provider = await startPracticeProvider()
    const config = await discoverAs(provider, 'post')
    const tokens = await oidc.clientCredentialsGrant(config, { scope: 'files.read' })
    expect(tokens.refresh_token).toBeUndefined()
    expect(await (await callApi(provider, '/api/me', tokens.access_token)).json()).toEqual({
      sub: 'rehearsal-post',
      clientId: 'rehearsal-post',
      scopes: ['files.read'],
      tokenType: 'Bearer',
    })
  })

  it('pushed authorization requests', async () => {
    const provider = await startPracticeProvider()
    const tokens = await signInForTokens(await discoverAs(provider, 'basic'), { pushed: true })
    expect((await callApi(provider, '/api/me', tokens.access_token)).status).toBe(200)
    expect(provider.stats().visits.filter(({ endpoint }) => endpoint === 'par')).toHaveLength(1)
  })

  it.each([false, true])('DPoP, with a nonce demanded by the server: %s', async (requireDpopNonce) => {
    const provider = await startPracticeProvider({ behaviour: { requireDpopNonce } })
    const config = await discoverAs(provider)
    const dpop = oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair('ES256'))
    const tokens = await signInForTokens(config, { dpop })
    expect(tokens.token_type).toBe('dpop')

    const url = new URL(provider.url('/api/files?pageSize=2'))
    const call = (handle: oidc.DPoPHandle) =>
      oidc.fetchProtectedResource(config, tokens.access_token, url, 'GET', null, undefined, { DPoP: handle })
    expect((await call(dpop)).status).toBe(200)
    // The token alone, or with somebody else's key, is worth nothing.
    const stolen = await callApi(provider, '/api/files', tokens.access_token)
    expect(stolen.status).toBe(401)
    expect(stolen.headers.get('www-authenticate')).toMatch(/^DPoP /)
    const thief = oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair('ES256'))
    await expect(call(thief)).rejects.toThrow('challenge')

    const fresh = await oidc.refreshTokenGrant(config, tokens.refresh_token!, undefined, { DPoP: dpop })
    expect(fresh.token_type).toBe('dpop')
    expect(await refusal(oidc.refreshTokenGrant(config, fresh.refresh_token!))).toBe('invalid_grant')
  })

  it('resource indicators: a token for another resource does not open this API', async () => {
    const elsewhere = 'https://mcp.example.test/'
    const provider = await startPracticeProvider({ resources: [elsewhere] })
    const config = await discoverAs(provider)
    const scope = 'files.read offline_access'
    const there = await signInForTokens(config, { scope, parameters: { resource: elsewhere } })
    expect((await callApi(provider, '/api/files', there.access_token)).status).toBe(401)
    const here = await signInForTokens(config, {
      scope,
      parameters: { resource: `${provider.issuer}/api` },
    })
    expect((await callApi(provider, '/api/files', here.access_token)).status).toBe(200)
    const unknown = signInForTokens(config, {
      scope,
      parameters: { resource: 'https://unknown.example.test/' },
    })
    await expect(unknown).rejects.toMatchObject({ error: 'invalid_target' })
  })

  it('dynamic registration: a client that registers itself can sign somebody in', async () => {
    const provider = await startPracticeProvider()
    const config = await oidc.dynamicClientRegistration(
      new URL(provider.issuer),
      {
        client_name: 'A client of its own making',
        redirect_uris: [callbackUri],
        grant_types: ['authorization_code', 'refresh_token'],
        token_endpoint_auth_method: 'client_secret_basic',
      },
      undefined,
      { execute: [allowLoopbackHttp] },
    )
    const tokens = await signInForTokens(config)
    expect(tokens.refresh_token).toBeTypeOf('string')
    expect(provider.stats().registrations).toBe(1)
  })

  it('tells MCP-like clients where its authorization server is (RFC 9728)', async () => {
    const provider = await startPracticeProvider()
    const refused = await fetch(provider.url('/api/me'))
    expect(refused.status).toBe(401)
    const [, metadataUrl] =
      /resource_metadata="([^"]+)"/.exec(refused.headers.get('www-authenticate') ?? '') ?? []
    expect(await (await fetch(metadataUrl!)).json()).toMatchObject({
      resource: `${provider.issuer}/api`,
      authorization_servers: [provider.issuer],
    })
  })
})
