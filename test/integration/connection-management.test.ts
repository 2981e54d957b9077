// The right is checked on the object that is acted on: an app with the token of one account touches no
// sign-in and no grant of another.
import { expect, test } from 'vitest'
import { grantOf } from '../support/foreign-grant.ts'
import { type RealLocal, startRealLocal } from '../support/local-api.ts'

type Scene = RealLocal & {
  mine: string
  other: string
  /** May be handed the token of `mine` and nothing else. */
  narrow: string
  /** The same for `other`. */
  owner: string
  flowId: string
  state: string
}

async function scene(): Promise<Scene> {
  const local = await startRealLocal()
  const mine = await local.signIn('ada@example.test', 'mine')
  const other = await local.signIn('grace@example.test', 'other')
  const only = (connectionId: string) => ({
    grants: [{ target: { kind: 'connection' as const, connectionId }, token: true }],
  })
  // The person reconnects the other account in the window, and has not signed in yet.
  const flow = await local.keyway.ui['connections.connect']({
    ...connect(local.provider.id),
    connectionId: other,
    open: 'link-only',
  })
  if (flow.kind !== 'waiting_for_browser') throw new Error(flow.kind)
  const state = new URL(flow.authorizationUrl).searchParams.get('state')!
  return {
    ...local,
    mine,
    other,
    narrow: local.addApp(only(mine)),
    owner: local.addApp(only(other)),
    flowId: flow.id,
    state,
  }
}

const connect = (providerId: string) => ({
  providerId,
  account: null,
  addScopes: [],
  kind: null,
  redirect: 'auto' as const,
  browser: null,
  loginHint: null,
  prompt: null,
  returnUrl: null,
})

type Attempt = (s: Scene, key: string) => Promise<{ status: number; body: { code?: string } | null }>
const post = (path: (s: Scene) => string, json: (s: Scene) => object | Promise<object>): Attempt => {
  return async (s, key) => s.ask(path(s), { key, json: await json(s) })
}

const callback = (s: Scene) => `http://127.0.0.1:1/oauth2/callback?code=made-up&state=${s.state}`
const connectOf = (id: (s: Scene) => string) => (s: Scene) => `/api/integrations/${id(s)}/connect`

/** What acts on the other account or on its waiting sign-in, by every route that takes one. */
const attempts: Array<[what: string, attempt: Attempt]> = [
  [
    'a bare code at the provider',
    post(
      connectOf(() => 'rehearsal'),
      () => ({ code: 'made-up' }),
    ),
  ],
  [
    'a bare code at the own account',
    post(
      connectOf(({ mine }) => mine),
      () => ({ code: 'made-up' }),
    ),
  ],
  [
    'a bare code at the other account',
    post(
      connectOf(({ other }) => other),
      () => ({ code: 'made-up' }),
    ),
  ],
  [
    'a code with its state',
    post(
      connectOf(() => 'rehearsal'),
      (s) => ({ code: 'made-up', state: s.state }),
    ),
  ],
  [
    'a code with its state at the own account',
    post(
      connectOf((s) => s.mine),
      (s) => ({ code: 'x', state: s.state }),
    ),
  ],
  [
    'its final address',
    post(
      connectOf(() => 'rehearsal'),
      (s) => ({ callbackUrl: callback(s) }),
    ),
  ],
  [
    'its final address at the own account',
    post(
      connectOf((s) => s.mine),
      (s) => ({ callbackUrl: callback(s) }),
    ),
  ],
  [
    'a code for its name',
    post(
      connectOf(() => 'rehearsal'),
      () => ({ code: 'made-up', account: 'other' }),
    ),
  ],
  [
    'a refresh token for its name',
    post(
      connectOf(() => 'rehearsal'),
      async (s) => ({ refreshToken: (await grantOf(s)).tokens, account: 'other' }),
    ),
  ],
  [
    'a refresh token for it',
    post(
      connectOf((s) => s.other),
      async (s) => ({ refreshToken: (await grantOf(s)).tokens }),
    ),
  ],
  [
    'a connect link to it',
    post(
      (s) => `/api/integrations/${s.other}/connect-link`,
      () => ({}),
    ),
  ],
  [
    'a connect link to its name',
    post(
      () => '/api/integrations/rehearsal/connect-link',
      () => ({ account: 'other' }),
    ),
  ],
  ['a browser sent to it', (s, key) => s.ask(`/api/integrations/${s.other}/connect`, { key })],
  [
    'a browser sent to its name',
    (s, key) => s.ask('/api/integrations/connect/rehearsal?account=other', { key }),
  ],
  [
    'a browser sent by the other spelling',
    (s, key) => s.ask('/api/auth/rehearsal/login?userId=other', { key }),
  ],
  ['a disconnect', (s, key) => s.ask(`/api/integrations/${s.other}/connection`, { key, method: 'DELETE' })],
  [
    'a disconnect of its name',
    (s, key) => s.ask('/api/integrations/rehearsal/connection?account=other', { key, method: 'DELETE' }),
  ],
  [
    'a disconnect by the other spelling',
    (s, key) => s.ask('/api/auth/rehearsal?userId=other', { key, method: 'DELETE' }),
  ],
  ['its token', (s, key) => s.ask(`/api/integrations/${s.other}/token`, { key })],
  ['a request with its token', (s, key) => s.ask(`/api/integrations/${s.other}/request/me`, { key })],
  ['its facts', (s, key) => s.ask(`/api/integrations/${s.other}/connection`, { key })],
  [
    'a change of the provider',
    (s, key) => s.ask(`/api/integrations/${s.provider.id}`, { key, method: 'PATCH', json: { name: 'x' } }),
  ],
  [
    'a removal of the provider',
    (s, key) => s.ask(`/api/integrations/${s.provider.id}`, { key, method: 'DELETE' }),
  ],
  ['the questions of other apps', (s, key) => s.ask('/api/approvals', { key })],
  [
    'an answer to a question',
    (s, key) => s.ask('/api/approvals/made-up', { key, json: { decision: 'once' } }),
  ],
]

test.each(attempts)(
  '%s is refused to an app without custody, and nothing has changed',
  async (_what, attempt) => {
    const s = await scene()
    const before = JSON.stringify([
      s.keyway.connections.list(),
      s.keyway.flows.list(),
      s.keyway.providers.list(),
    ])
    const { status } = await attempt(s, s.narrow)
    expect([400, 403, 404]).toContain(status)
    expect(
      JSON.stringify([s.keyway.connections.list(), s.keyway.flows.list(), s.keyway.providers.list()]),
    ).toBe(before)
  },
)

test('the same calls succeed for an app that may manage the other account', async () => {
  const failed = async (attempt: Attempt) => {
    const s = await scene()
    const { status } = await attempt(s, s.owner)
    return {
      status,
      flow: s.keyway.flows.get(s.flowId)?.kind,
      there: s.keyway.connections.get(s.other) !== null,
    }
  }
  const named = (what: string) => attempts.find(([name]) => name === what)![1]
  // The code is made up, so the sign-in that it acts on fails: it was acted on.
  for (const what of [
    'a bare code at the provider',
    'a code with its state',
    'its final address',
    'a bare code at the other account',
  ]) {
    expect({ what, ...(await failed(named(what))) }).toMatchObject({ what, flow: 'failed' })
  }
  expect(await failed(named('a refresh token for it'))).toMatchObject({
    status: 201,
    flow: 'cancelled',
  })
  expect(await failed(named('a browser sent to it'))).toMatchObject({ status: 302, flow: 'cancelled' })
  expect(await failed(named('a connect link to it'))).toMatchObject({
    status: 201,
    flow: 'waiting_for_browser',
  })
  expect(await failed(named('a disconnect'))).toMatchObject({ status: 204, there: false })
  expect(await failed(named('a disconnect by the other spelling'))).toMatchObject({
    status: 200,
    there: false,
  })
  expect(await failed(named('its token'))).toMatchObject({ status: 200 })
})

test('an app that may only send requests starts a sign-in of its own, and the one that waits goes on', async () => {
  const s = await scene()
  const key = s.addApp({
    grants: [{ target: { kind: 'connection', connectionId: s.other }, token: false, proxy: true }],
  })
  expect((await s.ask(`/api/integrations/${s.other}/connect`, { key })).status).toBe(302)
  expect(s.keyway.flows.get(s.flowId)?.kind).toBe('waiting_for_browser')
})

test('a link is worth nothing once the app may no longer know of the account that it is for', async () => {
  const s = await scene()
  const draft = [s.mine, s.other].map((connectionId) => ({
    target: { kind: 'connection' as const, connectionId },
    token: true,
  }))
  const key = s.addApp({ name: 'Both', grants: draft })
  const linkTo = async (id: string) =>
    new URL((await s.ask(`/api/integrations/${id}/connect-link`, { key, json: {} })).body.connectUrl)
  const [toOther, toMine] = [await linkTo(s.other), await linkTo(s.mine)]
  const app = s.keyway.apps.list().find(({ name }) => name === 'Both')!
  s.keyway.apps.update(app.id, { grants: app.grants.slice(0, 1) })
  expect((await s.call(toOther.pathname + toOther.search)).status).not.toBe(302)
  expect(s.keyway.flows.get(s.flowId)?.kind).toBe('waiting_for_browser')
  expect((await s.call(toMine.pathname + toMine.search)).status).toBe(302)
})
