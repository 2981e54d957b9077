// The provider check: it finds what is wrong, says it with the redacted exchange, and suggests what works.
import { describe, expect, it } from 'vitest'
import type { DoctorStep } from '../../shared/contract/ui-api.ts'
import { makeOAuthClient, resolvedProvider } from '../support/oauth.ts'
import { startOddServer } from '../support/providers/odd-server.ts'
import type { OddRules } from '../support/providers/odd-rules.ts'
import { addresses, together } from '../support/providers/quirk.ts'
import { startRehearsal } from '../support/start-rehearsal.ts'
import type { ProviderSpecInput } from '../../shared/contract/provider-spec.ts'

const secret = 'made-up-client-secret'
const redirectUri = 'http://127.0.0.1:7317/oauth2/callback'
const step = (steps: readonly DoctorStep[], name: string) => steps.find((one) => one.name === name)

async function examine(rules: OddRules, spec: ProviderSpecInput = {}, clientSecret: string | null = secret) {
  const server = await startOddServer(rules)
  const provider = resolvedProvider(together(addresses(server.origin, rules), spec), { clientSecret })
  const steps = await makeOAuthClient().doctor(provider, redirectUri)
  return { server, provider, steps }
}

describe('the provider check', () => {
  it('finds nothing wrong at a real provider that is set up right', async () => {
    const rehearsal = await startRehearsal()
    const { clientId, clientSecret } = rehearsal.clients.basic
    const provider = resolvedProvider({ discovery: { issuer: rehearsal.issuer } }, { clientId, clientSecret })
    const steps = await makeOAuthClient().doctor(provider, redirectUri)
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

  it.each<[string, OddRules, ProviderSpecInput, object]>([
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
    const { steps, provider } = await examine({ client: { secret }, ...rules }, spec)
    const found = step(steps, 'Token request')
    expect(found).toMatchObject({ outcome: 'failed', fix: { spec: expected } })
    const mended = { ...provider, spec: { ...provider.spec } }
    const fix = found?.fix?.spec as ProviderSpecInput
    Object.assign(mended.spec, {
      token: { ...provider.spec.token, ...fix.token },
      client: { ...provider.spec.client, ...fix.client },
    })
    expect(step(await makeOAuthClient().doctor(mended, redirectUri), 'Token request')).toMatchObject({
      outcome: 'ok',
    })
  })

  it('names an address that is not registered', async () => {
    const { steps } = await examine({ client: { secret }, authorize: { redirect: () => false } })
    expect(step(steps, 'Sign-in page')).toMatchObject({
      outcome: 'failed',
      explanation: expect.stringContaining(redirectUri) as string,
    })
  })

  it('stops at what is missing', async () => {
    const steps = await makeOAuthClient().doctor(resolvedProvider({}, { clientId: '' }), redirectUri)
    expect(steps).toHaveLength(1)
    expect(steps[0]).toMatchObject({ name: 'Setup', outcome: 'failed' })
    const nowhere = await makeOAuthClient().doctor(resolvedProvider({}), redirectUri)
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
