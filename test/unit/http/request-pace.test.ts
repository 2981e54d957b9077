import { expect, test } from 'vitest'
import { createRequestPace } from '../../../electron/http/proxy/request-pace.ts'
import { createFakeClock } from '../../support/fake-clock.ts'

const request = { providerId: 'p1', address: () => 'c1 https://api.example.com/a', privateTarget: false }

test('two hundred at once pass, and what comes beyond waits its turn at a hundred a second', () => {
  const clock = createFakeClock()
  const pace = createRequestPace(clock)
  const waits = Array.from({ length: 300 }, () => pace.waitMs(request))
  expect(waits.slice(0, 200).every((wait) => wait === 0)).toBe(true)
  expect(waits[299]).toBeCloseTo(990, 0)
  clock.advance(10_000)
  expect(pace.waitMs(request)).toBe(0)
})

test('one provider’s crowd does not hold up another, nor a server of the person’s own', () => {
  const pace = createRequestPace(createFakeClock())
  for (let sent = 0; sent < 500; sent += 1) pace.waitMs(request)
  expect(pace.waitMs({ ...request, providerId: 'p2' })).toBe(0)
  expect(pace.waitMs({ ...request, privateTarget: true })).toBe(0)
})

test('an address that said 429 is left alone for as long as it said, a minute at most', () => {
  const clock = createFakeClock()
  const pace = createRequestPace(clock)
  pace.pause(request.address(), 2000)
  expect(pace.waitMs(request)).toBe(2000)
  expect(pace.waitMs({ ...request, address: () => 'c1 https://api.example.com/b' })).toBe(0)
  clock.advance(2000)
  expect(pace.waitMs(request)).toBe(0)
  pace.pause(request.address(), 3_600_000)
  expect(pace.waitMs(request)).toBe(60_000)
})
