// Callers that use the rarer parts of HTTP, and machines behind a corporate proxy.
import { once } from 'node:events'
import { type IncomingMessage, request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { createOutgoing } from '../../electron/core/network/outgoing.ts'
import type { Resolve } from '../../electron/http/proxy/upstream.ts'
import { startConnectProxy } from '../support/connect-proxy.ts'
import { type LocalInMemory, sendRaw, startLocalInMemory, startUpstream } from '../support/local-api.ts'
import { startScriptedUpstream } from '../support/scripted-upstream.ts'

const through = '/api/integrations/slack/request'
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

const head = (local: LocalInMemory, method: string, path: string, headers: string, key = local.key): string =>
  `${method} ${through}${path} HTTP/1.1\r\nHost: 127.0.0.1:${local.port}\r\nX-API-Key: ${key}\r\n${headers}\r\n`

test('a WebSocket is refused in words; an offer of HTTP/2 is passed over', async () => {
  const upstream = await startScriptedUpstream((socket) => socket.write(OK))
  const local = await startLocalInMemory({ baseUrl: upstream.url })
  const close = 'Connection: close, Upgrade\r\n'
  const refusal = await sendRaw(local.port, head(local, 'GET', '/ws', `${close}Upgrade: websocket\r\n`))
  expect(refusal).toMatch(/^HTTP\/1\.1 400 [\s\S]*"invalid_request"[\s\S]*WebSocket/)
  expect(upstream.requests).toEqual([])
  expect(await sendRaw(local.port, head(local, 'GET', '/x', `${close}Upgrade: h2c\r\n`))).toMatch(
    /^HTTP\/1\.1 200 /,
  )
  expect(upstream.requests[0]).not.toMatch(/upgrade/i)
})

test('CONNECT gets an answer, and no tunnel', async () => {
  const local = await startLocalInMemory()
  const answer = await sendRaw(
    local.port,
    `CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n`,
  )
  expect(answer).toMatch(/^HTTP\/1\.1 405 [\s\S]*"method_not_allowed"/)
})

test('a caller that asks before it sends its body is invited only when somebody wants it', async () => {
  const upstream = await startScriptedUpstream((socket) => socket.write(OK))
  const local = await startLocalInMemory({ baseUrl: upstream.url })
  const expecting = 'Expect: 100-continue\r\nContent-Length: 100000\r\n'
  expect(await sendRaw(local.port, head(local, 'PUT', '/x', expecting, 'kw_wrong'))).toMatch(
    /^HTTP\/1\.1 401 /,
  )
  for (const length of [3, 100_000]) {
    const socket = connect(local.port, '127.0.0.1')
    onTestFinished(() => void socket.destroy())
    socket.write(head(local, 'PUT', '/x', `Expect: 100-continue\r\nContent-Length: ${length}\r\n`))
    const [invitation] = (await once(socket, 'data')) as [Buffer]
    expect(invitation.toString()).toBe('HTTP/1.1 100 Continue\r\n\r\n')
    socket.write(Buffer.alloc(length, 'x'))
    const [answer] = (await once(socket, 'data')) as [Buffer]
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 200 OK/)
  }
  expect(upstream.requests.map((text) => text.split('\r\n\r\n')[1]?.length)).toEqual([3, 100_000])
})

test.each(['PROPFIND', 'PURGE', 'REPORT', 'QUERY'])('%s passes like any other method', async (method) => {
  const upstream = await startScriptedUpstream((socket) => socket.write(OK))
  const local = await startLocalInMemory({ baseUrl: upstream.url })
  const asked = head(local, method, '/x', 'Connection: close\r\nContent-Length: 4\r\n')
  expect(await sendRaw(local.port, `${asked}body`)).toMatch(/^HTTP\/1\.1 200 /)
  expect(upstream.requests[0]).toMatch(new RegExp(`^${method} /x [\\s\\S]*\\r\\n\\r\\nbody$`))
})

test('the request of a caller that disconnects in the queue is not sent', async () => {
  const upstream = await startScriptedUpstream((socket) =>
    socket.write('HTTP/1.1 503 Busy\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n'),
  )
  const local = await startLocalInMemory({ baseUrl: upstream.url })
  const asking = httpRequest({ port: local.port, path: `${through}/x`, headers: { 'x-api-key': local.key } })
  asking.once('error', () => undefined)
  asking.end()
  await expect.poll(() => upstream.requests.length).toBe(1)
  asking.destroy()
  await expect
    .poll(() => local.keyway.activityRows.find(({ kind }) => kind === 'proxy'))
    .toMatchObject({ outcome: 'failed', code: 'deadline_exceeded' })
  expect(upstream.requests).toHaveLength(1)
})

test('what a nonce was wanted for once goes with the nonce the next time', async () => {
  const proofs: string[] = []
  const upstream = await startUpstream((request, response) => {
    proofs.push(String(request.headers['dpop']))
    const wanted = proofs.length < 3 ? 'n1' : 'n2'
    if (proofs.at(-1)?.includes(wanted) === true) response.setHeader('dpop-nonce', 'n2').end('fine')
    else response.writeHead(401, { 'dpop-nonce': wanted }).end()
  })
  const local = await startLocalInMemory()
  local.keyway.addProvider({ slug: 'bound', spec: { api: { baseUrl: upstream.url } } })
  local.keyway.server.tokenType = 'DPoP'
  await local.keyway.addConnection('bound')
  for (let time = 0; time < 2; time += 1)
    expect((await local.call('/api/integrations/bound/request/x', { key: local.key })).status).toBe(200)
  expect(proofs).toEqual(['proof-for-GET-no-nonce', 'proof-for-GET-n1', 'proof-for-GET-n2'])
})

async function startBehindProxy(baseUrl: string, resolve?: Resolve) {
  const proxy = await startConnectProxy()
  onTestFinished(() => proxy.close())
  const outgoing = createOutgoing({
    settings: () => ({ proxyUrl: proxy.url, extraCa: null }),
    environment: {},
  })
  onTestFinished(() => outgoing.close())
  const local = await startLocalInMemory({ baseUrl, outgoing, ...(resolve === undefined ? {} : { resolve }) })
  return { proxy, local }
}

test('behind a corporate proxy bodies, repeated headers and the token arrive as well', async () => {
  const seen: string[] = []
  const upstream = await startUpstream((request, response) => {
    seen.push(`${String(request.headers['x-many'])} ${String(request.headers.authorization)}`)
    request.pipe(response)
  })
  const { proxy, local } = await startBehindProxy(upstream.url)
  const asking = httpRequest({
    port: local.port,
    path: `${through}/x?y`,
    method: 'POST',
    headers: { 'x-api-key': local.key, 'X-Many': ['a', 'b'], 'content-length': 5 },
  })
  asking.end('hello')
  const [answer] = (await once(asking, 'response')) as [IncomingMessage]
  expect(String(await answer.setEncoding('utf8').toArray())).toBe('hello')
  expect(seen).toEqual([expect.stringMatching(/^a, b Bearer made-up-access-/)])
  expect(proxy.seen).toEqual([`POST ${upstream.url}/x?y`])
})

test('behind a corporate proxy a name that this machine calls private is refused; one it does not know is the proxy’s to decide', async () => {
  const resolve: Resolve = (hostname, done) => {
    if (hostname === 'inside.example') done(null, [{ address: '10.0.0.7', family: 4 }])
    else done(new Error('not found'), [])
  }
  const { proxy, local } = await startBehindProxy('http://inside.example', resolve)
  local.keyway.setPolicy(local.connectionId, { privateHosts: [] })
  const refusal = await local.ask(`${through}/x`, { key: local.key })
  expect(refusal).toMatchObject({ status: 403, body: { code: 'target_not_allowed' } })
  expect(proxy.seen).toEqual([])
  local.keyway.setPolicy(local.connectionId, { baseUrl: 'http://unknown.invalid', privateHosts: [] })
  await local.ask(`${through}/x`, { key: local.key })
  expect(proxy.seen[0]).toBe('GET http://unknown.invalid/x')
})
