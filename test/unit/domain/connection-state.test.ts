import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ConnectionView } from '../../../shared/contract/connection.ts'
import {
  connectionState,
  ENDS_SOON_MS,
  scopesConfirmed,
  tokenVerdict,
  verifiedAt,
} from '../../../shared/domain/connection-state.ts'
import { failedOutcome, okOutcome } from '../../../shared/domain/expiry.ts'

const now = Date.parse('2026-11-30T18:52:00Z')
const HOUR = 60 * 60_000

type Facts = Parameters<typeof connectionState>[0]
const facts = (change: Partial<Facts> = {}): Facts => ({
  lastOutcome: okOutcome(now - 2 * HOUR),
  verifiedAt: now - 2 * HOUR,
  stopsWorkingAt: null,
  hasRefreshToken: true,
  refreshTokenExpiresAt: null,
  ...change,
})

test('a connection that its provider served is verified, and says since when', () => {
  expect(connectionState(facts(), now)).toEqual({ kind: 'verified', verifiedAt: now - 2 * HOUR, end: null })
})

test('what nothing has shown to work is not verified, however long it is there', () => {
  expect(connectionState(facts({ verifiedAt: null }), now).kind).toBe('not_verified')
})

test('without a refresh token the end is named, and it is a warning when it is near', () => {
  const at = now + HOUR
  const ends = connectionState(facts({ hasRefreshToken: false, stopsWorkingAt: at }), now)
  expect(ends).toMatchObject({ kind: 'ends', end: { at, because: 'no_refresh_token' } })
  const far = now + ENDS_SOON_MS + 1
  expect(connectionState(facts({ hasRefreshToken: false, stopsWorkingAt: far }), now)).toMatchObject({
    kind: 'verified',
    end: { at: far },
  })
})

test.each([
  ['refresh_token_expires', { stopsWorkingAt: now + HOUR, refreshTokenExpiresAt: now + HOUR }],
  ['cannot_refresh', { stopsWorkingAt: now + HOUR }],
])('the reason of an end is told: %s', (because, change) => {
  expect(connectionState(facts(change), now).end?.because).toBe(because)
})

test('a moment after its end it has ended, though nobody has asked yet', () => {
  const over = facts({ hasRefreshToken: false, stopsWorkingAt: now })
  expect(connectionState(over, now).kind).toBe('ended')
  expect(connectionState(over, now - 1).kind).toBe('ends')
})

describe('whatever the facts are', () => {
  const outcome = fc.constantFrom<ConnectionView['lastOutcome']>(
    okOutcome(now),
    failedOutcome('retrying', { code: 'retrying', at: now }),
    failedOutcome('reconnect_needed', { code: 'token_expired', at: now }),
    failedOutcome('config_error', { code: 'config_error', at: now }),
  )
  const moment = fc.option(fc.integer({ min: now - 10 * ENDS_SOON_MS, max: now + 10 * ENDS_SOON_MS }))
  const anything = fc.record({
    lastOutcome: outcome,
    verifiedAt: moment,
    stopsWorkingAt: moment,
    hasRefreshToken: fc.boolean(),
    refreshTokenExpiresAt: moment,
  })

  test('verified is said only of an outcome that was good, a token that was taken, and an end that is far', () => {
    fc.assert(
      fc.property(anything, (any) => {
        const { kind } = connectionState(any, now)
        const isGood = any.lastOutcome.status === 'ok' && any.verifiedAt !== null
        const isOver = (any.stopsWorkingAt ?? Infinity) <= now
        const claims = kind === 'verified' || kind === 'ends'
        expect(claims).toBe(isGood && !isOver)
        expect(any.lastOutcome.status === 'ok' ? 'ok' : kind).toBe(any.lastOutcome.status)
      }),
    )
  })
})

test.each([
  [200, 'worked'],
  [204, 'worked'],
  [304, 'worked'],
  [401, 'unauthorized'],
  [302, null],
  [400, null],
  [403, null],
  [404, null],
  [429, null],
  [500, null],
  [503, null],
] as const)('an API that answers %i says of the token: %j', (status, verdict) => {
  expect(tokenVerdict(status)).toBe(verdict)
})

test('records from before it was noted: issued by the provider counts, pasted does not', () => {
  const record = { verifiedAt: null, scopesConfirmed: null, issuedAt: now }
  expect(verifiedAt({ ...record, how: 'authorization_code' })).toBe(now)
  expect(verifiedAt({ ...record, how: 'pasted_access_token' })).toBeNull()
  expect(scopesConfirmed({ ...record, how: 'device_code' })).toBe(true)
  expect(scopesConfirmed({ ...record, how: 'pasted_access_token' })).toBe(false)
})
