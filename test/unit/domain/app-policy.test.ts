import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { grant, type Grant } from '../../../shared/contract/app.ts'
import { hostMatches, may, pathMatches, type AppUse } from '../../../shared/domain/app-policy.ts'

const connection = { id: 'con_1', providerId: 'prv_1' }
const a = (draft: Partial<Grant> = {}): Grant => grant.parse({ target: { kind: 'all' }, ...draft })
const verdict = (grants: Grant[], use: AppUse, now = 0, paused = false): string =>
  may({ paused, grants }, use, connection, now).kind
const get: AppUse = { what: 'proxy', method: 'GET', host: 'api.example.test', path: '/v1/items' }

describe('what an app may do', () => {
  test('nothing without a grant, nothing while paused', () => {
    expect(verdict([], get)).toBe('deny')
    expect(verdict([a()], get)).toBe('allow')
    expect(verdict([a()], get, 0, true)).toBe('deny')
  })

  test('requests by default, the token only when it was said', () => {
    expect(verdict([a()], { what: 'token' })).toBe('deny')
    expect(verdict([a({ token: true })], { what: 'token' })).toBe('allow')
    expect(verdict([a({ token: true, proxy: false })], get)).toBe('deny')
    expect(verdict([a({ token: false, proxy: false })], { what: 'see' })).toBe('allow')
  })

  test('only with the connections it was given', () => {
    expect(verdict([a({ target: { kind: 'provider', providerId: 'prv_1' } })], get)).toBe('allow')
    expect(verdict([a({ target: { kind: 'provider', providerId: 'prv_2' } })], get)).toBe('deny')
    expect(verdict([a({ target: { kind: 'connection', connectionId: 'con_1' } })], get)).toBe('allow')
    expect(verdict([a({ target: { kind: 'connection', connectionId: 'con_2' } })], get)).toBe('deny')
  })

  test('until its grant ends', () => {
    expect(verdict([a({ expiresAt: 100 })], get, 99)).toBe('allow')
    expect(verdict([a({ expiresAt: 100 })], get, 100)).toBe('deny')
  })

  test('with the hosts, methods and paths it was given', () => {
    expect(verdict([a({ methods: ['POST'] })], get)).toBe('deny')
    expect(verdict([a({ methods: ['GET', 'POST'] })], get)).toBe('allow')
    expect(verdict([a({ hosts: ['other.example.test'] })], get)).toBe('deny')
    expect(verdict([a({ hosts: ['*.example.test'], paths: ['/v1/**'] })], get)).toBe('allow')
    expect(verdict([a({ paths: ['/v2/**'] })], get)).toBe('deny')
  })

  test('a grant that allows weighs more than one that asks; one grant’s parts are not mixed with another’s', () => {
    expect(verdict([a({ approval: 'ask' })], get)).toBe('ask')
    expect(verdict([a({ approval: 'ask' }), a()], get)).toBe('allow')
    const mixed = [a({ methods: ['GET'], paths: ['/a'] }), a({ methods: ['POST'], paths: ['/v1/items'] })]
    expect(verdict(mixed, get)).toBe('deny')
    expect(verdict([a({ approval: 'ask' })], { what: 'see' })).toBe('allow')
  })

  test('a no has a reason', () => {
    const denied = may({ paused: false, grants: [a({ methods: ['POST'] })] }, get, connection, 0)
    expect(denied).toEqual({
      kind: 'deny',
      reason: 'The app may not send GET /v1/items to api.example.test.',
    })
  })
})

describe('hosts', () => {
  test.each([
    ['api.example.test', 'api.example.test', true],
    ['API.example.test', 'api.EXAMPLE.test', true],
    ['api.example.test', 'api.example.test:8443', true],
    ['api.example.test:443', 'api.example.test:8443', false],
    ['*.example.test', 'a.b.example.test', true],
    ['*.example.test', 'example.test', false],
    ['*.example.test', '.example.test', false],
    ['*.example.test', 'evilexample.test', false],
    ['example.test', 'example.test.evil.test', false],
  ])('%s against %s: %s', (pattern, host, fits) => {
    expect(hostMatches(pattern, host)).toBe(fits)
  })
})

describe('paths', () => {
  test.each([
    ['/a/*', '/a/b', true],
    ['/a/*', '/a/b/c', false],
    ['/a/*', '/a/', false],
    ['/a/**', '/a/b/c', true],
    ['/a/**', '/a', true],
    ['/a/**', '/ab', false],
    ['/a/**/z', '/a/b/c/z', true],
    ['/a/**/z', '/a/b/c/y', false],
    ['/repo-*/x', '/repo-one/x', true],
    ['/a*b*c', '/axbyc', true],
    ['/a*b*c', '/acb', false],
    ['/', '/', true],
    ['/a', '/A', false],
  ])('%s against %s: %s', (pattern, path, fits) => {
    expect(pathMatches(pattern, path)).toBe(fits)
  })

  test.each(['/a/../secret', '/a/%2e%2e/secret', '/a/b%2Fc', '/a//b', '/a/\\b', '/a/./b', '/a/..'])(
    'what servers read differently fits no pattern but the whole of everything: %s',
    (path) => {
      expect(pathMatches('/a/**', path)).toBe(false)
      expect(pathMatches('/a/*', path)).toBe(false)
      expect(pathMatches('/**', path)).toBe(true)
    },
  )

  test('a plain pattern fits itself and nothing else', () => {
    const segment = fc.stringMatching(/^[a-z0-9-]{1,8}$/)
    fc.assert(
      fc.property(
        fc.array(segment, { minLength: 1, maxLength: 5 }),
        fc.array(segment, { minLength: 1, maxLength: 5 }),
        (one, other) => {
          const [pattern, path] = [`/${one.join('/')}`, `/${other.join('/')}`]
          expect(pathMatches(pattern, path)).toBe(pattern === path)
          expect(pathMatches(`${pattern}/**`, `${pattern}${path}`)).toBe(true)
        },
      ),
    )
  })
})
