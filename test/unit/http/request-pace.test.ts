import { expect, test } from 'vitest'
import { createRequestPace } from '../../../electron/http/proxy/rate.ts'
import { createFakeClock } from '../../support/fake-clock.ts'

const request = {
  providerId: 'p1',
  appId: 'a1',
  address: () => 'c1 https://api.example.com/a',
  privateTarget: false,
  mostMs: 15_000,
}

test('two hundred at once pass, and further requests are delayed to a hundred a second', () => {
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

test('sixty thousand refused requests of one program leave the next program’s as if they had never been', () => {
  const clock = createFakeClock()
  const pace = createRequestPace(clock)
  let refused = 0
  for (let sent = 0; sent < 60_000; sent += 1) if (pace.waitMs(request) > request.mostMs) refused += 1
  // The control: they were far too many, and were told so.
  expect(refused).toBeGreaterThan(58_000)
  expect(pace.waitMs({ ...request, appId: 'a2' })).toBe(0)
  clock.advance(1000)
  expect(pace.waitMs({ ...request, appId: 'a2' })).toBe(0)
  // Nor do they keep their own program from its turn for longer than a request may wait.
  expect(pace.waitMs(request)).toBeLessThanOrEqual(15_000)
})

test('programs that want more than there is get the same share of it, and all of it when alone again', () => {
  const clock = createFakeClock()
  const pace = createRequestPace(clock)
  const sent = { a1: 0, a2: 0, a3: 0 }
  const ask = (appId: keyof typeof sent): void => {
    if (pace.waitMs({ ...request, appId, mostMs: 0 }) === 0) sent[appId] += 1
  }
  for (let ms = 0; ms < 30_000; ms += 10) {
    for (let each = 0; each < 5; each += 1) ask('a1')
    ask('a2')
    for (let each = 0; each < 20; each += 1) ask('a3')
    clock.advance(10)
  }
  const all = Object.values(sent)
  expect(Math.max(...all) - Math.min(...all)).toBeLessThan(100)
  const total = all.reduce((one, other) => one + other)
  expect(total).toBeGreaterThan(2900)
  expect(total).toBeLessThan(3500)
  clock.advance(5000)
  const before = sent.a1
  for (let ms = 0; ms < 10_000; ms += 10, clock.advance(10)) for (let each = 0; each < 5; each += 1) ask('a1')
  expect(sent.a1 - before).toBeGreaterThan(1000)
})

test('an address whose pause is longer than a request can wait books nothing', () => {
  const clock = createFakeClock()
  const pace = createRequestPace(clock)
  pace.pause(request.address(), 60_000)
  for (let sent = 0; sent < 10_000; sent += 1) expect(pace.waitMs(request)).toBe(60_000)
  expect(pace.waitMs({ ...request, address: () => 'c1 https://api.example.com/b' })).toBe(0)
})
