// Requests that are empty, unfinished or wrong about their own length: each is answered or its connection
// ended, wherever it goes.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { connect, type NetConnectOpts } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { DEADLINES } from '../../../electron/http/server/request-body.ts'
import { sendRaw, startLocalInMemory, startUpstream, type LocalInMemory } from '../../support/local-api.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { stillServes } from './attacked.ts'

const JSON_TYPE = 'Content-Type: application/json\r\n'

/** What follows the request line, `Host` and the key. */
const shapes: Readonly<Record<string, string>> = {
  'no body': '\r\n',
  'a type and no body': `${JSON_TYPE}\r\n`,
  'another type and no body': 'Content-Type: text/html\r\n\r\n',
  'an empty type': 'Content-Type:\r\n\r\n',
  'a broken type': 'Content-Type: ;;=\r\n\r\n',
  'a form type and no body': 'Content-Type: application/x-www-form-urlencoded\r\n\r\n',
  'length 0': 'Content-Length: 0\r\n\r\n',
  'a type and length 0': `${JSON_TYPE}Content-Length: 0\r\n\r\n`,
  'an empty chunked body': `${JSON_TYPE}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  'an empty chunked body of no type': 'Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  'a body that is no JSON': `${JSON_TYPE}Content-Length: 5\r\n\r\nhello`,
  'a body of no type': 'Content-Length: 5\r\n\r\nhello',
  'an asking caller without body': 'Expect: 100-continue\r\n\r\n',
  'an asking caller with length 0': `${JSON_TYPE}Expect: 100-continue\r\nContent-Length: 0\r\n\r\n`,
  'an asking caller that never sends': `${JSON_TYPE}Expect: 100-continue\r\nContent-Length: 5\r\n\r\n`,
  'an asking caller of a large body that never sends':
    'Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n',
  'another expectation': 'Expect: 200-ok\r\nContent-Length: 5\r\n\r\nhello',
  'half a body': `${JSON_TYPE}Content-Length: 10\r\n\r\n{"pro`,
  'half a large body': `Content-Length: 100000\r\n\r\n${'x'.repeat(70_000)}`,
  'half a chunk': `${JSON_TYPE}Transfer-Encoding: chunked\r\n\r\nff\r\n{"pro`,
  'no last chunk': `${JSON_TYPE}Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n`,
  'a chunk of broken length': `${JSON_TYPE}Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n`,
  'more than its length': `${JSON_TYPE}Content-Length: 2\r\n\r\n{}{}{}`,
  'two lengths': 'Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}',
  'a negative length': 'Content-Length: -1\r\n\r\n',
  'a length and chunks': 'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  'a coding that is not undone': 'Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
  'an offer to upgrade': 'Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 0\r\n\r\n',
  'headers that do not end': 'X-Half: ',
}

const OTHERS = ['/nowhere', '/', '/api/nowhere', '/oauth2/callback', '/healthz', '/docs', '/openapi.json']
const WINDOW = ['/launch', '/ui/call/snapshot.get', '/ui/events', '/index.html']

/** Every address with every method that it takes and with two that it may not. */
async function targets(local: LocalInMemory): Promise<string[]> {
  const { body } = await local.ask('/openapi.json')
  const described = Object.keys(body.paths as object).map((path) =>
    path.replace(/\{(?:id|slug|provider)\}/, 'slack').replace(/\{\*\}|\{[a-zA-Z]+\}/g, 'abcdefghijkl'),
  )
  expect(described.length).toBeGreaterThan(15)
  return [...new Set([...described, ...OTHERS, ...WINDOW])].flatMap((path) =>
    ['GET', 'HEAD', 'POST', 'PATCH', 'DELETE', 'PUT', 'OPTIONS', 'PROPFIND'].map(
      (method) => `${method} ${path}`,
    ),
  )
}

/** Resolves when there is the head of an answer, or the connection has ended. */
function answered(where: NetConnectOpts, text: string): Promise<'answered' | 'ended'> {
  return new Promise((resolve) => {
    let heard = ''
    const socket = connect(where, () => socket.write(text))
    const done = (how: 'answered' | 'ended'): void => {
      socket.destroy()
      resolve(how)
    }
    socket.on('data', (piece) => {
      heard += piece.toString('latin1')
      if (/^(?:HTTP\/1\.1 1\d\d [^\r]*\r\n\r\n)*HTTP\/1\.1 [2-5]\d\d /.test(heard)) done('answered')
    })
    socket.once('close', () => done('ended'))
    socket.on('error', () => done('ended'))
  })
}

/** Sends all of them, some at a time; what is still waiting when the rest is through stays in `open`. */
function sendAll(where: NetConnectOpts, texts: ReadonlyMap<string, string>) {
  const open = new Set(texts.keys())
  const queue = [...texts]
  const next = async (): Promise<void> => {
    for (let each = queue.pop(); each !== undefined; each = queue.pop()) {
      await answered(where, each[1])
      open.delete(each[0])
    }
  }
  const through = Promise.all(Array.from({ length: 300 }, next))
  return { open, through }
}

async function startWithWindow(): Promise<LocalInMemory & { socketPath: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'kw-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const windowFolder = join(tempFolder(), 'window')
  mkdirSync(windowFolder)
  writeFileSync(join(windowFolder, 'index.html'), '<p>window')
  const upstream = await startUpstream((request, response) => {
    request.resume().once('end', () => response.end('upstream'))
  })
  const socketPath = join(folder, 'keyway.sock')
  const local = await startLocalInMemory({
    baseUrl: upstream.url,
    windowFolder,
    socketPath,
    deadlines: { headersMs: 400, bodyMs: 200, silenceMs: 200 },
  })
  return { ...local, socketPath }
}

describe('whatever a request lacks, it is answered or its connection ends', () => {
  let local: LocalInMemory & { socketPath: string }
  beforeEach(async () => void (local = await startWithWindow()))

  test.each([
    ['the port', 'without a key'],
    ['the port', 'with a key'],
    ['the local socket', 'without a key'],
    ['the local socket', 'with a key'],
  ])(
    'at %s, %s, at every address',
    async (listener, whose) => {
      const key = whose === 'with a key' ? `X-API-Key: ${local.key}\r\n` : ''
      const where =
        listener === 'the port' ? { port: local.port, host: '127.0.0.1' } : { path: local.socketPath }
      const texts = new Map<string, string>()
      for (const target of await targets(local)) {
        for (const [shape, rest] of Object.entries(shapes))
          texts.set(
            `${target}, ${shape}`,
            `${target} HTTP/1.1\r\nHost: 127.0.0.1:${local.port}\r\n${key}${rest}`,
          )
      }
      const { open, through } = sendAll(where, texts)
      // What hangs is named: these are the last ones open when everything else is long through.
      await expect.poll(() => [...open].slice(0, 5), { timeout: 150_000, interval: 500 }).toEqual([])
      await through
      // With a key, the end of the only connection is among what was answered.
      if (whose === 'with a key') await local.keyway.addConnection('slack', 'after')
      await stillServes(local)
    },
    180_000,
  )

  test('a silent upload through the proxy is told that it took too long, and the API is let go', async () => {
    const half = `PUT /api/integrations/slack/request/x HTTP/1.1\r\nHost: 127.0.0.1:${local.port}\r\nX-API-Key: ${local.key}\r\nContent-Length: 100000\r\n\r\nhalf`
    expect(await sendRaw(local.port, half)).toMatch(/^HTTP\/1\.1 408 [\s\S]*"request_timeout"/)
  })
})

test('the observer of these tests sees a request that nobody answers', async () => {
  const server = createServer((request, response) => {
    if (request.url !== '/hangs') response.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const texts = new Map(
    ['/one', '/hangs', '/two'].map((path) => [path, `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`]),
  )
  const { open } = sendAll({ port: address.port, host: '127.0.0.1' }, texts)
  await expect.poll(() => [...open]).toEqual(['/hangs'])
})

test('an empty body is no body where none is needed, and a 400 that names it where one is', async () => {
  const local = await startLocalInMemory()
  for (const type of ['application/json', 'text/plain', 'application/x-www-form-urlencoded', 'nonsense']) {
    const headers = { 'content-type': type }
    const missing = await local.ask('/api/apps/me', { key: local.key, method: 'PATCH', headers })
    expect([type, missing.status, missing.body.code]).toEqual([type, 400, 'invalid_request'])
    expect(missing.body).toMatchObject({ field: 'body' })
    await local.keyway.addConnection('slack', 'spare')
    const gone = await local.call('/api/integrations/slack/connection?account=spare', {
      key: local.key,
      method: 'DELETE',
      headers,
    })
    expect([type, gone.status]).toEqual([type, 204])
  }
})

test('300 pipelined requests with Expect reach the API one at a time, are answered in their order, and leave the connection usable', async () => {
  let running = 0
  let most = 0
  const seen: string[] = []
  const upstream = await startUpstream(async (request, response) => {
    most = Math.max(most, (running += 1))
    seen.push(request.url ?? '')
    await new Promise((resolve) => setImmediate(resolve))
    running -= 1
    response.end(`answer ${request.url};`)
  })
  const local = await startLocalInMemory({ baseUrl: upstream.url })
  const head = (path: string, more: string) =>
    `GET /api/integrations/slack/request/${path} HTTP/1.1\r\nHost: 127.0.0.1:${local.port}\r\nX-API-Key: ${local.key}\r\n${more}\r\n`
  const expecting = 'Expect: 100-continue\r\n'
  const bodies = ['', '', 'Content-Length: 0\r\n']
  const text = Array.from({ length: 300 }, (_each, index) =>
    head(String(index), `${expecting}${bodies[index % bodies.length]}`),
  ).join('')
  const all = await sendRaw(local.port, `${text}${head('last', 'Connection: close\r\n')}`)
  const paths = [...Array(300).keys(), 'last'].map((path) => `/${path}`)
  expect([...all.matchAll(/answer ([^;]+);/g)].map(([, path]) => path)).toEqual(paths)
  expect(seen).toEqual(paths)
  expect(most).toBe(1)
})

test('the same with bodies that came along unasked', async () => {
  const bodies: string[] = []
  const upstream = await startUpstream(async (request, response) => {
    bodies.push((await request.setEncoding('utf8').toArray()).join(''))
    response.end('fine;')
  })
  const local = await startLocalInMemory({ baseUrl: upstream.url })
  const request = (body: string, more = 'Expect: 100-continue\r\n') =>
    `POST /api/integrations/slack/request/x HTTP/1.1\r\nHost: 127.0.0.1:${local.port}\r\nX-API-Key: ${local.key}\r\n${more}Content-Length: ${body.length}\r\n\r\n${body}`
  const wanted = Array.from({ length: 100 }, (_each, index) => `body ${index}`)
  const all = await sendRaw(
    local.port,
    wanted.map((body) => request(body)).join('') + request('last', 'Connection: close\r\n'),
  )
  expect(all.match(/fine;/g)).toHaveLength(101)
  expect(bodies).toEqual([...wanted, 'last'])
})

test.each([
  ['a tunnel', 'CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n', '405'],
  ['bytes that are no HTTP', 'no HTTP at all\r\n\r\n', '400'],
])('%s asked for behind a call is refused after that call’s own answer', async (_name, after, status) => {
  const waiting: Array<() => void> = []
  const upstream = await startUpstream(async (_request, response) => {
    await new Promise<void>((resolve) => waiting.push(resolve))
    response.end('upstream')
  })
  const local = await startLocalInMemory({ baseUrl: upstream.url })
  const call = `GET /api/integrations/slack/request/x HTTP/1.1\r\nHost: 127.0.0.1:${local.port}\r\nX-API-Key: ${local.key}\r\n\r\n`
  const answers = sendRaw(local.port, `${call}${after}`)
  await expect.poll(() => waiting.length).toBe(1)
  waiting[0]?.()
  expect([...(await answers).matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, each]) => each)).toEqual([
    '200',
    status,
  ])
})

test('the deadlines are what SECURITY.md promises', () => {
  expect(DEADLINES).toEqual({ headersMs: 10_000, bodyMs: 15_000, silenceMs: 120_000 })
})
