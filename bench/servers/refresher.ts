// A Keyway on a folder that outlives it, which says when the answer of a refresh was written and when it was
// on disk.
import { basename } from 'node:path'
import { openKeyway } from '../../electron/core/open-keyway.ts'
import { type FileOps, nodeFileOps, type OpenFile } from '../../electron/core/storage/durable-file.ts'
import { createConfKv } from '../../electron/headless/headless.ts'
import { connectInput } from '../../shared/contract/flow.ts'
import { providerInput } from '../../shared/contract/provider.ts'
import { Secret } from '../../shared/contract/secret.ts'
import { input, serve } from './answer.ts'

export type RefresherInput = { folder: string; upstreamPort: number }
/**
 * Epoch ms, with fractions. `writtenAt`: safe from the end of the process; `syncedAt`: from that of the
 * machine.
 */
export type RefreshTimes = { writtenAt: number; syncedAt: number }

const { folder, upstreamPort } = input() as RefresherInput
const times: RefreshTimes = { writtenAt: 0, syncedAt: 0 }
const records = new WeakSet<OpenFile>()
const now = (): number => performance.timeOrigin + performance.now()
const fileOps: FileOps = {
  ...nodeFileOps,
  async open(path, flags, mode) {
    const file = await nodeFileOps.open(path, flags, mode)
    if (basename(path).endsWith('.kwtmp')) records.add(file)
    return file
  },
  async write(file, data) {
    const bytes = await nodeFileOps.write(file, data)
    times.writtenAt = now()
    return bytes
  },
  async sync(file) {
    await nodeFileOps.sync(file)
    // The folder's comes last.
    if (!records.has(file)) times.syncedAt = now()
  },
}

const opened = await openKeyway({
  dataFolder: folder,
  host: { kind: 'headless', platform: process.platform, version: '0.0.0-bench' },
  keyWrappers: [],
  openKv: createConfKv,
  browser: {
    open: () => Promise.resolve({ opened: false, reason: 'there is none in a bench' }),
    installed: () => Promise.resolve([]),
  },
  presets: [],
  environment: {},
  fileOps,
})
const passphrase = new Secret('made up for the bench')
const { keyway, vault } = opened
if (vault.state().kind === 'uninitialised') await vault.initialize('passphrase', passphrase)
else await vault.unlock(passphrase)

async function connect(): Promise<string> {
  const upstream = `http://127.0.0.1:${upstreamPort}`
  const { id: providerId } = keyway.providers.create(
    providerInput.parse({
      slug: 'bench',
      name: 'Bench',
      clientId: 'made-up-client',
      scopes: ['read'],
      spec: {
        endpoints: { authorization: `${upstream}/authorize`, token: `${upstream}/token` },
        client: { auth: 'none' },
      },
    }),
  )
  const flow = await keyway.connections.connect(
    connectInput.parse({ providerId, kind: 'refresh_token', token: 'rt-made-up', open: 'link-only' }),
  )
  while (keyway.flows.get(flow.id)?.kind === 'exchanging') await new Promise(setImmediate)
  const done = keyway.flows.get(flow.id)
  if (done?.kind !== 'done') throw new Error(`no connection: ${JSON.stringify(done)}`)
  return done.connectionId
}

const connectionId = keyway.connections.list()[0]?.id ?? (await connect())

serve({ connectionId }, async () => {
  await keyway.connections.refresh(connectionId)
  return { ...times } satisfies RefreshTimes
})
