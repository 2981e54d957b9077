// A host with its window, a thousand connections and a hundred thousand rows of activity. Nothing here goes
// out: the grants are pasted access tokens.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openKeyway } from '../../electron/core/open-keyway.ts'
import { createConfKv } from '../../electron/headless/headless.ts'
import { openLocalServer } from '../../electron/http/server/local-server.ts'
import { connectInput } from '../../shared/contract/flow.ts'
import { providerInput } from '../../shared/contract/provider.ts'
import { Secret } from '../../shared/contract/secret.ts'
import { presets } from '../../shared/presets/presets.ts'
import { input, serve } from './answer.ts'

export type WindowInput = { windowFolder: string; connections: number; rows: number }
export type WindowReady = { url: string }
/** Each link to the window works once. */
export type WindowQuestion = { do: 'launch' }

const { windowFolder, connections, rows } = input() as WindowInput
const folder = mkdtempSync(join(tmpdir(), 'keyway-bench-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))

const opened = await openKeyway({
  dataFolder: join(folder, 'data'),
  host: { kind: 'headless', platform: process.platform, version: '0.0.0-bench' },
  keyWrappers: [],
  openKv: createConfKv,
  browser: {
    open: () => Promise.resolve({ opened: false, reason: 'there is none in a bench' }),
    installed: () => Promise.resolve([]),
  },
  presets,
  environment: {},
  logLevel: 'error',
})
await opened.vault.initialize('passphrase', new Secret('made up for the bench'))
const { keyway, journal } = opened
const provider = keyway.providers.create(
  providerInput.parse({
    slug: 'bench',
    name: 'Bench',
    clientId: 'made-up-client',
    spec: {
      endpoints: {
        authorization: 'http://127.0.0.1:9/authorize',
        token: 'http://127.0.0.1:9/token',
      },
    },
  }),
)
for (let index = 0; index < connections; index += 1) {
  await keyway.connections.connect(
    connectInput.parse({
      providerId: provider.id,
      account: `account ${index}`,
      kind: 'access_token',
      token: `at-${index}`,
    }),
  )
}
for (let index = 0; index < rows; index += 1) {
  journal.append({
    kind: index % 7 === 0 ? 'proxy' : 'vend',
    outcome: index % 31 === 0 ? 'failed' : 'ok',
    appName: `program ${index % 12}`,
    providerSlug: 'bench',
    account: `account ${index % connections}`,
    ...(index % 7 === 0
      ? { method: 'GET', host: 'api.example.test', path: `/things/${index}`, status: 200 }
      : {}),
    durationMs: index % 90,
  })
}
const server = await openLocalServer(keyway, {
  port: 0,
  outgoing: opened.outgoing,
  windowFolder,
  socketPath: null,
  whenBusy: 'fail',
  onListening: () => Promise.resolve(),
})

serve({ url: server.url } satisfies WindowReady, () => Promise.resolve(server.launchUrl()))
