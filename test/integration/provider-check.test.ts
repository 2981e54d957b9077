// The provider check: it finds what is wrong, says it with the redacted exchange, and suggests what works.
import { describe, expect, it } from 'vitest'
import type { ProviderCheckRequest } from '../../electron/core/oauth/types.ts'
import type { ProviderSpecInput } from '../../shared/contract/provider-spec.ts'
import type { ProviderCheckStep } from '../../shared/contract/ui-api.ts'
import { planRedirect } from '../../shared/domain/redirect-uri.ts'
import { makeOAuthClient, resolvedProvider } from '../support/oauth.ts'
import type { ServerRules } from '../support/providers/server-rules.ts'
import { startNonConformantServer } from '../support/providers/non-conformant-server.ts'
import { addresses, together } from './quirks/quirk.ts'
import { startPracticeProvider } from '../support/start-practice-provider.ts'

const secret = 'made-up-client-secret'
const redirectUri = 'http://127.0.0.1:7317/oauth2/callback'
const about = {
  redirectUri,
  choosesHost: true,
  scopes: ['read', 'write'],
  flow: 'authorization_code' as const,
}
const step = (steps: readonly ProviderCheckStep[], name: string) => steps.find((one) => one.name === name)

type Spec = ProviderSpecInput | ((origin: string) => ProviderSpecInput)

async function examine(rules: ServerRules, spec: Spec = {}, more: Partial<ProviderCheckRequest> = {}) {
  const server = await startNonConformantServer(rules)
  const own = typeof spec === 'function' ? spec(server.origin) : spec
  const input = together(addresses(server.origin, rules), own)
  const steps = await makeOAuthClient().checkProvider(resolvedProvider(input, { clientSecret: secret }), {
    ...about,
    ...more,
  })
  return { server, input, steps }
}

/** What one click does: the suggestion on top of what is set; then the check again. */
async function withFix(
  input: ProviderSpecInput,
  found: ProviderCheckStep | undefined,
): Promise<ProviderCheckStep[]> {
  const fix = (found?.fix?.spec ?? {}) as ProviderSpecInput
  const mended = resolvedProvider(together(input, fix), { clientSecret: secret })
  const plan = planRedirect({ spec: mended.spec, redirect: 'auto', redirectHost: 'auto', flow: about.flow })
  return makeOAuthClient().checkProvider(mended, { ...about, redirectUri: plan.redirectUri })
}

describe('the provider check', () => {
  it('finds nothing wrong at a real provider that is set up right', async () => {
    const practice = await startPracticeProvider()
    const { clientId, clientSecret } = practice.clients.basic
    const provider = resolvedProvider({ discovery: { issuer: practice.issuer } }, { clientId, clientSecret })
    const steps = await makeOAuthClient().checkProvider(provider, about)
    expect(steps.map(({ name, outcome }) => [name, outcome])).toEqual([
      ['Setup', 'ok'],
      ['Discovery', 'ok'],
      ['Sign-in page', 'ok'],
      ['Token request', 'ok'],
      ['Disconnect', 'ok'],
    ])
    expect(step(steps, 'Token request')).toMatchObject({
      request: expect.stringContaining('authorization: Basic [secret]') as string,
      answer: expect.stringContaining('invalid_grant') as string,
    })
    expect(JSON.stringify(steps)).not.toContain(clientSecret)
  })

  it.each<[string, ServerRules, ProviderSpecInput, object]>([
    ['JSON for a form', { token: { format: 'json' } }, {}, { token: { format: 'json' } }],
    [
      'a form for JSON',
      { token: { format: 'form' } },
      { token: { format: 'json' } },
      { token: { format: 'form' } },
    ],
    ['GET', { token: { method: 'GET' } }, {}, { token: { method: 'GET' } }],
    [
      'the secret in the body',
      { client: { secret, auth: 'post' } },
      { client: { auth: 'client_secret_basic' } },
      { client: { auth: 'client_secret_post' } },
    ],
    [
      'no secret',
      { client: { auth: 'none' } },
      { client: { auth: 'client_secret_post' } },
      { client: { auth: 'none' } },
    ],
  ])('suggests %s, and the suggestion works', async (_name, rules, spec, expected) => {
    const { steps, input } = await examine({ client: { secret }, ...rules }, spec)
    const found = step(steps, 'Token request')
    expect(found).toMatchObject({ outcome: 'failed', fix: { spec: expected } })
    expect(step(await withFix(input, found), 'Token request')).toMatchObject({ outcome: 'ok' })
  })

  const comma = { authorize: { required: { scope: 'read,write' } } }
  const localhost = {
    authorize: { redirect: (uri: string | null) => uri?.includes('//localhost:') === true },
  }
  it.each<[string, ServerRules, Spec, object]>([
    [
      'PKCE',
      { authorize: { pkce: 'required' } },
      { authorize: { pkce: 'off' } },
      { authorize: { pkce: 'S256' } },
    ],
    ['no PKCE', { authorize: { pkce: 'forbidden' } }, {}, { authorize: { pkce: 'off' } }],
    ['PKCE in hexadecimal', { authorize: { pkce: 'hex' } }, {}, { authorize: { pkce: 'S256-hex' } }],
    ['a comma between scopes', comma, {}, { scopes: { separator: ',' } }],
    [
      'no response mode',
      { authorize: { forbidden: ['response_mode'] } },
      { authorize: { responseMode: 'form_post' } },
      { authorize: { responseMode: 'default' } },
    ],
    ['another name of this machine', localhost, {}, { redirect: { hosts: ['localhost'] } }],
    [
      'no pushed request',
      {},
      (origin) => ({ authorize: { par: 'always' }, endpoints: { pushedAuthorization: `${origin}/nowhere` } }),
      { authorize: { par: 'never' } },
    ],
    [
      'a slash at the end of the authorization address',
      { authorize: { path: '/o/authorize/' } },
      (origin) => ({ endpoints: { authorization: `${origin}/o/authorize` } }),
      { endpoints: { authorization: expect.stringMatching(/\/o\/authorize\/$/) as string } },
    ],
  ])('suggests %s for the sign-in page, and the suggestion works', async (_name, rules, spec, expected) => {
    const { steps, input } = await examine({ client: { secret }, ...rules }, spec)
    const found = step(steps, 'Sign-in page')
    expect(found).toMatchObject({ outcome: 'failed', fix: { spec: expected } })
    expect(step(await withFix(input, found), 'Sign-in page')).toMatchObject({ outcome: 'ok' })
  })

  it('finds the token address that the server’s own metadata names when the typed one is wrong', async () => {
    const { steps, input, server } = await examine(
      {
        client: { secret },
        routes: {
          'GET /.well-known/openid-configuration': (_request, origin) => ({
            body: {
              issuer: origin,
              authorization_endpoint: `${origin}/authorize`,
              token_endpoint: `${origin}/token`,
            },
          }),
        },
      },
      (origin) => ({ endpoints: { token: `${origin}/oauth/tokens` } }),
    )
    const found = step(steps, 'Token request')
    expect(found?.fix).toEqual({
      label: `Use ${server.origin}/token`,
      spec: { endpoints: { token: `${server.origin}/token` } },
    })
    expect(step(await withFix(input, found), 'Token request')).toMatchObject({ outcome: 'ok' })
  })

  it('does not take a page that is not there for an unknown redirect address, though it repeats the request', async () => {
    const { steps } = await examine(
      {
        client: { secret },
        routes: {
          'GET /gone': ({ params }) => ({
            status: 404,
            body: `<p>redirect_uri=${params['redirect_uri']}</p>`,
          }),
        },
      },
      (origin) => ({ endpoints: { authorization: `${origin}/gone` } }),
    )
    const found = step(steps, 'Sign-in page')
    expect(found).toMatchObject({ outcome: 'failed', fix: null })
    expect(found?.explanation).toContain('no sign-in page at the authorization address')
  })

  it('leaves a host alone that the person has chosen', async () => {
    const { steps } = await examine({ client: { secret }, ...localhost }, {}, { choosesHost: false })
    expect(step(steps, 'Sign-in page')).toMatchObject({
      fix: null,
      explanation: expect.stringContaining('Register') as string,
    })
  })

  it('asks for what the other flows ask for', async () => {
    const client = await examine(
      { client: { secret, auth: 'post' } },
      { client: { auth: 'client_secret_basic' } },
      { flow: 'client_credentials' },
    )
    expect(client.steps.map(({ name }) => name)).not.toContain('Sign-in page')
    expect(step(client.steps, 'Token request')).toMatchObject({
      outcome: 'failed',
      fix: { spec: { client: { auth: 'client_secret_post' } } },
    })
    const works = await examine({ client: { secret } }, {}, { flow: 'client_credentials' })
    expect(step(works.steps, 'Token request')).toMatchObject({ outcome: 'ok' })
    expect(JSON.stringify(works.steps)).not.toMatch(/access-\d/)

    const address = (origin: string) => ({ endpoints: { deviceAuthorization: `${origin}/device` } })
    const device = await examine({ client: { secret } }, address, { flow: 'device_code' })
    expect(step(device.steps, 'Device code')).toMatchObject({ outcome: 'ok' })
    const refused = await examine({ client: { secret: 'another' } }, address, { flow: 'device_code' })
    expect(step(refused.steps, 'Device code')).toMatchObject({
      outcome: 'failed',
      explanation: expect.stringContaining('invalid_client') as string,
    })
  })

  it.each<[string, boolean]>([
    ['malformed jwt', true],
    ['The authorization code is malformed', true],
    ['could not decode code', true],
    ['code is missing', false],
    ['the code verifier is wrong', false],
    ['audience is required', false],
  ])('a refusal of the made-up code with invalid_request, "%s": understood is %s', async (words, isFine) => {
    const failure: ServerRules['failure'] = (error) => ({
      status: 400,
      body: error === 'invalid_grant' ? { error: 'invalid_request', error_description: words } : { error },
    })
    const { steps } = await examine({ client: { secret }, failure })
    expect(step(steps, 'Token request')).toMatchObject({ outcome: isFine ? 'ok' : 'failed' })
  })

  it('names an address that is not registered', async () => {
    const { steps } = await examine({ client: { secret }, authorize: { redirect: () => false } })
    expect(step(steps, 'Sign-in page')).toMatchObject({
      outcome: 'failed',
      explanation: expect.stringContaining(redirectUri) as string,
    })
  })

  it('stops at what is missing', async () => {
    const steps = await makeOAuthClient().checkProvider(resolvedProvider({}, { clientId: '' }), about)
    expect(steps).toHaveLength(1)
    expect(steps[0]).toMatchObject({ name: 'Setup', outcome: 'failed' })
    const nowhere = await makeOAuthClient().checkProvider(resolvedProvider({}), about)
    expect(nowhere.at(-1)).toMatchObject({ name: 'Discovery', outcome: 'failed' })
  })

  it('shows no secret, whatever the server echoes', async () => {
    const { steps, server } = await examine({
      client: { secret, auth: 'post' },
      failure: () => ({
        status: 400,
        body: { error: 'odd', error_description: `got ${secret}`, access_token: 'abcdefgh' },
      }),
    })
    expect(server.requests.some(({ params }) => params['client_secret'] === secret)).toBe(true)
    expect([secret, 'abcdefgh'].filter((word) => JSON.stringify(steps).includes(word))).toEqual([])
  })
})
