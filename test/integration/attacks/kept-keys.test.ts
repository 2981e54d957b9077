// A key that was verified once on a connection is not hashed again there. For every way in which it, or what
// it may do, can end: the next call on that same connection is refused, and another app's connection goes on.
import { Agent, request as send } from 'node:http'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { AppDraft } from '../../../shared/contract/app.ts'
import { aConnect, anApp, aProvider } from '../../support/builders.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { startLocal } from '../../support/local-api.ts'
import { openTestKeyway, PASSPHRASE } from '../../support/open-test-keyway.ts'
import { tempFolder } from '../../support/temp-folder.ts'

type Call = 'GET' | 'POST'
type World = Awaited<ReturnType<typeof openWorld>>
type Caller = ReturnType<World['openCaller']>

async function openWorld() {
  const clock = createFakeClock(Date.now())
  const opened = await openTestKeyway(tempFolder(), { clock })
  onTestFinished(() => opened.close())
  const { keyway } = opened
  const { port } = await startLocal(keyway, { outgoing: opened.outgoing })
  const { id: providerId } = keyway.providers.create(aProvider({ slug: 'acme' }))
  await keyway.connections.connect(
    aConnect({ providerId, account: 'work', kind: 'access_token', token: 'at-made-up' }),
  )
  const openCaller = (name: string, grant: Partial<NonNullable<AppDraft['grants']>[number]> = {}) => {
    const { app, key } = keyway.apps.create(
      anApp({ name, grants: [{ target: { kind: 'all' }, token: true, ...grant }] }),
    )
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    onTestFinished(() => agent.destroy())
    return { app, key, ask: askerOf({ port, key, agent }) }
  }
  return { clock, opened, keyway, openCaller }
}

/** Asks for the token on one connection: the status, and whether an earlier call came on it. */
function askerOf({ port, key, agent }: { port: number; key: string; agent: Agent }) {
  return (call: Call, other: string = key) =>
    new Promise<{ status: number; isKept: boolean }>((resolve, reject) => {
      const body = JSON.stringify({ provider: 'acme' })
      const asking = send({
        agent,
        port,
        host: '127.0.0.1',
        method: call,
        path: call === 'GET' ? '/api/integrations/acme/token' : '/api/integrations/token',
        headers: {
          'x-api-key': other,
          ...(call === 'GET' ? {} : { 'content-type': 'application/json', 'content-length': body.length }),
        },
      })
      asking.once('error', reject)
      asking.once('response', (response) => {
        const answer = { status: response.statusCode ?? 0, isKept: asking.reusedSocket }
        response.once('end', () => resolve(answer)).resume()
      })
      asking.end(call === 'GET' ? undefined : body)
    })
}

type End = {
  grant?: Parameters<World['openCaller']>[1]
  take: (world: World, caller: Caller) => unknown
  /** What the call is answered then. */
  status: number
  /** Everybody's calls end with it. */
  everybody?: true
  /** Back again, on the same connection; absent: this cannot be taken back. */
  giveBack?: (world: World, caller: Caller) => unknown
}

const change =
  (patch: (caller: Caller) => Parameters<World['keyway']['apps']['update']>[1]) =>
  ({ keyway }: World, caller: Caller) =>
    keyway.apps.update(caller.app.id, patch(caller))

const ENDS: Record<string, End> = {
  'its key is replaced': {
    status: 401,
    take: ({ keyway }, { app }) => keyway.apps.rotateKey(app.id, 0),
  },
  'its replaced key ends': {
    status: 401,
    take({ keyway, clock }, { app }) {
      keyway.apps.rotateKey(app.id, 5)
      clock.advance(5 * 60_000)
    },
  },
  'the app is removed': { status: 401, take: ({ keyway }, { app }) => keyway.apps.remove(app.id) },
  'the app is paused': {
    status: 401,
    take: change(() => ({ paused: true })),
    giveBack: change(() => ({ paused: false })),
  },
  'its permission is taken away': {
    status: 403,
    take: change(() => ({ grants: [] })),
    giveBack: change(({ app }) => ({ grants: app.grants })),
  },
  'its permission ends by time': {
    status: 403,
    grant: { expiresAt: Date.now() + 3_600_000 },
    take: ({ clock }) => clock.advance(3_700_000),
    giveBack: change(({ app }) => ({ grants: app.grants.map((grant) => ({ ...grant, expiresAt: null })) })),
  },
  'its permission covers the proxy only': {
    status: 403,
    take: change(({ app }) => ({
      grants: app.grants.map((grant) => ({ ...grant, token: false, proxy: true })),
    })),
    giveBack: change(({ app }) => ({ grants: app.grants })),
  },
  'the vault is locked': {
    status: 423,
    everybody: true,
    take: ({ opened }) => opened.vault.lock(),
    giveBack: ({ opened }) => opened.vault.unlock(PASSPHRASE),
  },
}

/** A body that nobody reads ends its connection. */
const isKeptAfter = (call: Call, status: number): boolean => call === 'GET' || status !== 401

describe.each<Call>(['GET', 'POST'])('%s on a connection that is kept', (call) => {
  test.each(Object.entries(ENDS))('is refused once %s', async (_name, end) => {
    const world = await openWorld()
    const caller = world.openCaller('Ending', end.grant)
    const other = world.openCaller('Other')
    expect(await caller.ask(call)).toEqual({ status: 200, isKept: false })
    expect(await other.ask(call)).toEqual({ status: 200, isKept: false })
    expect(await caller.ask(call)).toEqual({ status: 200, isKept: true })
    await end.take(world, caller)
    expect(await caller.ask(call)).toEqual({ status: end.status, isKept: true })
    expect(await other.ask(call)).toEqual({ status: end.everybody === true ? end.status : 200, isKept: true })
    if (end.giveBack === undefined) return
    await end.giveBack(world, caller)
    expect(await caller.ask(call)).toEqual({ status: 200, isKept: isKeptAfter(call, end.status) })
  })

  test('is refused with another key, and served again with its own', async () => {
    const world = await openWorld()
    const caller = world.openCaller('One')
    const other = world.openCaller('Other', { token: false, proxy: true })
    expect(await caller.ask(call)).toEqual({ status: 200, isKept: false })
    expect(await caller.ask(call, other.key)).toEqual({ status: 403, isKept: true })
    expect(await caller.ask(call)).toEqual({ status: 200, isKept: true })
    expect(await caller.ask(call, `${caller.key.slice(0, -3)}AAA`)).toEqual({ status: 401, isKept: true })
    expect(await caller.ask(call)).toEqual({ status: 200, isKept: isKeptAfter(call, 401) })
  })
})
