// Requests through Keyway: what passes, in both directions, and what happens on 401, 429 and when either side
// goes away.
import { createHash, hash, randomBytes } from 'node:crypto'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { once } from 'node:events'
import { describe, expect, test, vi } from 'vitest'
import { createFakeClock } from '../support/fake-clock.ts'
import {
  startLocalInMemory,
  startRealLocal,
  startUpstream,
  type LocalInMemory,
} from '../support/local-api.ts'

const through = '/api/integrations/slack/request'

const bodyOf = async (message: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

/** A request with node:http, for what fetch hides: trailers, raw headers, aborting, reading slowly. */
async function raw(
  local: LocalInMemory,
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: Buffer } = {},
): Promise<IncomingMessage> {
  const request = httpRequest({
    port: local.port,
    path: `${through}${path}`,
    method: options.method ?? 'GET',
    headers: {
      'x-api-key': local.key,
      // node's client frames no body of a DELETE by itself.
      ...(options.body === undefined ? {} : { 'content-length': String(options.body.length) }),
      ...options.headers,
    },
  })
  request.end(options.body)
  const [answer] = (await once(request, 'response')) as [IncomingMessage]
  return answer
}

describe('what passes', () => {
  test.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])(
    '%s with its body and query, untouched',
    async (method) => {
      const body = method === 'GET' || method === 'OPTIONS' ? Buffer.alloc(0) : randomBytes(300_000)
      const upstream = await startUpstream(async (request, response) => {
        const received = await bodyOf(request)
        response.setHeader(
          'x-seen',
          `${request.method} ${request.url} ${createHash('sha256').update(received).digest('hex')}`,
        )
        response.end(received)
      })
      const local = await startLocalInMemory({ baseUrl: `${upstream.url}/v1` })
      const answer = await raw(local, '/a/b?x=1&x=2&y=%20', { method, body })
      const echoed = await bodyOf(answer)
      expect(answer.headers['x-seen']).toBe(
        `${method} /v1/a/b?x=1&x=2&y=%20 ${createHash('sha256').update(body).digest('hex')}`,
      )
      expect(echoed.equals(body)).toBe(true)
    },
  )

  test('HEAD keeps the length and has no body; 204 and 304 have none either', async () => {
    const upstream = await startUpstream((request, response) => {
      if (request.url === '/204') response.writeHead(204).end()
      else if (request.url === '/304') response.writeHead(304, { etag: '"a"' }).end()
      else response.writeHead(200, { 'content-length': '1234' }).end()
    })
    const local = await startLocalInMemory({ baseUrl: upstream.url })
    const head = await raw(local, '/', { method: 'HEAD' })
    expect([head.statusCode, head.headers['content-length']]).toEqual([200, '1234'])
    expect((await bodyOf(head)).length).toBe(0)
    expect((await raw(local, '/204')).statusCode).toBe(204)
    const unchanged = await raw(local, '/304')
    expect([unchanged.statusCode, unchanged.headers.etag]).toEqual([304, '"a"'])
  })

  test('status, reason, repeated headers, ranges and encodings come back as the API sent them', async () => {
    const upstream = await startUpstream((request, response) => {
      response.writeHead(206, 'Some Of It', [
        ['Content-Range', 'bytes 0-3/10'],
        ['X-Many', 'one'],
        ['X-Many', 'two'],
        ['Content-Encoding', 'gzip'],
        ['X-Range', String(request.headers.range)],
        ['Cache-Control', 'max-age=60'],
      ] as never)
      response.end('\x1f\x8b\x08!')
    })
    const local = await startLocalInMemory({ baseUrl: upstream.url })
    const answer = await raw(local, '/', { headers: { range: 'bytes=0-3' } })
    expect([answer.statusCode, answer.statusMessage]).toEqual([206, 'Some Of It'])
    expect(answer.headers).toMatchObject({
      'content-range': 'bytes 0-3/10',
      'x-many': 'one, two',
      'content-encoding': 'gzip',
      'x-range': 'bytes=0-3',
      'cache-control': 'max-age=60',
    })
    expect((await bodyOf(answer)).toString('latin1')).toBe(Buffer.from('\x1f\x8b\x08!').toString('latin1'))
  })

  test('trailers arrive after a chunked body', async () => {
    const upstream = await startUpstream((_request, response) => {
      response.writeHead(200, { trailer: 'x-checksum' })
      response.write('part')
      response.addTrailers({ 'x-checksum': 'abc' })
      response.end()
    })
    const local = await startLocalInMemory({ baseUrl: upstream.url })
    const answer = await raw(local, '/')
    expect((await bodyOf(answer)).toString()).toBe('part')
    expect(answer.trailers).toEqual({ 'x-checksum': 'abc' })
  })

  test('what would act on this machine’s browser does not pass: cookies, HSTS, Clear-Site-Data, CORS, hop-by-hop', async () => {
    const upstream = await startUpstream((_request, response) => {
      response.writeHead(200, {
        'set-cookie': ['a=1', 'b=2'],
        'strict-transport-security': 'max-age=31536000',
        'clear-site-data': '"*"',
        'access-control-allow-origin': '*',
        'alt-svc': 'h3=":443"',
        connection: 'X-Hop',
        'x-hop': '1',
        'keyway-revocation': 'forged',
        'proxy-authenticate': 'Basic',
        'x-kept': '1',
      })
      response.end()
    })
    const local = await startLocalInMemory({ baseUrl: upstream.url })
    const { headers } = await raw(local, '/')
    expect(headers).toMatchObject({
      'x-kept': '1',
      'x-content-type-options': 'nosniff',
      'keyway-upstream': '1',
      'cache-control': 'no-store',
    })
    for (const name of [
      'set-cookie',
      'strict-transport-security',
      'clear-site-data',
      'access-control-allow-origin',
      'alt-svc',
      'x-hop',
      'keyway-revocation',
      'proxy-authenticate',
    ]) {
      expect(headers).not.toHaveProperty(name)
    }
  })

  test('the provider’s own headers are added, the caller’s choice wins, and a token header that is not Authorization is used', async () => {
    const upstream = await startUpstream(
      (request, response) => void response.end(JSON.stringify(request.headers)),
    )
    const local = await startLocalInMemory({ baseUrl: upstream.url })
    local.keyway.addProvider({
      slug: 'shop',
      spec: {
        api: {
          baseUrl: upstream.url,
          tokenHeader: 'X-Shop-Token: {access_token}',
          headers: { 'Api-Version': '2026-01', 'X-Other': 'default' },
        },
      },
    })
    await local.keyway.addConnection('shop')
    const answer = await local.ask('/api/integrations/shop/request/x', {
      key: local.key,
      headers: { 'X-Other': 'mine', 'X-Shop-Token': 'forged' },
    })
    expect(answer.body).toMatchObject({
      'api-version': '2026-01',
      'x-other': 'mine',
      'x-shop-token': expect.stringMatching(/^made-up-access-/),
    })
    expect(answer.body).not.toHaveProperty('authorization')
  })

  test('data of the JSON form is sent as JSON, text as text', async () => {
    const upstream = await startUpstream(async (request, response) => {
      response.end(
        JSON.stringify({ type: request.headers['content-type'], body: (await bodyOf(request)).toString() }),
      )
    })
    const local = await startLocalInMemory({ baseUrl: upstream.url })
    const send = async (json: object) =>
      (await local.ask(through, { key: local.key, json: { method: 'post', url: '/x', ...json } })).body
    expect(await send({ data: { a: [1] } })).toEqual({ type: 'application/json', body: '{"a":[1]}' })
    expect(await send({ data: 'plain' })).toEqual({ type: 'text/plain; charset=utf-8', body: 'plain' })
    expect(
      await send({ data: 'a=1', headers: { 'Content-Type': 'application/x-www-form-urlencoded' } }),
    ).toEqual({
      type: 'application/x-www-form-urlencoded',
      body: 'a=1',
    })
  })
})

describe('streams', () => {
  test('events arrive one by one while the API still sends', async () => {
    const upstream = await startUpstream((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write('data: 1\n\n')
      upstreamResponse = response
    })
    let upstreamResponse: { write(text: string): void; end(): void } | null = null
    const local = await startLocalInMemory({ baseUrl: upstream.url })
    const answer = await raw(local, '/')
    const [first] = (await once(answer, 'data')) as [Buffer]
    expect(first.toString()).toBe('data: 1\n\n')
    upstreamResponse!.write('data: 2\n\n')
    const [second] = (await once(answer, 'data')) as [Buffer]
    expect(second.toString()).toBe('data: 2\n\n')
    upstreamResponse!.end()
    await once(answer, 'end')
  })

  test('a caller that reads slowly slows the API down instead of filling memory', async () => {
    let sent = 0
    const piece = Buffer.alloc(64 * 1024)
    const upstream = await startUpstream((_request, response) => {
      const more = (): void => {
        while (sent < 400 * 1024 * 1024) {
          sent += piece.length
          if (!response.write(piece)) {
            response.once('drain', more)
            return
          }
        }
        response.end()
      }
      more()
    })
    const local = await startLocalInMemory({ baseUrl: upstream.url })
    const answer = await raw(local, '/')
    answer.pause()
    await standsStill(() => sent)
    expect(sent).toBeLessThan(40 * 1024 * 1024)
    answer.destroy()
  })

  test('an API that reads slowly slows the caller down', async () => {
    const upstream = await startUpstream((request) => void request.pause())
    const local = await startLocalInMemory({ baseUrl: upstream.url })
    const request = httpRequest({
      port: local.port,
      path: `${through}/x`,
      method: 'POST',
      headers: { 'x-api-key': local.key },
    })
    let sent = 0
    const piece = Buffer.alloc(64 * 1024)
    const more = (): void => {
      while (sent < 400 * 1024 * 1024) {
        sent += piece.length
        if (!request.write(piece)) {
          request.once('drain', more)
          return
        }
      }
    }
    request.once('error', () => undefined)
    more()
    await standsStill(() => sent)
    expect(sent).toBeLessThan(40 * 1024 * 1024)
    request.destroy()
  })

  test('when the caller goes away the request at the API ends too', async () => {
    const ended = Promise.withResolvers<void>()
    const upstream = await startUpstream((_request, response) => {
      response.write('begin')
      response.once('close', ended.resolve)
    })
    const local = await startLocalInMemory({ baseUrl: upstream.url })
    const answer = await raw(local, '/')
    await once(answer, 'data')
    answer.destroy()
    await ended.promise
    await expect
      .poll(() => local.keyway.activityRows.find(({ kind }) => kind === 'proxy'))
      .toMatchObject({ outcome: 'failed', note: 'The caller went away before the end.', bytesIn: 5 })
  })

  test('an upload that is dropped in the middle is dropped at the API too', async () => {
    const gone = Promise.withResolvers<void>()
    const arrived = Promise.withResolvers<void>()
    const upstream = await startUpstream((request) => {
      request.once('data', arrived.resolve).once('close', gone.resolve)
    })
    const local = await startLocalInMemory({ baseUrl: upstream.url })
    const request = httpRequest({
      port: local.port,
      path: `${through}/x`,
      method: 'PUT',
      headers: { 'x-api-key': local.key },
    })
    request.once('error', () => undefined)
    request.write(Buffer.alloc(200_000))
    await arrived.promise
    request.destroy()
    await gone.promise
  })

  test('an answer that breaks off in the middle breaks off for the caller, and is not taken for whole', async () => {
    const upstream = await startUpstream((_request, response) => {
      response.writeHead(200, { 'content-length': '1000' })
      response.write('half', () => response.destroy())
    })
    const local = await startLocalInMemory({ baseUrl: upstream.url })
    const answer = await raw(local, '/')
    await expect(bodyOf(answer)).rejects.toThrow(/aborted|hang up|ECONNRESET/)
  })

  test('an API that answers before it has read a large upload is heard', async () => {
    const upstream = await startUpstream((_request, response) => {
      response.writeHead(413, { connection: 'close' }).end('too large for me')
    })
    const local = await startLocalInMemory({ baseUrl: upstream.url })
    const request = httpRequest({
      port: local.port,
      path: `${through}/x`,
      method: 'POST',
      headers: { 'x-api-key': local.key, 'content-length': '50000000' },
    })
    request.on('error', () => undefined)
    request.write(Buffer.alloc(100_000))
    const [answer] = (await once(request, 'response')) as [IncomingMessage]
    expect([answer.statusCode, (await bodyOf(answer)).toString()]).toEqual([413, 'too large for me'])
    request.destroy()
  })
})

describe('answers that are not the last word', () => {
  test('401: one refresh, one retry, with the same body; the caller sees only the good answer', async () => {
    const seen: Array<{ token: string | undefined; body: string }> = []
    const upstream = await startUpstream(async (request, response) => {
      const { authorization } = request.headers
      seen.push({ token: authorization, body: (await bodyOf(request)).toString() })
      response.writeHead(seen.length === 1 ? 401 : 200).end('done')
    })
    const local = await startLocalInMemory({ baseUrl: upstream.url })
    const outcomes = vi.spyOn(local.keyway.tokens, 'reportApiOutcome')
    const answer = await local.call(`${through}/x`, { key: local.key, method: 'POST', body: 'the body' })
    expect([answer.status, await answer.text()]).toEqual([200, 'done'])
    expect(seen.map(({ body }) => body)).toEqual(['the body', 'the body'])
    expect(seen[0]?.token).not.toBe(seen[1]?.token)
    expect(outcomes.mock.calls.map(([, , outcome]) => outcome)).toEqual(['unauthorized', 'worked'])
  })

  test('401 again after the refresh is handed on as it is: no circle', async () => {
    let asked = 0
    const upstream = await startUpstream((_request, response) => {
      asked += 1
      response.writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token"' }).end('no')
    })
    const local = await startLocalInMemory({ baseUrl: upstream.url })
    const answer = await local.call(`${through}/x`, { key: local.key })
    expect([answer.status, answer.headers.get('keyway-upstream'), asked]).toEqual([401, '1', 2])
  })

  test('401 to a large upload cannot be repeated and is handed on; the token is not blamed twice', async () => {
    let asked = 0
    const upstream = await startUpstream(async (request, response) => {
      asked += 1
      await bodyOf(request)
      response.writeHead(401).end()
    })
    const local = await startLocalInMemory({ baseUrl: upstream.url })
    const outcomes = vi.spyOn(local.keyway.tokens, 'reportApiOutcome')
    const answer = await local.call(`${through}/x`, {
      key: local.key,
      method: 'PUT',
      body: new Uint8Array(100_000),
    })
    expect([answer.status, asked]).toEqual([401, 1])
    expect(outcomes.mock.calls).toEqual([[local.connectionId, 1, 'unauthorized']])
  })

  test('403 is the API’s own business: no refresh', async () => {
    const upstream = await startUpstream((_request, response) => void response.writeHead(403).end('no'))
    const local = await startLocalInMemory({ baseUrl: upstream.url })
    const answer = await local.call(`${through}/x`, { key: local.key })
    expect([
      answer.status,
      answer.headers.get('keyway-upstream'),
      local.keyway.server.counts.refreshes,
    ]).toEqual([403, '1', 0])
  })

  test('429 and 503 with Retry-After are waited for when the method may be repeated', async () => {
    let asked = 0
    const upstream = await startUpstream((_request, response) => {
      asked += 1
      if (asked === 1) response.writeHead(429, { 'retry-after': '1' }).end()
      else response.end('now')
    })
    const clock = createFakeClock()
    const local = await startLocalInMemory({ baseUrl: upstream.url, clock })
    const idle = clock.waiting
    const asking = local.call(`${through}/x`, { key: local.key })
    await expect.poll(() => [asked, clock.waiting]).toEqual([1, idle + 1])
    clock.advance(999)
    expect(clock.waiting).toBe(idle + 1)
    clock.advance(1)
    const answer = await asking
    expect([answer.status, await answer.text(), asked]).toEqual([200, 'now', 2])
  })

  test('but not for POST, not beyond the deadline, and not without Retry-After', async () => {
    let asked = 0
    const upstream = await startUpstream((request, response) => {
      asked += 1
      const headers =
        request.url === '/long'
          ? { 'retry-after': '120' }
          : request.url === '/post'
            ? { 'retry-after': '1' }
            : {}
      response.writeHead(503, headers).end()
    })
    const local = await startLocalInMemory({ baseUrl: upstream.url })
    const statuses = [
      (await local.call(`${through}/post`, { key: local.key, method: 'POST' })).status,
      (await local.call(`${through}/long`, { key: local.key })).status,
      (await local.call(`${through}/bare`, { key: local.key })).status,
    ]
    expect([statuses, asked]).toEqual([[503, 503, 503], 3])
  })

  test('a redirect within the API is followed for GET, with the grant checked again; for POST it comes back as a path of Keyway', async () => {
    const upstream = await startUpstream((request, response) => {
      if (request.url === '/v1/old') response.writeHead(301, { location: '/v1/new' }).end()
      else if (request.url === '/v1/out') response.writeHead(302, { location: '/v1/private' }).end()
      else response.end(`at ${request.url}`)
    })
    const local = await startLocalInMemory({ baseUrl: `${upstream.url}/v1` })
    expect(await (await local.call(`${through}/old`, { key: local.key })).text()).toBe('at /v1/new')
    const post = await local.call(`${through}/old`, { key: local.key, method: 'POST', body: 'x' })
    expect([post.status, post.headers.get('location'), post.headers.get('keyway-location')]).toEqual([
      301,
      `/api/integrations/${local.connectionId}/request/new`,
      `${upstream.url}/v1/new`,
    ])
    const { key } = local.keyway.addApp({ grants: [{ target: { kind: 'all' }, paths: ['/v1/out'] }] })
    expect(await local.ask(`${through}/out`, { key })).toMatchObject({
      status: 403,
      body: { code: 'forbidden' },
    })
  })

  test('a DPoP-bound token goes with a fresh proof, made again with the nonce that the API wants', async () => {
    const proofs: Array<string | undefined> = []
    const upstream = await startUpstream((request, response) => {
      const { dpop } = request.headers
      proofs.push(String(dpop))
      if (String(dpop).includes('no-nonce'))
        response
          .writeHead(401, { 'dpop-nonce': 'n1', 'www-authenticate': 'DPoP error="use_dpop_nonce"' })
          .end()
      else response.end('fine')
    })
    const local = await startLocalInMemory()
    local.keyway.addProvider({ slug: 'bound', spec: { api: { baseUrl: upstream.url } } })
    local.keyway.server.tokenType = 'DPoP'
    await local.keyway.addConnection('bound')
    const get = vi.spyOn(local.keyway.tokens, 'get')
    const answer = await local.call('/api/integrations/bound/request/x', { key: local.key })
    expect([answer.status, await answer.text()]).toEqual([200, 'fine'])
    expect(proofs).toEqual(['proof-for-GET-no-nonce', 'proof-for-GET-n1'])
    expect(get.mock.calls.filter(([, { rejected }]) => rejected !== undefined)).toEqual([])
  })
})

describe('what goes wrong', () => {
  test('an API that is not there is 502, coded; one with an unknown certificate says how to trust it', async () => {
    const local = await startLocalInMemory({ baseUrl: 'http://127.0.0.1:9' })
    expect(await local.ask(`${through}/x`, { key: local.key })).toMatchObject({
      status: 502,
      body: { code: 'provider_unreachable', retryable: true },
    })
  })

  test('without a base address a relative URL is refused, with what to do', async () => {
    const local = await startLocalInMemory()
    expect(await local.ask(`${through}/x`, { key: local.key })).toMatchObject({
      status: 403,
      body: { code: 'target_not_allowed', message: expect.stringContaining('whole address') },
    })
  })

  test('the four outcomes of the token are the outcomes of the request', async () => {
    const local = await startLocalInMemory({ baseUrl: 'http://127.0.0.1:9' })
    local.keyway.addProvider({ slug: 'fresh' })
    expect(await local.ask('/api/integrations/fresh/request/x', { key: local.key })).toMatchObject({
      status: 409,
      body: { code: 'not_connected', connectUrl: expect.stringContaining('ticket=') },
    })
  })

  test('every request is in the activity with who, where, how much and how long, and without its query', async () => {
    const upstream = await startUpstream((_request, response) => void response.end('12345'))
    const local = await startLocalInMemory({ baseUrl: upstream.url })
    await (await local.call(`${through}/a?secret=1`, { key: local.key, method: 'POST', body: '123' })).text()
    expect(local.keyway.activityRows.find(({ kind }) => kind === 'proxy')).toMatchObject({
      outcome: 'ok',
      appName: 'Everything',
      connectionId: local.connectionId,
      providerSlug: 'slack',
      account: 'work',
      method: 'POST',
      host: upstream.host,
      path: '/a',
      status: 200,
      bytesOut: 3,
      bytesIn: 5,
      durationMs: expect.any(Number),
    })
    expect(JSON.stringify(local.keyway.activityRows)).not.toContain('secret')
  })

  test('a question to the person decides, and no answer is a no', async () => {
    const upstream = await startUpstream((_request, response) => void response.end('asked'))
    const clock = createFakeClock()
    const local = await startLocalInMemory({ baseUrl: upstream.url, clock })
    const { approvals } = local.keyway
    const { key } = local.keyway.addApp({ grants: [{ target: { kind: 'all' }, approval: 'ask' }] })
    const questions: unknown[] = []
    for (const [answer, status, code] of [
      ['once', 200, undefined],
      ['deny', 403, 'approval_denied'],
      ['none', 403, 'approval_timeout'],
    ] as const) {
      const asking = local.call(`${through}/a?secret=1`, { key, method: 'POST', body: 'abc' })
      await expect.poll(() => approvals.list().length).toBe(1)
      questions.push(...approvals.list())
      if (answer === 'none') clock.advance(60_000)
      else approvals.decide(approvals.list()[0]!.id, answer)
      const response = await asking
      expect(response.status).toBe(status)
      expect(/"code":"(\w+)"/.exec(await response.text())?.[1]).toBe(code)
    }
    expect(questions[0]).toMatchObject({
      what: 'proxy',
      method: 'POST',
      url: `${upstream.url}/a?secret=1`,
      bodyBytes: 3,
      bodySha256: hash('sha256', 'abc', 'hex'),
    })
  })
})

test('with the real core: an expired token is refreshed once for many requests at the same time', async () => {
  const local = await startRealLocal()
  await local.signIn()
  const key = local.addApp()
  local.practice.clearStats()
  local.practice.expireAccessTokens({})
  const answers = await Promise.all(
    Array.from({ length: 40 }, () => local.ask('/api/integrations/rehearsal/request/me', { key })),
  )
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
  expect(JSON.stringify(local.practice.stats())).toContain('refresh')
})

/** Resolves when a number has not changed for a while. */
async function standsStill(value: () => number): Promise<void> {
  let last = -1
  await expect
    .poll(
      () => {
        const same = value() === last && last > 0
        last = value()
        return same
      },
      { interval: 300, timeout: 15_000 },
    )
    .toBe(true)
}

describe('the hosts that a connection may reach', () => {
  test.each(['allowedHosts', 'privateHosts'] as const)(
    'one that stands in %s alone is reached, and not before; the refusal names it, to the app and in the activity',
    async (list) => {
      const upstream = await startUpstream((_request, response) => void response.end('here'))
      const local = await startRealLocal()
      await local.signIn()
      const { keyway, provider } = local
      const url = `${upstream.url}/x`
      const ask = (key: string) => local.call('/api/integrations/rehearsal/request', { key, json: { url } })
      const key = local.addApp()
      const before = await ask(key)
      expect(before.status).toBe(403)
      expect(await before.json()).toMatchObject({
        code: 'target_not_allowed',
        host: upstream.host,
        missing: 'plain_http',
        nextStep: expect.stringContaining(upstream.host),
      })
      await expect
        .poll(async () => (await keyway.activity.query({ kind: 'proxy', limit: 10 })).at(0))
        .toMatchObject({ host: upstream.host, code: 'target_not_allowed', outcome: 'refused' })

      const lists = { allowedHosts: provider.allowedHosts, privateHosts: provider.privateHosts }
      keyway.providers.update(provider.id, { ...lists, [list]: [...lists[list], upstream.host] })
      expect(await (await ask(key)).text()).toBe('here')
      keyway.providers.update(provider.id, lists)
      expect((await ask(key)).status).toBe(403)
    },
  )
})
