import fc from 'fast-check'
import { expect, test } from 'vitest'
import { checkHost } from '../../../electron/http/security/request-guard.ts'

test('loopback’s own names with our port are taken, in any case', () => {
  for (const host of ['127.0.0.1:7317', 'localhost:7317', 'LOCALHOST:7317', '[::1]:7317']) {
    expect(checkHost([host], 7317)).toEqual({ kind: 'ok', host: host.toLowerCase() })
  }
})

test('a port left out means 80, which is right only on 80', () => {
  expect(checkHost(['localhost'], 80).kind).toBe('ok')
  expect(checkHost(['localhost'], 7317).kind).toBe('refused')
})

test('on a UNIX socket any port may be named, but no other machine', () => {
  expect(checkHost(['localhost'], null).kind).toBe('ok')
  expect(checkHost(['localhost:1'], null).kind).toBe('ok')
  expect(checkHost(['attacker.example'], null).kind).toBe('refused')
})

test('no text other than ours is ever taken', () => {
  const ours = new Set(['127.0.0.1:7317', 'localhost:7317', '[::1]:7317'])
  const text = fc.oneof(
    fc.string(),
    fc.tuple(fc.constantFrom(...ours), fc.string()).map(([host, tail]) => host + tail),
    fc.tuple(fc.string(), fc.constantFrom(...ours)).map(([start, host]) => start + host),
  )
  fc.assert(
    fc.property(text, (host) => {
      expect(checkHost([host], 7317).kind === 'ok').toBe(ours.has(host.toLowerCase()))
    }),
  )
})
