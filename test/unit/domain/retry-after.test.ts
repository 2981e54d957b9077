import { expect, test } from 'vitest'
import { readRetryAfter } from '../../../shared/domain/retry-after.ts'

const now = Date.parse('2026-11-21T12:00:00Z')

test.each([
  ['0', 0],
  ['120', 120_000],
  [' 120 ', 120_000],
  ['007', 7000],
  ['1.5', 1500],
  ['0.0001', 1],
  ['9'.repeat(12), 999_999_999_999_000],
  ['9'.repeat(30), Number.MAX_SAFE_INTEGER],
  ['9'.repeat(400), Number.MAX_SAFE_INTEGER],
  ['Sat, 21 Nov 2026 12:00:30 GMT', 30_000],
  ['sat, 21 nov 2026 12:00:30 gmt', 30_000],
  ['Saturday, 21-Nov-26 12:00:30 GMT', 30_000],
  ['Sat Nov 21 12:00:30 2026', 30_000],
  ['21 Nov 2026 12:00:30 +0000', 30_000],
  ['Sat, 21 Nov 2026 11:00:00 GMT', 0],
  ['Fri, 31 Dec 9999 23:59:59 GMT', Date.parse('9999-12-31T23:59:59Z') - now],
])('Retry-After %j is %d ms', (value, expected) => {
  expect(readRetryAfter(value, now)).toBe(expected)
})

test.each([
  null,
  '',
  ' ',
  '-1',
  '-120',
  '+5',
  '1e3',
  '0x10',
  '1.',
  '.5',
  '1.5.2',
  '120, 60',
  '120;60',
  'Sat, 21 Nov 2026 12:00:30 GMT, Sat, 21 Nov 2026 12:00:40 GMT',
  'soon',
  'wait 5',
  '5 seconds',
  'NaN',
  'Infinity',
  'Sat, 99 Nov 2026 12:00:30 GMT',
  'Sat, 21 Nov 2026 25:00:30 GMT',
  '2026-11-21',
])('Retry-After %j is no delay', (value) => {
  expect(readRetryAfter(value, now)).toBeNull()
})
