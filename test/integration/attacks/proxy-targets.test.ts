// Attempts to make Keyway carry a token somewhere else.
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { describe, expect, test } from 'vitest'
import type { Resolve } from '../../../electron/http/proxy/upstream.ts'
import { sendRaw, startLocalInMemory, startUpstream, type LocalInMemory } from '../../support/local-api.ts'
import { refused, stillServes } from './attacked.ts'

type Seen = { url: string | undefined; headers: IncomingHttpHeaders }

async function startWithUpstream(
  path = '/v1',
): Promise<LocalInMemory & { seen: Seen[]; upstreamUrl: string; host: string }> {
  const seen: Seen[] = []
  const upstream = await startUpstream((request, response) => {
    seen.push({ url: request.url, headers: request.headers })
    response.end('upstream')
  })
  const local = await startLocalInMemory({ baseUrl: `${upstream.url}${path}` })
  return { ...local, seen, upstreamUrl: upstream.url, host: upstream.host }
}

const json = (local: LocalInMemory, url: string) =>
  local.call('/api/integrations/slack/request', { key: local.key, json: { url } })

describe('addresses in the JSON form', () => {
  const attacks: Array<[string, (host: string) => string]> = [
    ['another host', () => 'https://attacker.example/steal'],
    ['two slashes', () => '//attacker.example/steal'],
    ['a backslash for a slash', () => '/\\attacker.example/steal'],
    ['two backslashes', () => '\\\\attacker.example/steal'],
    ['user info', (host) => `http://${host}@attacker.example/`],
    ['user info of ours', (host) => `http://user:pass@${host}/v1/x`],
    ['a name that starts like ours', (host) => `http://${host}.attacker.example/`],
    ['another port', () => 'http://127.0.0.1:1/v1/x'],
    ['another scheme', (host) => `ftp://${host}/v1/x`],
    ['a file', () => 'file:///etc/passwd'],
    ['a scheme without slashes', () => 'https:attacker.example'],
    ['one slash', () => 'https:/attacker.example'],
    ['a tab inside', () => '/\t/attacker.example'],
    ['a line break inside', () => '/x\r\nHost: attacker.example'],
    ['a space', () => '/x HTTP/1.1'],
    ['a fragment', () => '/x#@attacker.example'],
    ['dots up', () => '/../admin'],
    ['dots up, encoded', () => '/%2e%2e/admin'],
    ['dots up, half encoded', () => '/.%2E/admin'],
    ['dots up behind an encoded slash', () => '/files%2F..%2Fadmin'],
    ['dots up, encoded twice', () => '/%252e%252e%252fadmin'],
    ['dots up with a path parameter', () => '/..;/admin'],
    ['encoded backslashes', () => '/..%5c..%5cadmin'],
    ['an encoded second slash', () => '/%2Fattacker.example'],
    ['a broken encoding', () => '/%zz'],
    ['an encoded line break', () => '/x%0d%0aHost:%20attacker.example'],
    ['an encoded NUL', () => '/x%00'],
    ['absolute with dots up', (host) => `http://${host}/v1/../admin`],
    ['a decimal address', () => 'http://2130706433/'],
    ['cloud metadata', () => 'http://169.254.169.254/latest/meta-data/'],
    ['an IPv6 loopback', () => 'http://[::1]/'],
  ]
  test.each(attacks)('%s is refused and reaches nobody', async (_name, url) => {
    const local = await startWithUpstream()
    await refused(local, () => json(local, url(local.host)), {
      status: [400, 403],
      code: ['invalid_request', 'target_not_allowed'],
    })
    expect(local.seen).toEqual([])
  })

  test.each([
    ['an at sign in a path', '/@scope/package', '/v1/@scope/package'],
    ['a colon in a path', '/documents/1:batchUpdate', '/v1/documents/1:batchUpdate'],
    ['an encoded slash in an id', '/projects/group%2Fname', '/v1/projects/group%2Fname'],
    ['dots inside names', '/files/..hidden/a..b', '/v1/files/..hidden/a..b'],
    [
      'an address in the query',
      '/go?to=https://attacker.example/../x',
      '/v1/go?to=https://attacker.example/../x',
    ],
    ['no leading slash', 'files', '/v1/files'],
    ['a literal percent sign', '/100%25', '/v1/100%25'],
  ])('while %s goes through as it is', async (_name, url, arrived) => {
    const local = await startWithUpstream()
    expect(await (await json(local, url)).text()).toBe('upstream')
    expect(local.seen[0]?.url).toBe(arrived)
  })
})

describe('addresses in the path form, sent as raw bytes', () => {
  test.each([
    '//attacker.example/steal',
    '/../../admin',
    '/..%2f..%2fadmin',
    '/%2e%2e/%2e%2e/admin',
    '/%2F%2Fattacker.example',
    '/%5cattacker.example',
    '/\\attacker.example',
    '/x%0d%0aX-Injected:%201',
    '/%00',
  ])('%s is refused and reaches nobody', async (path) => {
    const local = await startWithUpstream()
    const request = `GET /api/integrations/slack/request${path} HTTP/1.1\r\nHost: 127.0.0.1:${local.port}\r\nX-API-Key: ${local.key}\r\nConnection: close\r\n\r\n`
    await refused(local, () => sendRaw(local.port, request), {
      status: [400, 403],
      code: ['invalid_request', 'target_not_allowed'],
    })
    expect(local.seen).toEqual([])
  })
})

describe('grants that are narrower than the connection', () => {
  test('methods, hosts and paths outside the grant are forbidden, however the path is spelled', async () => {
    const local = await startWithUpstream()
    const { key } = local.keyway.addApp({
      name: 'Narrow',
      grants: [{ target: { kind: 'all' }, methods: ['GET'], paths: ['/v1/public/*'] }],
    })
    const ask = (method: string, url: string) =>
      local.ask('/api/integrations/slack/request', { key, json: { method, url } })
    expect(await (await local.call('/api/integrations/slack/request/public/x', { key })).text()).toBe(
      'upstream',
    )
    for (const [method, url] of [
      ['POST', '/public/x'],
      ['GET', '/private/x'],
      ['GET', '/public/x/y'],
      ['GET', '/public%2Fx'],
      ['GET', '/public/x%2Fy'],
      ['GET', '/public//private'],
    ] as const) {
      expect(await ask(method, url)).toMatchObject({ status: 403, body: { code: 'forbidden' } })
    }
    expect(local.seen).toHaveLength(1)
    expect(await local.ask('/api/integrations/slack/token', { key })).toMatchObject({ status: 403 })
  })
})

describe('headers', () => {
  test('line breaks and malformed names in the JSON form are refused', async () => {
    const local = await startWithUpstream()
    for (const headers of [
      { 'X-A': 'a\r\nX-Injected: 1' },
      { 'X-A\r\nX-Injected': '1' },
      { 'X A': '1' },
      { 'X-A': 'a\0' },
    ]) {
      await refused(
        local,
        () => local.call('/api/integrations/slack/request', { key: local.key, json: { url: '/x', headers } }),
        { status: 400, code: 'invalid_request' },
      )
    }
    expect(local.seen).toEqual([])
  })

  test('neither Keyway’s key nor cookies, nor what a caller claims to be the token or the host, reach the API', async () => {
    const local = await startWithUpstream()
    const hostile = {
      Authorization: 'Bearer mine',
      'x-api-key': 'mine',
      Cookie: 'session=1',
      Host: 'attacker.example',
      'Keyway-Account': 'work',
      'X-Forwarded-For': '1.2.3.4',
      Forwarded: 'for=1.2.3.4',
      'Content-Length': '0',
      'Transfer-Encoding': 'chunked',
      Connection: 'X-Secret',
      'X-Secret': 'named by Connection',
      'Proxy-Authorization': 'Basic x',
      Origin: 'http://127.0.0.1:3000',
      Referer: 'http://127.0.0.1:3000/',
      'X-Fine': 'kept',
    }
    const { 'Keyway-Account': _, ...inBody } = hostile
    await local.call('/api/integrations/slack/request', {
      key: local.key,
      json: { url: '/x', headers: inBody },
    })
    const raw = Object.entries({
      ...hostile,
      Host: `127.0.0.1:${local.port}`,
      Authorization: `Bearer ${local.key}`,
      'x-api-key': local.key,
    })
      .filter(([name]) => name !== 'Origin' && name !== 'Transfer-Encoding')
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join('')
    await sendRaw(local.port, `GET /api/integrations/slack/request/x HTTP/1.1\r\n${raw}\r\n`, {
      until: /upstream/,
    })
    expect(local.seen).toHaveLength(2)
    for (const { headers } of local.seen) {
      expect(headers).toMatchObject({
        authorization: expect.stringMatching(/^Bearer made-up-access-/),
        host: local.host,
        'x-fine': 'kept',
      })
      const names = Object.keys(headers)
      for (const name of [
        'x-api-key',
        'cookie',
        'keyway-account',
        'x-forwarded-for',
        'forwarded',
        'x-secret',
        'proxy-authorization',
        'origin',
        'referer',
      ]) {
        expect(names).not.toContain(name)
      }
      expect(JSON.stringify(headers)).not.toContain(local.key)
    }
  })
})

describe('redirects and names that move', () => {
  test('a redirect to another origin has no Location; no credential follows', async () => {
    const caught: Seen[] = []
    const elsewhere = await startUpstream((request, response) => {
      caught.push({ url: request.url, headers: request.headers })
      response.end()
    })
    const upstream = await startUpstream((_request, response) => {
      response.writeHead(302, { location: `${elsewhere.url}/steal` }).end()
    })
    const local = await startLocalInMemory({ baseUrl: upstream.url })
    // Even when the other origin is allowed for the connection.
    local.keyway.setPolicy(local.connectionId, {
      hosts: [elsewhere.host],
      privateHosts: [upstream.host, elsewhere.host],
    })
    const answer = await local.call('/api/integrations/slack/request/x', { key: local.key })
    expect([answer.status, answer.headers.get('location'), answer.headers.get('keyway-location')]).toEqual([
      302,
      null,
      `${elsewhere.url}/steal`,
    ])
    expect(caught).toEqual([])
  })

  test('a name that resolves to a private address is refused before anything is sent', async () => {
    const local = await startWithUpstream()
    for (const url of ['http://localhost:80/', 'https://localhost/']) {
      local.keyway.setPolicy(local.connectionId, { baseUrl: url, privateHosts: [] })
      await refused(local, () => json(local, '/x'), { status: 403, code: 'target_not_allowed' })
    }
  })

  test('an answer of DNS that changes between check and use changes nothing: the checked address is the one connected to', async () => {
    const reached: string[] = []
    const trap = createServer((request, response) => {
      reached.push(request.headers.host ?? '')
      response.end('trap')
    })
    await new Promise<void>((resolve) => trap.listen(0, '127.0.0.1', resolve))
    const { port } = trap.address() as { port: number }
    let asked = 0
    // A public address first, as a check would see it; this machine afterwards.
    const resolve: Resolve = (_hostname, done) => {
      asked += 1
      done(null, [{ address: asked === 1 ? '192.0.2.1' : '127.0.0.1', family: 4 }])
    }
    const local = await startLocalInMemory({ resolve })
    local.keyway.setPolicy(local.connectionId, { baseUrl: `http://rebind.example:${port}`, privateHosts: [] })
    for (let attempt = 0; attempt < 3; attempt += 1) {
      await refused(local, () => json(local, '/x'), {
        status: [403, 502],
        code: ['target_not_allowed', 'provider_unreachable'],
      })
    }
    expect(reached).toEqual([])
    expect(asked).toBe(3)
    trap.close()
    await stillServes(local)
  })

  test('a socket opened with one connection’s leave to go to a private address is not used by another without it', async () => {
    const local = await startWithUpstream()
    expect((await json(local, '/x')).status).toBe(200)
    const other = await local.keyway.addConnection('slack', 'other')
    local.keyway.setPolicy(other.id, { privateHosts: [] })
    const answer = await local.ask('/api/integrations/slack/request', {
      key: local.key,
      json: { url: '/x', account: 'other' },
    })
    expect(answer).toMatchObject({ status: 403, body: { code: 'target_not_allowed' } })
    expect(local.seen).toHaveLength(1)
  })
})
