import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { AuthorizeRequest } from '../../../../electron/core/oauth/types.ts'
import type { ProviderSpecInput } from '../../../../shared/contract/provider-spec.ts'
import { makeOAuthClient, resolvedProvider } from '../../../support/oauth.ts'

const endpoints = {
  authorization: 'https://as.example/authorize?tenant=x',
  token: 'https://as.example/token',
}

async function authorize(
  spec: ProviderSpecInput,
  more: Partial<AuthorizeRequest> = {},
  about: Parameters<typeof resolvedProvider>[1] = {},
) {
  const { url, authorizationState } = await makeOAuthClient({
    fetchFor: () => () => Promise.reject(new Error('no request expected')),
  }).authorize(resolvedProvider({ endpoints, ...spec }, about), {
    redirectUri: 'http://127.0.0.1:7317/oauth2/callback',
    scopes: ['read', 'write'],
    secondaryScopes: [],
    loginHint: null,
    prompt: null,
    optionalParams: {},
    ...more,
  })
  return { url, sent: Object.fromEntries(new URL(url).searchParams), transaction: authorizationState }
}

describe('an authorization URL', () => {
  it('of a plain provider holds what RFC 6749 and 7636 want, and nothing else', async () => {
    const { url, sent, transaction } = await authorize({})
    expect(sent).toEqual({
      tenant: 'x',
      client_id: 'made-up-client',
      response_type: 'code',
      redirect_uri: 'http://127.0.0.1:7317/oauth2/callback',
      scope: 'read write',
      state: transaction.state,
      code_challenge: expect.stringMatching(/^[\w-]{43}$/) as string,
      code_challenge_method: 'S256',
    })
    expect(url).toContain('scope=read%20write')
  })

  it('is fresh each time', async () => {
    const [one, other] = [
      await authorize({}, { scopes: ['openid'] }),
      await authorize({}, { scopes: ['openid'] }),
    ]
    for (const name of ['state', 'nonce', 'code_challenge'] as const) {
      expect(one.sent[name]).toHaveLength(43)
      expect(one.sent[name]).not.toBe(other.sent[name])
    }
  })

  it('takes what was asked for now: account, prompt, parameters that the provider knows', async () => {
    const optionalParams = { team_id: '7', unknown: 'x', empty: '' }
    const { sent } = await authorize(
      { authorize: { optionalParams: ['team_id', 'empty'], responseMode: 'form_post' } },
      { loginHint: 'ada@example.test', prompt: 'select_account', optionalParams },
    )
    expect(sent).toMatchObject({
      login_hint: 'ada@example.test',
      prompt: 'select_account',
      team_id: '7',
      response_mode: 'form_post',
    })
    expect(sent).not.toHaveProperty('unknown')
    expect(sent).not.toHaveProperty('empty')
  })

  it.each<[string, ProviderSpecInput, Partial<AuthorizeRequest>, string | undefined]>([
    ['offline access by the standard', {}, { scopes: ['openid', 'offline_access'] }, 'consent'],
    ['offline access without openid', {}, { scopes: ['offline_access', 'read'] }, 'consent'],
    ['another scope with a similar name', {}, { scopes: ['openid', 'offline.access'] }, undefined],
    [
      'offline access where the scope is known to be enough',
      { refresh: { needsScope: 'offline_access' } },
      { scopes: ['openid', 'offline_access'] },
      undefined,
    ],
    [
      'a fixed prompt beside the one asked for',
      { authorize: { extraParams: { prompt: 'consent' } } },
      { prompt: 'select_account' },
      'select_account consent',
    ],
    [
      'the same prompt twice',
      { authorize: { extraParams: { prompt: 'consent' } } },
      { prompt: 'consent' },
      'consent',
    ],
    [
      'none, which stands alone',
      { authorize: { extraParams: { prompt: 'consent' } } },
      { prompt: 'none' },
      'none',
    ],
    [
      'a server that takes no prompt',
      { authorize: { omitParams: ['prompt'] } },
      { scopes: ['openid', 'offline_access'] },
      undefined,
    ],
  ])('has the right prompt for %s', async (_name, spec, request, prompt) => {
    expect((await authorize(spec, request)).sent['prompt']).toBe(prompt)
  })

  it('sends no nonce when there is no id_token to expect or the server takes none', async () => {
    expect((await authorize({})).sent).not.toHaveProperty('nonce')
    expect(
      (await authorize({ authorize: { nonce: 'off' } }, { scopes: ['openid'] })).sent,
    ).not.toHaveProperty('nonce')
  })

  it('carries state inside any redirect address', async () => {
    const { transaction } = await authorize(
      { authorize: { stateInRedirectUri: true } },
      { redirectUri: 'keyway://oauth2/callback' },
    )
    expect(transaction.redirectUri).toBe(`keyway://oauth2/callback?state=${transaction.state}`)
  })

  it.each<[string, ProviderSpecInput, Parameters<typeof resolvedProvider>[1], string]>([
    ['a client id', {}, { clientId: '' }, 'clientId'],
    ['an address', { endpoints: { token: 'https://as.example/token' } }, {}, 'endpoints.authorization'],
  ])('is not made without %s', async (_name, spec, about, field) => {
    await expect(authorize(spec, {}, about)).rejects.toMatchObject({
      code: 'config_error',
      details: { field },
    })
  })

  it('is not made with a parameter that does not fit its pattern', async () => {
    const templateParameters = [{ name: 'tenant', label: 'Tenant', pattern: '[a-z]+' }]
    await expect(
      authorize({ templateParameters }, {}, { parameters: { tenant: 'evil.example/' } }),
    ).rejects.toMatchObject({ code: 'config_error', details: { parameter: 'tenant' } })
  })

  it('leaves nothing secret where it could be printed', async () => {
    const { transaction, sent } = await authorize({}, { scopes: ['openid'] })
    const printed = inspect(transaction, { depth: 9 }) + JSON.stringify(transaction)
    expect(printed).not.toContain(sent['nonce'])
    expect(printed).not.toMatch(/verifier"?:\s*['"][\w-]{40,}/)
  })
})
