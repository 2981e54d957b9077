import { expect, test } from 'vitest'
import { pairInput } from '../../../shared/contract/app.ts'
import { watchForNotices } from '../../../electron/desktop/notifications.ts'
import { passing } from '../../support/fake-oauth-client.ts'
import { settle } from '../../support/settle.ts'
import { startConnected } from '../../support/start-keyway.ts'

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
const START_MS = Date.parse('2026-01-01T00:00:00Z')

async function startWatched() {
  const started = await startConnected()
  const { keyway, clock, connectionId } = started
  const seen: string[] = []
  const person = { isAway: false, isLooking: false }
  watchForNotices({
    keyway,
    notify: ({ title }) => void seen.push(title),
    isAway: () => person.isAway,
    isWindowFocused: () => person.isLooking,
  })
  /** The person presses Retry, and the window hears of it. */
  const retry = async (): Promise<void> => {
    await keyway.connections.refresh(connectionId)
    clock.advance(1_000)
    await settle()
  }
  return { ...started, seen, person, retry }
}

test('a grant that ended is one notice, then a reminder no more often than the person set, also through an outage', async () => {
  const { server, oauth, clock, seen, retry } = await startWatched()
  server.endAllGrants()
  await retry()
  expect(seen).toEqual(['Acme: reconnect needed'])
  oauth.script = () => passing()
  await retry()
  oauth.script = null
  await retry()
  await retry()
  expect(seen).toHaveLength(1)
  clock.advance(15 * MINUTE_MS)
  await retry()
  expect(seen).toHaveLength(2)
})

test('the end of a refresh token is announced once, when it is near, and again for another end', async () => {
  const { oauth, clock, seen, retry } = await startWatched()
  const days = { left: 10 }
  oauth.loss = (outcome) =>
    outcome.kind === 'ok'
      ? {
          kind: 'ok',
          response: { ...outcome.response, refreshTokenExpiresAt: DAY_MS * (400 + days.left) + START_MS },
        }
      : outcome
  clock.jumpTo(START_MS + DAY_MS * 400)
  await retry()
  expect(seen).toEqual([])
  days.left = 2
  await retry()
  await retry()
  expect(seen).toEqual(['Acme: sign in soon'])
  days.left = 1
  await retry()
  expect(seen).toHaveLength(2)
})

test('nothing is said while the person is away', async () => {
  const { server, seen, person, retry } = await startWatched()
  person.isAway = true
  server.endAllGrants()
  await retry()
  expect(seen).toEqual([])
  person.isAway = false
  await retry()
  expect(seen).toHaveLength(1)
})

test('each question is one notice, unless the person looks at the window, is away, or wants none', async () => {
  const { keyway, clock, seen, person } = await startWatched()
  const ask = async (name: string): Promise<void> => {
    void keyway.approvals.requestPairing(pairInput.parse({ name }), 'K7Q-X3M')
    clock.advance(1_000)
    await settle()
  }
  void keyway.approvals.requestPairing(pairInput.parse({ name: 'One' }), 'AAA-AAA')
  await ask('Two')
  expect(seen).toEqual(['One asks for access', 'Two asks for access'])
  person.isLooking = true
  await ask('Three')
  person.isLooking = false
  person.isAway = true
  await ask('Four')
  person.isAway = false
  await keyway.ui['settings.update']({ notifications: false })
  await ask('Five')
  expect(seen).toHaveLength(2)
  await keyway.ui['settings.update']({ notifications: true })
  await ask('כלי')
  expect(seen.slice(2)).toEqual(['\u2068כלי\u2069 asks for access'])
})

test('questions without end are some notices, and what still waits later is told then', async () => {
  const { keyway, clock, seen } = await startWatched()
  const crowd = Array.from({ length: 20 }, (_each, n) => `Crowd ${n}`)
  const aborts = crowd.map((name) => {
    const abort = new AbortController()
    void keyway.approvals.requestPairing(pairInput.parse({ name }), 'ABC-DEF', abort.signal)
    return abort
  })
  await settle()
  clock.advance(1_000)
  await settle()
  expect(seen).toHaveLength(5)
  for (const abort of aborts.slice(0, 18)) abort.abort()
  clock.advance(10_000)
  await settle()
  expect(seen.slice(5)).toEqual(['Crowd 18 asks for access', 'Crowd 19 asks for access'])
  clock.advance(30_000)
  await settle()
  expect(seen).toHaveLength(7)
})
