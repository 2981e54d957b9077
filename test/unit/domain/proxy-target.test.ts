import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  checkPath,
  resolveTarget,
  targetError,
  type TargetPolicy,
} from '../../../shared/domain/proxy-target.ts'

const policy: TargetPolicy = {
  baseUrl: 'https://api.example.com/v1',
  hosts: ['uploads.example.com', '*.files.example.com', 'odd.example.com:8443'],
  privateHosts: ['intranet.example.com', '10.0.0.5:8080'],
}
const at = (requested: string, of: TargetPolicy = policy) => {
  const target = resolveTarget(of, requested)
  return target.kind === 'ok' ? target.url.href : target.code
}

describe('relative addresses', () => {
  test.each([
    ['/files?x=1', 'https://api.example.com/v1/files?x=1'],
    ['files', 'https://api.example.com/v1/files'],
    ['/', 'https://api.example.com/v1/'],
    ['?x=1', 'https://api.example.com/v1?x=1'],
    ['/a?to=//x/../y', 'https://api.example.com/v1/a?to=//x/../y'],
  ])('%s is joined to the base', (requested, expected) => {
    expect(at(requested)).toBe(expected)
  })

  test('a base with a slash at its end, or without a path, joins the same', () => {
    expect(at('/files', { ...policy, baseUrl: 'https://api.example.com/v1/' })).toBe(
      'https://api.example.com/v1/files',
    )
    expect(at('/files', { ...policy, baseUrl: 'https://api.example.com' })).toBe(
      'https://api.example.com/files',
    )
    expect(at('@evil.example/', { ...policy, baseUrl: 'https://api.example.com' })).toBe(
      'https://api.example.com/@evil.example/',
    )
    expect(at('.evil.example/', { ...policy, baseUrl: 'https://api.example.com' })).toBe(
      'https://api.example.com/.evil.example/',
    )
  })

  test('without a base there is nothing to join', () => {
    expect(at('/files', { ...policy, baseUrl: null })).toBe('target_not_allowed')
  })
})

describe('absolute addresses', () => {
  test.each([
    'https://api.example.com/anything',
    'https://uploads.example.com/',
    'https://a.b.files.example.com/x',
    'https://odd.example.com:8443/x',
  ])('%s is on an allowed host', (requested) => {
    expect(at(requested)).toBe(requested)
  })

  test.each([
    'https://example.com/',
    'https://files.example.com/',
    'https://evilfiles.example.com/',
    'https://uploads.example.com:444/',
    'https://odd.example.com/',
    'http://api.example.com/',
    'http://uploads.example.com/',
    'https://api.example.com./',
    'https://api.example.com@evil.example/',
    'https://user@api.example.com/',
    'ws://api.example.com/',
  ])('%s is not', (requested) => {
    expect(at(requested)).toBe('target_not_allowed')
  })

  test('plain http is for hosts that the person said are private', () => {
    const local = { baseUrl: 'http://127.0.0.1:4000/api', hosts: [], privateHosts: ['127.0.0.1:4000'] }
    expect(resolveTarget(local, '/x')).toMatchObject({ kind: 'ok', privateAllowed: true })
    expect(at('http://intranet.example.com/')).toBe('http://intranet.example.com/')
    expect(at('http://uploads.example.com/')).toBe('target_not_allowed')
    expect(resolveTarget(policy, '/x')).toMatchObject({ privateAllowed: false })
  })

  test.each([
    ['https://intranet.example.com/x', true],
    ['https://INTRANET.example.com/x', true],
    ['http://10.0.0.5:8080/x', true],
    ['https://intranet.example.com:8443/x', false],
    ['https://intranet.example.com./x', false],
    ['https://sub.intranet.example.com/x', false],
    ['http://10.0.0.5/x', false],
    ['http://10.0.0.6:8080/x', false],
    ['https://a.zone.example.com/x', false],
  ])('%s, with the host among the private ones alone, is allowed: %s', (requested, isAllowed) => {
    const of = { ...policy, privateHosts: [...policy.privateHosts, '*.zone.example.com'] }
    const target = resolveTarget(of, requested)
    expect(target.kind === 'ok' && target.privateAllowed).toBe(isAllowed)
  })

  test.each([
    ['https://other.example.org/x', 'host', 'other.example.org'],
    ['https://other.example.org:8443/x', 'host', 'other.example.org:8443'],
    ['https://uploads.example.com:444/', 'port', 'uploads.example.com:444'],
    ['https://intranet.example.com:8443/', 'port', 'intranet.example.com:8443'],
    ['https://odd.example.com/', 'port', 'odd.example.com'],
    ['http://uploads.example.com/', 'plain_http', 'uploads.example.com'],
    ['http://other.example.org/', 'plain_http', 'other.example.org'],
    ['https://[2606:4700::1111]/', 'host', '[2606:4700::1111]'],
    ['https://xn--bcher-kva.example/', 'host', 'xn--bcher-kva.example'],
  ])('the refusal of %s names what is missing: %s', (requested, why, host) => {
    const target = resolveTarget(policy, requested)
    if (target.kind === 'ok') throw new Error('it was allowed')
    const { message, nextStep, details } = targetError(target)
    expect(details).toEqual({ field: 'url', host, missing: why })
    expect(nextStep).toContain(host)
    expect(message).toContain(host.replace(/:\d+$/, ''))
    // What it says to add is enough, where adding helps.
    if (why === 'plain_http') return
    expect(resolveTarget({ ...policy, hosts: [...policy.hosts, host] }, requested).kind).toBe('ok')
  })

  test('a refusal that no host would change names none', () => {
    const target = resolveTarget(policy, 'https://user@api.example.com/')
    if (target.kind === 'ok') throw new Error('it was allowed')
    expect(targetError(target).details).toEqual({ field: 'url' })
  })
})

test('whatever is asked for, what comes out is on an allowed origin, below the base when relative, and without dot segments', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      '/',
      '//',
      '..',
      '.',
      '%2e',
      '%2F',
      '%5c',
      '\\',
      '@',
      ':',
      '?',
      '#',
      'https://',
      'http:',
      'evil.example',
      'api.example.com',
      '%25',
      '%00',
      ';',
      '\t',
    ),
    fc.string({ maxLength: 5 }),
  )
  const origins = new Set([
    'https://api.example.com',
    'https://uploads.example.com',
    'https://odd.example.com:8443',
  ])
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      const requested = pieces.join('')
      const target = resolveTarget(policy, requested)
      if (target.kind === 'refused') return
      expect(origins.has(target.url.origin) || target.url.hostname.endsWith('.files.example.com')).toBe(true)
      expect(target.url.pathname.split('/')).not.toContain('..')
      const { username, password, hash } = new URL(target.url.href)
      expect(username + password + hash).toBe('')
    }),
    { numRuns: 2000 },
  )
})

test('the short way for plain addresses says what the URL parser would say', () => {
  const character = fc.integer({ min: 0x20, max: 0x7f }).map((code) => String.fromCharCode(code))
  const piece = fc.oneof(character, fc.constantFrom('/', '.', '?', 'a', '%2e', ';', ':', '@', "'", '[', '|'))
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const target = resolveTarget(policy, `/${pieces.join('')}`)
      if (target.kind === 'refused') return
      const parsed = new URL(target.url.href)
      for (const part of ['origin', 'protocol', 'host', 'hostname', 'port', 'pathname', 'search'] as const)
        expect(target.url[part]).toBe(parsed[part])
      expect(parsed.href).toBe(target.url.href)
    }),
    { numRuns: 5000 },
  )
})

describe('paths', () => {
  test.each([
    '/a/..',
    '/../a',
    '/.',
    '/a/%2e%2e/b',
    '/a%2f..%2fb',
    '/%252e%252e/',
    '/%2525252e%2525252e/',
    '/%2525252525252e%2525252525252e/',
    '/%25zz/%252e%252e/',
    '/%2525zz/%25252e%25252e/',
    '/x%25ff/%252e%252e/',
    '/%25c0%25ae%25c0%25ae/',
    '/%2525252525252525252525252520',
    '/..;v=1/a',
    '/a\\b',
    '/a%5cb',
    '/a%00',
    '/%zz',
    '//a',
    '/%2fa',
  ])('%s is refused', (path) => {
    expect(checkPath(path).kind).toBe('refused')
  })

  test.each([
    '/',
    '/a//b',
    '/a%2Fb',
    '/..a',
    '/a..',
    '/...',
    '/100%25',
    '/a%20b',
    '/caf%C3%A9',
    '/;x',
    '/@a',
  ])('%s is fine', (path) => {
    expect(checkPath(path).kind).toBe('ok')
  })
})
