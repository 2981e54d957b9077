import { expect, test } from 'vitest'
import {
  hostFrom,
  listedHosts,
  looksPrivate,
  withHost,
  withoutHost,
} from '../../../../renderer/lib/credential-hosts.ts'

test.each([
  ['api.example.com', 'api.example.com'],
  [' API.Example.com ', 'api.example.com'],
  ['https://api.example.com/v1?x=1', 'api.example.com'],
  ['http://127.0.0.1:8080/', '127.0.0.1:8080'],
  ['api.example.com/v1', 'api.example.com'],
  ['api.example.com.', 'api.example.com'],
  ['*.example.com', '*.example.com'],
  ['[::1]:3000', '[::1]:3000'],
  ['localhost', 'localhost'],
  ['', null],
  ['*', null],
  ['two words', null],
  ['a@b.example', null],
  ['https://', null],
  ['exa*mple.com', null],
])('the host in %j is %j', (typed, host) => {
  expect(hostFrom(typed)).toBe(host)
})

test.each([
  ['localhost:3000', true],
  ['10.0.0.5', true],
  ['172.20.0.1:80', true],
  ['172.32.0.1', false],
  ['nas.local', true],
  ['nas', true],
  ['nas:8443', true],
  ['[::1]:3000', true],
  ['[fd12::1]', true],
  ['[2606:4700::1111]', false],
  ['api.example.com', false],
  ['local.example.com', false],
])('%s looks private: %s', (host, isPrivate) => {
  expect(looksPrivate(host)).toBe(isPrivate)
})

test('the two stored lists are one, and each change keeps the others', () => {
  const lists = { allowedHosts: ['a.example'], privateHosts: ['nas.local'] }
  expect(listedHosts(lists)).toEqual([
    { host: 'a.example', isPrivate: false },
    { host: 'nas.local', isPrivate: true },
  ])
  const more = withHost(lists, { host: '10.0.0.5', isPrivate: true })
  expect(more).toEqual({ allowedHosts: ['a.example', '10.0.0.5'], privateHosts: ['nas.local', '10.0.0.5'] })
  expect(withHost(more, { host: '10.0.0.5', isPrivate: false }).privateHosts).toEqual(['nas.local'])
  expect(withoutHost(more, 'nas.local')).toEqual({
    allowedHosts: ['a.example', '10.0.0.5'],
    privateHosts: ['10.0.0.5'],
  })
})
