// Servers that demand tokens bound to a key (RFC 9449): the check finds it, and a failed sign-in names it.
import { expect, it } from 'vitest'
import type { ProviderSpecInput } from '../../shared/contract/provider-spec.ts'
import { startRealLocal } from '../support/local-api.ts'
import { answerOf, makeOAuthClient, resolvedProvider } from '../support/oauth.ts'
import { boundClient, startBoundServer } from '../support/providers/bound-server.ts'
import { always, startAnswering } from '../support/providers/answering-server.ts'

const redirectUri = 'http://127.0.0.1:7317/oauth2/callback'
const request = {
  redirectUri,
  scopes: ['openid'],
  secondaryScopes: [],
  loginHint: null,
  prompt: null,
  optionalParams: {},
}

const boundProvider = (issuer: string, spec: ProviderSpecInput = {}) =>
  resolvedProvider({ discovery: { issuer }, ...spec }, boundClient)
const about = { redirectUri, choosesHost: false, scopes: [] }

it('the check finds that a client is bound, and its fix works', async () => {
  const issuer = await startBoundServer()
  const flow = 'client_credentials' as const
  const steps = await makeOAuthClient().checkProvider(boundProvider(issuer), { ...about, flow })
  expect(steps.find(({ name }) => name === 'Token request')).toMatchObject({
    outcome: 'failed',
    fix: { spec: { dpop: 'always' } },
  })
  const mended = boundProvider(issuer, { dpop: 'always' })
  const again = await makeOAuthClient().checkProvider(mended, { ...about, flow })
  expect(again.find(({ name }) => name === 'Token request')).toMatchObject({ outcome: 'ok' })
  expect(answerOf(await makeOAuthClient().clientCredentials(mended, [])).tokenType.toLowerCase()).toBe('dpop')
})

it('the check names DPoP where a made-up code cannot show whether the client is bound', async () => {
  const issuer = await startBoundServer()
  const flow = 'authorization_code' as const
  const steps = await makeOAuthClient().checkProvider(boundProvider(issuer), { ...about, flow })
  expect(steps.find(({ name }) => name === 'Token request')).toMatchObject({
    explanation: expect.stringContaining('DPoP') as string,
    fix: { spec: { dpop: 'auto' } },
  })
  const mended = boundProvider(issuer, { dpop: 'auto' })
  const again = await makeOAuthClient().checkProvider(mended, { ...about, flow })
  expect(again.find(({ name }) => name === 'Token request')).toMatchObject({ outcome: 'ok', fix: null })
})

it.each([
  [{ error: 'invalid_dpop_proof' }, { kind: 'config_error', code: 'invalid_dpop_proof' }],
  [{ error: 'use_dpop_nonce' }, { kind: 'config_error', code: 'use_dpop_nonce' }],
  [
    { error: 'invalid_grant', error_description: 'grant request is invalid' },
    { kind: 'ended', code: 'invalid_grant', setting: { field: 'spec.dpop' } },
  ],
])('a sign-in that ends with %o names DPoP', async (refusal, expected) => {
  const { origin } = await startAnswering((incoming, response) => {
    const metadata = {
      issuer: origin,
      authorization_endpoint: `${origin}/authorize`,
      token_endpoint: `${origin}/token`,
      dpop_signing_alg_values_supported: ['ES256'],
    }
    const isToken = incoming.url === '/token'
    always(isToken ? 400 : 200, isToken ? refusal : metadata)(incoming, response)
  })
  const client = makeOAuthClient()
  const provider = resolvedProvider({ discovery: { issuer: origin } })
  const { authorizationState } = await client.authorize(provider, request)
  const callback = new URLSearchParams({ code: 'c', state: authorizationState.state })
  const outcome = await client.exchange(provider, authorizationState, callback)
  expect(outcome).toMatchObject(expected)
  expect(JSON.stringify(outcome)).toContain('DPoP')
})

it('a registration that binds the client switches DPoP on', async () => {
  const { origin } = await startAnswering((incoming, response) => {
    const metadata = {
      issuer: origin,
      authorization_endpoint: `${origin}/authorize`,
      token_endpoint: `${origin}/token`,
      registration_endpoint: `${origin}/register`,
    }
    const isRegistration = incoming.url === '/register'
    const client = { client_id: 'bound', dpop_bound_access_tokens: true }
    always(isRegistration ? 201 : 200, isRegistration ? client : metadata)(incoming, response)
  })
  const { draft } = await makeOAuthClient().discover(`${origin}/.well-known/openid-configuration`, {
    redirectUris: [redirectUri],
  })
  expect(draft).toMatchObject({ clientId: 'bound', spec: { dpop: 'always' } })
})

it('a bound token is not handed to an app, unless the app asks for it by name', async () => {
  const { keyway, provider, signIn, addApp, ask } = await startRealLocal()
  keyway.providers.update(provider.id, { spec: { ...provider.overrides, dpop: 'always' } })
  const id = await signIn()
  const key = addApp()
  for (const path of [`/api/integrations/${id}/token`, `/api/integrations/${id}/token?minValid=1`]) {
    expect(await ask(path, { key })).toMatchObject({
      status: 403,
      body: {
        error: 'forbidden',
        message: expect.stringContaining('DPoP') as string,
        nextStep: expect.stringContaining('proxy') as string,
      },
    })
  }
  const byBody = (more: object) => ask('/api/integrations/token', { key, json: { provider: id, ...more } })
  expect((await byBody({})).status).toBe(403)
  expect(await byBody({ tokenType: 'DPoP' })).toMatchObject({
    status: 200,
    body: { data: { tokenType: 'DPoP' } },
  })
  expect((await ask(`/api/integrations/${id}/token?tokenType=DPoP`, { key })).status).toBe(200)
  expect((await ask(`/api/integrations/${id}/token?tokenType=Bearer`, { key })).status).toBe(400)
})

it('a token that is not bound is handed out, whatever kind the app takes', async () => {
  const { signIn, addApp, ask } = await startRealLocal()
  const id = await signIn()
  const key = addApp()
  expect((await ask(`/api/integrations/${id}/token?tokenType=DPoP`, { key })).status).toBe(200)
  expect((await ask(`/api/integrations/${id}/token`, { key })).status).toBe(200)
})
