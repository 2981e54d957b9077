// An API that attacks the proxy that calls it, and callers that try to make one request into another.
import { createServer, type AddressInfo } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import {
  startLocalInMemory,
  startRealLocal,
  startUpstream,
  type LocalInMemory,
} from '../../support/local-api.ts'
import { refused, stillServes } from './attacked.ts'

/** Answers every request with exactly these bytes. */
async function behind(bytes: string): Promise<LocalInMemory & { ask(): Promise<Response> }> {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy())
    socket.once('data', () => socket.end(Buffer.from(bytes, 'latin1')))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const local = await startLocalInMemory({
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  })
  return { ...local, ask: () => local.call('/api/integrations/slack/request/x', { key: local.key }) }
}

const answer = (head: string, body = 'ok') =>
  `HTTP/1.1 ${head}\r\nContent-Length: ${body.length}\r\n\r\n${body}`

describe('answers that no server should send', () => {
  test.each([
    ['a control character in the reason', answer('200 O\x01K'), 200],
    ['a NUL in the reason', answer('200 O\0K'), [200, 502]],
    ['bytes beyond ASCII in the reason', answer('200 \xe9\xff'), 200],
    ['a line break in the reason', answer('200 OK\nX: y'), 502],
    ['a control character in a header', answer('200 OK\r\nX: a\x01b'), [200, 502]],
    ['a bare carriage return in a header', answer('200 OK\r\nX: a\rSet-Cookie: b=c'), 502],
    ['a folded header', answer('200 OK\r\nX: a\r\n b'), 502],
    [
      'both lengths',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n2\r\nok\r\n0\r\n\r\n',
      502,
    ],
    [
      'another protocol',
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\nraw',
      502,
    ],
    ['a status below 100', answer('099 Odd'), 502],
    ['a megabyte of header', answer(`200 OK\r\nX: ${'a'.repeat(1_000_000)}`), 502],
    ['no HTTP at all', 'hello\r\n\r\n', 502],
  ])('%s: handed on clean or refused, and the server lives', async (_name, bytes, expected) => {
    const local = await behind(bytes)
    const { status, headers } = await local.ask()
    expect([expected].flat()).toContain(status)
    expect(headers.get('set-cookie')).toBeNull()
    await stillServes(local)
  })

  test('a page of the API gets no foothold at this address: no cookie, no script, no claim on the browser', async () => {
    const local = await behind(
      answer(
        [
          '200 OK',
          'Content-Type: text/html',
          'Set-Cookie: keyway_window_1=x; Path=/ui',
          'Clear-Site-Data: "*"',
          'Service-Worker-Allowed: /',
          'Content-Security-Policy: script-src *',
          'Access-Control-Allow-Origin: *',
          'Refresh: 0;url=https://attacker.example',
        ].join('\r\n'),
        '<script>alert(1)</script>',
      ),
    )
    const { headers } = await local.ask()
    expect(headers.get('content-security-policy')).toBe("default-src 'none'; sandbox")
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    for (const name of [
      'set-cookie',
      'clear-site-data',
      'service-worker-allowed',
      'access-control-allow-origin',
      'refresh',
    ])
      expect([name, headers.get(name)]).toEqual([name, null])
  })
})

const FORM = 'application/x-www-form-urlencoded'

describe('requests that mean another', () => {
  test.each([
    ['a header', { headers: { 'X-HTTP-Method-Override': 'delete' } }],
    ['another header', { headers: { 'x-method-override': 'DELETE' } }],
    ['the query', { url: '/x?_method=DELETE' }],
    ['the query, encoded', { url: '/x?a=b&%5Fmethod=delete' }],
    ['a short header', { headers: { 'X-Method': 'DELETE' } }],
    ['a header with underscores', { headers: { X_HTTP_Method_Override: 'DELETE' } }],
    ['the query in full', { url: '/x?method=DELETE' }],
    ['the query as OData and PHP have it', { url: '/x?$method=DELETE&_http_method=PUT' }],
    ['a JSON body', { data: { name: 'x', _method: 'DELETE' } }],
    ['a form', { headers: { 'Content-Type': FORM }, data: 'a=1&_method=delete' }],
    ['a form, encoded', { headers: { 'Content-Type': FORM }, data: '%5fmethod=%44ELETE' }],
    [
      'a multipart form',
      {
        headers: { 'Content-Type': 'multipart/form-data; boundary=b' },
        data: '--b\r\nContent-Disposition: form-data; name="_method"\r\n\r\nDELETE\r\n--b--\r\n',
      },
    ],
    [
      'a multipart form without quotes',
      {
        headers: { 'Content-Type': 'multipart/form-data; boundary=b' },
        data: '--b\nContent-Disposition: form-data; name=_method\n\nDELETE\n--b--\n',
      },
    ],
  ])('a grant for POST is none for the method that %s names', async (_name, change) => {
    const upstream = await startUpstream((_request, response) => void response.end('upstream'))
    const local = await startLocalInMemory({ baseUrl: upstream.url })
    const { key } = local.keyway.addApp({
      name: 'Posts',
      grants: [{ target: { kind: 'all' }, methods: ['POST'], proxy: true }],
    })
    const ask = (json: object) =>
      local.call('/api/integrations/slack/request', { key, json: { method: 'POST', url: '/x', ...json } })
    await refused(local, () => ask(change), { status: 403, code: 'forbidden' })
    expect((await ask({})).status).toBe(200)
    expect((await ask({ headers: { 'X-HTTP-Method-Override': 'POST' } })).status).toBe(200)
    // Names that mean something else.
    expect((await ask({ url: '/x?method=photos.search' })).status).toBe(200)
    expect((await ask({ data: { method: 'tools/call', _method: 7 } })).status).toBe(200)
    expect((await ask({ data: 'the _method is DELETE' })).status).toBe(200)
  })

  test('a redirect with a query that means another method is not followed', async () => {
    const seen: string[] = []
    const upstream = await startUpstream((request, response) => {
      seen.push(request.url ?? '')
      if (request.url === '/x') response.writeHead(302, { location: '/y?_method=DELETE' }).end()
      else response.end('upstream')
    })
    const local = await startLocalInMemory({ baseUrl: upstream.url })
    const { key } = local.keyway.addApp({
      name: 'Reads',
      grants: [{ target: { kind: 'all' }, methods: ['GET'], proxy: true }],
    })
    await refused(local, () => local.call('/api/integrations/slack/request/x', { key }), {
      status: 403,
      code: 'forbidden',
    })
    expect(seen).toEqual(['/x'])
  })

  test('headers that name another path or host do not reach the API', async () => {
    const seen: string[] = []
    const upstream = await startUpstream((request, response) => {
      seen.push(...Object.keys(request.headers))
      response.end('upstream')
    })
    const local = await startLocalInMemory({ baseUrl: upstream.url })
    const headers = {
      'X-Original-URL': '/admin',
      'X-Rewrite-URL': '/admin',
      'X-Forwarded-Host': 'attacker.example',
      'X-Host': 'attacker.example',
      'X-HTTP-Host-Override': 'attacker.example',
      'X-HTTP-DestinationURL': '/admin',
      'X-Accel-Redirect': '/admin',
      'X-Envoy-Original-Path': '/admin',
      'X-Override-URL': '/admin',
      'Base-Url': '/admin',
      X_Forwarded_Host: 'attacker.example',
      X_Original_Url: '/admin',
      'X-Middleware-Subrequest': 'middleware',
      'X-Control': 'passes',
    }
    await local.call('/api/integrations/slack/request', { key: local.key, json: { url: '/x', headers } })
    const own = /^(?:host|connection|authorization|user-agent|content-length|transfer-encoding)$/
    expect(seen.filter((name) => !own.test(name))).toEqual(['x-control'])
  })

  test.each([
    'http://2130706433',
    'http://0x7f.1',
    'http://127.1',
    'http://①27.0.0.1',
    'http://127。0。0。1',
    'http://0177.0.0.1',
  ])('a host is taken as it is written (%s)', async (written) => {
    const upstream = await startUpstream((_request, response) => void response.end('upstream'))
    const local = await startLocalInMemory({ baseUrl: upstream.url })
    const json = { url: `${written}:${upstream.port}/x` }
    await refused(local, () => local.call('/api/integrations/slack/request', { key: local.key, json }), {
      status: 400,
      code: 'invalid_request',
    })
  })

  test('dots and slashes that some servers fold into plain ones are no way up', async () => {
    const upstream = await startUpstream((_request, response) => void response.end('upstream'))
    const local = await startLocalInMemory({ baseUrl: `${upstream.url}/v1` })
    for (const url of ['/．．/admin', '/%EF%BC%8E%EF%BC%8E/admin', '/x／..／admin']) {
      await refused(
        local,
        () => local.call('/api/integrations/slack/request', { key: local.key, json: { url } }),
        {
          status: 400,
          code: 'invalid_request',
        },
      )
    }
  })

  test.each([
    [
      'nested a hundred thousand deep',
      `{"method":"POST","url":"/x","data":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
    ],
    ['with a header beyond Latin-1', '{"url":"/x","headers":{"X":"\u{1F600}"}}'],
  ])('a request %s is the caller’s mistake, and says so', async (_name, body) => {
    const local = await startLocalInMemory({ baseUrl: 'http://127.0.0.1:9' })
    const post = { key: local.key, method: 'POST', body, headers: { 'content-type': 'application/json' } }
    await refused(local, () => local.call('/api/integrations/slack/request', post), {
      status: 400,
      code: 'invalid_request',
    })
  })
})

describe('what is taken away while a call runs', () => {
  test.each(['revoked', 'paused', 'grant gone'] as const)(
    '%s: the stream ends here and at the API',
    async (how) => {
      const local = await startRealLocal()
      await local.signIn()
      let closed = false
      const upstream = await startUpstream((_request, response) => {
        response.once('close', () => (closed = true))
        response.write('first')
      })
      const privateHosts = [upstream.host]
      local.keyway.providers.update(local.provider.id, { allowedHosts: [upstream.host], privateHosts })
      const key = local.addApp()
      const [app] = local.keyway.apps.list()
      const stream = await local.call('/api/integrations/rehearsal/request', {
        key,
        json: { url: `${upstream.url}/x` },
      })
      const reader = stream.body!.getReader()
      expect(Buffer.from((await reader.read()).value!).toString()).toBe('first')
      const { apps } = local.keyway
      if (how === 'revoked') apps.remove(app!.id)
      else apps.update(app!.id, how === 'paused' ? { paused: true } : { grants: [] })
      await expect(reader.read()).rejects.toThrow('terminated')
      await expect.poll(() => closed).toBe(true)
    },
  )
})
