import { describe, expect, it } from 'vitest'
import { Secret } from '../../../../shared/contract/secret.ts'
import { createFakeClock } from '../../../support/fake-clock.ts'
import { makeOAuthClient, resolvedProvider } from '../../../support/oauth.ts'

const provider = resolvedProvider({ endpoints: { revocation: 'https://as.example/revoke' } })
const tokens = (refreshToken: string | null) => ({
  refreshToken: refreshToken === null ? null : new Secret(refreshToken),
  accessToken: new Secret('made-up-access'),
  scopes: [],
  redirectUri: null,
  dpopKey: null,
  values: {},
})

function revokeWith(
  answer: (hint: string | null) => Response,
  refreshToken: string | null = 'made-up-refresh',
) {
  const hints: Array<string | null> = []
  const client = makeOAuthClient({
    fetchFor: () => (_url, init) => {
      const body = new URLSearchParams(typeof init?.body === 'string' ? init.body : '')
      hints.push(body.get('token_type_hint'))
      return Promise.resolve(answer(body.get('token_type_hint')))
    },
  })
  return { hints, result: client.revoke(provider, tokens(refreshToken)) }
}

describe('a revocation', () => {
  it('ends the refresh token first, then the access token', async () => {
    const { hints, result } = revokeWith(() => new Response(''))
    expect(await result).toMatchObject({ revoked: 'at_provider' })
    expect(hints).toEqual(['refresh_token', 'access_token'])
  })

  it('counts when the refresh token is gone, whatever becomes of the access token', async () => {
    const { result } = revokeWith((hint) =>
      hint === 'refresh_token'
        ? new Response('')
        : Response.json({ error: 'unsupported_token_type' }, { status: 400 }),
    )
    expect(await result).toMatchObject({ revoked: 'at_provider' })
  })

  it('is not claimed when only the access token is gone, since the refresh token brings the next one', async () => {
    const { hints, result } = revokeWith((hint) =>
      hint === 'access_token'
        ? new Response('')
        : Response.json({ error: 'unsupported_token_type' }, { status: 400 }),
    )
    expect(await result).toMatchObject({
      revoked: 'failed',
      message: expect.stringContaining('unsupported_token_type') as string,
    })
    // The access token is revoked in any case.
    expect(hints).toEqual(['refresh_token', 'access_token'])
  })

  it('is not claimed when the server refuses, and its words hold no token', async () => {
    const words = 'cannot revoke made-up-refresh or made-up-access'
    const { result } = revokeWith(() =>
      Response.json({ error: 'no', error_description: words }, { status: 400 }),
    )
    const told = await result
    expect(told.revoked).toBe('failed')
    expect(told.message).toContain('cannot revoke [secret]')
  })

  it('ends after three seconds when the server is silent, and says so', async () => {
    const clock = createFakeClock()
    const asked = Promise.withResolvers<void>()
    const client = makeOAuthClient({
      clock,
      fetchFor: () => () => {
        asked.resolve()
        return new Promise<Response>(() => undefined)
      },
    })
    const result = client.revoke(provider, tokens('made-up-refresh'))
    await asked.promise
    clock.advance(3000)
    expect(await result).toMatchObject({
      revoked: 'failed',
      message: expect.stringContaining('3 s') as string,
    })
  })

  it('never throws, also when the provider is set up wrongly', async () => {
    const broken = resolvedProvider({ templateParameters: [{ name: 'host', label: 'Host' }] })
    expect(await makeOAuthClient().revoke(broken, tokens(null))).toMatchObject({ revoked: 'failed' })
  })
})
