import { expect } from 'vitest'
import type { SeenRequest } from '../../support/providers/server-request.ts'
import type { Reply } from '../../support/providers/server-rules.ts'
import type { Quirk } from './quirk.ts'

const longer =
  (grant: string, days: number) =>
  ({ params }: SeenRequest): Reply =>
    params['grant_type'] === grant && (params['old'] ?? '').length > 0
      ? { body: { access_token: `longer-${params['old']}`, token_type: 'bearer', expires_in: days * 86_400 } }
      : { status: 400, body: { error: { message: 'wrong grant', code: 100 } } }

const someApps: Quirk['rules'] = { refresh: { needs: { param: ['app_kind', 'partner'] } } }

/** Classes 49 to 56: how a grant is kept alive. */
export const refreshQuirks: readonly Quirk[] = [
  {
    classes: [49],
    title: 'refresh tokens that rotate',
    rules: { refresh: { rotates: true } },
    spec: () => ({ refresh: { rotates: 'yes' } }),
    check: ({ answer, refreshed }, server) => {
      expect(refreshed.refreshToken?.reveal()).not.toBe(answer.refreshToken?.reveal())
      expect(server.book.reused).toEqual([])
    },
    plain: 'works',
  },
  {
    classes: [49],
    title: 'refresh tokens that stay, and are not repeated',
    rules: { refresh: { rotates: false } },
    spec: () => ({ refresh: { rotates: 'no' } }),
    check: ({ refreshed }) => expect(refreshed.refreshToken).toBeNull(),
    plain: 'works',
  },
  {
    classes: [55],
    title: 'refresh tokens for apps that have them switched on',
    rules: someApps,
    spec: () => ({
      refresh: { supported: 'sometimes' },
      authorize: { extraParams: { app_kind: 'partner' } },
    }),
    check: ({ answer }) => expect(answer.refreshToken).not.toBeNull(),
    plain: 'refresh',
  },
  {
    classes: [55],
    title: 'no refresh token for the other apps of that provider',
    rules: someApps,
    spec: () => ({ refresh: { supported: 'sometimes' } }),
    refreshes: false,
    check: ({ answer }) => expect(answer.refreshToken).toBeNull(),
    plain: 'works',
  },
  {
    classes: [51],
    title: 'another address for refreshing',
    rules: { refresh: { path: '/token/renew' } },
    spec: (origin) => ({ refresh: { url: `${origin}/token/renew` } }),
    plain: 'refresh',
  },
  {
    classes: [52],
    title: 'the access token exchanged instead of refreshed',
    rules: { refresh: { none: true }, routes: { 'GET /longer': longer('x_refresh_token', 60) } },
    spec: (origin) => ({
      refresh: {
        style: 'exchange-access-token',
        method: 'GET',
        url: `${origin}/longer`,
        params: { grant_type: 'x_refresh_token', old: '{access_token}' },
        minAgeSeconds: 86_400,
      },
    }),
    check: ({ answer, refreshed }) => {
      expect(refreshed.accessToken.reveal()).toBe(`longer-${answer.accessToken.reveal()}`)
      expect(refreshed.lifetimeSeconds).toBe(60 * 86_400)
    },
    plain: 'refresh',
  },
  {
    classes: [53],
    title: 'a second exchange right after the code',
    rules: {
      reply: ({ expires_in: _dropped, ...fields }) => ({ ...fields, scope: 'read' }),
      routes: { 'GET /longer': longer('x_exchange_token', 60) },
      api: {},
    },
    spec: (origin) => ({
      token: {
        postExchange: {
          method: 'GET',
          url: `${origin}/longer`,
          params: { grant_type: 'x_exchange_token', old: '{access_token}' },
        },
        paths: { accountId: 'scope' },
      },
      account: { request: null },
    }),
    check: ({ answer }) => {
      expect(answer.accessToken.reveal()).toMatch(/^longer-access-/)
      expect(answer.lifetimeSeconds).toBe(60 * 86_400)
      expect(answer.scopes).toEqual(['read'])
    },
    plain: 'identify',
  },
  {
    classes: [54],
    title: 'no refresh and no end',
    refreshes: false,
    rules: { refresh: { none: true }, reply: ({ expires_in: _dropped, ...fields }) => fields },
    spec: () => ({ refresh: { supported: 'no' } }),
    check: ({ answer }) => expect(answer).toMatchObject({ refreshToken: null, expiresAt: null }),
    plain: 'works',
  },
]
