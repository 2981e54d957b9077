import { describe, expect, test } from 'vitest'
import { nextMove } from '../../../electron/http/proxy/retry.ts'

const now = Date.parse('2026-11-21T12:00:00Z')
const seen = (
  status: number,
  overrides: {
    method?: string
    body?: Buffer | null
    head?: object
    proxyRequest?: object
    leftMs?: number
  } = {},
) => ({
  status,
  head: { headers: [] as string[], contentLength: null, retryAfter: null, location: null, ...overrides.head },
  proxyRequest: {
    call: { method: overrides.method ?? 'GET', body: overrides.body ?? null },
    url: new URL('https://api.example.com/v1/a'),
    policy: {
      baseUrl: 'https://api.example.com/v1',
      hosts: [],
      privateHosts: [],
      headers: {},
      extraCa: null,
    },
    token: { tokenType: 'Bearer' },
    retriedToken: false,
    retriedNonce: false,
    waits: 0,
    redirects: 0,
    ...overrides.proxyRequest,
  },
  leftMs: overrides.leftMs ?? 15_000,
  nowMs: now,
})

test('a plain answer is handed on, whatever its status', () => {
  for (const status of [200, 204, 304, 400, 403, 404, 500, 502])
    expect(nextMove(seen(status))).toEqual({ kind: 'relay' })
})

test('401 asks for a fresh token once', () => {
  expect(nextMove(seen(401))).toEqual({ kind: 'fresh_token' })
  expect(nextMove(seen(401, { proxyRequest: { retriedToken: true } }))).toEqual({ kind: 'relay' })
})

test('a DPoP nonce is taken once before the token is blamed', () => {
  const head = { headers: ['DPoP-Nonce', 'n1'] }
  const proxyRequest = { token: { tokenType: 'DPoP' } }
  expect(nextMove(seen(401, { head, proxyRequest }))).toEqual({ kind: 'with_nonce' })
  expect(nextMove(seen(401, { head, proxyRequest: { ...proxyRequest, retriedNonce: true } }))).toEqual({
    kind: 'fresh_token',
  })
  expect(nextMove(seen(401, { head }))).toEqual({ kind: 'fresh_token' })
})

describe('Retry-After', () => {
  const head = { retryAfter: '2' }
  test('is waited for within what is left, for methods that may be repeated, three times at most', () => {
    expect(nextMove(seen(429, { head }))).toEqual({ kind: 'wait', delayMs: 2000 })
    expect(nextMove(seen(503, { head, method: 'PUT', body: Buffer.from('x') }))).toEqual({
      kind: 'wait',
      delayMs: 2000,
    })
    expect(nextMove(seen(429, { head, method: 'POST' }))).toEqual({ kind: 'relay' })
    expect(nextMove(seen(429, { head, leftMs: 1999 }))).toEqual({ kind: 'relay' })
    expect(nextMove(seen(429, { head, proxyRequest: { waits: 3 } }))).toEqual({ kind: 'relay' })
  })

  test.each([null, 'soon', '-1', '120, 60', '9'.repeat(400)])(
    'that says %j is not waited for',
    (retryAfter) => {
      expect(nextMove(seen(429, { head: { retryAfter } }))).toEqual({ kind: 'relay' })
    },
  )
})

describe('redirects', () => {
  const to = (location: string, overrides: object = {}) =>
    nextMove(seen(302, { head: { location }, ...overrides }))
  test('within the origin are followed for GET and HEAD, five at most', () => {
    expect(to('/v1/b')).toMatchObject({ kind: 'redirect', url: new URL('https://api.example.com/v1/b') })
    expect(to('b#frag')).toMatchObject({ kind: 'redirect', url: new URL('https://api.example.com/v1/b') })
    expect(to('/v1/b', { method: 'POST' })).toEqual({ kind: 'relay' })
    expect(to('/v1/b', { proxyRequest: { redirects: 5 } })).toEqual({ kind: 'relay' })
  })

  test('to any other origin are handed back', () => {
    for (const location of [
      'https://evil.example/',
      '//evil.example/',
      'http://api.example.com/v1/b',
      'https://api.example.com:444/',
      'https://u@api.example.com/v1/b',
      'http://[',
    ]) {
      expect(to(location)).toEqual({ kind: 'relay' })
    }
  })
})
