// Apps: pairing, what they may know about themselves, providers they may register, and what they are told as
// it happens.
import { describe, expect, onTestFinished, test } from 'vitest'
import { appMeResponseSchema, pairDecided, pairStarted } from '../../shared/contract/http-api.ts'
import {
  everything,
  startLocalInMemory,
  startRealLocal,
  type LocalApiUnderTest,
} from '../support/local-api.ts'
import { signInWithHttp } from '../support/user-agent.ts'

describe('pairing', () => {
  test('a program asks, the person sees the same code and says yes, and the key comes once', async () => {
    const local = await startRealLocal()
    await local.signIn()
    const asked = await local.ask('/api/apps/pair', {
      json: { name: 'Agent', grants: [{ provider: 'rehearsal', methods: ['GET'] }] },
    })
    expect(asked.status).toBe(202)
    const { code, pollUrl, pollToken } = pairStarted.parse(asked.body)
    const poll = (token = pollToken, query = '') =>
      local.ask(new URL(pollUrl).pathname + query, { headers: { authorization: `Bearer ${token}` } })
    expect(await poll()).toMatchObject({ status: 202, body: { status: 'pending', code } })

    const [question] = local.keyway.approvals.list()
    expect(question).toMatchObject({ kind: 'pair', appName: 'Agent', code })
    const waiting = poll(pollToken, '?wait=20')
    local.keyway.approvals.decide(question!.id, 'always')
    const approved = await waiting
    expect(approved.status).toBe(200)
    const decided = pairDecided.parse(approved.body)
    if (decided.status !== 'approved') throw new Error(decided.status)

    // Proxy only, GET only, as it was asked for: an agent gets no token by default.
    const { key } = decided
    expect((await local.ask('/api/integrations/rehearsal/request/me', { key })).status).toBe(200)
    expect((await local.ask('/api/integrations/rehearsal/token', { key })).body.code).toBe('forbidden')
    expect(
      (await local.ask('/api/integrations/rehearsal/request', { key, json: { method: 'POST', url: '/me' } }))
        .body.code,
    ).toBe('forbidden')
    expect((await poll()).status).toBe(401)
  })

  test('a no is told as such, once', async () => {
    const local = await startRealLocal()
    const { body } = await local.ask('/api/apps/pair', { json: { name: 'Agent' } })
    local.keyway.approvals.decide(local.keyway.approvals.list()[0]!.id, 'deny')
    const poll = () =>
      local.ask(new URL(body.pollUrl).pathname, { headers: { authorization: `Bearer ${body.pollToken}` } })
    await expect.poll(async () => (await poll()).body.code).toBe('approval_denied')
    expect(local.keyway.apps.list()).toEqual([])
  })

  test('the code is Keyway’s own: one that a caller chooses is taken and ignored, as older programs send it', async () => {
    const local = await startRealLocal()
    const pair = (json: Record<string, unknown>) =>
      local.ask('/api/apps/pair', { json: { name: 'Agent', ...json } })
    const answers = [await pair({ code: 'ABC-123' }), await pair({ code: 'any\u202e words' }), await pair({})]
    const codes = answers.map(({ body }) => body.code as string)
    for (const { status, body } of answers) {
      expect(status).toBe(202)
      expect(body.code).toMatch(/^[A-HJ-NP-Z2-9]{3}-[A-HJ-NP-Z2-9]{3}$/)
    }
    expect(new Set(codes).size).toBe(3)
    expect(local.keyway.approvals.list()).toMatchObject(codes.map((code) => ({ kind: 'pair', code })))
  })

  test.each([
    ['as it is', undefined],
    ['renamed in the window', { name: 'Mine' }],
  ])('a twin of a pairing gains nothing from the yes to the other (%s)', async (_how, patch) => {
    const local = await startRealLocal()
    const start = async (more: object) =>
      (await local.ask('/api/apps/pair', { json: { name: 'my-script', code: 'ABC-123', ...more } })).body
    const modest = await start({})
    const greedy = await start({ manage: true, grants: [{ provider: 'rehearsal', token: true }] })
    const poll = (started: { pollUrl: string; pollToken: string }) =>
      local.ask(new URL(started.pollUrl).pathname, {
        headers: { authorization: `Bearer ${started.pollToken}` },
      })
    const questions = local.keyway.approvals.list()
    expect(questions).toMatchObject([
      { wants: { manage: false, grants: [] } },
      { wants: { manage: true, grants: [{ token: true }] } },
    ])
    await local.keyway.ui['approvals.decide']({ id: questions[0]!.id, decision: 'always', app: patch })
    await expect.poll(async () => (await poll(modest)).status).toBe(200)
    expect(await poll(greedy)).toMatchObject({ status: 202, body: { status: 'pending' } })
    expect(local.keyway.apps.list()).toMatchObject([{ manage: false, grants: [] }])
    // The observer sees it when the other one is allowed too.
    await local.keyway.ui['approvals.decide']({ id: questions[1]!.id, decision: 'always', app: patch })
    await expect
      .poll(async () => (await poll(greedy)).body)
      .toMatchObject({ app: { manage: true, grants: [{}] } })
  })

  test('while the vault is locked nobody waits for an answer that nobody can give', async () => {
    const local = await startRealLocal()
    const waiting = (await local.ask('/api/apps/pair', { json: { name: 'Early' } })).body
    local.opened.vault.lock()
    const asked = await local.ask('/api/apps/pair', { json: { name: 'Late' } })
    expect(asked).toMatchObject({ status: 423, body: { code: 'vault_locked' } })
    const early = await local.ask(`${new URL(waiting.pollUrl).pathname}?wait=20`, {
      headers: { authorization: `Bearer ${waiting.pollToken}` },
    })
    expect(early).toMatchObject({ status: 423, body: { code: 'vault_locked' } })
    expect(local.keyway.snapshot().lockedAsks.map(({ appName }) => appName)).toEqual(['Late'])
  })

  test('a name that could reorder or hide the question is refused, with the field and what is allowed', async () => {
    const local = await startRealLocal()
    for (const name of ['rm -rf\u202e evil', 'a\u200bb', '\u2800', 'a\u2028b', '\u{E0041}x']) {
      expect(await local.ask('/api/apps/pair', { json: { name } })).toMatchObject({
        status: 400,
        body: { code: 'invalid_request', field: 'name', message: expect.stringMatching(/U\+|visible/) },
      })
    }
    for (const odd of [
      { authProviders: [{ provider: 'acme', scopes: ['read\u202e'] }] },
      { grants: [{ provider: 'acme\u200b' }] },
      { grants: [{ provider: 'acme', paths: ['/a\u2066b'] }] },
    ]) {
      const refused = await local.ask('/api/apps/pair', { json: { name: 'Agent', ...odd } })
      expect(refused).toMatchObject({ status: 400, body: { message: expect.stringMatching(/invisible/) } })
    }
    expect(local.keyway.approvals.list()).toEqual([])
    expect((await local.ask('/api/apps/pair', { json: { name: 'כלי 👩🏽‍💻' } })).status).toBe(202)
  })

  test('nobody else can fetch the key: not without the poll token, not with another one, not with an app key', async () => {
    const local = await startLocalInMemory()
    const { body } = await local.ask('/api/apps/pair', { json: { name: 'Agent' } })
    local.keyway.approvals.decide(local.keyway.approvals.list()[0]!.id, 'once')
    const path = new URL(body.pollUrl).pathname
    expect((await local.ask(path)).status).toBe(401)
    expect((await local.ask(path, { key: local.key })).status).toBe(401)
    for (const token of [`kp_${'A'.repeat(43)}`, local.key]) {
      expect((await local.ask(path, { headers: { authorization: `Bearer ${token}` } })).status).toBe(401)
    }
    const own = await local.ask(path, { headers: { authorization: `Bearer ${body.pollToken}` } })
    expect(own.body).toMatchObject({ status: 'approved', key: expect.stringMatching(/^kw_/) })
  })

  test('a program takes its question back: the person is not asked any more, and a key nobody fetched is void', async () => {
    const local = await startRealLocal()
    const ask = async () => (await local.ask('/api/apps/pair', { json: { name: 'Agent' } })).body
    const first = await ask()
    const path = new URL(first.pollUrl).pathname
    const wrong = { authorization: `Bearer kp_${'A'.repeat(43)}` }
    expect((await local.call(path, { method: 'DELETE', headers: wrong })).status).toBe(401)
    expect(local.keyway.approvals.list()).toHaveLength(1)
    const own = { authorization: `Bearer ${first.pollToken}` }
    expect((await local.call(path, { method: 'DELETE', headers: own })).status).toBe(204)
    expect(local.keyway.approvals.list()).toEqual([])
    expect((await local.ask(path, { headers: own })).status).toBe(401)

    const second = await ask()
    local.keyway.approvals.decide(local.keyway.approvals.list()[0]!.id, 'once')
    await expect.poll(() => local.keyway.apps.list()).toHaveLength(1)
    const other = { authorization: `Bearer ${second.pollToken}` }
    await local.call(new URL(second.pollUrl).pathname, { method: 'DELETE', headers: other })
    expect(local.keyway.apps.list()).toEqual([])
  })

  test('further questions take the places of earlier ones, and a web page cannot ask any', async () => {
    const local = await startLocalInMemory()
    const ask = (headers = {}) => local.ask('/api/apps/pair', { json: { name: 'Agent' }, headers })
    for (let round = 0; round < 7; round += 1) expect((await ask()).status).toBe(202)
    expect(await ask({ origin: 'https://attacker.example' })).toMatchObject({ status: 403 })
  })
})

test('an app reads what it may do, and may change nothing but what it needs', async () => {
  const local = await startRealLocal()
  const key = local.addApp({ name: 'Reader', grants: [{ target: { kind: 'all' }, methods: ['GET'] }] })
  const me = await local.ask('/api/apps/me', { key })
  expect(appMeResponseSchema.parse(me.body)).toMatchObject({
    name: 'Reader',
    manage: false,
    grants: [{ token: false, proxy: true, methods: ['GET'] }],
  })
  expect(JSON.stringify(me.body)).not.toContain('sha256')
  for (const more of [{ grants: everything }, { manage: true }, { name: 'Other' }]) {
    const json = { authProviders: [], ...more }
    expect(await local.ask('/api/apps/me', { key, method: 'PATCH', json })).toMatchObject({
      status: 400,
      body: { field: Object.keys(more)[0] },
    })
  }
})

describe('registering providers', () => {
  const draft = (issuer: string) => ({
    slug: 'acme',
    name: 'Acme',
    clientId: 'made-up-client',
    clientSecret: 'made-up-secret',
    scopes: ['read'],
    spec: { discovery: { issuer } },
  })

  test('wants the manage grant', async () => {
    const local = await startRealLocal()
    const key = local.addApp()
    const calls: Array<[string, string, object?]> = [
      ['GET', '/api/integrations'],
      ['POST', '/api/integrations', draft(local.practice.issuer)],
      ['GET', '/api/integrations/rehearsal'],
      ['PATCH', '/api/integrations/rehearsal', { name: 'X' }],
      ['DELETE', '/api/integrations/rehearsal'],
    ]
    for (const [method, path, json] of calls) {
      expect(await local.ask(path, { key, method, ...(json === undefined ? {} : { json }) })).toMatchObject({
        status: 403,
        body: { code: 'forbidden' },
      })
    }
    expect(local.keyway.providers.list()).toHaveLength(1)
  })

  test('creates, lists, changes and removes; the secret is write-only and the slug stays', async () => {
    const local = await startRealLocal()
    const key = local.addApp({ manage: true, grants: [] })
    const made = await local.ask('/api/integrations', { key, json: draft(local.practice.issuer) })
    expect(made).toMatchObject({ status: 201, body: { slug: 'acme', type: 'acme', hasClientSecret: true } })
    expect(made.body.redirectUri).toBe(`${local.url}/oauth2/callback`)
    expect(JSON.stringify(made.body)).not.toContain('made-up-secret')
    expect(
      (await local.ask('/api/integrations', { key, json: draft(local.practice.issuer) })).body.code,
    ).toBe('slug_taken')
    expect(
      (await local.ask('/api/integrations', { key, json: { ...draft(''), slug: 'Not A Slug' } })).body,
    ).toMatchObject({
      code: 'invalid_request',
      details: expect.arrayContaining([expect.objectContaining({ field: 'slug' })]),
    })
    const renamed = await local.ask('/api/integrations/acme', {
      key,
      method: 'PATCH',
      json: { name: 'Acme 2' },
    })
    expect(renamed.body).toMatchObject({ name: 'Acme 2', reauthorise: false, scopes: ['read'] })
    const widened = await local.ask('/api/integrations/acme', {
      key,
      method: 'PATCH',
      json: { scopes: ['read', 'write'] },
    })
    expect(widened.body).toMatchObject({
      reauthorise: true,
      connectUrl: expect.stringContaining('/api/integrations/acme/connect?ticket='),
    })
    expect(
      (await local.ask('/api/integrations/acme', { key, method: 'PATCH', json: { slug: 'other' } })).status,
    ).toBe(400)
    const list = await local.ask('/api/integrations', { key })
    expect(list.body).toMatchObject({ total: 2, _embedded: { 'inf:integration': expect.any(Array) } })
    expect(await local.ask('/api/integrations/acme', { key, method: 'DELETE' })).toMatchObject({
      status: 200,
      body: { removedConnections: 0 },
    })
    expect((await local.ask('/api/integrations/acme', { key })).body.code).toBe('provider_not_found')
  })
})

describe('events', () => {
  test('a sign-in, a refresh and a disconnect are told as they happen, without secrets', async () => {
    const local = await startRealLocal()
    const key = local.addApp()
    const events = await listen(local, key)
    const link = await local.call('/api/integrations/rehearsal/connect', { key })
    await signInWithHttp(link.headers.get('location')!, { account: 'ada@example.test' })
    await events.until(({ event, data }) => event === 'connection.changed' && data.change === 'added')
    await local.ask('/api/integrations/rehearsal/token', { key })
    const { data } = (await local.ask('/api/integrations/rehearsal/token?rejected=true', { key })).body
    await events.until(({ event, data: seen }) => event === 'connection.changed' && seen.change === 'changed')
    await local.call('/api/integrations/rehearsal/connection', { key, method: 'DELETE' })
    await events.until(({ event, data: seen }) => event === 'connection.changed' && seen.change === 'removed')
    expect(
      events.seen.some(({ event, data: seen }) => event === 'flow.changed' && seen.state === 'done'),
    ).toBe(true)
    expect(JSON.stringify(events.seen)).not.toContain(data.accessToken)
    expect(JSON.stringify(events.seen)).not.toMatch(/code=|state=|authorizationUrl/)
  })

  test('an app hears only of its own connections and approvals, and nothing any more once its key is revoked', async () => {
    const local = await startLocalInMemory()
    const { key, id } = local.keyway.addApp({
      name: 'Narrow',
      grants: [{ target: { kind: 'connection', connectionId: local.connectionId } }],
    })
    const events = await listen(local, key)
    await local.keyway.addConnection('slack', 'private')
    const question = {
      id: 'a1',
      appName: 'x',
      askedAt: 0,
      expiresAt: 0,
      waiting: 1,
      kind: 'pair',
      code: 'x',
      wants: {},
    }
    local.keyway.emit('approvals', [
      { ...question, appId: 'another' },
      { ...question, id: 'a2', appId: id },
    ] as never)
    await events.until(({ event }) => event === 'approval.changed')
    expect(events.seen.filter(({ event }) => event !== 'ready')).toEqual([
      { event: 'approval.changed', data: expect.objectContaining({ approvalId: 'a2', state: 'waiting' }) },
    ])
    local.keyway.apps.remove(id)
    // Broken off: what it had not read yet is not for it any more.
    await expect(events.ended).rejects.toThrow('terminated')
  })
})

type Seen = { event: string; data: Record<string, unknown> }

/** An open event stream; closed with the test. */
async function listen(local: LocalApiUnderTest, key: string) {
  const abort = new AbortController()
  onTestFinished(() => abort.abort())
  const response = await fetch(`${local.url}/api/events`, {
    headers: { 'x-api-key': key },
    signal: abort.signal,
  })
  expect(response.headers.get('content-type')).toContain('text/event-stream')
  const seen: Seen[] = []
  const ended = (async () => {
    let text = ''
    try {
      for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
        text += chunk
        for (let at = text.indexOf('\n\n'); at !== -1; at = text.indexOf('\n\n')) {
          const match = /^event: (.+)\ndata: (.+)$/m.exec(text.slice(0, at))
          if (match !== null) seen.push({ event: match[1]!, data: JSON.parse(match[2]!) })
          text = text.slice(at + 2)
        }
      }
    } catch (error) {
      if (!abort.signal.aborted) throw error
    }
  })()
  const until = async (wanted: (event: Seen) => boolean): Promise<void> => {
    await expect.poll(() => seen.some(wanted), { timeout: 10_000 }).toBe(true)
  }
  await until(({ event }) => event === 'ready')
  return { seen, ended, until }
}
