import { describe, expect, it } from 'vitest'
import { Secret } from '../../../../shared/contract/secret.ts'
import type { ProviderSpecInput } from '../../../../shared/contract/provider-spec.ts'
import { makeOAuthClient, resolvedProvider } from '../../../support/oauth.ts'
import { idToken } from '../../../integration/quirks/addresses.ts'

type Answers = Readonly<Record<string, () => Response>>

function identify(spec: ProviderSpecInput, answers: Answers, claims: object | null) {
  const client = makeOAuthClient({
    fetchFor: () => (url) =>
      Promise.resolve(answers[new URL(url).pathname]?.() ?? new Response('', { status: 404 })),
  })
  return client.identify(resolvedProvider(spec), {
    accessToken: new Secret('at'),
    tokenType: 'Bearer',
    dpopKey: null,
    values: {},
    idToken: claims === null ? null : new Secret(idToken(claims)),
  })
}

const own = { account: { request: { url: 'https://api.example/me' }, idPath: 'id', labelPath: 'login' } }
const userinfo = { endpoints: { userinfo: 'https://as.example/userinfo' } }

describe('whose account it is', () => {
  it('says the id_token, when it says enough', async () => {
    expect(await identify({}, {}, { sub: 's-1', email: 'ada@example.test' })).toEqual({
      id: 's-1',
      label: 'ada@example.test',
      values: {},
    })
  })

  it('says userinfo, when the id_token has no name for a person, and only for the same subject', async () => {
    const answer = (sub: string) => ({ '/userinfo': () => Response.json({ sub, email: 'ada@example.test' }) })
    expect(await identify(userinfo, answer('s-1'), { sub: 's-1' })).toMatchObject({
      id: 's-1',
      label: 'ada@example.test',
    })
    expect(await identify(userinfo, answer('somebody-else'), { sub: 's-1' })).toMatchObject({
      id: 's-1',
      label: null,
    })
    expect(await identify(userinfo, answer('s-2'), null)).toMatchObject({
      id: 's-2',
      label: 'ada@example.test',
    })
  })

  it('says userinfo also as a signed document', async () => {
    const answer = (aud: string) => () =>
      new Response(idToken({ sub: 's-1', aud, iss: 'https://as.example', email: 'ada@example.test' }), {
        headers: { 'content-type': 'application/jwt' },
      })
    const issued = { ...userinfo, discovery: { issuer: 'https://as.example' } }
    const found = (aud: string) => identify(issued, { '/userinfo': answer(aud) }, { sub: 's-1' })
    expect(await found('made-up-client')).toMatchObject({ id: 's-1', label: 'ada@example.test' })
    expect(await found('another-client')).toMatchObject({ id: 's-1', label: null })
  })

  it('says the provider’s own call before all others', async () => {
    const answers = { '/me': () => Response.json({ id: 7, login: 'ada' }) }
    expect(await identify(own, answers, { sub: 's-1', email: 'x@example.test' })).toMatchObject({
      id: '7',
      label: 'ada',
    })
  })

  it.each<[string, () => Response]>([
    ['fails', () => new Response('', { status: 500 })],
    ['is a web page', () => new Response('<html>')],
    ['names nobody', () => Response.json({ ok: false })],
  ])('is not known when that call %s: no other kind of id takes its place', async (_name, answer) => {
    expect(await identify(own, { '/me': answer }, { sub: 's-1', email: 'x@example.test' })).toMatchObject({
      id: null,
      label: 'x@example.test',
    })
  })

  it('is nobody’s guess when nobody tells', async () => {
    expect(await identify({}, {}, null)).toEqual({ id: null, label: null, values: {} })
  })
})
