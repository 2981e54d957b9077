// Device codes, userinfo and callbacks as servers really send them: what can be used is used, the rest gets
// the outcome that it is.
import { describe, expect, it } from 'vitest'
import { Secret } from '../../../../shared/contract/secret.ts'
import { makeOAuthClient, resolvedProvider } from '../../../support/oauth.ts'
import { createFakeClock } from '../../../support/fake-clock.ts'
import { idToken } from '../../../integration/quirks/addresses.ts'

const PAGE = 'https://as.example/activate'
const standard = {
  device_code: 'made-up-device-code',
  user_code: 'ABCD-1234',
  verification_uri: PAGE,
  expires_in: 300,
  interval: 5,
}

async function startDevice(reply: object | string) {
  const clock = createFakeClock()
  const body = typeof reply === 'string' ? reply : JSON.stringify(reply)
  const client = makeOAuthClient({ clock, fetchFor: () => () => Promise.resolve(new Response(body)) })
  const provider = resolvedProvider({
    endpoints: { token: 'https://as.example/token', deviceAuthorization: 'https://as.example/device' },
  })
  const { expiresAt, inner: _inner, ...shown } = await client.startDevice(provider, [])
  return { ...shown, lifetimeSeconds: (expiresAt - clock.now()) / 1000 }
}

describe('a device code', () => {
  const usual = {
    userCode: 'ABCD-1234',
    verificationUri: PAGE,
    verificationUriComplete: null,
    intervalSeconds: 5,
    lifetimeSeconds: 300,
  }
  it.each<[string, object, object]>([
    ['as RFC 8628 has it', {}, {}],
    ['an empty complete address', { verification_uri_complete: '' }, {}],
    ['a complete address of null', { verification_uri_complete: null }, {}],
    ['a complete address that is a list', { verification_uri_complete: [PAGE] }, {}],
    ['a complete address over http', { verification_uri_complete: 'http://as.example/x' }, {}],
    [
      'a complete address',
      { verification_uri_complete: `${PAGE}?c=1` },
      { verificationUriComplete: `${PAGE}?c=1` },
    ],
    ['a number as user code', { user_code: 12_345_678 }, { userCode: '12345678' }],
    ['a number as device code', { device_code: 12_345_678_901 }, {}],
    ['text as interval', { interval: '7' }, { intervalSeconds: 7 }],
    ['no interval', { interval: undefined }, {}],
    ['an interval of null', { interval: null }, {}],
    ['an empty interval', { interval: '' }, {}],
    ['an interval of 0', { interval: 0 }, {}],
    ['a negative interval', { interval: -5 }, {}],
    ['an interval of a day', { interval: 86_400 }, { intervalSeconds: 600 }],
    ['an interval of milliseconds', { interval: 0.2 }, { intervalSeconds: 1 }],
    ['an interval that is a list', { interval: [5] }, {}],
    ['no lifetime', { expires_in: undefined }, { lifetimeSeconds: 600 }],
    ['a lifetime of null', { expires_in: null }, { lifetimeSeconds: 600 }],
    ['text as lifetime', { expires_in: '900' }, { lifetimeSeconds: 900 }],
    ['a lifetime of a year', { expires_in: 31_536_000 }, { lifetimeSeconds: 2_592_000 }],
    ['a lifetime of 0', { expires_in: 0 }, { lifetimeSeconds: 600 }],
    ['the older name', { verification_uri: undefined, verification_url: PAGE }, {}],
    ['the older name beside an empty one', { verification_uri: '', verification_url: PAGE }, {}],
    ['an error of null', { error: null }, {}],
    ['an empty error', { error: '' }, {}],
  ])('with %s is used', async (_name, change, expected) => {
    expect(await startDevice({ ...standard, ...change })).toEqual({ ...usual, ...expected })
  })

  it('with a byte order mark is used', async () => {
    expect(await startDevice(`\uFEFF${JSON.stringify(standard)}\r\n`)).toEqual(usual)
  })

  it.each<[string, object | string]>([
    ...['device_code', 'user_code', 'verification_uri'].flatMap((name) =>
      [undefined, null, '', {}, ['x'], true].map((value): [string, object] => [
        `${name} of ${JSON.stringify(value)}`,
        { ...standard, [name]: value },
      ]),
    ),
    ['nothing', ''],
    ['a web page', '<html>'],
    ['a list', '[]'],
  ])('with %s is said to be none', async (_name, reply) => {
    await expect(startDevice(reply)).rejects.toMatchObject({ code: 'provider_response_invalid' })
  })
})

describe('userinfo', () => {
  const identify = (answer: () => Response, account: object = {}, claims: object | null = null) =>
    makeOAuthClient({ fetchFor: () => () => Promise.resolve(answer()) }).identify(
      resolvedProvider({ endpoints: { userinfo: 'https://as.example/userinfo' }, account }),
      {
        accessToken: new Secret('made-up-access-token'),
        tokenType: 'Bearer',
        dpopKey: null,
        values: {},
        idToken: claims === null ? null : new Secret(idToken(claims)),
      },
    )
  const person = { sub: 's-1', email: 'ada@example.test' }
  const jwe = `${idToken(person).split('.')[0] ?? ''}.a.b.c.d`

  it.each<[string, () => Response]>([
    ['JSON', () => Response.json(person)],
    ['JSON as text', () => new Response(JSON.stringify(person))],
    ['JSON with a byte order mark', () => new Response(`\uFEFF${JSON.stringify(person)}`)],
    ['a JWT', () => new Response(idToken(person), { headers: { 'content-type': 'application/jwt' } })],
    [
      'a JWT as JSON',
      () => new Response(idToken(person), { headers: { 'content-type': 'application/json' } }),
    ],
    ['a JWT as text, with a line end', () => new Response(`${idToken(person)}\n`)],
  ])('as %s names the account', async (_name, answer) => {
    expect(await identify(answer)).toMatchObject({ id: 's-1', label: 'ada@example.test' })
    expect(await identify(answer, {}, { sub: 's-1' })).toMatchObject({ id: 's-1', label: 'ada@example.test' })
  })

  it.each<[string, unknown, object]>([
    ['a number as sub', { sub: 7, email: 'a@b.test' }, { id: '7', label: 'a@b.test' }],
    ['an email of null', { sub: 's', email: null, name: 'Ada' }, { id: 's', label: 'Ada' }],
    ['an empty email', { sub: 's', email: '', name: 'Ada' }, { id: 's', label: 'Ada' }],
    ['an email that is a list', { sub: 's', email: ['a@b.test'], name: 'Ada' }, { id: 's', label: 'Ada' }],
    ['only sub', { sub: 's' }, { id: 's', label: null }],
    ['a sub of null', { sub: null, id: 9 }, { id: '9', label: null }],
    ['a list', [], { id: null, label: null }],
    ['null', null, { id: null, label: null }],
  ])('with %s gives what is there', async (_name, body, expected) => {
    expect(await identify(() => Response.json(body))).toMatchObject(expected)
  })

  it('that is encrypted is no identity, and the sign-in goes on', async () => {
    const answer = () => new Response(jwe, { headers: { 'content-type': 'application/jwt' } })
    expect(await identify(answer)).toMatchObject({ id: null, label: null })
    expect(await identify(answer, {}, { sub: 's-1' })).toMatchObject({ id: 's-1', label: null })
  })

  it('may have claims with dots in their names', async () => {
    const body = {
      'https://example.com/email': 'ada@example.test',
      'a.b': { c: 7 },
      list: [{ 'x.y': 'first' }],
    }
    const read = (idPath: string) =>
      identify(() => Response.json(body), { idPath, labelPath: 'https://example.com/email' })
    expect(await read('a.b.c')).toMatchObject({ id: '7', label: 'ada@example.test' })
    expect(await read('list[0].x.y')).toMatchObject({ id: 'first' })
    expect(await read('$.list[0].x.y')).toMatchObject({ id: 'first' })
    expect(await read('a.constructor')).toMatchObject({ id: null })
    expect(await read('__proto__.x')).toMatchObject({ id: null })
  })
})

describe('an error of the sign-in page that a person can answer', () => {
  it.each([
    ['consent_required', 'needs your consent first'],
    ['interaction_required', 'needs an answer from you first'],
    ['login_required', 'needs you to sign in there first'],
    ['account_selection_required', 'does not know which of your accounts to use'],
  ])('%s is like a refusal, with its own sentence', async (error, sentence) => {
    const unasked = async (): Promise<Response> => {
      throw new Error('asked')
    }
    const client = makeOAuthClient({ fetchFor: () => unasked })
    const provider = resolvedProvider({
      endpoints: { authorization: 'https://as.example/authorize', token: 'https://as.example/token' },
    })
    const { authorizationState } = await client.authorize(provider, {
      redirectUri: 'http://127.0.0.1:7317/oauth2/callback',
      scopes: [],
      secondaryScopes: [],
      loginHint: null,
      prompt: null,
      optionalParams: {},
    })
    const callback = new URLSearchParams({ error, error_description: 'x', state: authorizationState.state })
    await expect(client.exchange(provider, authorizationState, callback)).rejects.toMatchObject({
      code: 'access_denied',
      message: `Acme ${sentence} (${error}: x).`,
      details: { providerCode: error },
    })
  })
})
