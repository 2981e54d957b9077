import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { hrefOf, parseRoute, type Route } from '../../../../renderer/lib/route.ts'

const routes: Route[] = [
  { name: 'connections' },
  { name: 'connection', id: 'con_1' },
  { name: 'add', query: '' },
  { name: 'add', query: 'a & b=c' },
  { name: 'add-url', url: 'https://auth.example.com/x?y=1#z' },
  { name: 'register', preset: null },
  { name: 'register', preset: 'google_calendar' },
  { name: 'sign-in', flowId: 'flw_1' },
  { name: 'providers' },
  { name: 'provider', id: 'prv_1', tab: 'overview' },
  { name: 'provider', id: 'prv_1', tab: 'check' },
  { name: 'apps' },
  { name: 'new-app' },
  { name: 'app', id: 'app_1' },
  { name: 'activity', filter: {} },
  { name: 'activity', filter: { appId: 'a', outcome: 'failed', day: '2026-11-21' } },
  { name: 'settings', section: 'vault' },
]

test.each(routes)('$name keeps what it says on its way through the address bar', (route) => {
  expect(parseRoute(hrefOf(route))).toEqual(route)
})

test('an id may hold anything without leading elsewhere', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), (id) => {
      expect(parseRoute(hrefOf({ name: 'connection', id }))).toEqual({ name: 'connection', id })
    }),
  )
})

test('any address from a link, malformed or not, becomes a screen and never an exception', () => {
  fc.assert(
    fc.property(fc.string(), (hash) => {
      expect(parseRoute(`#${hash}`)).toHaveProperty('name')
    }),
  )
  expect(parseRoute('#/connections/%E0%A4%A')).toEqual({ name: 'connection', id: '%E0%A4%A' })
})

test.each([
  ['#/nowhere'],
  ['#/providers/prv_1/delete'],
  ['#/settings/secrets'],
  ['#/sign-in'],
  ['#/add/preset'],
])('%s is said to be unknown', (hash) => {
  expect(parseRoute(hash)).toEqual({ name: 'unknown', path: hash.slice(1) })
})

test('the path of a deep link is taken as well as a hash, and nothing means the connections', () => {
  expect(parseRoute('/connections/con_1')).toEqual({ name: 'connection', id: 'con_1' })
  expect(parseRoute('')).toEqual({ name: 'connections' })
})
