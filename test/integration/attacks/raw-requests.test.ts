// Requests that no client sends: smuggled, split, endless, unfinished.
import { connect, type Socket } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { sendRaw, startLocalInMemory, type LocalInMemory } from '../../support/local-api.ts'
import { refused, stillServes } from './attacked.ts'

const host = ({ port }: LocalInMemory) => `Host: 127.0.0.1:${port}\r\n`
const post = (local: LocalInMemory, headers: string, body: string) =>
  `POST /api/integrations/token HTTP/1.1\r\n${host(local)}X-API-Key: ${local.key}\r\nContent-Type: application/json\r\n${headers}\r\n${body}`
const good = '{"provider":"slack"}'

describe('what two parsers could read differently', () => {
  const cases: Array<[string, (local: LocalInMemory) => string]> = [
    [
      'both lengths',
      (local) => post(local, `Content-Length: 4\r\nTransfer-Encoding: chunked\r\n`, `0\r\n\r\n`),
    ],
    ['two lengths', (local) => post(local, `Content-Length: 20\r\nContent-Length: 4\r\n`, good)],
    ['a list as length', (local) => post(local, `Content-Length: 20, 20\r\n`, good)],
    ['a signed length', (local) => post(local, `Content-Length: +20\r\n`, good)],
    ['chunked twice', (local) => post(local, `Transfer-Encoding: chunked, chunked\r\n`, `0\r\n\r\n`)],
    ['an unknown coding', (local) => post(local, `Transfer-Encoding: xchunked\r\n`, `0\r\n\r\n`)],
    ['a space before the colon', (local) => post(local, `Content-Length : 20\r\n`, good)],
    ['a bare line feed in a header', (local) => post(local, `X: a\nContent-Length: 20\r\n`, good)],
    [
      'a bare carriage return in a header',
      (local) => post(local, `X: a\rY: b\r\nContent-Length: 20\r\n`, good),
    ],
    [
      'a folded header',
      (local) => post(local, `X-API-Key: kw_x\r\n continued\r\nContent-Length: 20\r\n`, good),
    ],
    ['a NUL in a header', (local) => post(local, `X: a\0b\r\nContent-Length: 20\r\n`, good)],
    [
      'a broken chunk size',
      (local) => post(local, `Transfer-Encoding: chunked\r\n`, `zz\r\nabc\r\n0\r\n\r\n`),
    ],
    [
      'an absolute target',
      (local) =>
        `GET http://attacker.example/api/integrations/slack/token HTTP/1.1\r\n${host(local)}X-API-Key: ${local.key}\r\nConnection: close\r\n\r\n`,
    ],
    [
      'an asterisk target',
      (local) => `OPTIONS * HTTP/1.1\r\n${host(local)}X-API-Key: ${local.key}\r\nConnection: close\r\n\r\n`,
    ],
    [
      'no method that exists',
      (local) => `STEAL /api/integrations/slack/token HTTP/1.1\r\n${host(local)}\r\n`,
    ],
  ]
  test.each(cases)('%s is a bad request and ends the connection', async (_name, request) => {
    const local = await startLocalInMemory()
    await refused(local, () => sendRaw(local.port, request(local)), { status: [400, 401, 403] })
  })

  test('a second request hidden in the body of the first is never answered', async () => {
    const local = await startLocalInMemory()
    const hidden = `GET /api/integrations/slack/token HTTP/1.1\r\n${host(local)}X-API-Key: ${local.key}\r\n\r\n`
    const request = `POST /api/integrations/slack/request HTTP/1.1\r\n${host(local)}X-API-Key: kw_wrong\r\nContent-Type: application/json\r\nContent-Length: ${hidden.length}\r\nConnection: close\r\n\r\n${hidden}`
    await refused(local, () => sendRaw(local.port, request), { status: 401, code: 'unauthorized' })
  })

  test('CONNECT and TRACE are not for this server', async () => {
    const local = await startLocalInMemory()
    const connectAnswer = await sendRaw(
      local.port,
      `CONNECT attacker.example:443 HTTP/1.1\r\n${host(local)}\r\n`,
    )
    expect(connectAnswer).not.toContain(' 200 ')
    const trace = await sendRaw(
      local.port,
      `TRACE /api/integrations/slack/request/x HTTP/1.1\r\n${host(local)}X-API-Key: ${local.key}\r\nConnection: close\r\n\r\n`,
    )
    expect(trace).toMatch(/^HTTP\/1\.1 40[45] /)
    expect(trace).not.toContain(local.key)
    await stillServes(local)
  })
})

describe('too much', () => {
  test('headers over 64 KiB are 431, coded, whether in one or in many', async () => {
    const local = await startLocalInMemory()
    for (const headers of [`X: ${'a'.repeat(70_000)}\r\n`, 'X: a\r\n'.repeat(20_000)]) {
      await refused(local, () => sendRaw(local.port, post(local, headers, '')), {
        status: 431,
        code: 'headers_too_large',
      })
    }
  })

  test('cookies of other programs on this machine: 60 KB are read, more get a page that helps', async () => {
    const local = await startLocalInMemory()
    const cookies = (count: number) =>
      Array.from({ length: count }, (_, index) => `c${index}=${'v'.repeat(1000)}`).join('; ')
    const navigate = (count: number) =>
      sendRaw(
        local.port,
        `GET /oauth2/callback?state=x HTTP/1.1\r\n${host(local)}Accept: text/html\r\nSec-Fetch-Mode: navigate\r\nConnection: close\r\nCookie: ${cookies(count)}\r\n\r\n`,
      )
    expect(await navigate(60)).toContain('The sign-in did not work')
    const answer = await navigate(200)
    expect(answer).toMatch(/^HTTP\/1\.1 431 /)
    expect(answer).toContain('content-type: text/html')
    expect(answer).toContain('Delete the cookies of this address')
    await stillServes(local)
  })

  test('10 MB of headers are cut off, not collected', async () => {
    const local = await startLocalInMemory()
    const before = process.memoryUsage().rss
    await sendRaw(local.port, `GET / HTTP/1.1\r\n${host(local)}X: ${'a'.repeat(10_000_000)}\r\n\r\n`)
    await stillServes(local)
    expect(process.memoryUsage().rss - before).toBeLessThan(200_000_000)
  })

  test('a 10 MB body is 413 on every call that takes one, with and without a stated length', async () => {
    const local = await startLocalInMemory({ baseUrl: 'http://127.0.0.1:9' })
    const big = JSON.stringify({ provider: 'slack', account: 'a'.repeat(10_000_000) })
    for (const path of [
      '/api/integrations/token',
      '/api/integrations/slack/request',
      '/api/integrations/slack/connect-link',
    ]) {
      await refused(
        local,
        () =>
          local.call(path, {
            key: local.key,
            method: 'POST',
            body: big,
            headers: { 'content-type': 'application/json' },
          }),
        {
          status: 413,
          code: 'payload_too_large',
        },
      )
      const chunked = `POST ${path} HTTP/1.1\r\n${host(local)}X-API-Key: ${local.key}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${`10000\r\n${'a'.repeat(65_536)}\r\n`.repeat(40)}0\r\n\r\n`
      await refused(local, () => sendRaw(local.port, chunked), { status: 413, code: 'payload_too_large' })
    }
  })

  test('a form-encoded body, a text body and no type at all are 415: no page can post without being asked first', async () => {
    const local = await startLocalInMemory()
    for (const type of [
      'application/x-www-form-urlencoded',
      'text/plain',
      'multipart/form-data; boundary=x',
      '',
    ]) {
      const attack = () =>
        local.call('/api/integrations/token', {
          key: local.key,
          method: 'POST',
          body: new Blob([good]),
          ...(type === '' ? {} : { headers: { 'content-type': type } }),
        })
      await refused(local, attack, { status: 415, code: 'unsupported_media_type' })
    }
  })
})

describe('too slow', () => {
  test('200 connections that never finish their headers disturb nobody, and are ended', async () => {
    const local = await startLocalInMemory()
    const slow = await Promise.all(
      Array.from({ length: 200 }, () =>
        openSocket(
          local.port,
          `GET /api/integrations/slack/token HTTP/1.1\r\nHost: 127.0.0.1:${local.port}\r\nX-`,
        ),
      ),
    )
    await stillServes(local)
    const trickle = setInterval(() => {
      for (const { socket } of slow) if (socket.writable) socket.write('a')
    }, 500)
    onTestFinished(() => clearInterval(trickle))
    const answers = await Promise.all(slow.map(({ ended }) => ended))
    clearInterval(trickle)
    expect(answers.every((answer) => answer === '' || answer.startsWith('HTTP/1.1 408 '))).toBe(true)
    expect(answers.some((answer) => answer.includes('"code":"request_timeout"'))).toBe(true)
    await stillServes(local)
  })

  test('a body that never comes is given up, on a token call as on any other', async () => {
    const local = await startLocalInMemory()
    const stalled = await Promise.all(
      ['/api/integrations/token', '/api/integrations/slack/connect-link'].map((path) =>
        openSocket(
          local.port,
          `POST ${path} HTTP/1.1\r\n${host(local)}X-API-Key: ${local.key}\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n{"pro`,
        ),
      ),
    )
    await stillServes(local)
    const answers = await Promise.all(stalled.map(({ ended }) => ended))
    for (const answer of answers) expect(answer).toContain('"code":"request_timeout"')
    await stillServes(local)
  }, 30_000)
})

function openSocket(port: number, text: string): Promise<{ socket: Socket; ended: Promise<string> }> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(text)
      resolve({ socket, ended })
    })
    onTestFinished(() => void socket.destroy())
    let answer = ''
    const ended = new Promise<string>((done) => {
      socket.on('data', (chunk) => (answer += chunk.toString('latin1')))
      socket.once('close', () => done(answer))
    })
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') reject(error)
    })
  })
}
