import { expect, test } from 'vitest'
import { checkReturnUrl, ticketFits } from '../../../shared/domain/callback-url.ts'

test('a ticket is for its provider, and for ten minutes', () => {
  const ticket = {
    appId: null,
    providerId: 'p1',
    connectionId: null,
    account: null,
    addScopes: [],
    returnUrl: null,
    expiresAt: 1000,
  }
  expect([
    ticketFits(ticket, 'p1', 999),
    ticketFits(ticket, 'p1', 1000),
    ticketFits(ticket, 'p2', 0),
  ]).toEqual([true, false, false])
})

test('loopback in any spelling a browser reads as loopback may be returned to', () => {
  for (const url of [
    'http://127.0.0.1:3000/a?b=1',
    'http://localhost/',
    'https://app.localhost:1/',
    'http://[::1]:3000/',
    'http://0x7f.1/',
  ]) {
    expect(checkReturnUrl(url, []).kind).toBe('ok')
  }
})

test('a registered origin is compared as an origin: scheme, host and port', () => {
  const origins = ['https://app.example.com', 'not an origin']
  expect(checkReturnUrl('https://APP.example.com:443/x', origins)).toEqual({
    kind: 'ok',
    url: 'https://app.example.com/x',
  })
  for (const url of [
    'http://app.example.com/',
    'https://app.example.com:444/',
    'https://app.example.com.evil.example/',
  ]) {
    expect(checkReturnUrl(url, origins).kind).toBe('refused')
  }
})

test('what a browser would repair is refused instead', () => {
  for (const url of [
    'http:/\\evil.example',
    'http://localhost\\@evil.example',
    ' http://localhost/',
    'http://local\thost/',
    'javascript:1',
    'http://a:b@localhost/',
    '',
  ]) {
    expect(checkReturnUrl(url, []).kind).toBe('refused')
  }
})
