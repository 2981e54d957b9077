import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { tokenSpec } from '../../../shared/contract/provider-token-spec.ts'
import type { z } from 'zod'
import { parseTokenReply } from '../../../shared/domain/token-response.ts'

const NOW = Date.parse('2026-11-21T12:00:00Z')

function parse(body: unknown, spec: z.input<typeof tokenSpec> = {}, status = 200) {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return parseTokenReply({ status, text, receivedAt: NOW, serverNow: NOW }, tokenSpec.parse(spec))
}

describe('a token reply', () => {
  it('as RFC 6749 has it', () => {
    expect(
      parse({
        access_token: 'at',
        token_type: 'Bearer',
        expires_in: 3600,
        refresh_token: 'rt',
        scope: 'a b',
      }),
    ).toMatchObject({
      kind: 'tokens',
      tokens: {
        accessToken: 'at',
        refreshToken: 'rt',
        lifetimeSeconds: 3600,
        scopes: ['a', 'b'],
        tokenType: 'Bearer',
      },
    })
  })

  it('without type, lifetime, scope or refresh token is still one', () => {
    expect(parse({ access_token: 'at', refresh_token: null })).toMatchObject({
      tokens: { tokenType: 'bearer', lifetimeSeconds: null, scopes: null, refreshToken: null },
    })
  })

  it('is found in nested places, envelopes and under other names', () => {
    expect(parse({ key: 'k' }, { paths: { accessToken: 'key' } })).toMatchObject({
      tokens: { accessToken: 'k' },
    })
    expect(parse({ token: 't' }, { accessTokenAliases: ['token'] })).toMatchObject({
      tokens: { accessToken: 't' },
    })
    const wrapped = { status: 0, body: { access_token: 'at', userid: 7 } }
    const spec = {
      envelope: { dataPath: 'body' },
      success: { path: 'status', value: 0, errorPath: 'error' },
      paths: { accountId: 'userid' },
    }
    expect(parse(wrapped, spec)).toMatchObject({ tokens: { accessToken: 'at', accountId: '7' } })
    expect(parse({ status: 503, body: {}, error: 'Invalid Params' }, spec)).toMatchObject({
      kind: 'error',
      code: 'Invalid Params',
    })
  })

  it('may hold two tokens, or only the second', () => {
    const spec = {
      secondToken: {
        accessToken: 'user.access_token',
        scope: 'user.scope',
        refreshToken: 'user.refresh_token',
      },
    }
    const user = { access_token: 'u', refresh_token: 'ur', scope: 'x,y' }
    expect(parse({ access_token: 'b', user }, spec)).toMatchObject({
      tokens: { accessToken: 'b', second: { accessToken: 'u', refreshToken: 'ur', scopes: ['x', 'y'] } },
    })
    expect(parse({ user }, spec)).toMatchObject({ tokens: { accessToken: 'u', second: null } })
  })

  it('may be form-encoded', () => {
    expect(parse('access_token=at&token_type=bearer&scope=repo%2Cgist')).toMatchObject({
      tokens: { accessToken: 'at', scopes: ['repo', 'gist'] },
    })
    expect(parse('error=bad_verification_code&error_description=wrong')).toEqual({
      kind: 'error',
      code: 'bad_verification_code',
      description: 'wrong',
      secrets: [],
    })
  })

  it('tells the life of the refresh token by either of its usual names, unless the provider names another', () => {
    const lifeIn = (body: object, spec: z.input<typeof tokenSpec> = {}) =>
      parse({ access_token: 'at', ...body }, spec)
    const told = (refreshLifetimeSeconds: number | null) => ({ tokens: { refreshLifetimeSeconds } })
    expect(lifeIn({ refresh_token_expires_in: 500 })).toMatchObject(told(500))
    expect(lifeIn({ refresh_expires_in: '500' })).toMatchObject(told(500))
    expect(lifeIn({ refresh_expires_in: 0 })).toMatchObject(told(null))
    expect(lifeIn({ refresh_expires_in: 500 }, { refreshExpiresIn: 'r_in' })).toMatchObject(told(null))
  })

  it('tells its end as a date too, and that of the refresh token in three ways', () => {
    const spec: z.input<typeof tokenSpec> = {
      expiresAt: { path: 'expires_at', format: 'iso8601' },
      refreshExpiresIn: 'r_in',
      refreshHardExpiresIn: 'r_hard',
      refreshExpiresAt: { path: 'r_at', format: 'epoch_seconds' },
    }
    const body = {
      access_token: 'at',
      expires_at: '2026-11-21T13:00:00Z',
      r_in: 500,
      r_hard: '400',
      r_at: NOW / 1000 + 450,
    }
    expect(parse(body, spec)).toMatchObject({
      tokens: { lifetimeSeconds: 3600, refreshLifetimeSeconds: 400 },
    })
    expect(
      parse(
        { access_token: 'at', expires_in: 0 },
        { zeroExpiresInMeansNever: true, defaultLifetimeSeconds: 60 },
      ),
    ).toMatchObject({
      tokens: { lifetimeSeconds: null },
    })
    expect(parse({ access_token: 'at', expires_in: 'odd' }, { defaultLifetimeSeconds: 60 })).toMatchObject({
      tokens: { lifetimeSeconds: 60 },
    })
  })

  it.each([
    [
      { error: 'invalid_grant', error_description: 'gone\nfor good' },
      { code: 'invalid_grant', description: 'gone for good' },
    ],
    [
      { error: { message: 'Session has expired', type: 'OAuthException', code: 190 } },
      { code: '190', description: 'Session has expired' },
    ],
    [
      { errorCode: 'E0000011', errorSummary: 'Invalid token' },
      { code: 'E0000011', description: 'Invalid token' },
    ],
    [{ errors: [{ message: 'nope' }] }, { code: 'nope', description: 'nope' }],
  ])('with the error %j says so', (body, expected) => {
    expect(parse(body, {}, 400)).toEqual({ kind: 'error', secrets: [], ...expected })
  })

  it('with an error inside a 200 is an error, told by the spec or plainly without a token', () => {
    const ok = { success: { path: 'ok', value: true, errorPath: 'error' } }
    expect(parse({ ok: false, error: 'invalid_refresh_token' }, ok)).toMatchObject({
      code: 'invalid_refresh_token',
    })
    expect(parse({ ok: false, access_token: 'at' }, ok)).toMatchObject({ kind: 'error' })
    expect(
      parse({ error: 'bad_refresh_token' }, { errorAliases: { bad_refresh_token: 'invalid_grant' } }),
    ).toMatchObject({
      kind: 'error',
      code: 'invalid_grant',
    })
    expect(parse({ ok: false })).toMatchObject({ kind: 'error', code: 'unsuccessful' })
    expect(
      parse({ error: '', access_token: 'at' }, { errorInSuccess: { errorPath: 'error' } }),
    ).toMatchObject({ kind: 'tokens' })
  })

  it.each([
    ['', 'empty_answer'],
    ['<!doctype html><h1>Maintenance</h1>', 'html_answer'],
    ['{"access_token":"at","refre', 'torn_answer'],
    ['[]', 'odd_answer'],
    ['"at"', 'odd_answer'],
    ['{}', 'no_token_in_answer'],
    ['{"access_token":{"a":1}}', 'no_token_in_answer'],
    ['{"access_token":"a\\r\\nX-Evil: 1"}', 'no_token_in_answer'],
    ['{"access_token":""}', 'no_token_in_answer'],
  ])('that is %s is unreadable: %s', (text, code) => {
    expect(parse(text)).toMatchObject({ kind: 'unreadable', code })
  })

  it('never throws and never hands out a token that could split a header', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json(),
          fc.string(),
          fc.object().map((one) => JSON.stringify(one)),
        ),
        fc.integer({ min: 100, max: 599 }),
        (text, status) => {
          const found = parse(text, {}, status)
          expect(found.kind === 'tokens' ? found.tokens.accessToken : 'none').toMatch(/^\S+$/)
        },
      ),
    )
  })

  it('gives back what a server sent, wherever the spec says it is', () => {
    const token = fc.stringMatching(/^[\w.~+/=-]{1,60}$/)
    fc.assert(
      fc.property(
        token,
        fc.option(token),
        fc.integer({ min: 5, max: 7_776_000 }),
        (access, refresh, life) => {
          const found = parse(
            { data: { a: { t: access }, r: refresh, e: String(life) } },
            {
              envelope: { dataPath: 'data' },
              paths: { accessToken: 'a.t', refreshToken: 'r', expiresIn: 'e' },
            },
          )
          expect(found).toMatchObject({
            tokens: { accessToken: access, refreshToken: refresh, lifetimeSeconds: life },
          })
        },
      ),
    )
  })
})
