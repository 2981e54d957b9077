// The real thing: data folder, vault, journal, core and local API, with as many connections as wanted. Grants
// come from pasted refresh tokens.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openKeyway } from '../../electron/core/open-keyway.ts'
import { type Clock, systemClock } from '../../electron/core/ports.ts'
import { startLocalApi } from '../../test/support/start-local-api.ts'
import { createConfKv } from '../../electron/headless/headless.ts'
import { appInput } from '../../shared/contract/app.ts'
import { connectInput } from '../../shared/contract/flow.ts'
import { providerInput } from '../../shared/contract/provider.ts'
import { Secret } from '../../shared/contract/secret.ts'
import { input, serve } from './answer.ts'

export type KeywayInput = { upstreamPort: number; connections?: number }
export type KeywayReady = { port: number; key: string; socketPath: string; ids: string[] }
/**
 * `skip`: the clocks jump ahead while the timers sleep, as when a lid was closed: what was to be renewed
 * meanwhile was not.
 */
export type KeywayQuestion =
  | { do: 'memory' }
  | { do: 'skip'; seconds: number }
  | { do: 'connect'; account: string }
  | { do: 'refresh'; id: string }

const { upstreamPort, connections = 1 } = input() as KeywayInput
const folder = mkdtempSync(join(tmpdir(), 'keyway-bench-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))

const machine = systemClock()
let skippedMs = 0
const clock: Clock = {
  now: () => machine.now() + skippedMs,
  monotonicMs: () => machine.monotonicMs() + skippedMs,
  after: (delayMs, task) => machine.after(delayMs, task),
}
const opened = await openKeyway({
  clock,
  dataFolder: join(folder, 'data'),
  host: { kind: 'headless', platform: process.platform, version: '0.0.0-bench' },
  keyWrappers: [],
  openKv: createConfKv,
  browser: {
    open: () => Promise.resolve({ opened: false, reason: 'there is none in a bench' }),
    installed: () => Promise.resolve([]),
  },
  presets: [],
  environment: {},
})
await opened.vault.initialize('passphrase', new Secret('made up for the bench'))
const { keyway } = opened
const upstream = `http://127.0.0.1:${upstreamPort}`
const provider = keyway.providers.create(
  providerInput.parse({
    slug: 'bench',
    name: 'Bench',
    clientId: 'made-up-client',
    scopes: ['read'],
    spec: {
      endpoints: { authorization: `${upstream}/authorize`, token: `${upstream}/token` },
      client: { auth: 'none' },
      api: { baseUrl: `${upstream}/api` },
    },
  }),
)

async function connect(account: string): Promise<string> {
  const flow = await keyway.connections.connect(
    connectInput.parse({
      providerId: provider.id,
      account,
      kind: 'refresh_token',
      token: `rt-${account}`,
      open: 'link-only',
    }),
  )
  const done = flow.kind === 'done' ? flow : await ended(flow.id)
  if (done.kind !== 'done') throw new Error(`a connection could not be made: ${JSON.stringify(done)}`)
  return done.connectionId
}

async function ended(id: string) {
  for (;;) {
    const flow = keyway.flows.get(id)
    if (flow === null || flow.kind !== 'exchanging') return flow ?? { kind: 'gone' as const }
    await new Promise((resolve) => keyway.clock.after(5, () => resolve(null)))
  }
}

const ids: string[] = []
await Promise.all(
  Array.from({ length: 8 }, async (_, lane) => {
    for (let index = lane; index < connections; index += 8) ids[index] = await connect(`account-${index}`)
  }),
)
await keyway.connections.setDefault(ids[0] ?? '')
const { key } = keyway.apps.create(
  appInput.parse({ name: 'Bench', grants: [{ target: { kind: 'all' }, token: true, proxy: true }] }),
)
const socketPath = join(folder, 'k.sock')
const api = await startLocalApi(keyway, { port: 0, socketPath, outgoing: opened.outgoing })

serve({ port: api.port, key, socketPath, ids } satisfies KeywayReady, async (asked) => {
  const question = asked as KeywayQuestion
  switch (question.do) {
    case 'memory':
      for (let round = 0; round < 3; round += 1) {
        globalThis.gc?.()
        await new Promise((resolve) => setImmediate(resolve))
      }
      return process.memoryUsage()
    case 'skip':
      skippedMs += question.seconds * 1000
      return null
    case 'connect':
      return connect(question.account)
    default: {
      const started = performance.now()
      await keyway.connections.refresh(question.id)
      return performance.now() - started
    }
  }
})
