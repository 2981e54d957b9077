import { expect, test } from 'vitest'
import {
  chooseProxy,
  parseProxy,
  splitProxyPassword,
  withProxyPassword,
} from '../../../../electron/core/network/proxy-choice.ts'

const choose = (url: string, noProxy: string) =>
  chooseProxy('http://proxy:1', { NO_PROXY: noProxy })(new URL(url)) === null ? 'straight' : 'proxy'

test.each([
  ['https://api.example.com', 'example.com', 'straight'],
  ['https://example.com', 'example.com', 'straight'],
  ['https://example.com', '.example.com', 'straight'],
  ['https://example.com', '*.example.com', 'proxy'],
  ['https://api.example.com', '*.example.com', 'straight'],
  ['https://notexample.com', 'example.com', 'proxy'],
  ['https://example.com', 'EXAMPLE.com', 'straight'],
  ['https://example.com', 'example.com:443', 'straight'],
  ['http://example.com', 'example.com:443', 'proxy'],
  ['http://127.0.0.1:8080', 'localhost, 127.0.0.1', 'straight'],
  ['http://[::1]:8080', '::1', 'straight'],
  ['http://[::1]:8080', '[::1]:8080', 'straight'],
  ['http://[::1]:8080', '[::1]:80', 'proxy'],
  ['https://anything.test', '*', 'straight'],
  ['https://anything.test', '', 'proxy'],
  ['http://10.1.2.3', '10.0.0.0/8', 'straight'],
  ['http://11.1.2.3', '10.0.0.0/8', 'proxy'],
  ['http://10.1.2.3:8080', 'example.com,10.0.0.0/8', 'straight'],
  ['http://0x0a010203', '10.0.0.0/8', 'straight'],
  ['http://[::ffff:10.1.2.3]', '10.0.0.0/8', 'straight'],
  ['http://ten.example', '10.0.0.0/8', 'proxy'],
  ['http://10.1.2.3', '10.0.0.0/99', 'proxy'],
  ['http://[fd00::7]', 'fd00::/8', 'straight'],
  ['http://[fd00::7]', '[fd00::]/8', 'straight'],
  ['http://127.0.0.1:9', '127.*', 'straight'],
  ['http://192.168.7.1', '192.168.*', 'straight'],
  ['http://192.169.7.1', '192.168.*', 'proxy'],
  ['https://build.ci.example', 'build.*.example', 'straight'],
  ['https://build.example', 'build.*.example', 'proxy'],
  ['https://example.com.', 'example.com', 'straight'],
  ['https://example.com', 'example.com.', 'straight'],
  ['https://10.0.0.1.example.com', '10.0.0.1', 'proxy'],
  ['https://example.com', ' , ,example.com\t', 'straight'],
  ['https://example.com', '.', 'proxy'],
])('%s with NO_PROXY "%s" goes by %s', (url, noProxy, way) => {
  expect(choose(url, noProxy)).toBe(way)
})

const plain = new URL('http://example.com')
const secure = new URL('https://example.com')
const chosen = (environment: Record<string, string>, url = secure) =>
  chooseProxy(null, environment)(url)?.name

test('the setting comes before the environment; https does not fall back to HTTP_PROXY, as in curl and Go', () => {
  const environment = { http_proxy: 'http://plain:1', HTTPS_PROXY: '' }
  expect(chosen(environment)).toBeUndefined()
  expect(chosen(environment, plain)).toBe('plain:1')
  expect(chosen({ ...environment, HTTPS_PROXY: 'http://secure:1' })).toBe('secure:1')
  expect(chooseProxy('http://mine:1', environment)(secure)).toMatchObject({
    name: 'mine:1',
    source: 'Settings',
  })
  expect(chosen({})).toBeUndefined()
})

test('ALL_PROXY is for whatever has no proxy of its own, lower case comes first, and a CGI request cannot set one', () => {
  const all = { ALL_PROXY: 'socks5://all:9', https_proxy: 'secure:1' }
  expect([chosen(all, plain), chosen(all)]).toEqual(['all:9', 'secure:1'])
  expect(chosen({ https_proxy: 'lower:1', HTTPS_PROXY: 'upper:1' })).toBe('lower:1')
  expect(chosen({ HTTP_PROXY: 'evil:1' }, plain)).toBe('evil:1')
  expect(chosen({ HTTP_PROXY: 'evil:1', REQUEST_METHOD: 'GET' }, plain)).toBeUndefined()
})

test.each([
  ['proxy.example:3128', { kind: 'http', hostname: 'proxy.example', port: 3128, credentials: null }],
  ['proxy.example', { kind: 'http', port: 80 }],
  ['http://proxy.example:80', { port: 80 }],
  ['https://proxy.example/', { kind: 'https', port: 443 }],
  ['ada:l%40ce@proxy.example:1', { credentials: { user: 'ada', password: 'l@ce' } }],
  ['http://ada@proxy.example:1', { credentials: { user: 'ada', password: '' } }],
  ['[::1]:3128', { hostname: '::1', port: 3128, name: '[::1]:3128' }],
  ['socks5://h:1', { kind: 'socks5', resolvesNames: false, port: 1 }],
  ['socks5h://h', { kind: 'socks5', resolvesNames: true, port: 1080 }],
  ['socks4a://h', { kind: 'socks4', resolvesNames: true }],
  ['SOCKS5H://H:1', { kind: 'socks5', name: 'h:1' }],
])('%s is read as curl does', (text, expected) => {
  expect(parseProxy(text)).toMatchObject(expected)
})

test.each([
  '',
  'ftp://p:1',
  'http://',
  'http://p:99999',
  'http://p/path',
  'p q',
  'http://a:%ZZ@p:1',
  'http://p?x',
])('%s is no proxy: requests fail and name the variable, instead of going out directly', (text) => {
  expect(parseProxy(text)).toBeNull()
  if (text === '') return
  const choice = chooseProxy(null, { HTTPS_PROXY: text })
  expect(() => choice(secure)).toThrow(
    expect.objectContaining({
      code: 'config_error',
      message: expect.stringContaining('HTTPS_PROXY') as string,
    }),
  )
  expect(choice(plain)).toBeNull()
})

test.each([
  ['http://ada:secret@p:1', 'http://ada@p:1', 'secret'],
  ['ada:se:cret@p:1', 'ada@p:1', 'se:cret'],
  ['http://ada@p:1', 'http://ada@p:1', null],
  ['p:1', 'p:1', null],
  ['http://:pw@p:1', 'http://@p:1', 'pw'],
])('the password of %s is stored apart', (text, url, password) => {
  expect(splitProxyPassword(text)).toEqual({ url, password })
  expect(password === null ? text : withProxyPassword(url, password)).toBe(text)
})
