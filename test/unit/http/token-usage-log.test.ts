import { expect, test } from 'vitest'
import { createTokenUsageLog } from '../../../electron/http/tokens/usage-log.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { everything } from '../../support/local-api.ts'
import { startMemoryCore } from '../../support/start-keyway.ts'

async function start() {
  const clock = createFakeClock()
  const keyway = await startMemoryCore({ clock })
  keyway.addProvider({ slug: 'slack' })
  const { id } = await keyway.addConnection('slack')
  const { key } = keyway.addApp({ name: 'Busy', grants: everything })
  const session = keyway.apps.authenticate(key)!
  const notes = createTokenUsageLog(keyway)
  const note = (times: number, token = keyway.tokens.peek(id, clock.now())!) => {
    for (let time = 0; time < times; time += 1) notes.note(session, token, 1)
  }
  /** Every token that was handed out, however it was written down. */
  const noted = () => keyway.activityRows.reduce((sum, { count = 1 }) => sum + count, 0)
  await keyway.tokens.get(id, {})
  // Creating the app was a row of this app in its first second.
  clock.advance(1000)
  keyway.activityRows.length = 0
  return { clock, keyway, id, notes, note, noted, session }
}

test('what a person or a script does is noted call by call', async () => {
  const { note, keyway } = await start()
  note(50)
  expect(keyway.activityRows).toHaveLength(50)
  expect(keyway.activityRows[0]).toMatchObject({
    kind: 'vend',
    outcome: 'ok',
    appName: 'Busy',
    account: 'work',
    durationMs: 1,
  })
})

test('of a busy loop nothing is left out, and the journal is not flooded', async () => {
  const { note, noted, keyway, clock } = await start()
  for (let tenth = 0; tenth < 30; tenth += 1) {
    note(5000)
    clock.advance(100)
  }
  expect(noted()).toBe(150_000)
  expect(keyway.activityRows.length).toBeLessThan(3 * 60 + 30)
})

test('which token an app was handed last is remembered by connection', async () => {
  const { note, keyway, id, notes, session } = await start()
  expect(notes.lastGeneration(session, id)).toBeNull()
  note(1)
  await keyway.tokens.get(id, { rejected: 'current' })
  note(1)
  expect(notes.lastGeneration(session, id)).toBe(2)
  expect(notes.lastGeneration(session, 'another')).toBeNull()
})
