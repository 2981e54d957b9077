// An app with a grant for one account of a provider, and one for requests only, tries every route for more.
import { expect, test } from 'vitest'
import { startRealLocal, type CallOptions } from '../../support/local-api.ts'

async function twoAccounts() {
  const local = await startRealLocal()
  const own = await local.signIn('ada@example.test', 'own')
  const foreign = await local.signIn('grace@example.test', 'foreign')
  const grants = [
    {
      target: { kind: 'connection' as const, connectionId: own },
      token: false,
      methods: ['GET' as const],
      paths: ['/api/me'],
    },
  ]
  return { local, own, foreign, key: local.addApp({ name: 'Narrow', grants }) }
}

test('a grant for one account starts no sign-in for another one, nor for a new one', async () => {
  const { local, own, foreign, key } = await twoAccounts()
  const ways: Array<[string, CallOptions]> = [
    ['/api/integrations/rehearsal/connect-link', { json: { account: 'foreign', scopes: ['files.write'] } }],
    ['/api/integrations/rehearsal/connect-link', { json: { account: 'new' } }],
    [`/api/integrations/${foreign}/connect-link`, { json: {} }],
    ['/api/integrations/rehearsal/connect?account=foreign', {}],
    ['/api/integrations/connect/rehearsal?account=new', {}],
    ['/api/auth/rehearsal/login?userId=foreign', {}],
    ['/api/auth/rehearsal/login?userId=new', {}],
    [`/api/integrations/${foreign}/connect`, {}],
  ]
  for (const [path, options] of ways) {
    const answer = await local.ask(path, { key, ...options })
    // One answer for what exists and what does not.
    expect({ path, status: answer.status, code: answer.body.code }).toEqual({
      path,
      status: 403,
      code: 'forbidden',
    })
  }
  const renamed = await local.ask(`/api/integrations/${own}/connect-link`, {
    key,
    json: { account: 'foreign' },
  })
  expect(renamed.body.code).toBe('connection_not_found')
  expect(local.keyway.flows.list().filter(({ kind }) => kind === 'waiting_for_browser')).toEqual([])

  const link = await local.ask('/api/integrations/rehearsal/connect-link', { key, json: {} })
  await local.call(link.body.connectUrl.replace(local.url, ''))
  expect(local.keyway.flows.list().findLast(({ kind }) => kind === 'waiting_for_browser')).toMatchObject({
    connectionId: own,
    account: 'own',
  })
})

test('a link that was handed out before the grant was taken away lets nobody in', async () => {
  const { local, key } = await twoAccounts()
  const link = await local.ask('/api/integrations/rehearsal/connect-link', { key, json: {} })
  const app = local.keyway.apps.list().find(({ name }) => name === 'Narrow')!
  local.keyway.apps.update(app.id, { grants: [] })
  const opened = await local.ask(link.body.connectUrl.replace(local.url, ''))
  expect(opened).toMatchObject({ status: 410, body: { code: 'expired_link' } })
})

test('no route hands a token, another account, another path or the providers to an app that may only send one request', async () => {
  const { local, foreign, own, key } = await twoAccounts()
  const tokens = await Promise.all([own, foreign].map((id) => local.opened.keyway.tokens.get(id, {})))
  const values = tokens.map((each) => (each.kind === 'ok' ? each.token.accessToken.reveal() : ''))
  const answers: string[] = []
  const tryAll = async (id: string): Promise<void> => {
    const calls: Array<[string, CallOptions]> = [
      [`/api/integrations/${id}/token`, {}],
      ['/api/integrations/token', { json: { provider: id } }],
      [`/api/integrations/${id}/connection`, {}],
      [`/api/integrations/${id}/connection`, { method: 'DELETE' }],
      [`/api/integrations/${id}/connect`, { json: { refreshToken: 'another' } }],
      [`/api/integrations/${id}/request/files`, {}],
      [`/api/integrations/${id}/request/me`, { method: 'POST', body: 'x' }],
      [`/api/integrations/${id}/request`, { json: { url: '/files' } }],
      [`/api/integrations/${id}`, {}],
    ]
    for (const [path, options] of calls) {
      const { status, body } = await local.ask(path, { key, ...options })
      answers.push(JSON.stringify(body))
      const isOwnRecord = path.endsWith('/connection') && options.method === undefined && id !== foreign
      expect([id, path, options.method, status]).toEqual([id, path, options.method, isOwnRecord ? 200 : 403])
    }
  }
  for (const id of ['rehearsal', local.provider.id, own, foreign]) await tryAll(id)
  for (const path of [
    '/api/integrations',
    '/api/auth/connections?userId=foreign',
    '/api/integration-connections',
    '/api/apps/me',
  ]) {
    answers.push(JSON.stringify((await local.ask(path, { key })).body))
  }
  const all = answers.join()
  for (const secret of values) expect(all).not.toContain(secret)
  expect(all).not.toContain('grace@example.test')
  expect(JSON.parse(answers.at(-2)!)).toMatchObject({ total: 1 })
  expect(local.keyway.connections.list()).toHaveLength(2)
})

test('an app that may manage providers has neither the client secret nor anybody’s tokens sent to an address of its own', async () => {
  const local = await startRealLocal()
  await local.signIn()
  const key = local.addApp({ name: 'Set-up', manage: true, grants: [] })
  const before = local.keyway.providers.find('rehearsal')!
  const patch = (json: object) => local.ask('/api/integrations/rehearsal', { key, method: 'PATCH', json })
  const elsewhere = 'https://collector.example.test'
  const moves = [
    { spec: { ...before.overrides, endpoints: { token: `${elsewhere}/t` } } },
    { spec: { ...before.overrides, refresh: { url: `${elsewhere}/t` } } },
    { spec: { ...before.overrides, api: { baseUrl: elsewhere } } },
    { spec: { ...before.overrides, revocation: { endpoint: `${elsewhere}/r` } } },
    { allowedHosts: ['collector.example.test'] },
    { extraCa: 'a certificate' },
  ]
  for (const move of moves) {
    const withoutSecret = await patch(move)
    expect({ move, status: withoutSecret.status }).toEqual({ move, status: 400 })
    const withSecret = await patch({ ...move, clientSecret: 'another' })
    expect({ move, ok: withSecret.status < 300 }).toEqual({ move, ok: false })
  }
  expect(local.keyway.providers.find('rehearsal')).toEqual(before)
  // What sends nothing anywhere is still its to change.
  expect((await patch({ name: 'Renamed', scopes: ['openid'] })).status).toBe(200)

  const trusted = local.addApp({ name: 'Trusted', manage: true })
  const moved = await local.ask('/api/integrations/rehearsal', {
    key: trusted,
    method: 'PATCH',
    json: { allowedHosts: ['more.example.test'], clientSecret: 'another' },
  })
  expect(moved.status).toBe(200)
})
