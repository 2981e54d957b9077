// Which source files a request runs through: the functions of electron/ and shared/ that V8 saw running from
// the first byte to the answer. In one process, from source, after everything was run once.
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, get } from 'node:http'
import { Session } from 'node:inspector/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openKeyway } from '../../electron/core/open-keyway.ts'
import { dispatchCall } from '../../electron/core/ui/dispatch.ts'
import { createConfKv } from '../../electron/headless/headless.ts'
import { appInput } from '../../shared/contract/app.ts'
import type { Flow } from '../../shared/contract/flow.ts'
import { providerInput } from '../../shared/contract/provider.ts'
import { Secret } from '../../shared/contract/secret.ts'
import type { UiResult } from '../../shared/contract/ui-api.ts'
import { startLocalApi } from '../../test/support/start-local-api.ts'
import { serve } from './answer.ts'

export type ReachReady = { token: string[]; callback: string[]; connect: string[] }

const folder = mkdtempSync(join(tmpdir(), 'keyway-bench-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))

/** A token endpoint that takes every code. */
const provider = createServer((request, response) => {
  request.resume()
  request.once('end', () => {
    response.setHeader('content-type', 'application/json')
    response.end(
      JSON.stringify({ access_token: 'at', refresh_token: 'rt', token_type: 'Bearer', expires_in: 3600 }),
    )
  })
})
provider.listen(0, '127.0.0.1')
await new Promise((resolve) => provider.once('listening', resolve))
const upstream = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`

const opened = await openKeyway({
  dataFolder: join(folder, 'data'),
  host: { kind: 'headless', platform: process.platform, version: '0.0.0-bench' },
  keyWrappers: [],
  openKv: createConfKv,
  browser: {
    open: () => Promise.resolve({ opened: true }),
    installed: () => Promise.resolve([]),
  },
  presets: [],
  environment: {},
  logLevel: 'error',
})
await opened.vault.initialize('passphrase', new Secret('made up for the bench'))
const { keyway } = opened
const api = await startLocalApi(keyway, { port: 0, outgoing: opened.outgoing })
const { id: providerId } = keyway.providers.create(
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
const { key } = keyway.apps.create(
  appInput.parse({ name: 'Bench', grants: [{ target: { kind: 'all' }, token: true, proxy: true }] }),
)

const session = keyway.presence.newSession('person')
let signIns = 0

async function connect(): Promise<Flow> {
  signIns += 1
  const input = { providerId, account: `account ${signIns}` }
  const caller = { session, renewSession: () => session }
  const result = (await dispatchCall(keyway, caller, 'connections.connect', input)) as UiResult<Flow>
  if (!result.ok) throw new Error(`no sign-in was started: ${JSON.stringify(result)}`)
  return result.value
}

function call(path: string, headers: Record<string, string> = {}): Promise<void> {
  return new Promise((resolve, reject) => {
    get(`${api.url}${path}`, { headers, agent: false }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`${path}: ${response.statusCode}`))
      response.once('end', resolve).resume()
    }).once('error', reject)
  })
}

function callbackOf(flow: Flow): string {
  if (flow.kind !== 'waiting_for_browser') throw new Error(flow.kind)
  const { searchParams } = new URL(flow.authorizationUrl)
  return `/oauth2/callback?code=made-up&state=${searchParams.get('state') ?? ''}`
}

const inspector = new Session()
inspector.connect()
await inspector.post('Profiler.enable')
await inspector.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false })
const root = new URL('../../', import.meta.url).href

/** The files of which a function ran meanwhile. */
async function filesOf(run: () => Promise<unknown>): Promise<string[]> {
  await inspector.post('Profiler.takePreciseCoverage')
  await run()
  const { result } = await inspector.post('Profiler.takePreciseCoverage')
  return result
    .filter(({ url }) => url.startsWith(`${root}electron/`) || url.startsWith(`${root}shared/`))
    .filter(({ functions }) => functions.some(({ ranges }) => (ranges[0]?.count ?? 0) > 0))
    .map(({ url }) => url.slice(root.length))
    .toSorted()
}

const token = () => call('/api/integrations/bench/token', { 'x-api-key': key })
await call(callbackOf(await connect()))
await call(callbackOf(await connect()))
await keyway.connections.setDefault(keyway.connections.list()[0]?.id ?? '')
for (let time = 0; time < 3; time += 1) await token()
const connected = await filesOf(connect)
const flow = await connect()
serve({
  token: await filesOf(token),
  connect: connected,
  callback: await filesOf(() => call(callbackOf(flow))),
} satisfies ReachReady)
