import { expect, test } from 'vitest'
import { createForcedRefreshLimit } from '../../../../electron/core/connections/tokens/service.ts'
import { createFakeClock } from '../../../support/fake-clock.ts'

test('all callers whose same token was refused may have it replaced, together', () => {
  const forced = createForcedRefreshLimit(createFakeClock())
  // A former bug: the second caller got the rejected token again during the refresh.
  expect([forced.take('con_a', 1), forced.take('con_a', 1), forced.take('con_a', 1)]).toEqual([0, 0, 0])
})

test('a generation that was only just made is not replaced again for ten seconds, whatever callers say', () => {
  const clock = createFakeClock()
  const forced = createForcedRefreshLimit(clock)
  expect(forced.take('con_a', 1)).toBe(0)
  clock.advance(9_999)
  expect(forced.take('con_a', 2)).toBe(1)
  expect(forced.take('con_b', 1)).toBe(0)
  clock.advance(1)
  expect(forced.take('con_a', 2)).toBe(0)
})

test('what was replaced from outside starts anew', () => {
  const forced = createForcedRefreshLimit(createFakeClock())
  expect(forced.take('con_a', 1)).toBe(0)
  forced.forget('con_a')
  expect(forced.take('con_a', 2)).toBe(0)
})
