// Sessions of windows in a browser: both halves are needed, they end, and a file keeps them over a restart as
// hashes only.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createWindowSessions, type WindowSessions } from '../../../electron/http/window/sessions.ts'
import { createFakeClock, type FakeClock } from '../../support/fake-clock.ts'
import { createMemoryLogger } from '../../support/memory-ports.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const HOUR = 60 * 60_000

function sessionsAt(file: string | null, clock: FakeClock = createFakeClock()) {
  let count = 0
  const logger = createMemoryLogger()
  const sessions = createWindowSessions({
    clock,
    logger,
    file,
    presence: { newSession: (opened) => ({ id: `session-${(count += 1)}`, opened }) },
  })
  return { sessions, clock, logger }
}

const cookieOf = ({ cookie }: { cookie: string }): string[] => [cookie.split(';')[0] ?? '']

test('a session is found by both its halves, and by neither alone or another’s', async () => {
  const { sessions } = sessionsAt(null)
  const [one, other] = [await sessions.open('person', 7317), await sessions.open('shell', 7317)]
  expect(sessions.find(cookieOf(one), one.proof)?.opened).toBe('person')
  expect(sessions.find(cookieOf(other), other.proof)?.opened).toBe('shell')
  for (const [cookies, proof] of [
    [cookieOf(one), other.proof],
    [[], one.proof],
    [cookieOf(one), ''],
    [['keyway_window_7317='], one.proof],
  ] as Array<[string[], string]>)
    expect(sessions.find(cookies, proof)).toBeNull()
})

test('a proof replaces the session: the old halves open nothing that is present, and end within seconds', async () => {
  const { sessions, clock } = sessionsAt(null)
  const before = await sessions.open('shell', 7317)
  const session = sessions.find(cookieOf(before), before.proof)!
  const after = sessions.renew(session, 7317)
  expect(after.session).not.toBe(session)
  expect(sessions.find(cookieOf(after), after.proof)).toBe(after.session)
  expect(sessions.find(cookieOf(before), before.proof)).toBe(session)
  expect(sessions.find(cookieOf(after), before.proof)).toBeNull()
  clock.advance(30_000)
  expect(sessions.find(cookieOf(before), before.proof)).toBeNull()
  expect(sessions.find(cookieOf(after), after.proof)).toBe(after.session)
})

test('a window that is not used for twelve hours signs itself out, and any after a week', async () => {
  const { sessions, clock } = sessionsAt(null)
  const [idle, used] = [await sessions.open('person', 7317), await sessions.open('person', 7317)]
  const alive = (halves: typeof used): boolean => sessions.find(cookieOf(halves), halves.proof) !== null
  clock.advance(11 * HOUR)
  expect(alive(used)).toBe(true)
  clock.advance(1 * HOUR)
  expect([alive(idle), alive(used)]).toEqual([false, true])
  let hours = 12
  while (alive(used)) {
    clock.advance(6 * HOUR)
    hours += 6
  }
  expect(hours).toBe(7 * 24)
})

test('after a restart sessions are known but not present, replaced ones are gone, and the file opens nothing', async () => {
  const file = join(tempFolder(), 'window-sessions.json')
  const { sessions, clock } = sessionsAt(file)
  const [kept, replaced] = [await sessions.open('person', 7317), await sessions.open('shell', 7317)]
  const fresh = sessions.renew(sessions.find(cookieOf(replaced), replaced.proof)!, 7317)
  await sessions.saved()
  const text = readFileSync(file, 'utf8')
  for (const { cookie, proof } of [kept, replaced, fresh]) {
    expect(text).not.toContain(proof)
    expect(text).not.toContain(cookie.split(';')[0]?.split('=')[1])
  }
  const again = sessionsAt(file, clock).sessions
  const openedOf = (of: WindowSessions, halves: typeof kept) =>
    of.find(cookieOf(halves), halves.proof)?.opened ?? null
  expect([kept, replaced, fresh].map((each) => openedOf(again, each))).toEqual(['restored', null, 'restored'])
  clock.advance(12 * HOUR)
  expect(openedOf(sessionsAt(file, clock).sessions, kept)).toBeNull()
})

test('times from the future, and a file that is damaged or of something else, sign windows out and nothing more', async () => {
  const file = join(tempFolder(), 'window-sessions.json')
  const late = createFakeClock()
  late.advance(400 * 24 * HOUR)
  const ahead = sessionsAt(file, late)
  const halves = await ahead.sessions.open('person', 7317)
  expect(sessionsAt(file).sessions.find(cookieOf(halves), halves.proof)).toBeNull()
  expect(sessionsAt(file, late).sessions.find(cookieOf(halves), halves.proof)).not.toBeNull()
  for (const content of [
    '',
    '{"torn":',
    '[]',
    '{"version":2}',
    '{"version":1,"sessions":[{"cookieHash":"x"}]}',
  ]) {
    writeFileSync(file, content)
    const { sessions, logger } = sessionsAt(file, late)
    expect(sessions.find(cookieOf(halves), halves.proof)).toBeNull()
    expect(logger.lines.map(({ level }) => level)).toEqual(['warn'])
    const anew = await sessions.open('person', 7317)
    expect(sessionsAt(file, late).sessions.find(cookieOf(anew), anew.proof)).not.toBeNull()
  }
})

test('a disk that refuses costs the restart its windows, not the person their window', async () => {
  const { sessions, logger } = sessionsAt(join(tempFolder(), 'no', 'such', 'folder', 'window-sessions.json'))
  const halves = await sessions.open('person', 7317)
  expect(sessions.find(cookieOf(halves), halves.proof)).not.toBeNull()
  expect(logger.lines.map(({ level }) => level)).toEqual(['warn'])
})
