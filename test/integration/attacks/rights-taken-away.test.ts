// A right that is taken away ends what runs on it. For every way in which a right ends, requests of every
// kind are under way: streams in both spellings, uploads, requests and token calls that wait. After the call
// that took the right away was answered, not one more byte reaches the app or the API, while an app that it
// does not concern goes on.
import { createServer, request as send, type ClientRequest, type ServerResponse } from 'node:http'
import { Agent } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import type { Clock } from '../../../electron/core/ports.ts'
import { appInput, type AppDraft } from '../../../shared/contract/app.ts'
import type { Decision } from '../../../shared/contract/approval.ts'
import { aConnect, aProvider } from '../../support/builders.ts'
import { startLocal } from '../../support/local-api.ts'
import { createMemoryProvider } from '../../support/memory-provider.ts'
import { openTestKeyway } from '../../support/open-test-keyway.ts'
import { tempFolder } from '../../support/temp-folder.ts'

/** For what is waited for: a machine may be slow. */
const SLOWLY = { timeout: 60_000 }

/** The machine's own time, which a test can move on. */
function createMovableClock(): Clock & { advance(ms: number): void } {
  let offset = 0
  const timers = new Set<{ dueAt: number; fire: () => void }>()
  const monotonicMs = (): number => performance.now() + offset
  return {
    now: () => Date.now() + offset,
    monotonicMs,
    after(delayMs, task) {
      const timer = { dueAt: monotonicMs() + delayMs, fire: () => cancel() && task() }
      const real = setTimeout(timer.fire, delayMs)
      real.unref()
      const cancel = (): boolean => {
        clearTimeout(real)
        return timers.delete(timer)
      }
      timers.add(timer)
      return () => void cancel()
    },
    advance(ms) {
      offset += ms
      for (const { dueAt, fire } of [...timers].toSorted((one, other) => one.dueAt - other.dueAt)) {
        if (dueAt <= monotonicMs()) fire()
      }
    },
  }
}

/** An authorization server and the API behind it. */
async function startProvider() {
  const books = createMemoryProvider({ ...createMovableClock() })
  const streams = new Set<ServerResponse>()
  const held: Array<() => void> = []
  const uploads = new Map<string, { bytes: number; isOver: boolean }>()
  const state = { holdsRefreshes: false }
  const answerTokens = (text: string, response: ServerResponse): void => {
    const form = new URLSearchParams(text)
    const code = form.get('code')
    const answer = (): void => {
      const tokens = code === null ? books.refresh(form.get('refresh_token') ?? '') : books.exchange(code)
      response.writeHead('error' in tokens ? 400 : 200, { 'content-type': 'application/json' })
      if ('error' in tokens) response.end(JSON.stringify(tokens))
      else {
        const { accessToken: access_token, refreshToken: refresh_token, account } = tokens
        response.end(
          JSON.stringify({
            access_token,
            refresh_token,
            token_type: 'Bearer',
            expires_in: 3600,
            user: account.id,
          }),
        )
      }
    }
    if (code === null && state.holdsRefreshes) held.push(answer)
    else answer()
  }
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://provider.test')
    response.on('error', () => undefined)
    if (pathname.endsWith('/stream')) {
      streams.add(response)
      response.once('close', () => streams.delete(response))
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: begin\n\n')
    } else if (pathname.endsWith('/slow')) {
      held.push(() => response.end('at last'))
    } else if (pathname.endsWith('/upload')) {
      const upload = { bytes: 0, isOver: false }
      uploads.set(searchParams.get('who') ?? '', upload)
      request.on('data', (chunk: Buffer) => (upload.bytes += chunk.length))
      request.on('error', () => undefined)
      request.once('close', () => (upload.isOver = true))
    } else if (pathname === '/token') {
      let text = ''
      request.on('data', (chunk: Buffer) => (text += chunk.toString()))
      request.on('end', () => answerTokens(text, response))
    } else response.end('plain')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => new Promise((resolve) => server.close(() => resolve()).closeAllConnections()))
  const { port } = server.address() as AddressInfo
  return Object.assign(state, {
    books,
    uploads,
    url: `http://127.0.0.1:${port}`,
    /** The same server under another name. */
    otherUrl: `http://localhost:${port}`,
    open: () => streams.size,
    waiting: () => held.length,
    say: (text: string) => streams.forEach((stream) => stream.write(`data: ${text}\n\n`)),
    release: () => held.splice(0).forEach((answer) => answer()),
  })
}

const specAt = (url: string) => ({
  endpoints: { authorization: `${url}/authorize`, token: `${url}/token` },
  token: { paths: { accountId: 'user' } },
  api: { baseUrl: `${url}/api` },
})

type Call = { request: ClientRequest; status: () => number | null; text: () => string; over: Promise<void> }

function begin(
  url: string,
  options: { key: string; method?: string; json?: unknown; agent?: Agent; chunked?: boolean; type?: string },
): Call {
  const { key, json, agent, chunked = false, type = 'application/octet-stream' } = options
  let status: number | null = null
  let text = ''
  const { promise: over, resolve } = Promise.withResolvers<void>()
  const request = send(url, {
    method: options.method ?? (json === undefined ? 'GET' : 'POST'),
    agent: agent ?? false,
    headers: {
      'x-api-key': key,
      ...(json === undefined ? {} : { 'content-type': 'application/json' }),
      ...(chunked ? { 'transfer-encoding': 'chunked', 'content-type': type } : {}),
    },
  })
  request.on('error', () => resolve())
  request.on('close', () => resolve())
  request.on('response', (response) => {
    status = response.statusCode ?? 0
    response.on('data', (chunk: Buffer) => (text += chunk.toString()))
    response.on('error', () => undefined)
    response.once('close', () => resolve())
  })
  if (json !== undefined) request.end(JSON.stringify(json))
  else if (!chunked) request.end()
  else request.flushHeaders()
  onTestFinished(() => void request.destroy())
  return { request, status: () => status, text: () => text, over }
}

type GrantDraft = NonNullable<AppDraft['grants']>[number]
type World = Awaited<ReturnType<typeof openWorld>>

async function openWorld() {
  const clock = createMovableClock()
  const provider = await startProvider()
  const opened = await openTestKeyway(tempFolder(), { clock })
  onTestFinished(() => opened.close())
  const { keyway } = opened
  const local = await startLocal(keyway, { outgoing: opened.outgoing })
  const register = (slug: string) =>
    keyway.providers.create(
      aProvider({
        slug,
        name: slug,
        allowedHosts: [new URL(provider.otherUrl).host],
        privateHosts: [new URL(provider.otherUrl).host],
        spec: specAt(provider.url),
      }),
    )
  const signIn = async (providerId: string, user: string, connectionId: string | null = null) => {
    provider.books.account = { id: user, label: user }
    const flow = await keyway.connections.connect(
      aConnect({ providerId, open: 'link-only', ...(connectionId === null ? {} : { connectionId }) }),
    )
    if (flow.kind !== 'waiting_for_browser') throw new Error(flow.kind)
    const state = new URL(flow.authorizationUrl).searchParams.get('state') ?? ''
    const code = provider.books.authorise(['read'])
    const result = await keyway.flows.callback(new URLSearchParams({ code, state }))
    if (result.flow === null) throw new Error(JSON.stringify(result.failure))
    return result.flow
  }
  const connected = async (slug: string) => {
    const { id } = register(slug)
    const flow = await signIn(id, `${slug}'s user`)
    if (flow.kind !== 'done') throw new Error(flow.kind)
    return { providerId: id, connectionId: flow.connectionId }
  }
  const acme = await connected('acme')
  const other = await connected('other')
  const addApp = (name: string, connectionId: string, grant: Partial<GrantDraft> = {}) => {
    const target = { kind: 'connection' as const, connectionId }
    const { app, key } = keyway.apps.create(
      appInput.parse({ name, grants: [{ target, token: true, proxy: true, ...grant }] }),
    )
    return { id: app.id, key, grant: app.grants[0]! }
  }
  return { clock, provider, opened, keyway, local, acme, other, signIn, addApp }
}

/** One request of each kind, all of them under way. */
async function startAll(world: World, slug: string, key: string, options: { refreshes: boolean }) {
  const { local, provider } = world
  const base = `${local.url}/api/integrations/${slug}`
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  onTestFinished(() => agent.destroy())
  const streamsBefore = provider.open()
  const waitingBefore = provider.waiting()
  const streams = [
    begin(`${base}/request/stream`, { key }),
    begin(`${base}/request`, { key, json: { url: '/stream' } }),
    begin(`${base}/request`, { key, json: { url: `${provider.otherUrl}/stream` } }),
  ]
  const upload = begin(`${base}/request/upload?who=${slug}`, { key, method: 'POST', chunked: true })
  upload.request.write('x'.repeat(1000))
  const waiting = [
    begin(`${base}/request/slow`, { key }),
    begin(`${base}/request/slow`, { key, method: 'HEAD' }),
    begin(`${base}/request`, { key, json: { url: '/slow', method: 'DELETE' } }),
  ]
  const again = [`${base}/token`, `${base}/request/plain`]
  for (const url of again) {
    const call = begin(url, { key, agent })
    await call.over
    expect(call.status()).toBe(200)
  }
  await expect.poll(() => provider.open() - streamsBefore, SLOWLY).toBe(streams.length)
  await expect.poll(() => provider.uploads.get(slug)?.bytes, SLOWLY).toBe(1000)
  if (options.refreshes) waiting.push(begin(`${base}/token?rejected=true`, { key }))
  await expect.poll(() => provider.waiting() - waitingBefore, SLOWLY).toBe(waiting.length)
  return { streams, upload, waiting, agent, again, key }
}

type Way = {
  /** Of the app that loses its right. */
  grant?: (world: World) => Partial<GrantDraft>
  /** How the person answers the app's questions. */
  answers?: Decision
  /** It concerns everybody, so nobody goes on. */
  everybody?: boolean
  /** A token call waits for a refresh meanwhile. */
  refreshes?: boolean
  take(world: World, app: { id: string; grant: GrantDraft }): unknown
}

const update = (patch: (world: World, grant: GrantDraft) => object): Way['take'] => {
  return (world, { id, grant }) => world.keyway.apps.update(id, patch(world, grant))
}

const WAYS: Record<string, Way> = {
  'the app is paused': { refreshes: true, take: update(() => ({ paused: true })) },
  'the app is removed': { refreshes: true, take: ({ keyway }, { id }) => keyway.apps.remove(id) },
  'its key is replaced at once': { take: ({ keyway }, { id }) => keyway.apps.rotateKey(id, 0) },
  'the overlap of its replaced key ends': {
    take({ keyway, clock }, { id }) {
      keyway.apps.rotateKey(id, 5)
      clock.advance(5 * 60_000)
    },
  },
  'the permission is removed': { refreshes: true, take: update(() => ({ grants: [] })) },
  'the permission ends by time': {
    grant: ({ clock }) => ({ expiresAt: clock.now() + 120_000 }),
    take: ({ clock }) => clock.advance(120_001),
  },
  'the permission covers other methods only': {
    take: update((_, grant) => ({ grants: [{ ...grant, token: false, methods: ['PATCH'] }] })),
  },
  'the permission covers another host only': {
    take: update((_, grant) => ({ grants: [{ ...grant, token: false, hosts: ['api.example.com'] }] })),
  },
  'the permission covers another path only': {
    take: update((_, grant) => ({ grants: [{ ...grant, token: false, paths: ['/elsewhere/**'] }] })),
  },
  'the permission reaches another connection only': {
    refreshes: true,
    take: update(({ other: { connectionId } }, grant) => ({
      grants: [{ ...grant, target: { kind: 'connection', connectionId } }],
    })),
  },
  'the person wants to be asked from now on': {
    refreshes: true,
    take: update((_, grant) => ({ grants: [{ ...grant, approval: 'ask' }] })),
  },
  'a yes for ten minutes ends': {
    grant: () => ({ approval: 'ask' }),
    answers: 'ten_minutes',
    take: ({ clock }) => clock.advance(10 * 60_000 + 10),
  },
  'the vault is locked': {
    everybody: true,
    refreshes: true,
    async take({ keyway, clock }) {
      const locked = keyway.ui['vault.lock'](undefined)
      // A refresh under way is waited for, but not for ever.
      clock.advance(5_000)
      await locked
    },
  },
  'the vault locks by itself': {
    everybody: true,
    async take({ keyway, clock, opened }) {
      keyway.settings.update({ autoLockMinutes: 1 })
      clock.advance(60_001)
      await expect.poll(() => opened.vault.state().kind, SLOWLY).toBe('locked')
    },
  },
  'the connection is disconnected': {
    take: ({ keyway, acme }) => keyway.connections.disconnect(acme.connectionId),
  },
  'the connection is disconnected while its token is refreshed': {
    refreshes: true,
    async take({ keyway, clock, acme }) {
      const disconnected = keyway.connections.disconnect(acme.connectionId)
      clock.advance(1_000)
      await disconnected
    },
  },
  'the connection is given to another account': {
    async take({ keyway, acme, signIn }) {
      const flow = await signIn(acme.providerId, 'somebody else', acme.connectionId)
      expect(flow.kind).toBe('confirming_account')
      await keyway.ui['flows.confirmAccount']({ id: flow.id, answer: 'replace' })
    },
  },
  'the provider is removed': { take: ({ keyway, acme }) => keyway.providers.remove(acme.providerId) },
  'the provider has another base address and no other hosts': {
    take: ({ keyway, provider, acme }) =>
      keyway.providers.update(acme.providerId, {
        allowedHosts: [],
        privateHosts: [],
        spec: { ...specAt(provider.url), api: { baseUrl: 'https://api.example.com' } },
      }),
  },
}

async function expectToGoOn({ provider }: World, theirs: Awaited<ReturnType<typeof startAll>>) {
  for (const { text } of theirs.streams) await expect.poll(text, SLOWLY).toContain('after')
  await expect.poll(() => provider.uploads.get('other')?.bytes, SLOWLY).toBe(2000)
  for (const { over, status } of theirs.waiting) {
    await over
    expect(status()).toBe(200)
  }
}

for (const [name, way] of Object.entries(WAYS)) {
  test(`${name}: nothing that runs on it goes on`, { timeout: 120_000 }, async () => {
    const world = await openWorld()
    const { provider, keyway, acme, other, addApp } = world
    const { everybody = false, refreshes = false, answers } = way
    const app = addApp('Loses its right', acme.connectionId, way.grant?.(world))
    const unaffected = addApp('Goes on', other.connectionId)
    if (answers !== undefined) {
      const stop = keyway.on('approvals', (list) => {
        for (const { id } of list) keyway.approvals.decide(id, answers)
      })
      onTestFinished(stop)
    }
    provider.holdsRefreshes = refreshes
    const mine = await startAll(world, 'acme', app.key, { refreshes })
    const theirs = await startAll(world, 'other', unaffected.key, { refreshes })
    provider.say('before')
    for (const { text } of [...mine.streams, ...theirs.streams]) {
      await expect.poll(text, SLOWLY).toContain('before')
    }
    provider.holdsRefreshes = false

    await way.take(world, app)
    const uploaded = provider.uploads.get('acme')?.bytes
    provider.say('after')
    provider.release()
    for (const { upload } of [mine, theirs]) upload.request.write('y'.repeat(1000))

    // The observer sees what goes on: it goes on for the other one.
    if (!everybody) await expectToGoOn(world, theirs)
    for (const { over, text } of mine.streams) {
      await over
      expect(text()).toContain('before')
      expect(text()).not.toContain('after')
    }
    for (const { over, status, text } of mine.waiting) {
      await over
      expect(status()).toBeGreaterThanOrEqual(400)
      expect(text()).not.toContain('at last')
    }
    await expect.poll(() => provider.uploads.get('acme')?.isOver, SLOWLY).toBe(true)
    expect(provider.uploads.get('acme')?.bytes).toBe(uploaded)
    await mine.upload.over
    expect(mine.upload.status()).toBeGreaterThanOrEqual(400)
  })
}

test('one of two hosts is taken from the provider: what runs to it ends, what runs to the other goes on', async () => {
  const world = await openWorld()
  const { provider, keyway, acme, addApp } = world
  const { key } = addApp('Two hosts', acme.connectionId)
  const { streams } = await startAll(world, 'acme', key, { refreshes: false })
  const [byPath, byJson, byOtherHost] = streams
  keyway.providers.update(acme.providerId, { allowedHosts: [], privateHosts: [] })
  provider.say('after')
  for (const stream of [byPath, byJson]) await expect.poll(() => stream?.text(), SLOWLY).toContain('after')
  await byOtherHost?.over
  expect(byOtherHost?.text()).not.toContain('after')
})

test('a connection that is kept open gives nothing from memory once the right is gone', async () => {
  const world = await openWorld()
  const { keyway, acme, addApp } = world
  const { id, key, grant } = addApp('Kept open', acme.connectionId)
  const { agent, again } = await startAll(world, 'acme', key, { refreshes: false })
  const statuses = async () => {
    const calls = again.map((url) => begin(url, { key, agent }))
    await Promise.all(calls.map(({ over }) => over))
    return calls.map(({ status }) => status())
  }
  expect(await statuses()).toEqual([200, 200])
  keyway.apps.update(id, { grants: [] })
  expect(await statuses()).toEqual([403, 403])
  keyway.apps.update(id, { grants: [grant] })
  expect(await statuses()).toEqual([200, 200])
  await keyway.ui['vault.lock'](undefined)
  expect(await statuses()).toEqual([423, 423])
})

test('what is taken away while a body still comes counts for its request', async () => {
  const world = await openWorld()
  const { keyway, local, acme, addApp } = world
  const { id, key, grant } = addApp('Sends slowly', acme.connectionId)
  const asksFor = async (url: string, body: string, change: () => void) => {
    const call = begin(url, { key, method: 'POST', chunked: true, type: 'application/json' })
    call.request.write(body.slice(0, 5))
    // An answer on another connection: the first bytes have been read by then.
    await fetch(`${local.url}/healthz`)
    change()
    call.request.end(body.slice(5))
    await call.over
    return call.status()
  }
  const base = `${local.url}/api/integrations`
  const narrow = () => keyway.apps.update(id, { grants: [{ ...grant, methods: ['PATCH'], token: false }] })
  for (const [url, body] of [
    [`${base}/acme/request`, '{"url":"/plain"}'],
    [`${base}/token`, '{"provider":"acme"}'],
  ] as const) {
    keyway.apps.update(id, { grants: [grant] })
    expect(await asksFor(url, body, () => undefined)).toBe(200)
    expect(await asksFor(url, body, narrow)).toBe(403)
  }
})

test('a refresh, a rename and another app leave what runs alone', async () => {
  const world = await openWorld()
  const { provider, keyway, acme, addApp, signIn } = world
  const { key } = addApp('Undisturbed', acme.connectionId)
  const { streams } = await startAll(world, 'acme', key, { refreshes: false })
  await keyway.connections.refresh(acme.connectionId)
  await keyway.connections.rename(acme.connectionId, 'renamed')
  keyway.apps.remove(addApp('Comes and goes', acme.connectionId).id)
  keyway.providers.update(acme.providerId, { name: 'Another name' })
  expect((await signIn(acme.providerId, "acme's user", acme.connectionId)).kind).toBe('done')
  provider.say('after all')
  for (const { text } of streams) await expect.poll(text, SLOWLY).toContain('after all')
})

test('an event stream ends with its key', async () => {
  const world = await openWorld()
  const { keyway, local, acme, other, addApp } = world
  const app = addApp('Listens', acme.connectionId)
  const unaffected = addApp('Listens on', other.connectionId)
  const [mine, theirs] = [app, unaffected].map(({ key }) => begin(`${local.url}/api/events`, { key }))
  for (const stream of [mine, theirs])
    await expect.poll(() => stream?.text(), SLOWLY).toContain('event: ready')
  keyway.apps.update(app.id, { paused: true })
  await mine?.over
  const { length } = mine?.text() ?? ''
  for (const { connectionId } of [acme, other]) await keyway.connections.rename(connectionId, 'renamed')
  await expect.poll(() => theirs?.text(), SLOWLY).toContain('connection.changed')
  expect(mine?.text()).toHaveLength(length)
})

test('when the service has closed, nothing goes on', async () => {
  const world = await openWorld()
  const { provider, local, acme, addApp } = world
  const { key } = addApp('To the end', acme.connectionId)
  const { streams, waiting, upload } = await startAll(world, 'acme', key, { refreshes: false })
  await local.api.close(0)
  const uploaded = provider.uploads.get('acme')?.bytes
  expect(uploaded).toBe(1000)
  provider.say('after')
  provider.release()
  for (const { over, text } of [...streams, ...waiting, upload]) {
    await over
    expect(text()).not.toMatch(/after|at last/)
  }
  expect(provider.uploads.get('acme')?.bytes).toBe(uploaded)
})
