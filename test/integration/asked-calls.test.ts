// A yes to a request is a yes to that request: its method, its whole address, and its body to the last byte.
// Over real HTTP, to a real API.
import { hash, randomBytes } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import { expect, test } from 'vitest'
import { startRealLocal, startUpstream, type RealLocal } from '../support/local-api.ts'

const through = '/api/integrations/rehearsal/request'
type Seen = { method: string; url: string; body: Buffer }

async function start(): Promise<{ local: RealLocal; key: string; seen: Seen[]; origin: string }> {
  const seen: Seen[] = []
  const upstream = await startUpstream(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    seen.push({ method: request.method ?? '', url: request.url ?? '', body: Buffer.concat(chunks) })
    if (request.url === '/go') response.writeHead(302, { location: '/there?to=ada' })
    response.end('done')
  })
  const local = await startRealLocal()
  await local.signIn('ada@example.test', 'work')
  local.keyway.providers.update(local.provider.id, {
    spec: { ...local.provider.overrides, api: { baseUrl: upstream.url } },
    allowedHosts: [upstream.host],
    privateHosts: [upstream.host],
  })
  const key = local.addApp({
    name: 'Agent',
    grants: [{ target: { kind: 'all' }, token: true, approval: 'ask' }],
  })
  return { local, key, seen, origin: upstream.url }
}

const questions = (local: RealLocal) => local.keyway.approvals.list()
const asked = async (local: RealLocal, count: number) => {
  await expect.poll(() => questions(local)).toHaveLength(count)
  return questions(local)
}

/** A body in pieces, so that its size is not known before its end. */
function chunked(local: RealLocal, key: string, path: string, pieces: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(
      { port: local.port, host: '127.0.0.1', method: 'POST', path, headers: { 'x-api-key': key } },
      (response) => {
        response.resume()
        response.on('end', () => resolve(response.statusCode ?? 0))
      },
    )
    sent.on('error', reject)
    for (const piece of pieces) sent.write(piece)
    sent.end()
  })
}

test('“once” lets one call through, however many others wait beside it', async () => {
  const { local, key, seen } = await start()
  const post = (query: string, body: string) =>
    local.call(`${through}/pay${query}`, { key, method: 'POST', body })
  const first = post('', 'x')
  const [question] = await asked(local, 1)
  expect(question).toMatchObject({ method: 'POST', bodyBytes: 1, bodySha256: hash('sha256', 'x', 'hex') })
  const others = Array.from({ length: 30 }, (_, n) =>
    n < 10 ? post('', 'x') : post(`?to=mallory${n}`, 'y'.repeat(5000)),
  )
  // The ten that are the same to the last byte are shown with it, the others are questions of their own.
  await asked(local, 21)
  await expect.poll(() => questions(local)[0]?.waiting).toBe(11)
  local.keyway.approvals.decide(question!.id, 'once')
  expect((await first).status).toBe(200)
  expect(seen).toHaveLength(1)
  // The observer sees a second call once that is allowed as well.
  local.keyway.approvals.decide(questions(local)[0]!.id, 'once')
  await expect.poll(() => seen).toHaveLength(2)
  for (const { id } of questions(local)) local.keyway.approvals.decide(id, 'deny')
  const answers = await Promise.all(others)
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
  expect(answers.filter(({ status }) => status === 403)).toHaveLength(29)
  expect(seen).toHaveLength(2)
})

test('what was shown is what is sent: the address with its query, and a held body to the byte', async () => {
  const { local, key, seen, origin } = await start()
  for (const size of [0, 1, 1000, 64 * 1024]) {
    const body = randomBytes(size)
    const path = `/pay/a?to=ada&amount=${size}&note=%E2%80%AEx`
    const call = local.call(through + path, { key, method: 'PUT', ...(size === 0 ? {} : { body }) })
    const [question] = await asked(local, 1)
    expect(question).toMatchObject({
      method: 'PUT',
      url: origin + path,
      bodyBytes: size,
      bodySha256: size === 0 ? null : hash('sha256', body, 'hex'),
    })
    local.keyway.approvals.decide(question!.id, 'once')
    expect((await call).status).toBe(200)
    const sent = seen.at(-1)
    expect([sent?.method, sent?.url, sent?.body.equals(body)]).toEqual(['PUT', path, true])
  }
})

test('a call with the same size and another body is another question', async () => {
  const { local, key, seen } = await start()
  const post = (body: string) => local.call(`${through}/pay`, { key, method: 'POST', body })
  const ada = post('to=ada....')
  const mallory = post('to=mallory')
  const both = await asked(local, 2)
  const about = (body: string) =>
    both.find((each) => 'bodySha256' in each && each.bodySha256 === hash('sha256', body, 'hex'))
  local.keyway.approvals.decide(about('to=ada....')!.id, 'once')
  expect((await ada).status).toBe(200)
  local.keyway.approvals.decide(about('to=mallory')!.id, 'deny')
  expect((await mallory).status).toBe(403)
  expect(seen.map(({ body }) => body.toString())).toEqual(['to=ada....'])
})

test('a body that is not held settles its own call only, and it arrives whole', async () => {
  const { local, key, seen } = await start()
  const large = 'z'.repeat(200_000)
  const calls = [
    chunked(local, key, `${through}/up`, ['to=ada', '&more']),
    chunked(local, key, `${through}/up`, ['to=mal', 'lory']),
  ]
  const sized = local.call(`${through}/up`, { key, method: 'POST', body: large })
  const three = await asked(local, 3)
  expect(three.map(({ waiting }) => waiting)).toEqual([1, 1, 1])
  const sizes = three.map((each) => (each.kind === 'use' ? [each.bodyBytes, each.bodySha256] : []))
  expect(sizes).toEqual(
    expect.arrayContaining([
      [null, null],
      [null, null],
      [200_000, null],
    ]),
  )
  const one = three.find((each) => each.kind === 'use' && each.bodyBytes === null)
  local.keyway.approvals.decide(one!.id, 'once')
  expect(await Promise.race(calls)).toBe(200)
  expect(seen).toHaveLength(1)
  const left = await asked(local, 2)
  const last = left.find((each) => each.kind === 'use' && each.bodyBytes === 200_000)
  local.keyway.approvals.decide(last!.id, 'once')
  expect((await sized).status).toBe(200)
  expect(seen.at(-1)?.body.toString()).toBe(large)
  local.keyway.approvals.decide(questions(local)[0]!.id, 'deny')
  expect((await Promise.all(calls)).toSorted((low, high) => low - high)).toEqual([200, 403])
  expect(seen).toHaveLength(2)
})

test('the JSON form and a redirect say the size and the hash of what they send, too', async () => {
  const { local, key, seen, origin } = await start()
  const form = local.call(through, { key, json: { method: 'POST', url: '/pay?x=1', data: { to: 'ada' } } })
  const [question] = await asked(local, 1)
  expect(question).toMatchObject({
    bodyBytes: 12,
    bodySha256: hash('sha256', '{"to":"ada"}', 'hex'),
    url: `${origin}/pay?x=1`,
  })
  local.keyway.approvals.decide(question!.id, 'once')
  expect((await form).status).toBe(200)

  const led = local.call(through, { key, json: { url: '/go', data: 'x' } })
  local.keyway.approvals.decide((await asked(local, 1))[0]!.id, 'once')
  await expect
    .poll(() => questions(local))
    .toMatchObject([{ url: `${origin}/there?to=ada`, bodyBytes: 1, bodySha256: hash('sha256', 'x', 'hex') }])
  expect(seen.map(({ url }) => url)).toEqual(['/pay?x=1', '/go'])
  local.keyway.approvals.decide(questions(local)[0]!.id, 'once')
  expect((await led).status).toBe(200)
})

test('“always” is for that method at that path: the next call there is not asked, one beside it is', async () => {
  const { local, key, seen } = await start()
  const send = (method: string, path: string) => local.call(through + path, { key, method })
  const first = send('GET', '/v1/items?page=1')
  const [question] = await asked(local, 1)
  local.keyway.approvals.decide(question!.id, 'always')
  expect((await first).status).toBe(200)
  expect((await send('GET', '/v1/items?page=2')).status).toBe(200)
  expect(seen).toHaveLength(2)
  for (const [method, path] of [
    ['GET', '/v1/items/1'],
    ['GET', '/v1'],
    ['DELETE', '/v1/items'],
  ] as const) {
    const beside = send(method, path)
    const [next] = await asked(local, 1)
    local.keyway.approvals.decide(next!.id, 'deny')
    expect((await beside).status).toBe(403)
  }
  expect(seen).toHaveLength(2)
})

test('while the vault is locked an asking app hears so at once, by either way, and nobody is asked', async () => {
  const { local, key, seen } = await start()
  const waiting = local.ask('/api/integrations/rehearsal/token', { key })
  await asked(local, 1)
  local.opened.vault.lock()
  expect(await waiting).toMatchObject({ status: 423, body: { code: 'vault_locked' } })
  const asks = [
    local.ask('/api/integrations/rehearsal/token', { key }),
    local.ask('/api/integrations/token', { key, json: { provider: 'rehearsal' } }),
    local.ask(`${through}/me`, { key }),
    local.ask(through, { key, json: { url: '/me' } }),
  ]
  for (const answer of await Promise.all(asks)) {
    expect(answer).toMatchObject({ status: 423, body: { code: 'vault_locked' } })
  }
  expect(questions(local)).toEqual([])
  expect(seen).toEqual([])
  const { lockedAsks, vault } = local.keyway.snapshot()
  expect(vault.kind).toBe('locked')
  expect(lockedAsks.map(({ appName, what }) => `${appName} ${what}`).toSorted()).toEqual([
    'Agent proxy',
    'Agent token',
  ])
})
