// The requests of the integrations-api document, row by row, against the real core and a real provider.
import { expect, test } from 'vitest'
import { connectionListAnswer } from '../../electron/http/connections/views.ts'
import {
  connectionResponseSchema,
  connectionListResponseSchema as listSchema,
} from '../../shared/contract/http-api.ts'
import { grantOf } from '../support/foreign-grant.ts'
import { startRealLocal } from '../support/local-api.ts'
import { signInWithHttp } from '../support/user-agent.ts'

test('GET connect goes to the provider, and its callback ends in a stored connection', async () => {
  const local = await startRealLocal()
  const key = local.addApp()
  const start = await local.call('/api/integrations/rehearsal/connect', { key })
  expect(start.status).toBe(302)
  const location = new URL(start.headers.get('location')!)
  expect(location.origin).toBe(local.practice.issuer)
  expect(location.searchParams.get('state')?.length).toBeGreaterThan(20)
  expect(location.searchParams.get('code_challenge_method')).toBe('S256')
  const end = await signInWithHttp(location.href, { account: 'ada@example.test' })
  expect(end).toMatchObject({ kind: 'returned', status: 200 })

  const { status, body } = await local.ask('/api/integrations/rehearsal/connection', { key })
  expect(status).toBe(200)
  expect(connectionResponseSchema.parse(body)).toMatchObject({
    integrationId: local.provider.id,
    isShared: false,
    apiBaseUri: local.practice.url('/api'),
    ownerId: expect.stringContaining('ada'),
  })
  for (const name of ['tokenExpiresAt', 'lastAuthorizedAt', 'createdAt', 'updatedAt']) {
    expect(body[name]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
  }
})

test('the callback page says what went wrong and what to do, for a denial, a strange state and a replay', async () => {
  const local = await startRealLocal()
  const key = local.addApp()
  const start = async () =>
    (await local.call('/api/integrations/rehearsal/connect', { key })).headers.get('location')!
  const denied = await signInWithHttp(await start(), { account: 'ada@example.test', decision: 'deny' })
  expect(denied).toMatchObject({ kind: 'returned', status: 403 })

  const page = async (path: string) => {
    const response = await local.call(path, { headers: { accept: 'text/html' } })
    return { status: response.status, text: await response.text(), headers: response.headers }
  }
  const strange = await page('/oauth2/callback?code=made-up&state=made-up')
  expect([400, 404]).toContain(strange.status)
  expect(strange.text).toContain('Start the sign-in again')
  expect(strange.headers.get('content-security-policy')).toContain("default-src 'none'")
  expect(strange.headers.get('content-security-policy')).not.toContain('unsafe')
  expect(strange.headers.get('referrer-policy')).toBe('no-referrer')
  expect(strange.text).not.toContain('<script')

  const outcome = await signInWithHttp(await start(), { account: 'ada@example.test', stopAtCallback: true })
  if (outcome.kind !== 'stopped') throw new Error(outcome.kind)
  const { pathname, search } = new URL(outcome.callbackUrl)
  expect((await page(pathname + search)).status).toBe(200)
  const again = await page(pathname + search)
  expect(again.status).toBe(200)
  expect(again.text).toContain('is connected')
  const other = await page(`${pathname}${search}&more=1`)
  expect(other.status).toBe(410)
  expect(other.text).toContain('callback_replayed')
})

test('a form_post answer with the provider’s Origin is taken like a redirect', async () => {
  const local = await startRealLocal()
  const key = local.addApp()
  const start = await local.call('/api/integrations/rehearsal/connect', { key })
  const outcome = await signInWithHttp(start.headers.get('location')!, {
    account: 'ada@example.test',
    stopAtCallback: true,
  })
  if (outcome.kind !== 'stopped') throw new Error(outcome.kind)
  for (const origin of ['null', local.practice.issuer]) {
    const answer = await local.call('/oauth2/callback', {
      method: 'POST',
      body: new URLSearchParams(new URL(outcome.callbackUrl).search),
      headers: { origin, accept: 'text/html' },
    })
    expect(answer.status).toBe(200)
  }
})

test('POST connect takes a refresh token that works, and answers 201 with the connection', async () => {
  const local = await startRealLocal()
  const first = await local.signIn('ada@example.test', 'first')
  const key = local.addApp()
  const { tokens } = await grantOf(local)
  const made = await local.ask(`/api/integrations/rehearsal/connect`, {
    key,
    json: { refreshToken: tokens, account: 'second' },
  })
  expect(made.status).toBe(201)
  expect(connectionResponseSchema.parse(made.body)).toMatchObject({ ownerId: 'second' })
  expect(made.body.id).not.toBe(first)

  const bad = await local.ask(`/api/integrations/rehearsal/connect`, {
    key,
    json: { refreshToken: 'made-up-refresh-token', account: 'third' },
  })
  // What the caller pasted is wrong, not the provider.
  expect(bad).toMatchObject({ status: 400, body: { code: 'invalid_request', field: 'refreshToken' } })
  expect(
    local.keyway.connections
      .list()
      .map(({ account }) => account)
      .sort(),
  ).toEqual(['first', 'second'])
})

test('POST connect takes the code of a sign-in that was started here', async () => {
  const local = await startRealLocal()
  const key = local.addApp()
  const start = await local.call('/api/integrations/rehearsal/connect?account=work', { key })
  const outcome = await signInWithHttp(start.headers.get('location')!, {
    account: 'ada@example.test',
    stopAtCallback: true,
  })
  if (outcome.kind !== 'stopped') throw new Error(outcome.kind)
  const parameters = new URL(outcome.callbackUrl).searchParams
  const stranger = await local.ask('/api/integrations/rehearsal/connect', {
    key,
    json: { code: parameters.get('code'), state: 'made-up' },
  })
  expect(stranger).toMatchObject({ status: 400, body: { code: 'state_mismatch' } })
  const made = await local.ask('/api/integrations/rehearsal/connect', {
    key,
    json: { callbackUrl: outcome.callbackUrl },
  })
  expect(made).toMatchObject({ status: 201, body: { ownerId: 'work' } })
})

test('DELETE connection is 204, revokes at the provider, says so, and leaves nothing', async () => {
  const local = await startRealLocal()
  const id = await local.signIn()
  const key = local.addApp()
  const { body } = await local.ask('/api/integrations/rehearsal/token', { key })
  const gone = await local.call('/api/integrations/rehearsal/connection', { key, method: 'DELETE' })
  expect(gone.status).toBe(204)
  expect(gone.headers.get('keyway-revocation')).toBe('at_provider')
  expect(await gone.text()).toBe('')
  expect(local.keyway.connections.get(id)).toBeNull()
  const dead = await fetch(local.practice.url('/api/me'), {
    headers: { authorization: `Bearer ${body.data.accessToken}` },
  })
  expect(dead.status).toBe(401)
  expect((await local.ask('/api/integrations/rehearsal/token', { key })).body.code).toBe('not_connected')
})

test('an app that may only send requests can neither disconnect nor put another grant in its place', async () => {
  const local = await startRealLocal()
  await local.signIn()
  const key = local.addApp({ grants: [{ target: { kind: 'all' }, token: false, proxy: true }] })
  const gone = await local.ask('/api/integrations/rehearsal/connection', { key, method: 'DELETE' })
  expect(gone).toMatchObject({ status: 403, body: { code: 'forbidden' } })
  const replaced = await local.ask('/api/integrations/rehearsal/connect', {
    key,
    json: { refreshToken: 'mine' },
  })
  expect(replaced).toMatchObject({ status: 403, body: { code: 'forbidden' } })
  expect(local.keyway.connections.list()).toHaveLength(1)
})

test('the list has their HAL shape, pages with start and count, and shows each app only its own', async () => {
  const local = await startRealLocal()
  const ada = await local.signIn('ada@example.test', 'ada')
  await local.signIn('grace@example.test', 'grace')
  await local.signIn('mary@example.test', 'mary')
  const key = local.addApp()
  const all = await local.ask('/api/integration-connections', { key })
  expect(listSchema.parse(all.body)).toMatchObject({ start: 0, count: 3, total: 3 })
  expect(all.body._links.self.href).toBe('/api/integration-connections')
  const [item] = all.body._embedded['inf:integration-connection']
  expect(item).toMatchObject({ isShared: false, ownerId: 'ada', integrationId: local.provider.id })
  expect(item._embedded['inf:integration']).toEqual({
    id: local.provider.id,
    name: 'Rehearsal',
    type: 'rehearsal',
  })
  const seen: string[] = []
  let next = '/api/integration-connections?start=0&count=2'
  while (next !== undefined) {
    const page = (await local.ask(next, { key })).body
    seen.push(
      ...page._embedded['inf:integration-connection'].map((each: { ownerId: string }) => each.ownerId),
    )
    next = page._links.next?.href
  }
  expect(seen).toEqual(['ada', 'grace', 'mary'])

  const narrow = local.addApp({ grants: [{ target: { kind: 'connection', connectionId: ada } }] })
  const own = await local.ask('/api/integration-connections', { key: narrow })
  expect(own.body).toMatchObject({ count: 1, total: 1 })
})

test('POST request joins a relative URL to apiBaseUri and passes method, headers and data', async () => {
  const local = await startRealLocal()
  await local.signIn()
  const key = local.addApp({ grants: [{ target: { kind: 'all' } }] })
  const answer = await local.ask('/api/integrations/rehearsal/request', {
    key,
    json: { method: 'GET', url: '/me?pageSize=10', headers: { Accept: 'application/json' } },
  })
  expect(answer.status).toBe(200)
  expect(answer.headers.get('keyway-upstream')).toBe('1')
  expect(answer.body.email).toBe('ada@example.test')
  const absolute = await local.ask('/api/integrations/rehearsal/request', {
    key,
    json: { url: local.practice.url('/api/me') },
  })
  expect(absolute.status).toBe(200)
})

test('the path form is the same, and refreshes a token that has expired before the API sees it', async () => {
  const local = await startRealLocal()
  await local.signIn()
  const key = local.addApp({ grants: [{ target: { kind: 'all' } }] })
  expect((await local.ask('/api/integrations/rehearsal/request/me', { key })).body.email).toBe(
    'ada@example.test',
  )
  local.practice.expireAccessTokens({})
  const after = await local.ask('/api/integrations/rehearsal/request/me', { key })
  expect(after).toMatchObject({ status: 200, body: { email: 'ada@example.test' } })
})

test('a page is asked for in whole numbers; what is none, too much or unknown is refused with what is allowed', async () => {
  const local = await startRealLocal()
  await local.signIn()
  const key = local.addApp()
  const list = (query: string) => local.ask(`/api/integration-connections?${query}`, { key })
  for (const wrong of ['start=', 'start=1e2', 'start=%201', 'start=-1', 'start=1.5', 'start=99999999']) {
    expect({ wrong, ...(await list(wrong)) }).toMatchObject({ wrong, status: 400, body: { field: 'start' } })
  }
  for (const wrong of ['count=0', 'count=1001']) expect(await list(wrong)).toMatchObject({ status: 400 })
  const unknown = await list('page=2')
  expect(unknown.body).toMatchObject({ field: 'page', message: expect.stringContaining('start, count') })

  const beyond = await list('start=50&count=10')
  expect(beyond.body).toMatchObject({ start: 50, count: 0, total: 1, _links: { prev: expect.anything() } })
  expect(beyond.body._embedded['inf:integration-connection']).toEqual([])
  expect(beyond.body._links).not.toHaveProperty('next')
})

test('an account in any script is found in body, query and header, whatever its case and composition', async () => {
  const local = await startRealLocal()
  await local.signIn('ada@example.test', 'Größe 東京')
  await local.signIn('grace@example.test', 'work')
  const key = local.addApp()
  for (const account of ['größe 東京', 'Größe 東京'.normalize('NFD')]) {
    const inBody = await local.ask('/api/integrations/token', {
      key,
      json: { provider: 'rehearsal', account },
    })
    const inQuery = await local.ask(
      `/api/integrations/rehearsal/token?account=${encodeURIComponent(account)}`,
      { key },
    )
    const asUserId = await local.ask(`/api/auth/connections?userId=${encodeURIComponent(account)}`, { key })
    expect([inBody.status, inQuery.status]).toEqual([200, 200])
    expect(asUserId.body.providers).toEqual(['rehearsal'])
    // As curl sends it: the bytes of UTF-8.
    const inHeader = await local.ask('/api/integrations/rehearsal/request/me', {
      key,
      headers: { 'keyway-account': Buffer.from(account).toString('latin1') },
    })
    expect(inHeader.body).toMatchObject({ email: 'ada@example.test' })
  }
})

test('the type in the list is the kind of provider, whatever slug this one has', async () => {
  const local = await startRealLocal()
  await local.signIn()
  const answer = connectionListAnswer(
    local.keyway.connections.list(),
    { start: 0, count: 1 },
    () => 'google_drive',
  )
  const [item] = answer._embedded['inf:integration-connection']
  expect(item).toMatchObject({
    provider: 'rehearsal',
    _embedded: { 'inf:integration': { type: 'google_drive' } },
  })
})

test('HEAD is a GET without its body, OPTIONS says what there is, and a look sets nothing off', async () => {
  const local = await startRealLocal()
  const key = local.addApp()
  const id = await local.signIn()
  for (const path of ['/healthz', '/openapi.json', '/docs', '/api/integration-connections', '/api/apps/me']) {
    const head = await local.call(path, { key, method: 'HEAD' })
    expect([path, head.status, await head.text()]).toEqual([path, 200, ''])
  }
  const options = await local.call(`/api/integrations/${id}/connection`, { key, method: 'OPTIONS' })
  expect([options.status, options.headers.get('allow')]).toEqual([204, 'GET, HEAD, DELETE, OPTIONS'])
  for (const path of [
    '/api/integrations/rehearsal/connect',
    '/oauth2/callback',
    '/api/integrations/rehearsal/token',
  ]) {
    expect([path, (await local.call(path, { key, method: 'HEAD' })).status]).toEqual([path, 405])
  }
  expect(local.keyway.flows.list().filter(({ kind }) => kind === 'waiting_for_browser')).toEqual([])
})
