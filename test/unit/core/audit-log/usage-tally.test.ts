// The audit log rows that one app can cause: everything is counted, but not every action has a row.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type ActivityEntry, activityEntry } from '../../../../shared/contract/activity.ts'
import { createUsageTally } from '../../../../electron/core/audit-log/usage-tally.ts'
import { createFakeClock } from '../../../support/fake-clock.ts'

function start() {
  const clock = createFakeClock()
  const rows: ActivityEntry[] = []
  const tally = createUsageTally(clock, {
    append: (entry) => void rows.push(activityEntry.parse(entry)),
    query: () => Promise.resolve([]),
    verify: () => Promise.reject(new Error('not asked for')),
  })
  const counted = (some = rows): number => some.reduce((sum, { count = 1 }) => sum + count, 0)
  return { clock, rows, tally, counted }
}

const refusal: ActivityEntry = {
  kind: 'proxy',
  outcome: 'refused',
  appId: 'app-1',
  appName: 'One',
  status: 403,
  code: 'forbidden',
  path: '/a',
}

test('refusals are rows of their own while a person could have caused them, and rows with a count and a beginning beyond', () => {
  const { tally, rows, clock } = start()
  for (let time = 0; time < 50; time += 1) tally.append(refusal)
  expect(rows).toEqual(Array.from({ length: 50 }, () => refusal))
  const firstAt = clock.now()
  for (let time = 0; time < 950; time += 1) tally.append({ ...refusal, durationMs: time })
  expect(rows).toHaveLength(50)
  clock.advance(100)
  expect(rows.slice(50)).toEqual([{ ...refusal, count: 950, firstAt }])
})

test.each<[string, (n: number) => Partial<ActivityEntry>]>([
  ['with paths that are all different', (n) => ({ path: `/${n}` })],
  ['with paths of 15 kB that are all different', (n) => ({ path: `/${n}${'x'.repeat(15_000)}` })],
  [
    'at hosts, methods and accounts that are all different',
    (n) => ({ host: `${n}.x`, method: `${n}`, account: `${n}` }),
  ],
  ['with codes and states that are all different', (n) => ({ status: n, code: `c${n}` })],
  ['with notes that are all different', (n) => ({ kind: 'approval' as const, note: `n${n}` })],
  ['at connections that are all different', (n) => ({ connectionId: `c${n}`, outcome: 'ok' as const })],
])('a flood %s makes some rows a second, and none is left out', (_name, different) => {
  const { tally, rows, counted, clock } = start()
  for (let tenth = 0; tenth < 100; tenth += 1) {
    for (let each = 0; each < 500; each += 1) tally.append({ ...refusal, ...different(tenth * 500 + each) })
    clock.advance(100)
  }
  tally.close()
  expect(counted()).toBe(50_000)
  // Ten seconds; the control is that there were far more actions.
  expect(rows.length).toBeLessThan(10 * 200)
  expect(JSON.stringify(rows).length).toBeLessThan(10 * 200 * 1000)
})

test('one app’s flood leaves the rows of another alone, and what the person does is never gathered', () => {
  const { tally, rows } = start()
  for (let time = 0; time < 5000; time += 1) tally.append(refusal)
  tally.append({ ...refusal, appId: 'app-2', appName: 'Two' })
  for (let time = 0; time < 100; time += 1) tally.append({ kind: 'vault', outcome: 'ok', note: 'locked' })
  expect(rows.filter(({ appId }) => appId === 'app-2')).toHaveLength(1)
  expect(rows.filter(({ kind }) => kind === 'vault')).toHaveLength(100)
})

test('whoever asks sees what is gathered, and closing writes it, once', async () => {
  const { tally, rows, counted } = start()
  for (let time = 0; time < 60; time += 1) tally.append(refusal)
  expect(counted()).toBe(50)
  await tally.query({ limit: 10 })
  expect(counted()).toBe(60)
  for (let time = 0; time < 60; time += 1) tally.append(refusal)
  tally.close()
  tally.close()
  expect(counted()).toBe(120)
  expect(rows.length).toBeLessThan(60)
})

test('whatever comes, every event and byte is in the rows', () => {
  const event = fc.record({
    appId: fc.constantFrom('a', 'b'),
    path: fc.constantFrom('/a', '/b', '/c'),
    status: fc.constantFrom(200, 403),
    bytesIn: fc.nat(1000),
    advance: fc.nat(300),
  })
  fc.assert(
    fc.property(fc.array(event, { maxLength: 400 }), (events) => {
      const { tally, rows, counted, clock } = start()
      for (const { advance, ...entry } of events) {
        tally.append({ ...refusal, ...entry })
        if (advance > 280) clock.advance(advance)
      }
      tally.close()
      for (const appId of ['a', 'b']) {
        const own = rows.filter((row) => row.appId === appId)
        const sent = events.filter((each) => each.appId === appId)
        expect(counted(own)).toBe(sent.length)
        const bytes = (all: ReadonlyArray<{ bytesIn?: number | undefined }>): number =>
          all.reduce((sum, { bytesIn = 0 }) => sum + bytesIn, 0)
        expect(bytes(own)).toBe(bytes(sent))
      }
    }),
  )
})
