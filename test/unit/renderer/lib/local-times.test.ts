import { expect, it } from 'vitest'
import { clock, withLocalTimes } from '../../../../renderer/lib/format.ts'

it('tells the points in time of a sentence as they are here, and leaves the rest alone', () => {
  const at = Date.parse('2026-11-27T14:05:00.000Z')
  const sentence = 'No refresh token came: this stops working at 2026-11-27T14:05:00.000Z. Ask again in 2026.'
  expect(withLocalTimes(sentence, at)).toBe(
    `No refresh token came: this stops working at ${clock(at, at)}. Ask again in 2026.`,
  )
})
