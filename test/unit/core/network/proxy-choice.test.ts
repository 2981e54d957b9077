import { expect, test } from 'vitest'
import { chooseProxy } from '../../../../electron/core/network/types.ts'

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
])('%s with NO_PROXY "%s" goes by %s', (url, noProxy, way) => {
  expect(choose(url, noProxy)).toBe(way)
})

test('the setting comes before the environment; https falls back to HTTP_PROXY', () => {
  const environment = { http_proxy: 'http://plain:1', HTTPS_PROXY: '' }
  const https = new URL('https://example.com')
  expect(chooseProxy(null, environment)(https)).toBe('http://plain:1')
  expect(chooseProxy(null, { ...environment, HTTPS_PROXY: 'http://secure:1' })(https)).toBe('http://secure:1')
  expect(chooseProxy('http://mine:1', environment)(https)).toBe('http://mine:1')
  expect(chooseProxy(null, {})(https)).toBeNull()
})
