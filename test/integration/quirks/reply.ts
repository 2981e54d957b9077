import { expect } from 'vitest'
import type { Fields } from '../../support/providers/server-rules.ts'
import type { Quirk } from './quirk.ts'

const HOUR = 3_600_000
const renamed = ({ access_token, refresh_token, expires_in }: Fields): Fields => ({
  ok: true,
  data: { key: access_token, renewal: { token: refresh_token }, ttl: String(expires_in) },
})

/** Classes 32 to 43: what the reply looks like. */
export const replyQuirks: readonly Quirk[] = [
  {
    classes: [32],
    title: 'a nested reply',
    rules: { reply: renamed },
    spec: () => ({
      token: {
        paths: { accessToken: 'data.key', refreshToken: 'data.renewal.token', expiresIn: 'data.ttl' },
      },
    }),
    check: ({ answer }) => expect(answer.lifetimeSeconds).toBe(3600),
    plain: 'exchange',
  },
  {
    classes: [32],
    title: 'a token under another name',
    rules: { reply: ({ access_token, ...fields }) => ({ ...fields, token: access_token }) },
    spec: () => ({ token: { accessTokenAliases: ['token'] } }),
    plain: 'exchange',
  },
  {
    classes: [33],
    title: 'two tokens in one reply',
    rules: {
      reply: (fields, { grant }) =>
        grant === 'refresh_token'
          ? { ...fields, token_type: 'bot' }
          : {
              ...fields,
              token_type: 'bot',
              user: {
                access_token: 'user-token',
                refresh_token: 'user-refresh',
                expires_in: 60,
                scope: 'x,y',
              },
            },
    },
    spec: () => ({
      token: {
        secondToken: {
          accessToken: 'user.access_token',
          refreshToken: 'user.refresh_token',
          expiresIn: 'user.expires_in',
          scope: 'user.scope',
        },
      },
    }),
    check: ({ answer, refreshed }) => {
      expect(answer.second?.accessToken.reveal()).toBe('user-token')
      expect(answer.second?.refreshToken?.reveal()).toBe('user-refresh')
      expect(answer.second?.scopes).toEqual(['x', 'y'])
      expect(answer.second?.expiresAt).toBe(answer.receivedAt + 60_000)
      expect(answer.tokenType).toBe('Bearer')
      expect(refreshed.second).toBeNull()
    },
    plain: 'works',
  },
  {
    classes: [34],
    title: 'an envelope with a status number',
    rules: {
      reply: (fields) => ({ status: 200, body: { status: 0, body: fields } }),
      failure: (code) => ({ status: 200, body: { status: 601, body: {}, error: code } }),
    },
    spec: () => ({
      token: { envelope: { dataPath: 'body' }, success: { path: 'status', value: 0, errorPath: 'error' } },
    }),
    plain: 'exchange',
  },
  {
    classes: [35],
    title: 'errors inside a 200',
    rules: {
      reply: (fields) => ({ ok: true, ...fields }),
      failure: () => ({ status: 200, body: { ok: false, error: 'token_revoked' } }),
      revoke: { param: 'token', reply: { body: { ok: true } } },
    },
    spec: () => ({
      token: {
        success: { path: 'ok', value: true, errorPath: 'error' },
        errorAliases: { token_revoked: 'invalid_grant' },
      },
    }),
    plain: 'works',
  },
  {
    classes: [36],
    title: 'a form-encoded reply, with status 201 and no token type',
    rules: {
      reply: ({ access_token, refresh_token, expires_in }) => ({
        status: 201,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({
          access_token: String(access_token),
          expires_in: String(expires_in),
          refresh_token: String(refresh_token),
        }).toString(),
      }),
    },
    spec: () => ({ token: { headers: { Accept: 'application/json' } } }),
    check: ({ answer }) => expect(answer).toMatchObject({ tokenType: 'Bearer', lifetimeSeconds: 3600 }),
    plain: 'works',
  },
  {
    classes: [37],
    title: 'the end as a date in ISO 8601',
    rules: {
      reply: ({ expires_in: _dropped, ...fields }) => ({
        ...fields,
        expires_at: new Date(Date.now() + HOUR).toISOString(),
      }),
    },
    spec: () => ({ token: { expiresAt: { path: 'expires_at', format: 'iso8601' } } }),
    check: ({ answer }) => expect(Math.round((answer.lifetimeSeconds ?? 0) / 10)).toBe(360),
    plain: 'works',
  },
  {
    classes: [37],
    title: 'the end as seconds since 1970',
    rules: {
      reply: ({ expires_in: _dropped, ...fields }) => ({
        ...fields,
        expires_at: Math.floor((Date.now() + HOUR) / 1000),
      }),
    },
    spec: () => ({ token: { expiresAt: { path: 'expires_at', format: 'epoch_seconds' } } }),
    check: ({ answer }) => expect(Math.round((answer.lifetimeSeconds ?? 0) / 10)).toBe(360),
    plain: 'works',
  },
  {
    classes: [37],
    title: 'a lifetime in milliseconds, as text',
    rules: { reply: (fields) => ({ ...fields, expires_in: '3600000' }) },
    spec: () => ({ token: { expiresInUnit: 'milliseconds' } }),
    check: ({ answer }) => expect(answer.expiresAt).toBe(answer.receivedAt + HOUR),
    plain: 'works',
  },
  {
    classes: [38],
    title: 'the time of issue in the reply, on a server whose clock is off and that sends no Date',
    rules: {
      reply: (fields) => ({
        headers: { date: '' },
        body: { ...fields, issued_at: String(Date.now() - 2 * HOUR) },
      }),
    },
    spec: () => ({ token: { issuedAt: { path: 'issued_at', format: 'epoch_millis' } } }),
    check: ({ answer }) => {
      expect(Math.round((answer.clockSkewMs ?? 0) / HOUR)).toBe(-2)
      // By receipt time all the same: the token is not dead on arrival.
      expect(answer.expiresAt).toBe(answer.receivedAt + HOUR)
    },
    plain: 'works',
  },
  {
    classes: [39],
    title: 'no lifetime told',
    rules: { reply: ({ expires_in: _dropped, ...fields }) => fields },
    spec: () => ({}),
    check: ({ answer }) => expect(answer).toMatchObject({ expiresAt: null, lifetimeSeconds: null }),
    plain: 'works',
  },
  {
    classes: [39],
    title: 'no lifetime told, and a default that the record knows',
    rules: { reply: ({ expires_in: _dropped, ...fields }) => fields },
    spec: () => ({ token: { defaultLifetimeSeconds: 7200 } }),
    check: ({ answer }) => expect(answer.expiresAt).toBe(answer.receivedAt + 2 * HOUR),
    plain: 'works',
  },
  {
    classes: [40],
    title: 'expires_in 0 for never',
    rules: { reply: (fields) => ({ ...fields, expires_in: 0 }) },
    spec: () => ({ token: { zeroExpiresInMeansNever: true, defaultLifetimeSeconds: 60 } }),
    check: ({ answer }) => expect(answer.expiresAt).toBeNull(),
    plain: 'works',
  },
  {
    classes: [41],
    title: "the refresh token's life in the reply, rolling and hard",
    rules: { reply: (fields) => ({ ...fields, refresh_expires_in: 8_000_000, hard_expires_in: '5000000' }) },
    spec: () => ({
      token: { refreshExpiresIn: 'refresh_expires_in', refreshHardExpiresIn: 'hard_expires_in' },
    }),
    check: ({ answer }) => expect(answer.refreshTokenExpiresAt).toBe(answer.receivedAt + 5_000_000_000),
    plain: 'works',
  },
  {
    classes: [42],
    title: 'the account named in the token reply',
    rules: { reply: (fields) => ({ ...fields, team: { id: 77, name: 'Ada’s team' } }), api: {} },
    spec: () => ({
      token: { paths: { accountId: 'team.id', accountLabel: 'team.name' } },
      account: { request: null },
    }),
    check: ({ answer }) => expect(answer).toMatchObject({ accountId: '77', accountLabel: 'Ada’s team' }),
    plain: 'identify',
  },
  {
    classes: [43],
    title: 'tokens of 12,000 characters',
    rules: { padding: 12_000, revoke: { param: 'token' } },
    spec: () => ({}),
    check: ({ refreshed }) => expect(refreshed.accessToken.length).toBeGreaterThan(12_000),
    plain: 'works',
  },
]
