// Every described call, made for real: its answer has the described status and type and validates against its
// own schema in /openapi.json, by a validator that is not ours.
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { expect, test } from 'vitest'
import { errorTable } from '../../shared/contract/errors.ts'
import { startRealLocal, type CallOptions, type Json, type RealLocal } from '../support/local-api.ts'
import { grantOf } from '../support/foreign-grant.ts'
import { signInWithHttp } from '../support/user-agent.ts'

type Operation = { responses: Record<string, { content?: Record<string, { schema: object }> }> }
type Document = { paths: Record<string, Record<string, Operation>> }

type Checked = { status: number; body: Json; headers: Headers }

/** Makes a call and holds its answer against the description; remembers what was seen. */
async function createChecker(local: RealLocal) {
  const { paths } = (await local.ask('/openapi.json')).body as Document
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  addFormats.default(ajv)
  const seen = new Set<string>()
  const described = new Set(
    Object.entries(paths).flatMap(([path, item]) => Object.keys(item).map((method) => `${method} ${path}`)),
  )
  const check = async (template: string, path: string, options: CallOptions = {}): Promise<Checked> => {
    const method = (options.method ?? (options.json === undefined ? 'GET' : 'POST')).toLowerCase()
    const { responses } = paths[template]![method]!
    const response = await local.call(path, options)
    const text = await response.text()
    const what = `${method} ${path} → ${response.status} ${text.slice(0, 300)}`
    const answer = responses[response.status] ?? responses['default']
    expect({ what, described: answer !== undefined }).toEqual({ what, described: true })
    const isUpstream = response.headers.has('keyway-upstream')
    const isDescribed = String(response.status) in responses || isUpstream
    if (isDescribed) seen.add(`${method} ${template} ${response.status}`)
    expect({ what, fits: isDescribed || response.status >= 400 }).toEqual({ what, fits: true })
    const type = response.headers.get('content-type')?.split(';')[0] ?? ''
    const schema = (answer!.content?.[type] ?? answer!.content?.['*/*'])?.schema
    if (text === '') return { status: response.status, body: null, headers: response.headers }
    expect({ what, type, described: schema !== undefined }).toMatchObject({ what, described: true })
    const body: Json = type === 'application/json' ? JSON.parse(text) : text
    const validate = ajv.compile(schema!)
    expect({ what, ok: validate(body), errors: validate.errors }).toEqual({ what, ok: true, errors: null })
    if (response.status >= 400 && type === 'application/json' && !isUpstream)
      expectCoded(response.status, body, response.headers)
    return { status: response.status, body, headers: response.headers }
  }
  return { check, seen, described }
}

function expectCoded(status: number, body: Json, headers: Headers): void {
  expect(errorTable[body.code as keyof typeof errorTable].status).toBe(status)
  expect(body.error).toBe(body.code)
  if (status === 401) expect(headers.get('www-authenticate')).toContain('Bearer')
  if (status === 405) expect(headers.get('allow')).not.toBeNull()
  if (status === 503 || status === 429) expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
}

test('every described call answers as it is described, when it works and when it does not', async () => {
  const local = await startRealLocal()
  const { check, seen, described } = await createChecker(local)
  const key = local.addApp({ manage: true, approve: true })
  await failures(check, key)
  await connecting(local, check, key)
  await using(check, key)
  await apps(local, check, key)
  await providers(check, key)
  await ending(local, check, key)
  // A stream has no end to be checked.
  seen.add('get /api/events 200')
  const unseen = [...described].filter((call) => ![...seen].some((each) => each.startsWith(`${call} `)))
  expect(unseen).toEqual([])
})

type Check = Awaited<ReturnType<typeof createChecker>>['check']
const ID = '/api/integrations/{id}'

async function failures(check: Check, key: string): Promise<void> {
  const token = '/api/integrations/token'
  await check(token, token, { json: { provider: 'rehearsal' } })
  await check(token, token, { key, json: { provider: 'rehearsal' } })
  await check(token, token, { key, json: { provider: 'nobody' } })
  await check(token, token, { key, json: { provider: 'rehearsal', colour: 'red' } })
  await check(token, token, { key, method: 'POST', body: 'provider=rehearsal' })
  await check(`${ID}/token`, '/api/integrations/rehearsal/token?minValid=-1', { key })
  await check(`${ID}/connection`, '/api/integrations/rehearsal/connection', { key })
  await check(`${ID}/request`, '/api/integrations/rehearsal/request', { key, json: {} })
  await check(`${ID}/request/{path}`, '/api/integrations/rehearsal/request/me', { key })
  await check('/api/integration-connections', '/api/integration-connections?count=0', { key })
  await check('/api/apps/pair/{pairingId}', '/api/apps/pair/none', {
    headers: { authorization: 'Bearer kp_x' },
  })
}

async function connecting(local: RealLocal, check: Check, key: string): Promise<void> {
  const linkCall = '/api/integrations/rehearsal/connect-link'
  await check(`${ID}/connect-link`, linkCall, { key, json: { account: 'work' } })
  await check('/api/integrations/connect/{slug}', '/api/integrations/connect/rehearsal', { key })
  const login = await check('/api/auth/{provider}/login', '/api/auth/rehearsal/login?userId=toolshed', {
    key,
  })
  const posted = await callbackOf(login)
  await check('/oauth2/callback', '/oauth2/callback', {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: posted.search.slice(1),
  })
  const browser = await check(`${ID}/connect`, '/api/integrations/rehearsal/connect?account=work', { key })
  const callback = await callbackOf(browser)
  await check('/oauth2/callback', callback.pathname + callback.search, { headers: { accept: 'text/html' } })
  await check('/oauth2/callback', '/oauth2/callback?error=access_denied&state=made-up')
  await check('/oauth2/callback', '/oauth2/callback', {
    method: 'POST',
    headers: { accept: 'text/html', 'content-type': 'application/x-www-form-urlencoded' },
    body: 'error=access_denied&state=made-up',
  })
  const { tokens: refreshToken } = await grantOf(local)
  await check(`${ID}/connect`, '/api/integrations/rehearsal/connect', {
    key,
    json: { refreshToken, account: 'pasted' },
  })
  await check(`${ID}/connect`, '/api/integrations/rehearsal/connect', {
    key,
    json: { refreshToken: 'nonsense' },
  })
}

/** The person signs in; the address that the browser is sent back to. */
async function callbackOf({ headers }: Checked): Promise<URL> {
  const account = 'ada@example.test'
  const end = await signInWithHttp(headers.get('location')!, { account, stopAtCallback: true })
  if (end.kind !== 'stopped') throw new Error(end.kind)
  return new URL(end.callbackUrl)
}

async function using(check: Check, key: string): Promise<void> {
  const json = { provider: 'rehearsal', account: 'work' }
  await check('/api/integrations/token', '/api/integrations/token', { key, json })
  await check('/api/integrations/token', '/api/integrations/token', {
    key,
    json: { ...json, minValid: 80_000 },
  })
  await check(`${ID}/token`, '/api/integrations/rehearsal/token?account=work', { key })
  await check(`${ID}/connection`, '/api/integrations/rehearsal/connection?account=work', { key })
  await check('/api/integration-connections', '/api/integration-connections?count=1', { key })
  await check('/api/auth/connections', '/api/auth/connections?userId=work', { key })
  const body = { url: '/me', account: 'work' }
  await check(`${ID}/request`, '/api/integrations/rehearsal/request', { key, json: body })
  for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
    const headers = { 'keyway-account': 'work' }
    await check(`${ID}/request/{path}`, '/api/integrations/rehearsal/request/me', { key, method, headers })
    if (method === 'POST') continue
    await check(`${ID}/request`, '/api/integrations/rehearsal/request', { key, method, headers })
  }
}

async function apps(local: RealLocal, check: Check, key: string): Promise<void> {
  await check('/api/apps/me', '/api/apps/me', { key })
  const json = { authProviders: [{ provider: 'rehearsal', scopes: ['files.write'] }] }
  await check('/api/apps/me', '/api/apps/me', { key, method: 'PATCH', json })
  await check('/api/apps/pair', '/api/apps/pair', { json: { name: '' } })
  const poll = '/api/apps/pair/{pairingId}'
  const start = async () =>
    (await check('/api/apps/pair', '/api/apps/pair', { json: { name: 'Script' } })).body
  const first = await start()
  const own = (started: Json) => ({ headers: { authorization: `Bearer ${started.pollToken}` } })
  await check(poll, `/api/apps/pair/${first.pairingId}`, own(first))
  await check('/api/approvals', '/api/approvals', { key })
  local.keyway.approvals.decide(local.keyway.approvals.list()[0]!.id, 'once')
  await check(poll, `/api/apps/pair/${first.pairingId}?wait=5`, own(first))
  const second = await start()
  await check(poll, `/api/apps/pair/${second.pairingId}`, { ...own(second), method: 'DELETE' })

  const asker = local.addApp({ grants: [{ target: { kind: 'all' }, token: true, approval: 'ask' }] })
  const waiting = local.ask('/api/integrations/rehearsal/token?account=work', { key: asker })
  await expect.poll(() => local.keyway.approvals.list()).toHaveLength(1)
  const [{ id }] = (await check('/api/approvals', '/api/approvals', { key })).body.approvals
  const one = '/api/approvals/{approvalId}'
  await check(one, `/api/approvals/${id}`, { key, json: { decision: 'perhaps' } })
  await check(one, `/api/approvals/${id}`, { key, json: { decision: 'once' } })
  await check(one, `/api/approvals/${id}`, { key, json: { decision: 'once' } })
  expect((await waiting).status).toBe(200)
}

async function providers(check: Check, key: string): Promise<void> {
  const all = '/api/integrations'
  const spec = { endpoints: { authorization: 'https://a.example.test/a', token: 'https://a.example.test/t' } }
  const acme = { slug: 'acme', name: 'Acme', clientId: 'id', clientSecret: 'a secret', spec }
  await check(all, all, { key, json: acme })
  await check(all, all, { key, json: acme })
  await check(all, all, { key, json: { slug: 'gmail', name: 'Mine' } })
  await check(all, `${all}?slug=acme`, { key })
  await check(ID, `${all}/acme`, { key })
  await check(ID, `${all}/acme`, { key, method: 'PATCH', json: { scopes: ['read'] } })
  await check(ID, `${all}/acme`, { key, method: 'PATCH', json: { slug: 'other' } })
  await check(ID, `${all}/acme`, { key, method: 'DELETE' })
}

async function ending(local: RealLocal, check: Check, key: string): Promise<void> {
  const events = await local.call('/api/events', { key })
  expect([events.status, events.headers.get('content-type')]).toEqual([
    200,
    'text/event-stream; charset=utf-8',
  ])
  await events.body?.cancel()
  const token = `${ID}/token`
  await local.practice.behave({ outage: { kind: 'refused' } })
  await check(token, '/api/integrations/rehearsal/token?account=work&rejected=true', { key })
  await local.practice.behave({ outage: { kind: 'none' } })
  const pasted = '/api/integrations/rehearsal/connection?account=pasted'
  await check(`${ID}/connection`, pasted, { key, method: 'DELETE' })
  await check('/api/auth/{provider}', '/api/auth/rehearsal?userId=work', { key, method: 'DELETE' })
  await check('/healthz', '/healthz')
  local.opened.vault.lock()
  await check(token, '/api/integrations/rehearsal/token', { key })
}
