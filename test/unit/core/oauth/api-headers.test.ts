import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createDpopKeys } from '../../../../electron/core/oauth/dpop.ts'
import { idTokenClaims } from '../../../../electron/core/oauth/token/response.ts'
import { loadLibrary } from '../../../../electron/core/oauth/transport/openid-client.ts'
import { Secret } from '../../../../shared/contract/secret.ts'
import { makeOAuthClient, resolvedProvider } from '../../../support/oauth.ts'

const credential = {
  accessToken: new Secret('made-up-token'),
  tokenType: 'Bearer',
  dpopKey: null,
  values: {},
}
const request = { method: 'POST', url: 'https://api.example/v1/items?page=2', nonce: null }

describe('the headers of an API call', () => {
  it('are Bearer by default, and the provider’s own where it has one', async () => {
    const client = makeOAuthClient()
    expect(await client.apiHeaders(resolvedProvider({}), credential, request)).toEqual([
      ['authorization', 'Bearer made-up-token'],
    ])
    const own = resolvedProvider({ api: { tokenHeader: 'X-Shop-Token: {access_token}' } })
    expect(await client.apiHeaders(own, credential, request)).toEqual([['x-shop-token', 'made-up-token']])
  })

  it.each(['no colon', ': value', 'Bad Name: {access_token}', 'X: {missing.value}'])(
    'are a setting to correct when the template is %j',
    async (tokenHeader) => {
      const provider = resolvedProvider({ api: { tokenHeader } })
      await expect(makeOAuthClient().apiHeaders(provider, credential, request)).rejects.toMatchObject({
        code: 'config_error',
      })
    },
  )

  it('prove possession of the key for this very request, with the server’s nonce, and never twice the same', async () => {
    const dpopKey = await createDpopKeys().make(await loadLibrary())
    const client = makeOAuthClient()
    const bound = { ...credential, tokenType: 'DPoP', dpopKey }
    const headers = async (nonce: string | null) =>
      Object.fromEntries(await client.apiHeaders(resolvedProvider({}), bound, { ...request, nonce }))
    const first = await headers(null)
    expect(first['authorization']).toBe('DPoP made-up-token')
    const claims = idTokenClaims(first['dpop'] ?? '')
    expect(claims).toMatchObject({
      htm: 'POST',
      htu: 'https://api.example/v1/items',
      ath: createHash('sha256').update('made-up-token').digest('base64url'),
    })
    expect(claims).not.toHaveProperty('nonce')
    const second = idTokenClaims((await headers('n-1'))['dpop'] ?? '')
    expect(second['nonce']).toBe('n-1')
    expect(second['jti']).not.toBe(claims['jti'])
    // The nonce is used until the server sends another.
    expect(idTokenClaims((await headers(null))['dpop'] ?? '')['nonce']).toBe('n-1')
  })
})
