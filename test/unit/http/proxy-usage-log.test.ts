import { expect, test } from 'vitest'
import { createProxyUsageLog } from '../../../electron/http/proxy/usage-log.ts'
import { startProxyRequest } from '../../../electron/http/proxy/request.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { startMemoryCore } from '../../support/start-keyway.ts'
import { everything } from '../../support/local-api.ts'

async function start() {
  const clock = createFakeClock()
  const keyway = await startMemoryCore({ clock })
  keyway.addProvider({ slug: 'slack', spec: { api: { baseUrl: 'https://api.example.com' } } })
  const { id } = await keyway.addConnection('slack')
  const session = keyway.apps.authenticate(keyway.addApp({ name: 'Busy', grants: everything }).key)!
  const notes = createProxyUsageLog(keyway)
  const connection = keyway.connections.record(id)!
  const call = { wanted: { id }, method: 'GET', target: '/a', headers: [], body: null, bodyBytes: 0 }
  const note = (times: number, path = '/a', status = 200) => {
    for (let time = 0; time < times; time += 1) {
      const trip = startProxyRequest(
        { session, running: null as never, call, response: null as never, startedAt: clock.monotonicMs() },
        {
          connection,
          policy: keyway.connections.proxyPolicy(id),
          url: new URL(`https://api.example.com${path}?secret=1`),
          privateAllowed: false,
          uses: [],
          token: keyway.tokens.peek(id, clock.now())!,
        },
        clock.monotonicMs(),
      )
      notes.note(trip, { kind: 'relayed', status, bytes: 10 })
    }
  }
  await keyway.tokens.get(id, {})
  // Creating the app was a row of this app in its first second.
  clock.advance(1000)
  keyway.activityRows.length = 0
  return { clock, keyway, notes, note }
}

test('what a person or a script sends is noted request by request', async () => {
  const { note, keyway } = await start()
  note(50)
  expect(keyway.activityRows).toHaveLength(50)
  expect(keyway.activityRows[0]).toMatchObject({
    kind: 'proxy',
    outcome: 'ok',
    host: 'api.example.com',
    path: '/a',
    status: 200,
    bytesIn: 10,
    durationMs: 0,
  })
})

test('of a busy loop nothing is left out: the like is counted, with its bytes, what failed as well', async () => {
  const { note, keyway, clock } = await start()
  note(50)
  note(30, '/a')
  note(20, '/b')
  note(2, '/a', 404)
  clock.advance(100)
  expect(keyway.activityRows.slice(50)).toMatchObject([
    { path: '/a', status: 200, count: 30, bytesIn: 300 },
    { path: '/b', status: 200, count: 20, bytesIn: 200 },
    { path: '/a', status: 404, outcome: 'failed', count: 2, bytesIn: 20 },
  ])
})
