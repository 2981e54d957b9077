// The vault locks after the configured time without use by the window or an app.
import { expect, test } from 'vitest'
import { createAutoLock } from '../../../../electron/core/vault/vault.ts'
import { createFakeClock } from '../../../support/fake-clock.ts'

const MINUTE_MS = 60_000

function watch(minutes: number) {
  const clock = createFakeClock()
  const settings = { autoLockMinutes: minutes }
  const seen = { locks: 0, lastAppUseAt: 0, timers: 0 }
  const autoLock = createAutoLock({
    clock: {
      ...clock,
      after: (delayMs, callback) => {
        seen.timers += 1
        return clock.after(delayMs, callback)
      },
    },
    settings: { get: () => settings },
    lastAppUseAt: () => seen.lastAppUseAt,
    lock: () => (seen.locks += 1),
  })
  autoLock.check()
  return { clock, settings, seen, autoLock }
}

test('locks once when the time is up, not a moment before', () => {
  const { clock, seen } = watch(5)
  clock.advance(5 * MINUTE_MS - 1)
  expect(seen.locks).toBe(0)
  clock.advance(1)
  expect(seen.locks).toBe(1)
  clock.advance(60 * MINUTE_MS)
  expect(seen.locks).toBe(1)
})

test('each use of the window begins the time again, and sets no timer of its own', () => {
  const { clock, seen, autoLock } = watch(5)
  for (let minute = 0; minute < 4; minute += 1) {
    clock.advance(MINUTE_MS)
    autoLock.touched()
  }
  expect(seen.timers).toBe(1)
  clock.advance(5 * MINUTE_MS - 1)
  expect(seen.locks).toBe(0)
  clock.advance(1)
  expect(seen.locks).toBe(1)
})

test('a use by an app counts like one of the window', () => {
  const { clock, seen } = watch(5)
  clock.advance(3 * MINUTE_MS)
  seen.lastAppUseAt = clock.now()
  clock.advance(5 * MINUTE_MS - 1)
  expect(seen.locks).toBe(0)
  clock.advance(1)
  expect(seen.locks).toBe(1)
})

test('after an unlock the time begins again', () => {
  const { clock, seen, autoLock } = watch(5)
  clock.advance(5 * MINUTE_MS)
  autoLock.touched()
  clock.advance(5 * MINUTE_MS)
  expect(seen.locks).toBe(2)
})

test('a shorter setting counts from the last use, and 0 means never', () => {
  const { clock, settings, seen, autoLock } = watch(0)
  clock.advance(600 * MINUTE_MS)
  autoLock.touched()
  expect(seen).toMatchObject({ locks: 0, timers: 0 })
  settings.autoLockMinutes = 30
  autoLock.check()
  clock.advance(10 * MINUTE_MS)
  settings.autoLockMinutes = 5
  autoLock.check()
  expect(seen.locks).toBe(1)
})

test('a clock that was set back makes the time at most begin again', () => {
  const { clock, seen, autoLock } = watch(5)
  clock.advance(MINUTE_MS)
  autoLock.touched()
  seen.lastAppUseAt = clock.now()
  clock.jumpTo(clock.now() - 600 * MINUTE_MS)
  clock.advance(10 * MINUTE_MS)
  expect(seen.locks).toBe(1)
})

test('nothing is locked after it was closed', () => {
  const { clock, seen, autoLock } = watch(5)
  autoLock.close()
  clock.advance(60 * MINUTE_MS)
  expect(seen.locks).toBe(0)
})
