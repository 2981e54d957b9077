// leash's own sample code against the local API: only base URL and key are changed.
import { expect, test } from 'vitest'
import { signInWithHttp } from '../support/user-agent.ts'
import { startRealLocal } from '../support/local-api.ts'

test("leash's route handler posts with a token it has just asked for", async () => {
  const local = await startRealLocal({ slug: 'slack' })
  await local.signIn()
  const key = local.addApp()
  const BASE = local.url
  const SLACK = local.practice.url('/api/me')

  async function POST(req: Request) {
    const tokenRes = await fetch(`${BASE}/api/integrations/token`, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        'X-API-Key': key,
        cookie: req.headers.get('cookie') ?? '',
      },
      body: JSON.stringify({ provider: 'slack' }),
    })
    if (!tokenRes.ok) {
      const { code } = (await tokenRes.json()) as { code: string }
      return Response.json({ error: code }, { status: tokenRes.status })
    }
    const { data } = (await tokenRes.json()) as { data: { accessToken: string } }
    const posted = await fetch(SLACK, { headers: { Authorization: `Bearer ${data.accessToken}` } })
    return Response.json({ ok: true, status: posted.status })
  }

  const answer = await POST(new Request('http://app.example.test/', { method: 'POST' }))
  expect(await answer.json()).toEqual({ ok: true, status: 200 })
})

test('before anybody has connected the code is not_connected, with a connectUrl that ends in a connection', async () => {
  const local = await startRealLocal({ slug: 'slack' })
  const key = local.addApp()
  const refused = await local.ask('/api/integrations/token', { key, json: { provider: 'slack' } })
  expect(refused.status).toBe(409)
  expect(refused.body.code).toBe('not_connected')
  expect(refused.body.connectUrl).toMatch(
    /^http:\/\/127\.0\.0\.1:\d+\/api\/integrations\/slack\/connect\?ticket=/,
  )

  const signedIn = await signInWithHttp(refused.body.connectUrl, { account: 'ada@example.test' })
  expect(signedIn).toMatchObject({ kind: 'returned', status: 200 })

  // Both times are whole seconds, so that their difference may be up to one off.
  const before = Date.now() - 1000
  const { status, body } = await local.ask('/api/integrations/token', { key, json: { provider: 'slack' } })
  const after = Date.now() + 1000
  expect(status).toBe(200)
  expect(body.data).toMatchObject({ tokenType: 'Bearer', connectionId: expect.any(String) })
  expect(body.data.expiresAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
  const order = [before, Date.parse(body.data.expiresAt) - body.data.expiresIn * 1000, after]
  expect(order.toSorted((one, other) => one - other)).toEqual(order)
  expect(body.data.scopes).toContain('files.read')
})

test("leash's connect route sends a browser on; without a ticket it reads a page and nothing is started", async () => {
  const local = await startRealLocal({ slug: 'slack' })

  async function GET(req: Request) {
    const returnUrl = new URL('/settings', req.url).toString()
    const target = new URL(`${local.url}/api/integrations/connect/slack`)
    target.searchParams.set('return_url', returnUrl)
    return Response.redirect(target.href, 302)
  }

  const redirect = await GET(new Request('http://127.0.0.1:3000/connect/slack'))
  const page = await fetch(redirect.headers.get('location')!, {
    headers: { accept: 'text/html' },
    redirect: 'manual',
  })
  expect(page.status).toBe(401)
  expect(page.headers.get('content-type')).toContain('text/html')
  expect(await page.text()).toContain('Open Keyway')
  expect(local.keyway.flows.list()).toEqual([])
})

test('the same link with the key goes to the provider and comes back to return_url with how it went', async () => {
  const local = await startRealLocal({ slug: 'slack' })
  const key = local.addApp()
  const link = await local.call('/api/integrations/connect/slack?return_url=http://127.0.0.1:3000/settings', {
    key,
  })
  expect(link.status).toBe(302)
  const outcome = await signInWithHttp(link.headers.get('location')!, {
    account: 'ada@example.test',
    stopAtCallback: true,
  })
  if (outcome.kind !== 'stopped') throw new Error(outcome.kind)
  const back = await fetch(outcome.callbackUrl, { redirect: 'manual' })
  expect(back.status).toBe(302)
  const to = new URL(back.headers.get('location')!)
  expect(to.origin + to.pathname).toBe('http://127.0.0.1:3000/settings')
  expect(Object.fromEntries(to.searchParams)).toMatchObject({ success: 'true', provider: 'slack' })
  expect(to.search).not.toMatch(/code=|state=|token/i)
})

test('a grant that the provider has ended is token_expired, and treated the same as not_connected', async () => {
  const local = await startRealLocal({ slug: 'slack' })
  await local.signIn()
  const key = local.addApp()
  local.practice.revokeGrants({})
  const { status, body } = await local.ask('/api/integrations/token', {
    key,
    json: { provider: 'slack', rejected: true },
  })
  expect(status).toBe(409)
  expect(body.code).toBe('token_expired')
  expect(body.connectUrl).toContain('/api/integrations/slack/connect?ticket=')
})

test('an outage is retrying: 503 with Retry-After and retryAt, and the grant is kept', async () => {
  const local = await startRealLocal({ slug: 'slack' })
  const id = await local.signIn()
  const key = local.addApp()
  await local.practice.behave({ outage: { kind: 'refused' } })
  const { status, body, headers } = await local.ask('/api/integrations/token', {
    key,
    json: { provider: 'slack', rejected: true },
  })
  expect({ status, code: body.code }).toEqual({ status: 503, code: 'retrying' })
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
  expect(Date.parse(body.retryAt)).toBeGreaterThan(Date.now() - 1000)
  expect(local.keyway.connections.record(id)?.hasRefreshToken).toBe(true)
})

test('minValid, scopes and account are honoured, and a wrong field is named', async () => {
  const local = await startRealLocal({ slug: 'slack' })
  await local.signIn('ada@example.test', 'work')
  await local.signIn('grace@example.test', 'private')
  const key = local.addApp()
  const ask = (json: object) =>
    local.ask('/api/integrations/token', { key, json: { provider: 'slack', ...json } })

  const one = await ask({ account: 'work' })
  const other = await ask({ account: 'PRIVATE' })
  expect([one.body.data.account, other.body.data.account]).toEqual(['work', 'private'])
  expect(one.body.data.accessToken).not.toBe(other.body.data.accessToken)

  expect((await ask({ account: 'nobody' })).body.code).toBe('connection_not_found')
  const missing = await ask({ account: 'work', scopes: ['files.write'] })
  expect(missing).toMatchObject({ status: 409, body: { code: 'scope_missing' } })
  expect(missing.body.connectUrl).toContain('ticket=')

  const wrong = await ask({ minValid: -1 })
  expect(wrong).toMatchObject({ status: 400, body: { code: 'invalid_request', field: 'minValid' } })
  const unknown = await ask({ acount: 'work' })
  expect(unknown).toMatchObject({ status: 400, body: { field: 'acount' } })

  const long = await ask({ account: 'work', minValid: 10_000_000 })
  expect(long.status).toBe(200)
  expect(long.body.data.maxLifetimeReached).toBe(true)
})

test('GET answers exactly what POST answers', async () => {
  const local = await startRealLocal({ slug: 'slack' })
  const id = await local.signIn()
  const key = local.addApp()
  const post = await local.ask('/api/integrations/token', { key, json: { provider: 'slack' } })
  for (const name of ['slack', id, local.provider.id]) {
    const get = await local.ask(`/api/integrations/${name}/token`, {
      headers: { authorization: `Bearer ${key}` },
    })
    expect({ ...get.body.data, expiresIn: 0 }).toEqual({ ...post.body.data, expiresIn: 0 })
  }
})
