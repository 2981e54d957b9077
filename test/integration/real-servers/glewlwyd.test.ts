// Glewlwyd (Debian: glewlwyd): what an OpenID Connect server with many extensions answers.
import { decodeJwt } from 'jose'
import { describe, expect, test } from 'vitest'
import { aConnect } from '../../support/builders.ts'
import { missingForGlewlwyd, startGlewlwyd } from '../../support/real-servers/glewlwyd.ts'
import {
  asksAt,
  openKeyway,
  registerByForm,
  registerByUrl,
  signIn,
  signInByDevice,
  tokenOf,
  walkCircle,
} from '../../support/real-servers/circle.ts'

const scopes = ['openid']
const secretClient = {
  client_id: 'made-up-client',
  confidential: true,
  password: 'made-up-client-secret',
  client_secret: 'made-up-client-secret',
  token_endpoint_auth_method: ['client_secret_basic'],
  authorization_type: ['code', 'refresh_token', 'client_credentials'],
}
const typed = (issuer: string) => ({ scopes, spec: { discovery: { issuer } } })

describe.skipIf(missingForGlewlwyd().length > 0)('Glewlwyd', () => {
  test('a whole circle from the issuer alone', async () => {
    const { issuer, person } = await startGlewlwyd()
    const opened = await openKeyway()
    const provider = await registerByUrl(opened, issuer, { scopes })
    const api = asksAt(`${issuer}/userinfo`)
    expect(await walkCircle(opened, provider.id, { person, api })).toMatchObject({
      connection: { account: 'ada@example.test', hasRefreshToken: true },
      api: [200, 200, 401],
      disconnected: 'at_provider',
    })
    const steps = await opened.keyway.ui['providers.doctor']({ id: provider.id })
    expect(steps.filter(({ outcome }) => outcome === 'failed' || outcome === 'warning')).toEqual([])
  })

  test('a pushed request', async () => {
    const { issuer, person } = await startGlewlwyd({
      'oauth-par-allowed': true,
      'oauth-par-required': true,
      'oauth-par-request_uri-prefix': 'urn:ietf:params:oauth:request_uri:',
      'oauth-par-duration': 90,
    })
    const opened = await openKeyway()
    const provider = await registerByUrl(opened, issuer, { scopes })
    const api = asksAt(`${issuer}/userinfo`)
    expect(await walkCircle(opened, provider.id, { person, api })).toMatchObject({
      connection: { account: 'ada@example.test' },
      api: [200, 200, 401],
    })
  })

  test('a device code, for a client that the administrator added: its registration takes none', async () => {
    const { issuer, allowDevice, addClient } = await startGlewlwyd()
    await addClient({ ...secretClient, authorization_type: ['device_authorization', 'refresh_token'] })
    const opened = await openKeyway()
    const provider = await registerByForm(opened, { ...typed(issuer), flow: 'device_code' })
    const connection = await signInByDevice(opened, provider.id, allowDevice)
    expect(connection).toMatchObject({ account: 'ada@example.test' })
    expect((await tokenOf(opened, connection.id, 'refused')).token).not.toBe('')
  })

  test('a registered client that may not use device codes is registered again once, and not for ever', async () => {
    const { issuer } = await startGlewlwyd()
    const opened = await openKeyway()
    const { id } = await registerByUrl(opened, issuer, { scopes, flow: 'device_code' })
    const attempt = async () => {
      const flow = await opened.keyway.connections.connect(aConnect({ providerId: id }))
      if (flow.kind !== 'failed') throw new Error(flow.kind)
      return { advice: flow.failure.nextStep, clientId: opened.keyway.providers.find(id)?.clientId }
    }
    const [first, second, third] = [await attempt(), await attempt(), await attempt()]
    expect(first?.advice).toContain('registers a new client')
    expect(second?.clientId).not.toBe(first?.clientId)
    expect(second?.advice).toContain('this client may use this kind of sign-in')
    expect(third?.clientId).toBe(second?.clientId)
  })

  test('userinfo as a signed token, under a media type of its own', async () => {
    const { issuer, person } = await startGlewlwyd()
    const opened = await openKeyway()
    const provider = await registerByUrl(opened, issuer, { scopes })
    const { endpoints } = provider.spec
    const spec = {
      ...provider.overrides,
      endpoints: { ...endpoints, userinfo: `${issuer}/userinfo?format=jwt` },
    }
    await opened.keyway.ui['providers.update']({ id: provider.id, patch: { spec } })
    expect(await signIn(opened, provider.id, { person })).toMatchObject({
      account: 'ada@example.test',
      identity: { id: expect.any(String) as string },
    })
  })

  test('tokens bound to a key, and a resource', async () => {
    const resource = 'https://api.example.test/'
    const { issuer, person } = await startGlewlwyd({
      'oauth-dpop-allowed': true,
      'oauth-dpop-iat-duration': 60,
      'resource-allowed': true,
      'resource-scope': { openid: [resource] },
    })
    const opened = await openKeyway()
    const provider = await registerByUrl(opened, issuer, { scopes })
    const spec = { ...provider.overrides, dpop: 'always' as const, resources: [resource] }
    await opened.keyway.ui['providers.update']({ id: provider.id, patch: { spec } })
    const connection = await signIn(opened, provider.id, { person })
    for (const { token, tokenType } of [
      await tokenOf(opened, connection.id),
      await tokenOf(opened, connection.id, 'refused'),
    ]) {
      expect(tokenType.toLowerCase()).toBe('dpop')
      expect(decodeJwt(token)).toMatchObject({ aud: resource, cnf: { jkt: expect.any(String) as string } })
    }
    expect(connection.account).toBe('ada@example.test')
  })

  test('a resource that it does not know is refused after the login: the failure names the field', async () => {
    const { issuer, person } = await startGlewlwyd({
      'resource-allowed': true,
      'resource-scope': { openid: ['https://api.example.test/'] },
    })
    const opened = await openKeyway()
    const provider = await registerByUrl(opened, issuer, { scopes })
    const { ui } = opened.keyway
    const wrong = { ...provider.overrides, resources: ['https://other.example.test/'] }
    await ui['providers.update']({ id: provider.id, patch: { spec: wrong } })
    await expect(signIn(opened, provider.id, { person })).rejects.toThrow(
      /invalid_target.*"field":"spec\.resources"/,
    )
    await ui['providers.update']({ id: provider.id, patch: { spec: { ...wrong, resources: [] } } })
    expect(await signIn(opened, provider.id, { person })).toMatchObject({ account: 'ada@example.test' })
  })

  test('a client with its own key, which the revocation endpoint does not take', async () => {
    const { issuer, person, addClient } = await startGlewlwyd()
    const opened = await openKeyway()
    const draft = typed(issuer)
    const signing = { ...draft.spec, client: { auth: 'private_key_jwt' as const } }
    const provider = await registerByForm(opened, { ...draft, clientSecret: '', spec: signing })
    await addClient({
      ...secretClient,
      token_endpoint_auth_method: ['private_key_jwt'],
      jwks: { keys: provider.clientKeys },
    })
    expect(
      await walkCircle(opened, provider.id, { person, api: asksAt(`${issuer}/userinfo`) }),
    ).toMatchObject({
      connection: { account: 'ada@example.test' },
      api: [200, 200, 200],
      disconnected: 'local_only',
    })
  })
})
