// Each member of a token response in the wrong form: what can be used is used, the rest is left out.
import { describe, expect, it } from 'vitest'
import { tokenSpec } from '../../../shared/contract/provider-token-spec.ts'
import { parseTokenReply, type Tokens } from '../../../shared/domain/token-response.ts'

const NOW = Date.parse('2026-11-21T12:00:00Z')
const parse = (body: object | string) =>
  parseTokenReply(
    {
      status: 200,
      text: typeof body === 'string' ? body : JSON.stringify(body),
      receivedAt: NOW,
      serverNow: NOW,
    },
    tokenSpec.parse({}),
  )
const plain: Partial<Tokens> = {
  accessToken: 'at',
  tokenType: 'bearer',
  refreshToken: null,
  idToken: null,
  lifetimeSeconds: null,
  refreshLifetimeSeconds: null,
  scopes: null,
}
const many = Array.from({ length: 500 }, (_, index) => `scope${index}`)

const wrong: Array<[what: string, value: unknown]> = [
  ['null', null],
  ['empty', ''],
  ['an object', {}],
  ['a list', [{}]],
  ['an empty list', []],
]

describe('a member of a token response', () => {
  it.each(
    ['token_type', 'refresh_token', 'id_token', 'expires_in', 'refresh_expires_in', 'expires_at'].flatMap(
      (name) => wrong.map(([what, value]) => ({ name, what, value })),
    ),
  )('$name that is $what is left out', ({ name, value }) => {
    expect(parse({ access_token: 'at', [name]: value })).toMatchObject({ kind: 'tokens', tokens: plain })
  })

  it.each<[string, object, Partial<Tokens>]>([
    ['a number as access token', { access_token: 12_345 }, { accessToken: '12345' }],
    [
      'a long number as access token',
      '{"access_token":12345678901234567890}' as never,
      { accessToken: '12345678901234567890' },
    ],
    ['a number as refresh token', { refresh_token: 77 }, { refreshToken: '77' }],
    ['a type in other case', { token_type: 'BEARER' }, { tokenType: 'BEARER' }],
    ['a refresh token with a space', { refresh_token: 'a b' }, { refreshToken: null }],
    ['a refresh token with a line end', { refresh_token: 'a\n' }, { refreshToken: null }],
    ['scopes as a list', { scope: ['a', 'b'] }, { scopes: ['a', 'b'] }],
    ['500 scopes', { scope: many.join(' ') }, { scopes: many }],
    ['500 scopes as a list', { scope: many }, { scopes: many }],
    ['a scope of null', { scope: null }, { scopes: null }],
  ])('may be %s', (_name, members, expected) => {
    const body = typeof members === 'string' ? members : { access_token: 'at', ...members }
    expect(parse(body)).toMatchObject({ kind: 'tokens', tokens: { ...plain, ...expected } })
  })

  it.each([undefined, null, '', {}, [], ['at'], true, 'a b', 'a\r\nb'])(
    'access_token of %j is none, and is said to be that',
    (value) => {
      expect(parse({ access_token: value, token_type: 'Bearer' })).toMatchObject({
        kind: 'unreadable',
        code: 'no_token_in_answer',
      })
    },
  )

  it('that stands twice counts as the last one, as in every JSON reader', () => {
    expect(parse('{"access_token":"first","access_token":"last"}')).toMatchObject({
      tokens: { accessToken: 'last' },
    })
  })
})
