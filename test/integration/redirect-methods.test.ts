// The ways by which a browser comes home, with real listeners: the local server's own port, a free port for
// one sign-in, a pasted address; and what happens when an answer arrives where it does not belong.
import { describe, expect, it } from 'vitest'
import type { Flow } from '../../shared/contract/flow.ts'
import type { ProviderInputDraft } from '../../shared/contract/provider.ts'
import { aConnect } from '../support/builders.ts'
import { type RealLocal, startRealLocal } from '../support/local-api.ts'
import { signInWithHttp } from '../support/user-agent.ts'

type Waiting = Flow & { kind: 'waiting_for_browser' }
type Host = NonNullable<ProviderInputDraft['redirectHost']>

async function begin(
  { keyway, provider }: RealLocal,
  redirect: 'any-port' | 'fixed-port' | 'paste',
  account: string,
): Promise<Waiting> {
  const input = aConnect({ providerId: provider.id, open: 'link-only', redirect, account })
  const flow = await keyway.connections.connect(input)
  if (flow.kind !== 'waiting_for_browser')
    throw new Error(`the sign-in did not start: ${JSON.stringify(flow)}`)
  return flow
}

/** The answer that the provider sends the browser back with. */
async function answerTo(flow: Waiting): Promise<URL> {
  const outcome = await signInWithHttp(flow.authorizationUrl, {
    account: 'ada@example.test',
    stopAtCallback: true,
  })
  if (outcome.kind !== 'stopped') throw new Error(`the sign-in ended otherwise: ${JSON.stringify(outcome)}`)
  return new URL(outcome.callbackUrl)
}

/** With the client that may come home at any port. */
async function startNative(redirectHost: Host = '127.0.0.1'): Promise<RealLocal> {
  const local = await startRealLocal()
  const { clientId } = local.practice.clients.native
  await local.keyway.ui['providers.update']({
    id: local.provider.id,
    patch: { clientId, clientSecret: '', redirectHost },
  })
  return local
}

const isClosed = (url: URL): Promise<boolean> =>
  fetch(url).then(
    () => false,
    () => true,
  )
const kindOf = ({ keyway }: RealLocal, { id }: Flow) => keyway.flows.get(id)?.kind

describe('a free port for each sign-in', () => {
  it.each<Host>(['127.0.0.1', 'localhost', '[::1]'])(
    'on %s: it answers, brings the account, and is closed',
    async (host) => {
      const local = await startNative(host)
      const flow = await begin(local, 'any-port', 'work')
      const callback = await answerTo(flow)
      expect(callback.hostname).toBe(host)
      expect(Number(callback.port)).not.toBe(local.port)
      // Only the callback is there; the API has its own place.
      const stacks = host === 'localhost' ? ['127.0.0.1', '[::1]'] : [host]
      for (const address of stacks) {
        const other = new URL('/healthz', callback)
        other.hostname = address
        expect((await fetch(other)).status).toBe(404)
      }
      expect((await fetch(callback)).status).toBe(200)
      expect(kindOf(local, flow)).toBe('done')
      await expect.poll(() => isClosed(callback)).toBe(true)
    },
  )

  it('is closed when the sign-in is given up, and another one is opened for a fresh attempt', async () => {
    const local = await startNative()
    const flow = await begin(local, 'any-port', 'work')
    const again = (await local.keyway.ui['flows.openAgain']({ id: flow.id, browser: null })) as Waiting
    expect(again.redirectUri).not.toBe(flow.redirectUri)
    await expect.poll(() => isClosed(new URL(flow.redirectUri ?? ''))).toBe(true)
    local.keyway.flows.cancel(flow.id)
    await expect.poll(() => isClosed(new URL(again.redirectUri ?? ''))).toBe(true)
  })
})

describe('an answer at a listener that is not its own', () => {
  const failureAt = async (callback: URL, host: string) => {
    const moved = new URL(callback)
    moved.host = host
    const response = await fetch(moved, { headers: { accept: 'application/json' } })
    return { status: response.status, text: await response.text() }
  }

  it('is refused, and the sign-in goes on waiting for the right one', async () => {
    const local = await startNative()
    const [one, other, fixed] = [
      await begin(local, 'any-port', 'one'),
      await begin(local, 'any-port', 'other'),
      await begin(local, 'fixed-port', 'fixed'),
    ]
    const answers = { one: await answerTo(one), other: await answerTo(other), fixed: await answerTo(fixed) }
    for (const [callback, host] of [
      [answers.one, answers.other.host],
      [answers.one, answers.fixed.host],
      [answers.fixed, answers.one.host],
    ] as const) {
      expect(await failureAt(callback, host)).toMatchObject({
        status: 400,
        text: expect.stringContaining('state_mismatch') as string,
      })
    }
    expect([one, other, fixed].map((flow) => kindOf(local, flow))).toEqual(
      Array(3).fill('waiting_for_browser'),
    )
    for (const callback of Object.values(answers)) expect((await fetch(callback)).status).toBe(200)
    expect([one, other, fixed].map((flow) => kindOf(local, flow))).toEqual(['done', 'done', 'done'])
  })

  it('with two states swapped brings nothing to either', async () => {
    const local = await startNative()
    const [one, other] = [await begin(local, 'fixed-port', 'one'), await begin(local, 'fixed-port', 'other')]
    const [first, second] = [await answerTo(one), await answerTo(other)]
    const states = [first.searchParams.get('state') ?? '', second.searchParams.get('state') ?? '']
    first.searchParams.set('state', states[1] ?? '')
    second.searchParams.set('state', states[0] ?? '')
    // Each code is bound to the other's PKCE challenge: the provider refuses it.
    for (const callback of [first, second]) expect((await fetch(callback)).status).toBeGreaterThanOrEqual(400)
    expect([one, other].map((flow) => kindOf(local, flow))).toEqual(['failed', 'failed'])
    expect(local.keyway.connections.list()).toEqual([])
  })
})

it('a form that the provider’s page posts is taken at the callback and nowhere else', async () => {
  const local = await startRealLocal()
  const callback = await answerTo(await begin(local, 'fixed-port', 'work'))
  const post = (path: string) =>
    local.call(path, {
      method: 'POST',
      headers: {
        origin: 'https://login.example',
        'sec-fetch-site': 'cross-site',
        'sec-fetch-mode': 'navigate',
      },
      body: callback.searchParams,
    })
  expect((await post('/api/integrations/token')).status).toBe(403)
  expect((await post('/ui/call/snapshot.get')).status).toBe(403)
  expect((await post('/oauth2/callback')).status).toBe(200)
  expect(local.keyway.connections.list()).toHaveLength(1)
})

it('a pasted URL completes a sign-in whose redirect did not arrive', async () => {
  const local = await startRealLocal()
  const flow = await begin(local, 'paste', 'work')
  const callback = await answerTo(flow)
  expect(await local.keyway.flows.paste(flow.id, `  ${callback.href}\n`)).toMatchObject({ kind: 'done' })
})
