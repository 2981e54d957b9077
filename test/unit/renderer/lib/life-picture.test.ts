import { expect, test } from 'vitest'
import { lifePicture } from '../../../../renderer/lib/life-picture.ts'
import { lifeEvent } from '../../../../shared/contract/connection.ts'
import { failedOutcome, okOutcome } from '../../../../shared/domain/expiry.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const now = Date.parse('2026-11-21T12:00:00Z')
const event = (kind: string, at: number, expiresAt: number | null = null) =>
  lifeEvent.parse({ kind, at, expiresAt, fingerprint: `${at}` })

const base = {
  createdAt: now - 30 * 24 * HOUR,
  nextRefreshAt: null,
  stopsWorkingAt: null,
  lastOutcome: okOutcome(now),
}

test('the token in use reaches from its issue over now to its end', () => {
  const issuedAt = now - 20 * MINUTE
  const picture = lifePicture(
    {
      ...base,
      issuedAt,
      expiresAt: now + 40 * MINUTE,
      life: [event('refreshed', issuedAt, now + 40 * MINUTE)],
    },
    now,
  )
  const [bar] = picture.bars
  expect(picture.bars).toHaveLength(1)
  expect(bar?.current).toBe(true)
  expect(bar?.from).toBeLessThan(picture.now)
  expect(bar?.to).toBeGreaterThan(picture.now)
})

test('tokens follow each other without overlap, and a gap in which none worked stays a gap', () => {
  const life = [
    event('connected', now - 5 * HOUR, now - 4 * HOUR),
    event('rotated', now - 4.1 * HOUR, now - 3.1 * HOUR),
    event('failed', now - 3 * HOUR),
    event('reconnected', now - 1 * HOUR, now),
  ]
  const { bars, marks } = lifePicture({ ...base, issuedAt: now - HOUR, expiresAt: now, life }, now)
  expect(bars).toHaveLength(3)
  expect(bars[0]!.to).toBeLessThanOrEqual(bars[1]!.from + 1e-9)
  expect(bars[2]!.from - bars[1]!.to).toBeGreaterThan(0.2)
  expect(marks.map(({ event: { kind } }) => kind)).toEqual(['connected', 'rotated', 'failed', 'reconnected'])
})

test('old lives leave the picture, so that the present one can be seen', () => {
  const life = Array.from({ length: 200 }, (_, index) =>
    event('refreshed', now - (200 - index) * HOUR, now - (199 - index) * HOUR),
  )
  const { bars } = lifePicture({ ...base, issuedAt: now - HOUR, expiresAt: now, life }, now)
  expect(bars.length).toBeLessThan(10)
})

test('a revoked token ends when it was revoked, not when it would have expired', () => {
  const life = [event('connected', now - HOUR, now + HOUR), event('revoked', now - 30 * MINUTE)]
  const picture = lifePicture(
    { ...base, createdAt: now - HOUR, issuedAt: now - HOUR, expiresAt: now + HOUR, life },
    now,
  )
  expect(picture.bars[0]!.to).toBeLessThan(picture.now)
})

test.each([
  ['the provider ended the grant', now - 30 * MINUTE, [event('failed', now - 30 * MINUTE)]],
  ['an API refused the token', now, []],
  ['a moment that a clock set ahead has noted', now + 20 * MINUTE, []],
])('a dead connection has no future in the picture: %s', (_, at, failures) => {
  const subject = {
    ...base,
    issuedAt: now - HOUR,
    expiresAt: now + HOUR,
    life: [event('connected', now - HOUR, now + HOUR), ...failures],
  }
  const dead = failedOutcome('reconnect_needed', { code: 'token_expired', at })
  const picture = lifePicture({ ...subject, lastOutcome: dead }, now)
  expect(picture.bars.every(({ to, current }) => to <= picture.now && !current)).toBe(true)
  expect(picture.bars).toHaveLength(1)
  // The same grant alive does reach beyond now, and so it does while Keyway tries again.
  const waits = failedOutcome('retrying', { code: 'retrying', at })
  for (const lastOutcome of [okOutcome(now), waits]) {
    const alive = lifePicture({ ...subject, lastOutcome }, now)
    expect(alive.bars.some(({ to, current }) => to > alive.now && current)).toBe(true)
  }
})

test('everything drawn lies inside the picture, also for a grant that is a second old or has no end', () => {
  for (const expiresAt of [null, now + 1000, now + 365 * 24 * HOUR]) {
    const picture = lifePicture(
      {
        ...base,
        createdAt: now - 1000,
        issuedAt: now - 1000,
        expiresAt,
        life: [event('connected', now - 1000, expiresAt), event('used', now - 500)],
      },
      now,
    )
    const shares = [picture.now, ...picture.bars.flatMap(({ from, to }) => [from, to]), ...picture.uses]
    for (const share of shares) expect(share >= 0 && share <= 1).toBe(true)
  }
})
