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

test('a host pattern takes the host it names, or everything below it, and nothing that only looks so', () => {
  const label = fc.stringMatching(/^[a-z0-9-]{1,6}$/)
  const name = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'))
  fc.assert(
    fc.property(name, name, fc.option(fc.nat(65_535)), (domain, host, port) => {
      const shown = port === null ? host : `${host}:${port}`
      expect(hostMatches(domain, shown)).toBe(host === domain)
      expect(hostMatches(`*.${domain}`, shown)).toBe(host.endsWith(`.${domain}`))
      for (const near of [`${domain}.${host}`, `${host}${domain}`, `${host}-${domain}`]) {
        expect(hostMatches(domain, near)).toBe(near === domain)
        expect(hostMatches(`*.${domain}`, near)).toBe(near.endsWith(`.${domain}`))
      }
      expect(hostMatches(`*.${domain}`, `${host}.${domain}`.toUpperCase())).toBe(true)
      expect(hostMatches(`${host}:${(port ?? 0) + 1}`, shown)).toBe(false)
    }),
    { numRuns: 2000 },
  )
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

  const encoded = (text: string, times: number): string =>
    Array.from({ length: times }).reduce<string>((path) => path.replaceAll('%', '%25'), text)

  test.each([1, 2, 3, 4, 7, 8, 9, 20, 200])(
    'slashes, backslashes and dots that were encoded %i times more fit no pattern either',
    (times) => {
      for (const hidden of ['%2f', '%2F', '%5c', '%2e', '%2e%2e']) {
        const path = `/a/b${encoded(hidden, times)}c`
        for (const pattern of ['/a/*', '/a/**', '/*/*', '/a/b*'])
          expect([pattern, path, pathMatches(pattern, path)]).toEqual([pattern, path, false])
        // A broken escape beside it does not hide it.
        expect(pathMatches('/a/*', `/a/%25zz${encoded(hidden, times)}c`)).toBe(false)
        expect(pathMatches('/a/*', `/a/%25c0${encoded(hidden, times)}c`)).toBe(false)
      }
      // The control: what hides nothing fits, however it is written.
      for (const plain of ['%20', '%C3%A9', '%41']) {
        const path = `/a/b${encoded(plain, Math.min(times, 5))}c`
        expect([path, pathMatches('/a/*', path)]).toEqual([path, true])
      }
    },
  )

  test('whatever is hidden how deep, a path that a server could decode into another place fits no narrow pattern', () => {
    const part = fc.constantFrom('a', 'b', '.', '/', '\\', '%', '%2', '%zz', '%C3%A9', ' ', '%c0', '%ff')
    fc.assert(
      fc.property(fc.array(part, { maxLength: 6 }), fc.nat(6), fc.boolean(), (parts, times, lower) => {
        const raw = parts.join('').replaceAll(/[./\\]/g, (sign) => {
          const hex = sign.charCodeAt(0).toString(16).padStart(2, '0')
          return `%${lower ? hex : hex.toUpperCase()}`
        })
        const path = `/files/${encoded(raw, times)}`
        let seen = path
        for (let round = 0; round < 12; round += 1)
          seen = seen.replaceAll(/%([0-7][0-9a-f])/gi, (_all, hex: string) =>
            String.fromCharCode(parseInt(hex, 16)),
          )
        const another =
          seen.slice('/files/'.length).search(/[/\\]|%2[ef]|%5c/i) !== -1 ||
          /(?:^|\/)\.{1,2}(?:\/|$)/.test(seen)
        expect([path, another && pathMatches('/files/*', path)]).toEqual([path, false])
      }),
      { numRuns: 3000 },
    )
  })

  test('the longest path and the most stars there may be are decided at once', () => {
    const pattern = `/${Array.from({ length: 60 }, () => '**/a').join('/')}/b`
    expect(pathMatches(pattern, `/${'a/'.repeat(7900)}c`)).toBe(false)
    expect(pathMatches(pattern, `/${'a/'.repeat(7900)}b`)).toBe(true)
    expect(pathMatches('/*', `/${'%25'.repeat(5000)}2f`)).toBe(false)
    expect(pathMatches(`/${'*a'.repeat(500)}`, `/${'a'.repeat(15_000)}b`)).toBe(false)
  })

  test('stars mean what a plain reading of them means', () => {
    const plain = (pattern: readonly string[], path: readonly string[]): boolean => {
      const [head, ...rest] = pattern
      if (head === undefined) return path.length === 0
      if (head === '**')
        return Array.from({ length: path.length + 1 }, (_, n) => n).some((n) => plain(rest, path.slice(n)))
      return (
        path.length > 0 && (head === '*' ? path[0] !== '' : head === path[0]) && plain(rest, path.slice(1))
      )
    }
    const one = fc.array(fc.constantFrom('a', 'b', '*', '**'), { minLength: 1, maxLength: 6 })
    const other = fc.array(fc.constantFrom('a', 'b'), { minLength: 1, maxLength: 7 })
    fc.assert(
      fc.property(one, other, (pattern, path) => {
        expect(pathMatches(`/${pattern.join('/')}`, `/${path.join('/')}`)).toBe(plain(pattern, path))
      }),
      { numRuns: 3000 },
    )
  })

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
