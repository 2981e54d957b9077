// A listening local API for one test, over a core in memory or one as a host opens it, and the ways to call
// it.
import { connect } from 'node:net'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import type { ServerOptions } from '../../electron/http/server/app.ts'
import type { ListenOptions } from '../../electron/http/server/listener.ts'
import { startLocalApi, type RunningApi } from './start-local-api.ts'
import type { OpenedKeyway } from '../../electron/core/open-keyway.ts'
import type { Keyway } from '../../electron/core/keyway.ts'
import type { PracticeProvider } from '../../electron/practice-provider/provider.ts'
import { appInput, type AppDraft } from '../../shared/contract/app.ts'
import type { Preset } from '../../shared/contract/preset.ts'
import type { ProviderView } from '../../shared/contract/provider.ts'
import type { Clock } from '../../electron/core/ports.ts'
import { openTestKeyway, registerPracticeProvider, signInAtPracticeProvider } from './open-test-keyway.ts'
import { startMemoryCore, type MemoryCore } from './start-keyway.ts'
import { startPracticeProvider } from './start-practice-provider.ts'
import { tempFolder } from './temp-folder.ts'

export type CallOptions = {
  key?: string
  method?: string
  headers?: Record<string, string>
  json?: unknown
  body?: BodyInit
}

/** What JSON.parse gives: a test looks at what it expects and fails when it is not there. */
export type Json = ReturnType<typeof JSON.parse>

export type LocalApiUnderTest = {
  readonly api: RunningApi
  readonly port: number
  readonly url: string
  /** A request as a program sends it; redirects are not followed. */
  call(path: string, options?: CallOptions): Promise<Response>
  /** The JSON of the answer beside its status. */
  ask(path: string, options?: CallOptions): Promise<{ status: number; body: Json; headers: Headers }>
}

export async function startLocal(
  keyway: Keyway,
  options: Partial<ServerOptions & ListenOptions> = {},
): Promise<LocalApiUnderTest> {
  const api = await startLocalApi(keyway, { port: 0, host: '127.0.0.1', ...options })
  onTestFinished(() => api.close(0))
  const call: LocalApiUnderTest['call'] = (path, { key, method, headers = {}, json, body } = {}) =>
    fetch(`${api.url}${path}`, {
      method: method ?? (json === undefined ? 'GET' : 'POST'),
      redirect: 'manual',
      headers: {
        ...(key === undefined ? {} : { 'x-api-key': key }),
        ...(json === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(json === undefined ? (body === undefined ? {} : { body }) : { body: JSON.stringify(json) }),
    })
  return {
    api,
    port: api.port,
    url: api.url,
    call,
    async ask(path, asked) {
      const response = await call(path, asked)
      const text = await response.text()
      return {
        status: response.status,
        body: text === '' ? null : JSON.parse(text),
        headers: response.headers,
      }
    },
  }
}

export const everything: AppDraft['grants'] = [{ target: { kind: 'all' }, token: true, proxy: true }]

export type LocalInMemory = LocalApiUnderTest & {
  keyway: MemoryCore
  key: string
  appId: string
  connectionId: string
}

/** Over a core in memory, with provider `slack`, one connection `work`, and an app that may do everything. */
export async function startLocalInMemory(
  options: Partial<ServerOptions & ListenOptions> & { clock?: Clock; baseUrl?: string } = {},
): Promise<LocalInMemory> {
  const { clock, baseUrl, ...rest } = options
  const keyway = await startMemoryCore(clock === undefined ? {} : { clock })
  onTestFinished(() => keyway.close())
  keyway.addProvider({
    slug: 'slack',
    name: 'Slack',
    ...(baseUrl === undefined ? {} : { spec: { api: { baseUrl } } }),
  })
  const connection = await keyway.addConnection('slack')
  const { key, id } = keyway.addApp({ name: 'Everything', grants: everything })
  return { ...(await startLocal(keyway, rest)), keyway, key, appId: id, connectionId: connection.id }
}

export type RealLocal = LocalApiUnderTest & {
  opened: OpenedKeyway
  keyway: Keyway
  practice: PracticeProvider
  provider: ProviderView
  /** A new app; its key. */
  addApp(draft?: Partial<AppDraft>): string
  /** The person connects an account in the window. */
  signIn(as?: string, account?: string): Promise<string>
}

/** Over the real core, with the practice provider registered. Nothing is connected yet. */
export async function startRealLocal(
  options: { slug?: string; presets?: readonly Preset[] } = {},
): Promise<RealLocal> {
  const opened = await openTestKeyway(tempFolder(), { presets: options.presets ?? [] })
  onTestFinished(() => opened.close())
  const { keyway } = opened
  const local = await startLocal(keyway, { outgoing: opened.outgoing })
  const practice = await startPracticeProvider({ redirectUris: [`${local.url}/oauth2/callback`] })
  const provider = registerPracticeProvider(
    opened,
    practice,
    options.slug === undefined ? {} : { slug: options.slug },
  )
  let apps = 0
  return {
    ...local,
    opened,
    keyway,
    practice,
    provider,
    addApp(draft = {}) {
      apps += 1
      return keyway.apps.create(appInput.parse({ name: `App ${apps}`, grants: everything, ...draft })).key
    },
    async signIn(as = 'ada@example.test', account) {
      const flow = await signInAtPracticeProvider(opened, provider, {
        as,
        ...(account === undefined ? {} : { account }),
      })
      if (flow.kind !== 'done') throw new Error(`the sign-in ended as ${flow.kind}`)
      return flow.connectionId
    },
  }
}

/** An API behind the proxy, made of one handler. */
export async function startUpstream(
  handler: (request: IncomingMessage, response: ServerResponse) => void | Promise<void>,
): Promise<{ url: string; host: string; port: number }> {
  const server = createServer((request, response) => void handler(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  )
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, host: `127.0.0.1:${port}`, port }
}

/**
 * Bytes as they are, for requests that no client would send. Resolves with everything until the server closes
 * or `until` is seen.
 */
export function sendRaw(port: number, text: string, { until }: { until?: RegExp } = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    let answer = ''
    const done = (): void => {
      socket.destroy()
      resolve(answer)
    }
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1')
      if (until?.test(answer) === true) done()
    })
    socket.once('end', done)
    socket.once('close', done)
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNRESET' || error.code === 'EPIPE') done()
      else reject(error)
    })
    socket.write(text)
  })
}
