// Which source files a request runs through: the functions of electron/ and shared/ that V8 saw running from
// its arrival to its answer. In one process, from source, after everything was run once. README.md says what
// is counted.
import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, createServer, get } from 'node:http'
import { Session } from 'node:inspector/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
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

/** The files of each walk, and in each file the functions that ran. */
export type Reach = Readonly<Record<string, readonly string[]>>
export type ReachReady = { token: Reach; callback: Reach; connect: Reach }

/** Longer than what a request leaves to do for later: the log is written and flushed within a second. */
const QUIET_MS = 1_200
const RUNS = 3

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

type Answered = () => void

async function connect(answered: Answered = () => undefined): Promise<Flow> {
  signIns += 1
  const input = { providerId, account: `account ${signIns}` }
  const caller = { session, renewSession: () => session }
  const result = (await dispatchCall(keyway, caller, 'connections.connect', input)) as UiResult<Flow>
  answered()
  if (!result.ok) throw new Error(`no sign-in was started: ${JSON.stringify(result)}`)
  return result.value
}

/** Requests of one app, or one browser, come over one connection. */
const agents = { app: new Agent({ keepAlive: true }), browser: new Agent({ keepAlive: true }) }

function call(path: string, from: keyof typeof agents, answered: Answered = () => undefined): Promise<void> {
  const headers = from === 'app' ? { 'x-api-key': key } : {}
  return new Promise((resolve, reject) => {
    get(`${api.url}${path}`, { headers, agent: agents[from] }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`${path}: ${response.statusCode}`))
      response.once('end', () => (answered(), resolve())).resume()
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

type Walk = {
  /** Once for each time that is measured. */
  runs: ReadonlyArray<(answered: Answered) => Promise<unknown>>
  /** Comes right before each run. */
  before?: () => Promise<unknown>
}

/** The functions that ran until the answer, as `file: function`. */
async function functionsOf(run: Walk['runs'][number]): Promise<Set<string>> {
  await inspector.post('Profiler.takePreciseCoverage')
  let taken = inspector.post('Profiler.takePreciseCoverage')
  await run(() => {
    taken = inspector.post('Profiler.takePreciseCoverage')
  })
  const { result } = await taken
  return new Set(
    result
      .filter(({ url }) => url.startsWith(`${root}electron/`) || url.startsWith(`${root}shared/`))
      .flatMap(({ url, functions }) =>
        functions
          .filter(({ ranges }) => (ranges[0]?.count ?? 0) > 0)
          .map(({ functionName }) => `${url.slice(root.length)}: ${functionName || '(unnamed)'}`),
      ),
  )
}

/** What ran each time: a timer may have come in between. */
async function reachOf({ runs, before }: Walk): Promise<Reach> {
  const ran: Array<Set<string>> = []
  for (const run of runs) {
    await sleep(QUIET_MS)
    await before?.()
    ran.push(await functionsOf(run))
  }
  const [first = new Set<string>(), ...others] = ran
  const all = [...first].filter((each) => others.every((other) => other.has(each)))
  const byFile = Object.groupBy(all.toSorted(), (each) => each.slice(0, each.indexOf(': ')))
  return Object.fromEntries(
    Object.entries(byFile).map(([file, functions = []]) => [
      file,
      functions.map((each) => each.slice(file.length + 2)),
    ]),
  )
}

const times = <Value>(value: Value): Value[] => Array<Value>(RUNS).fill(value)
const token = (answered?: Answered) => call('/api/integrations/bench/token', 'app', answered)
await call(callbackOf(await connect()), 'browser')
await call(callbackOf(await connect()), 'browser')
await keyway.connections.setDefault(keyway.connections.list()[0]?.id ?? '')
for (let time = 0; time < 3; time += 1) await token()
const flows = [await connect(), await connect(), await connect()]
serve({
  token: await reachOf({ runs: times(token), before: token }),
  connect: await reachOf({ runs: times(connect) }),
  callback: await reachOf({
    runs: flows.map((flow) => (answered: Answered) => call(callbackOf(flow), 'browser', answered)),
  }),
} satisfies ReachReady)
