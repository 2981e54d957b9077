import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { expiryOf, marginMs, neededMs, parseLifetime, parseMoment } from '../../../shared/domain/expiry.ts'

const NOW = Date.parse('2026-11-21T12:00:00Z')
const seconds = (value: unknown) => parseLifetime(value, { unit: 'seconds', serverNow: NOW })
const lifetime = fc.integer({ min: 5, max: 90 * 86_400 })

describe('a lifetime', () => {
  it.each([
    [3600, 3600],
    ['3600', 3600],
    [' 3600 ', 3600],
    ['3599.5', 3599.5],
    [NOW / 1000 + 60, 60],
    [NOW + 60_000, 60],
    ['2026-11-21T12:01:00Z', 60],
    [0, null],
    [-1, null],
    [Number.NaN, null],
    ['soon', null],
    [null, null],
    [undefined, null],
    [{}, null],
    ['', null],
  ])('of %j is %j seconds', (value, expected) => {
    expect(seconds(value)).toBe(expected)
  })

  it('in milliseconds is divided first', () => {
    expect(parseLifetime(3_600_000, { unit: 'milliseconds', serverNow: NOW })).toBe(3600)
    expect(parseLifetime('7776000000', { unit: 'milliseconds', serverNow: NOW })).toBe(7_776_000)
  })

  it('never makes anything but a positive finite number of seconds out of what a server sends', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        const found = seconds(value)
        expect(found === null || (Number.isFinite(found) && found > 0)).toBe(true)
      }),
    )
  })

  it('of centuries means no end', () => {
    expect(expiryOf(NOW, 200 * 365 * 86_400)).toBeNull()
    expect(expiryOf(NOW, null)).toBeNull()
    expect(expiryOf(NOW, 5)).toBe(NOW + 5000)
  })
})

describe('a moment', () => {
  it('is read as seconds, milliseconds or a date, and nothing else', () => {
    expect(parseMoment(NOW / 1000, 'epoch_seconds')).toBe(NOW)
    expect(parseMoment(String(NOW), 'epoch_millis')).toBe(NOW)
    expect(parseMoment('2026-11-21T12:00:00Z', 'iso8601')).toBe(NOW)
    expect(parseMoment('never', 'iso8601')).toBeNull()
    expect(parseMoment(1e300, 'epoch_seconds')).toBeNull()
    expect(parseMoment({}, 'epoch_millis')).toBeNull()
  })
})

describe('the margin', () => {
  it('is a minute, and never over a fifth of the lifetime', () => {
    fc.assert(
      fc.property(lifetime, (life) => {
        expect(marginMs(life)).toBeLessThanOrEqual(Math.min(60_000, life * 200))
      }),
    )
    expect(marginMs(60)).toBe(12_000)
    expect(marginMs(null)).toBe(60_000)
  })

  it('lets every new token from 5 s to 90 days be used, whatever was asked', () => {
    fc.assert(
      fc.property(
        lifetime,
        fc.option(fc.integer({ min: 0, max: 10_000_000 }), { nil: undefined }),
        (life, asked) => {
          const ask = asked === undefined ? {} : { minValidSeconds: asked }
          expect(neededMs({ lifetimeSeconds: life, ...ask })).toBeLessThan(life * 1000)
        },
      ),
    )
  })

  it('honours what was asked below the lifetime, and caps what no token of the provider can meet', () => {
    expect(neededMs({ lifetimeSeconds: 3600, minValidSeconds: 500 })).toBe(500_000)
    expect(neededMs({ lifetimeSeconds: 3600, minValidSeconds: 0 })).toBe(0)
    expect(neededMs({ lifetimeSeconds: 3600, minValidSeconds: 3601 })).toBe(3_540_000)
    expect(neededMs({ lifetimeSeconds: null, minValidSeconds: 9999 })).toBe(9_999_000)
  })
})
