// Signed userinfo: verified where the metadata names keys; what does not hold is no identity.
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import { Secret } from '../../../../shared/contract/secret.ts'
import { idToken } from '../../../integration/quirks/addresses.ts'
import { makeOAuthClient, resolvedProvider } from '../../../support/oauth.ts'

const ISSUER = 'https://as.example'
const person = { sub: 's-1', email: 'ada@example.test', iss: ISSUER, aud: 'made-up-client' }
const SECRET = 'made-up-client-secret-of-some-length'

async function world(more: { jwks?: object | string; withKeys?: boolean } = {}) {
  const pair = await generateKeyPair('RS256')
  const key = { ...(await exportJWK(pair.publicKey)), kid: 'k1', alg: 'RS256', use: 'sig' }
  const jwks = more.jwks ?? { keys: [key] }
  const asked: string[] = []
  const identify = (jwt: string, claims: object | null = null) => {
    const answers: Record<string, string> = {
      '/.well-known/openid-configuration': JSON.stringify({
        issuer: ISSUER,
        authorization_endpoint: `${ISSUER}/authorize`,
        token_endpoint: `${ISSUER}/token`,
        ...(more.withKeys === false ? {} : { jwks_uri: `${ISSUER}/jwks` }),
      }),
      '/jwks': typeof jwks === 'string' ? jwks : JSON.stringify(jwks),
      '/userinfo': jwt,
    }
    const client = makeOAuthClient({
      fetchFor: () => async (url) => {
        const { pathname } = new URL(url)
        asked.push(pathname)
        const type = pathname === '/userinfo' ? 'application/jwt' : 'application/json'
        return new Response(answers[pathname] ?? '', {
          status: pathname in answers ? 200 : 404,
          headers: { 'content-type': type },
        })
      },
    })
    const spec = { discovery: { issuer: ISSUER }, endpoints: { userinfo: `${ISSUER}/userinfo` } }
    return client.identify(resolvedProvider(spec, { clientSecret: SECRET }), {
      accessToken: new Secret('made-up-access-token'),
      tokenType: 'Bearer',
      dpopKey: null,
      values: {},
      idToken: claims === null ? null : new Secret(idToken(claims)),
    })
  }
  const sign = (key_ = pair.privateKey, alg = 'RS256', kid = 'k1') =>
    new SignJWT(person).setProtectedHeader({ alg, ...(kid === '' ? {} : { kid }) }).sign(key_)
  return { identify, sign, asked, key }
}

const known = { id: 's-1', label: 'ada@example.test' }

describe('signed userinfo', () => {
  it('names the account when its signature holds, with and without an id_token', async () => {
    const { identify, sign } = await world()
    expect(await identify(await sign())).toMatchObject(known)
    expect(await identify(await sign(), { sub: 's-1' })).toMatchObject(known)
  })

  it('may be signed with the client secret', async () => {
    const { identify } = await world()
    const by = (secret: string) =>
      new SignJWT(person).setProtectedHeader({ alg: 'HS256' }).sign(new TextEncoder().encode(secret))
    expect(await identify(await by(SECRET))).toMatchObject(known)
    expect(await identify(await by(`${SECRET}, another`))).toMatchObject({ id: null, label: null })
  })

  it('of another key is no identity; that of the id_token stays', async () => {
    const { identify, sign } = await world()
    const stranger = await generateKeyPair('RS256')
    expect(await identify(await sign(stranger.privateKey))).toMatchObject({ id: null, label: null })
    expect(await identify(await sign(stranger.privateKey), { sub: 's-1' })).toMatchObject({
      id: 's-1',
      label: null,
    })
    expect(await identify(idToken(person))).toMatchObject({ id: null, label: null })
  })

  it.each<[string, object | string]>([
    ['no keys', { keys: [] }],
    ['keys of null', { keys: null }],
    ['keys that are none', { keys: [null, 7, {}] }],
    ['a web page', '<html>'],
    ['two megabytes', 'x'.repeat(2_000_000)],
  ])('with %s is no identity', async (_name, jwks) => {
    const { identify, sign } = await world({ jwks })
    expect(await identify(await sign())).toMatchObject({ id: null, label: null })
  })

  it('with thousands of keys is looked for among the first hundred', async () => {
    const first = await world()
    const others = Array.from({ length: 1500 }, (_, index) => ({ ...first.key, kid: `other${index}` }))
    const many = await world({ jwks: { keys: [first.key, ...others] } })
    expect(await many.identify(await first.sign())).toMatchObject(known)
    const late = await world({ jwks: { keys: [...others, first.key] } })
    expect(await late.identify(await first.sign())).toMatchObject({ id: null, label: null })
  })

  it('that does not say which of several keys signed it is tried with each', async () => {
    const first = await world()
    const other = await exportJWK((await generateKeyPair('RS256')).publicKey)
    const { kid: _kid, ...key } = first.key
    const several = await world({ jwks: { keys: [{ ...other, alg: 'RS256' }, key] } })
    const unnamed = await first.sign(undefined, 'RS256', '')
    expect(await several.identify(unnamed)).toMatchObject(known)
  })

  it('without keys in the metadata is taken as plain JSON would be', async () => {
    const { identify, sign, asked } = await world({ withKeys: false })
    expect(await identify(await sign())).toMatchObject(known)
    expect(asked).not.toContain('/jwks')
  })
})
