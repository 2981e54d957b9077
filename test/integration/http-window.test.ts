// The window in a browser (headless host): who gets in, what the page may do, and that its session opens
// nothing else.
import { expect, test } from 'vitest'
import { startLocalInMemory, type LocalInMemory } from '../support/local-api.ts'
import { windowBundle } from '../support/window-hosts.ts'

type Session = { cookie: string; proof: string }

async function signedIn(): Promise<LocalInMemory & Session> {
  const local = await startLocalInMemory({ windowFolder: windowBundle() })
  const launch = await local.call(
    new URL(local.api.launchUrl()!).pathname + new URL(local.api.launchUrl()!).search,
  )
  expect(launch.status).toBe(302)
  const [, proof = ''] = /^\/#window=([\w-]{43})$/.exec(launch.headers.get('location') ?? '') ?? []
  expect(proof).not.toBe('')
  const [cookie = ''] = launch.headers.getSetCookie()
  return { ...local, cookie, proof }
}

const pair = (cookie: string) => cookie.split(';')[0]!
const windowCall = (
  local: LocalInMemory,
  { cookie, proof }: Session,
  name: string,
  json?: unknown,
  headers: Record<string, string> = {},
) =>
  local.ask(`/ui/call/${name}`, {
    method: 'POST',
    ...(json === undefined ? {} : { json }),
    headers: {
      cookie: pair(cookie),
      origin: local.url,
      'content-type': 'application/json',
      'x-keyway-window': proof,
      ...headers,
    },
  })

test('the launch link lets one browser in, once; its cookie is out of reach of scripts and of other sites', async () => {
  const local = await startLocalInMemory({ windowFolder: windowBundle() })
  const link = new URL(local.api.launchUrl()!)
  const first = await local.call(link.pathname + link.search)
  expect(first.status).toBe(302)
  const [cookie] = first.headers.getSetCookie()
  expect(cookie).toMatch(/; HttpOnly; SameSite=Strict$/)
  const again = await local.call(link.pathname + link.search, { headers: { accept: 'text/html' } })
  expect(again.status).toBe(410)
  expect(await again.text()).toContain('used already')
  expect(again.headers.getSetCookie()).toEqual([])
  expect((await local.call('/launch?ticket=made-up')).status).toBe(410)
})

test('the page and its files come with the strictest policy, and nothing beside them is served', async () => {
  const local = await startLocalInMemory({ windowFolder: windowBundle() })
  const page = await local.call('/')
  expect([page.status, page.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/html')])
  expect(page.headers.get('content-security-policy')).toBe(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  )
  expect(page.headers.get('x-content-type-options')).toBe('nosniff')
  expect((await local.call('/assets/main.js')).headers.get('content-type')).toContain('javascript')
  for (const path of [
    '/.secret',
    '/../package.json',
    '/%2e%2e/package.json',
    '/assets/../../package.json',
    '/assets/',
    '/nothing',
  ]) {
    const { status } = await local.call(path)
    expect({ path, refused: status >= 400 }).toEqual({ path, refused: true })
  }
})

test('a signed-in window calls what IPC would call, with the same envelope for answers and failures', async () => {
  const local = await signedIn()
  const answer = await windowCall(local, local, 'connections.refresh', { id: local.connectionId })
  expect(answer).toMatchObject({
    status: 200,
    body: { ok: true, value: { id: local.connectionId, generation: 2 } },
  })
  expect((await windowCall(local, local, 'snapshot.get')).body).toMatchObject({ ok: true })
  expect((await windowCall(local, local, 'connections.refresh', { id: 1 })).body).toMatchObject({
    ok: false,
    failure: { code: 'invalid_request', field: 'id' },
  })
  expect((await windowCall(local, local, 'constructor')).body).toMatchObject({
    ok: false,
    failure: { code: 'not_found' },
  })
})

test('without the session, the header, or the page’s own Origin nothing is called', async () => {
  const local = await signedIn()
  const attempts: Array<[number, Promise<{ status: number }>]> = [
    [401, windowCall(local, { ...local, cookie: `keyway_window_${local.port}=made-up` }, 'snapshot.get')],
    [401, windowCall(local, { ...local, cookie: '' }, 'snapshot.get')],
    [401, windowCall(local, { ...local, proof: 'made-up' }, 'snapshot.get')],
    [403, windowCall(local, local, 'snapshot.get', undefined, { origin: 'https://attacker.example' })],
    [403, windowCall(local, local, 'snapshot.get', undefined, { origin: 'null' })],
    [
      403,
      windowCall(local, local, 'snapshot.get', undefined, {
        origin: `http://127.0.0.1:${local.port + 1}`,
      }),
    ],
    [
      403,
      windowCall(local, local, 'snapshot.get', undefined, {
        'sec-fetch-site': 'same-site',
        'sec-fetch-mode': 'cors',
      }),
    ],
    [
      401,
      local.ask('/ui/call/snapshot.get', {
        method: 'POST',
        key: local.key,
        json: null,
        headers: { origin: local.url, 'x-keyway-window': local.proof },
      }),
    ],
    [401, local.ask('/ui/events', { key: local.key })],
    [401, local.ask('/ui/events', { headers: { cookie: pair(local.cookie) } })],
  ]
  for (const [status, attempt] of attempts) expect((await attempt).status).toBe(status)
  const { cookie, proof } = local
  const bare = await local.call('/ui/call/snapshot.get', {
    method: 'POST',
    headers: { cookie: pair(cookie), origin: local.url, 'content-type': 'application/json' },
  })
  expect(bare.status).toBe(401)
  const noOrigin = await local.call('/ui/call/snapshot.get', {
    method: 'POST',
    headers: { cookie: pair(cookie), 'content-type': 'application/json', 'x-keyway-window': proof },
  })
  expect(noOrigin.status).toBe(403)
})

test('the window’s session is no app key', async () => {
  const local = await signedIn()
  const { status } = await local.call('/api/integrations/slack/token', {
    headers: { cookie: pair(local.cookie) },
  })
  expect(status).toBe(401)
})

test('events of the core arrive under their own names', async () => {
  const local = await signedIn()
  const abort = new AbortController()
  const response = await fetch(`${local.url}/ui/events`, {
    headers: { cookie: pair(local.cookie), 'x-keyway-window': local.proof },
    signal: abort.signal,
  })
  expect(response.headers.get('content-type')).toContain('text/event-stream')
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
  local.keyway.emit('navigate', { to: '/apps' })
  let text = ''
  while (!text.includes('/apps')) text += (await reader.read()).value
  expect(text).toContain('event: navigate\ndata: {"to":"/apps"}\n\n')
  abort.abort()
})

test('without a window folder there is no window, no launch link and no window call', async () => {
  const local = await startLocalInMemory()
  expect(local.api.launchUrl()).toBeNull()
  for (const path of ['/', '/launch?ticket=x', '/ui/events'])
    expect((await local.call(path)).status).toBe(404)
})
