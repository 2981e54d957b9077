// APIs that speak HTTP badly, or well but rarely: what the caller sees of them, and what Keyway sends them.
import { describe, expect, test } from 'vitest'
import { type LocalInMemory, sendRaw, startLocalInMemory } from '../support/local-api.ts'
import { startScriptedUpstream } from '../support/scripted-upstream.ts'

const through = '/api/integrations/slack/request'
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

const bytes = (
  local: LocalInMemory,
  path: string,
  { method = 'GET', version = '1.1', headers = '', body = '' } = {},
): string =>
  `${method} ${through}${path} HTTP/${version}\r\nHost: 127.0.0.1:${local.port}\r\nX-API-Key: ${local.key}\r\n${headers}\r\n${body}`

/** What comes back, byte by byte, until the connection ends. */
const exchange = (local: LocalInMemory, path: string, options: Parameters<typeof bytes>[2] = {}) =>
  sendRaw(
    local.port,
    bytes(local, path, { ...options, headers: `Connection: close\r\n${options.headers ?? ''}` }),
  )

describe('connections that the API closes while they are idle', () => {
  const closesUsedOnes = () =>
    startScriptedUpstream((socket, { onSocket }) => {
      if (onSocket > 1) socket.destroy()
      else socket.write(OK)
    })

  test.each(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])(
    '%s is sent once more, on a new one',
    async (method) => {
      const upstream = await closesUsedOnes()
      const local = await startLocalInMemory({ baseUrl: upstream.url })
      const ask = () =>
        local.call(`${through}/x`, {
          key: local.key,
          method,
          ...(method === 'PUT' ? { body: 'the body' } : {}),
        })
      expect((await local.call(`${through}/first`, { key: local.key })).status).toBe(200)
      expect((await ask()).status).toBe(200)
      expect(
        upstream.requests.filter((text) => text.startsWith(method) && text.includes('/x ')),
      ).toHaveLength(2)
      expect(upstream.requests.at(-1)?.endsWith('the body')).toBe(method === 'PUT')
    },
  )

  test.each(['POST', 'PATCH'])('%s is never sent twice', async (method) => {
    const upstream = await closesUsedOnes()
    const local = await startLocalInMemory({ baseUrl: upstream.url })
    expect((await local.call(`${through}/first`, { key: local.key })).status).toBe(200)
    const answer = await local.ask(`${through}/x`, { key: local.key, method, body: 'the body' })
    expect(answer).toMatchObject({ status: 502, body: { code: 'provider_unreachable' } })
    expect(upstream.requests.filter((text) => text.startsWith(method))).toHaveLength(1)
  })

  test('an API that never answers is asked twice at most', async () => {
    const upstream = await startScriptedUpstream((socket) => socket.destroy())
    const local = await startLocalInMemory({ baseUrl: upstream.url })
    expect((await local.call(`${through}/x`, { key: local.key })).status).toBe(502)
    expect(upstream.requests).toHaveLength(2)
  })
})

describe('how an answer is framed', () => {
  test.each([
    ['HTTP/1.0 without a length', 'HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nwhole', 'whole'],
    ['close for an end', 'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nwhole', 'whole'],
    ['no phrase', 'HTTP/1.1 200\r\nContent-Length: 5\r\n\r\nwhole', 'whole'],
    [
      'a phrase in another alphabet',
      'HTTP/1.1 200 \xd0\x94\xd0\xb0\r\nContent-Length: 5\r\n\r\nwhole',
      'whole',
    ],
    [
      'chunks',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nwho\r\n2\r\nle\r\n0\r\n\r\n',
      'whole',
    ],
  ])('%s: the caller gets it whole', async (_name, answer, body) => {
    const upstream = await startScriptedUpstream((socket) => socket.end(answer, 'latin1'))
    const local = await startLocalInMemory({ baseUrl: upstream.url })
    const got = await local.call(`${through}/x`, { key: local.key })
    expect([got.status, await got.text()]).toEqual([200, body])
  })

  test.each([
    ['chunks that break off', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhal'],
    ['a length that is not reached', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf'],
    ['a chunk that is none', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n'],
  ])('%s: the caller does not take it for whole', async (_name, answer) => {
    const upstream = await startScriptedUpstream((socket) => socket.end(answer))
    const local = await startLocalInMemory({ baseUrl: upstream.url })
    const got = await local.call(`${through}/x`, { key: local.key, method: 'POST' })
    await expect(got.text()).rejects.toThrow(/terminated|aborted/)
    await expect
      .poll(() => local.keyway.activityRows.find(({ kind }) => kind === 'proxy'))
      .toMatchObject({ outcome: 'failed', note: 'The answer broke off.' })
  })

  test.each([
    ['no HTTP', 'SSH-2.0-OpenSSH_9.9\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok!'],
    [
      'a length and chunks',
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
    ],
    ['a header split by a bare line feed', 'HTTP/1.1 200 OK\r\nX-A: 1\nX-B 2\r\nContent-Length: 2\r\n\r\nok'],
    ['headers without end', `HTTP/1.1 200 OK\r\n${`X-A: ${'a'.repeat(1000)}\r\n`.repeat(80)}\r\n`],
    [
      'an upgrade that nobody asked for',
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n',
    ],
  ])('%s is no answer: 502, and the next one is served', async (_name, answer) => {
    const upstream = await startScriptedUpstream((socket, { text }) =>
      socket.write(text.includes('/good') ? OK : answer),
    )
    const local = await startLocalInMemory({ baseUrl: upstream.url })
    const got = await local.ask(`${through}/x`, { key: local.key, method: 'POST' })
    expect(got).toMatchObject({ status: 502, body: { code: 'provider_unreachable' } })
    expect((await local.call(`${through}/good`, { key: local.key })).status).toBe(200)
  })

  test('what comes after the end of an answer is not taken for the next one', async () => {
    const upstream = await startScriptedUpstream((socket, { number }) =>
      socket.write(number === 1 ? `${OK}HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged` : OK),
    )
    const local = await startLocalInMemory({ baseUrl: upstream.url })
    for (let time = 0; time < 3; time += 1)
      expect(await (await local.call(`${through}/${time}`, { key: local.key })).text()).toBe('ok')
  })

  test('a 204 with a length stays without a body', async () => {
    const upstream = await startScriptedUpstream((socket) =>
      socket.write('HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n'),
    )
    const local = await startLocalInMemory({ baseUrl: upstream.url })
    const text = await exchange(local, '/x')
    expect(text).toMatch(/^HTTP\/1\.1 204 /)
    expect(text).not.toMatch(/content-length|transfer-encoding/i)
    expect(text.endsWith('\r\n\r\n')).toBe(true)
  })

  test('a caller of HTTP/1.0 gets no chunks, and the end by the end of the connection', async () => {
    const upstream = await startScriptedUpstream((socket) =>
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nwhole\r\n0\r\n\r\n'),
    )
    const local = await startLocalInMemory({ baseUrl: upstream.url })
    const text = await sendRaw(local.port, bytes(local, '/x', { version: '1.0' }))
    expect(text).not.toMatch(/transfer-encoding/i)
    expect(text.endsWith('\r\n\r\nwhole')).toBe(true)
  })
})

describe('heads', () => {
  test('names keep their spelling, repeated ones their number and order, in both directions', async () => {
    const upstream = await startScriptedUpstream((socket) =>
      socket.write(
        'HTTP/1.1 200 OK\r\nX-RateLimit-Left: 1\r\nlink: <a>\r\nLink: <b>\r\nETag: "x"\r\nContent-Length: 2\r\n\r\nok',
      ),
    )
    const local = await startLocalInMemory({ baseUrl: upstream.url })
    const text = await exchange(local, '/x', { headers: 'X-Custom-ID: 7\r\naccept: a/b\r\nAccept: c/d\r\n' })
    expect(text).toContain('\r\nX-RateLimit-Left: 1\r\nlink: <a>\r\nLink: <b>\r\nETag: "x"\r\n')
    expect(upstream.requests[0]).toContain('\r\nX-Custom-ID: 7\r\naccept: a/b\r\nAccept: c/d\r\n')
  })

  test('40 KB of headers pass', async () => {
    const long = `X-Long: ${'a'.repeat(1000)}\r\n`.repeat(40)
    const upstream = await startScriptedUpstream((socket) =>
      socket.write(`HTTP/1.1 200 OK\r\n${long}Content-Length: 2\r\n\r\nok`),
    )
    const local = await startLocalInMemory({ baseUrl: upstream.url })
    expect((await exchange(local, '/x')).split('X-Long').length - 1).toBe(40)
  })

  test('a head without a body yet arrives at once, as a stream of events begins', async () => {
    const upstream = await startScriptedUpstream((socket) =>
      socket.write(
        'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n',
      ),
    )
    const local = await startLocalInMemory({ baseUrl: upstream.url })
    const answer = await local.call(`${through}/events`, { key: local.key })
    expect(answer.headers.get('content-type')).toBe('text/event-stream')
    await answer.body?.cancel()
  })

  test('answers before the answer pass: 102, and 103 with its links', async () => {
    const upstream = await startScriptedUpstream((socket) =>
      socket.write(
        `HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nSet-Cookie: a=1\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: nonsense\r\n\r\n${OK}`,
      ),
    )
    const local = await startLocalInMemory({ baseUrl: upstream.url })
    const text = await exchange(local, '/x')
    expect(text).toMatch(
      /^HTTP\/1\.1 102 Processing\r\n\r\nHTTP\/1\.1 103 Early Hints\r\nlink: <\/a\.css>; rel=preload\r\n\r\nHTTP\/1\.1 200 OK\r\n/i,
    )
    expect(await sendRaw(local.port, bytes(local, '/x', { version: '1.0' }))).toMatch(/^HTTP\/1\.1 200 /)
  })

  test('trailers pass, but none that belongs into a head', async () => {
    const upstream = await startScriptedUpstream((socket) =>
      socket.write(
        'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 7\r\nSet-Cookie: a=1\r\nKeyway-Revocation: forged\r\nContent-Type: text/html\r\n\r\n',
      ),
    )
    const local = await startLocalInMemory({ baseUrl: upstream.url })
    const text = await exchange(local, '/x')
    expect(text).toMatch(/\r\n0\r\nX-Sum: 7\r\n\r\n$/)
  })
})
