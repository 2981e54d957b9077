// The practice provider as the window drives it: a real authorization server, registered as an ordinary
// provider of a real Keyway.
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import type { OpenedKeyway } from '../../electron/core/open-keyway.ts'
import type { OpenPracticeProvider } from '../../electron/core/practice/practice-providers.ts'
import { openPracticeProvider } from '../../electron/practice-provider/provider.ts'
import type { ConnectionView } from '../../shared/contract/connection.ts'
import { practiceSituation, type PracticeState } from '../../shared/contract/practice-provider.ts'
import { aProvider } from '../support/builders.ts'
import { openTestKeyway, signInAtPracticeProvider } from '../support/open-test-keyway.ts'
import { tempFolder } from '../support/temp-folder.ts'

async function openIn(
  folder: string,
  open: OpenPracticeProvider = openPracticeProvider,
): Promise<OpenedKeyway> {
  const opened = await openTestKeyway(folder, { openPracticeProvider: open })
  onTestFinished(() => opened.close())
  return opened
}

type Ui = OpenedKeyway['keyway']['ui']
const behave = (ui: Ui, situation: object): Promise<PracticeState> =>
  ui['rehearsal.behave'](practiceSituation.parse(situation))
const refresh = (ui: Ui, id: string): Promise<ConnectionView> => ui['connections.refresh']({ id })

async function connected(folder = tempFolder()) {
  const opened = await openIn(folder)
  const { ui } = opened.keyway
  const state = await ui['rehearsal.start'](undefined)
  const flow = await signInAtPracticeProvider(opened, { id: state.providerId! })
  if (flow.kind !== 'done') throw new Error(`the sign-in ended as ${flow.kind}`)
  return { ...opened, ui, state, id: flow.connectionId, flow }
}

async function listenAt(port: number): Promise<Server> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  onTestFinished(() => void server.close())
  return server
}

test('it is not opened before somebody starts it, and then once', async () => {
  const open = vi.fn<OpenPracticeProvider>(openPracticeProvider)
  const { keyway } = await openIn(tempFolder(), open)
  expect(await keyway.ui['rehearsal.state'](undefined)).toMatchObject({
    kind: 'stopped',
    issuer: null,
    providerId: null,
  })
  expect(keyway.snapshot().rehearsal.kind).toBe('stopped')
  expect(open).not.toHaveBeenCalled()
  await Promise.all([keyway.ui['rehearsal.start'](undefined), keyway.ui['rehearsal.start'](undefined)])
  expect(open).toHaveBeenCalledTimes(1)
  expect(keyway.providers.list()).toHaveLength(1)
})

test('starting it registers an ordinary provider; connecting and calling its API then just work', async () => {
  const { keyway, ui, state, id, flow } = await connected()
  expect(state).toMatchObject({ kind: 'running', situation: { situation: 'normal' } })
  expect(state.accounts.map(({ email }) => email)).toContain('ada@example.test')
  const provider = keyway.providers.find(state.providerId!)!
  expect(provider).toMatchObject({
    slug: 'rehearsal',
    name: 'Rehearsal (nothing is real)',
    hasClientSecret: false,
  })
  expect(provider.spec.discovery.issuer).toBe(state.issuer)
  expect(flow).toMatchObject({ identityLabel: 'ada@example.test', missingScopes: [] })
  const called = await ui['connections.testCall']({ id, method: 'GET', url: '/me' })
  expect(called.status).toBe(200)
  expect(called.body).toContain('ada@example.test')
  const seen = await ui['rehearsal.state'](undefined)
  expect(seen.counts).toMatchObject({ tokenRequests: 1, apiCalls: 1, grants: 1, reuseDetections: 0 })
  expect(seen.visits[0]).toMatchObject({ endpoint: 'api', status: 200 })
})

test('stopping it removes nothing: the connection retries, and goes on when it is started again', async () => {
  const { keyway, ui, state, id } = await connected()
  expect(await ui['rehearsal.stop'](undefined)).toMatchObject({
    kind: 'stopped',
    situation: null,
    providerId: state.providerId,
  })
  expect((await refresh(ui, id)).lastOutcome.status).toBe('retrying')
  expect(keyway.providers.list()).toHaveLength(1)
  await expect(behave(ui, { situation: 'normal' })).rejects.toMatchObject({ code: 'invalid_request' })
  const again = await ui['rehearsal.start'](undefined)
  expect(again).toMatchObject({ kind: 'running', issuer: state.issuer, providerId: state.providerId })
  expect((await refresh(ui, id)).lastOutcome.status).toBe('ok')
  expect(keyway.providers.list()).toHaveLength(1)
})

test('a port that somebody took meanwhile: it moves, and the provider with it', async () => {
  const { keyway, ui, state, id } = await connected()
  await ui['rehearsal.stop'](undefined)
  await listenAt(Number(new URL(state.issuer!).port))
  const moved = await ui['rehearsal.start'](undefined)
  expect(moved.issuer).not.toBe(state.issuer)
  const provider = keyway.providers.find(state.providerId!)!
  const { host } = new URL(moved.issuer!)
  expect(provider.spec).toMatchObject({
    discovery: { issuer: moved.issuer },
    api: { baseUrl: `${moved.issuer}/api` },
  })
  expect(provider).toMatchObject({ privateHosts: [host], allowedHosts: [host] })
  // What it had issued goes on there.
  expect((await refresh(ui, id)).lastOutcome.status).toBe('ok')
})

test('the next run of the app goes on with it by itself, at the same port, with what it had issued', async () => {
  const folder = tempFolder()
  const { close, state, ui: before, id } = await connected(folder)
  await behave(before, { situation: 'rotation', seconds: 600 })
  await refresh(before, id)
  await behave(before, { situation: 'normal' })
  await close()
  const { keyway } = await openIn(folder)
  const { ui } = keyway
  await running(keyway)
  expect(await ui['rehearsal.state'](undefined)).toMatchObject({
    issuer: state.issuer,
    providerId: state.providerId,
  })
  // The access token of before the restart, then a refresh.
  expect((await ui['connections.testCall']({ id, method: 'GET', url: '/me' })).status).toBe(200)
  expect((await refresh(ui, id)).lastOutcome).toMatchObject({ status: 'ok' })
  expect((await ui['rehearsal.state'](undefined)).counts).toMatchObject({ grants: 1, reuseDetections: 0 })
})

test('what it keeps is private to the owner and holds no token', async () => {
  const folder = tempFolder()
  const seen = new Set<string>()
  const { close, keyway, ui, id } = await connected(folder)
  const note = async (): Promise<void> => {
    const result = await keyway.tokens.get(id, {})
    if (result.kind === 'ok') seen.add(result.token.accessToken.reveal())
  }
  await note()
  await refresh(ui, id)
  await note()
  await close()
  const path = join(folder, 'practice-provider', 'tokens.json')
  expect(statSync(path).mode & 0o777).toBe(0o600)
  const text = readFileSync(path, 'utf8')
  expect(seen.size).toBe(2)
  for (const token of seen) expect(text).not.toContain(token)
  // It is the right file: the grant of the right person stands in it.
  expect(text).toContain('"accountId"')
  expect(text).not.toMatch(/secret/i)
})

test('a grant that was revoked there stays revoked over a restart, and a stop stays a stop', async () => {
  const folder = tempFolder()
  const first = await connected(folder)
  await behave(first.ui, { situation: 'revoked_grant' })
  await first.ui['rehearsal.stop'](undefined)
  await first.close()
  const { keyway } = await openIn(folder)
  expect((await refresh(keyway.ui, first.id)).lastOutcome.status).toBe('retrying')
  expect((await keyway.ui['rehearsal.state'](undefined)).kind).toBe('stopped')
  await keyway.ui['rehearsal.start'](undefined)
  expect((await refresh(keyway.ui, first.id)).lastOutcome.status).toBe('reconnect_needed')
})

test('kept state that cannot be read is no reason not to start', async () => {
  const folder = tempFolder()
  const first = await connected(folder)
  await first.close()
  for (const name of ['tokens.json', 'tokens.prev.json']) {
    writeFileSync(join(folder, 'practice-provider', name), 'not JSON')
  }
  const { keyway } = await openIn(folder)
  await running(keyway)
  expect((await refresh(keyway.ui, first.id)).lastOutcome.status).toBe('reconnect_needed')
})

/** Resolves once it has started by itself. */
async function running(keyway: OpenedKeyway['keyway']): Promise<void> {
  const started = Promise.withResolvers<void>()
  keyway.on('rehearsal', ({ kind }) => {
    if (kind === 'running') started.resolve()
  })
  if (keyway.snapshot().rehearsal.kind === 'running') started.resolve()
  await started.promise
}

test('a provider of the person that has the slug already is left alone', async () => {
  const { keyway } = await openIn(tempFolder())
  const own = keyway.providers.create(aProvider({ slug: 'rehearsal', name: 'Mine' }))
  const { providerId } = await keyway.ui['rehearsal.start'](undefined)
  expect(keyway.providers.find(providerId!)?.slug).toBe('rehearsal-2')
  expect(keyway.providers.find(own.id)).toEqual(own)
})

test('each situation shows itself on a connection, and normal ends it', async () => {
  const { ui, id } = await connected()
  const status = async (): Promise<string> => (await refresh(ui, id)).lastOutcome.status

  await behave(ui, { situation: 'expiry_soon', seconds: 30 })
  const short = await refresh(ui, id)
  expect(short).toMatchObject({ lifetimeSeconds: 30, lastOutcome: { status: 'ok' } })
  expect(short.life.at(-1)?.kind).toBe('refreshed')

  await behave(ui, { situation: 'rotation', seconds: 45 })
  const rotated = await refresh(ui, id)
  expect(rotated.lifetimeSeconds).toBe(45)
  expect(rotated.life.at(-1)?.kind).toBe('rotated')

  await behave(ui, { situation: 'outage' })
  expect(await status()).toBe('retrying')
  await behave(ui, { situation: 'outage', how: 'unavailable' })
  expect(await status()).toBe('retrying')

  await behave(ui, { situation: 'slow_answers', seconds: 0.3 })
  expect(await status()).toBe('ok')
  const { visits } = await ui['rehearsal.state'](undefined)
  expect(visits[0]).toMatchObject({ endpoint: 'token', status: 200, fault: 'delay' })

  await behave(ui, { situation: 'odd_shapes' })
  expect(await status()).toBe('ok')

  await behave(ui, { situation: 'normal' })
  expect(await refresh(ui, id)).toMatchObject({ lifetimeSeconds: 3600, lastOutcome: { status: 'ok' } })

  await behave(ui, { situation: 'revoked_grant', account: 'grace@example.test' })
  expect(await status()).toBe('ok')
  const revoked = await behave(ui, { situation: 'revoked_grant' })
  expect(revoked.counts.grants).toBe(0)
  expect(await status()).toBe('reconnect_needed')
  expect((await ui['rehearsal.state'](undefined)).counts.reuseDetections).toBe(0)
})

test('an outage with an end is over by itself, and the window hears of it', async () => {
  const { keyway, ui, id } = await connected()
  const heard: PracticeState[] = []
  const over = Promise.withResolvers<void>()
  keyway.on('rehearsal', (state) => {
    heard.push(state)
    if (heard.length > 1 && state.situation?.situation === 'normal') over.resolve()
  })
  const state = await behave(ui, { situation: 'outage', forSeconds: 1 })
  expect(state.situation).toEqual({ situation: 'outage', how: 'refused', forSeconds: 1 })
  expect((await refresh(ui, id)).lastOutcome.status).toBe('retrying')
  await over.promise
  expect((await refresh(ui, id)).lastOutcome.status).toBe('ok')
})

test('the window sees requests as they arrive', async () => {
  const { keyway, ui, id } = await connected()
  const seen = Promise.withResolvers<PracticeState>()
  keyway.on('rehearsal', (state) => {
    if (state.visits.some(({ grantType, status }) => grantType === 'refresh_token' && status === 200))
      seen.resolve(state)
  })
  const view = await refresh(ui, id)
  expect(view.lastOutcome.status).toBe('ok')
  const text = JSON.stringify(await seen.promise)
  expect(text).not.toMatch(/access_token|refresh_token=|code=/)
})

test('it ends with the app', async () => {
  const { close, state } = await connected()
  await close()
  await expect(fetch(`${state.issuer}/api/me`)).rejects.toThrow('fetch failed')
})
