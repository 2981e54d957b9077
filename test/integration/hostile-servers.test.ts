// Servers that send too much, too slowly or something else than they announce: bounded in time and memory,
// and always a coded outcome. Over real sockets and the HTTP library of the app.
import { createServer, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'
import { brotliCompressSync, constants, createGzip, deflateSync, gzipSync } from 'node:zlib'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createOutgoing } from '../../electron/core/network/outgoing.ts'
import type { OAuthDeps, TokenOutcome } from '../../electron/core/oauth/types.ts'
import { createFakeClock } from '../support/fake-clock.ts'
import { answerOf, makeOAuthClient, resolvedProvider } from '../support/oauth.ts'

type Serve = (socket: Socket, path: string, base: string) => void

/** A server at the level of bytes: what it writes is what arrives. */
async function startRaw(serve: Serve) {
  const seen = { requests: 0, closed: 0 }
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => (seen.closed += 1))
    let head = ''
    socket.on('data', (bytes) => {
      head += bytes.toString('latin1')
      if (!head.includes('\r\n\r\n')) return
      const path = head.split(' ', 2)[1] ?? ''
      head = ''
      seen.requests += 1
      serve(socket, path, `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen }
}

function client(deps: Partial<OAuthDeps> = {}) {
  const outgoing = createOutgoing({ settings: () => ({ proxyUrl: null, extraCa: null }), environment: {} })
  onTestFinished(() => void outgoing.close().catch(() => undefined))
  return makeOAuthClient({ fetchFor: () => outgoing.fetchFor(null), ...deps })
}
const discover = (origin: string, deps?: Partial<OAuthDeps>) =>
  client(deps).discover(origin, { redirectUris: [] })
const token = (origin: string, deps?: Partial<OAuthDeps>): Promise<TokenOutcome> =>
  client(deps).clientCredentials(resolvedProvider({ endpoints: { token: `${origin}/token` } }), [])

const head = (headers: string, status = '200 OK'): string =>
  `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\n${headers}\r\n\r\n`
const whole = (body: string | Buffer, headers = ''): Buffer =>
  Buffer.concat([
    Buffer.from(head(`${headers}Content-Length: ${Buffer.byteLength(body)}`)),
    Buffer.from(body),
  ])
const metadata = (base: string, more: object = {}): string =>
  JSON.stringify({
    issuer: base,
    authorization_endpoint: `${base}/authorize`,
    token_endpoint: `${base}/token`,
    ...more,
  })
const tokens = JSON.stringify({ access_token: 'made-up', token_type: 'Bearer', expires_in: 60 })

/** Writes for as long as somebody reads. */
function writeForEver(socket: Socket, first: string | Buffer, chunk: Buffer): void {
  socket.write(first)
  const more = (): void => {
    while (!socket.destroyed && socket.write(chunk));
    socket.once('drain', more)
  }
  more()
}

const MEGABYTE = Buffer.alloc(1_000_000, 0x20)

type Hostile = { name: string; serve: Serve; outcome: object }
const hostile: Hostile[] = [
  {
    name: 'an endless body',
    serve: (socket) => writeForEver(socket, head('Connection: close'), MEGABYTE),
    outcome: { kind: 'retry', code: 'answer_too_large', sent: true },
  },
  {
    name: 'an endless chunked body',
    serve: (socket) =>
      writeForEver(
        socket,
        head('Transfer-Encoding: chunked'),
        Buffer.concat([Buffer.from('F4240\r\n'), MEGABYTE, Buffer.from('\r\n')]),
      ),
    outcome: { kind: 'retry', code: 'answer_too_large', sent: true },
  },
  {
    name: 'a compression bomb',
    serve(socket) {
      socket.write(head('Content-Encoding: gzip\r\nConnection: close'))
      const gzip = createGzip({ level: constants.Z_BEST_COMPRESSION })
      gzip.pipe(socket)
      writeForEver(gzip as unknown as Socket, '', Buffer.alloc(10_000_000))
    },
    outcome: { kind: 'retry', code: 'answer_too_large', sent: true },
  },
  {
    name: 'a brotli bomb',
    serve: (socket) =>
      socket.end(whole(brotliCompressSync(Buffer.alloc(100_000_000)), 'Content-Encoding: br\r\n')),
    outcome: { kind: 'retry', code: 'answer_too_large', sent: true },
  },
  {
    name: 'a bomb that is compressed twice',
    serve: (socket) =>
      socket.end(whole(gzipSync(gzipSync(Buffer.alloc(100_000_000))), 'Content-Encoding: gzip, gzip\r\n')),
    outcome: { kind: 'retry', code: 'answer_too_large', sent: true },
  },
  {
    name: 'a length of more than is sent',
    serve: (socket) => socket.end(`${head('Content-Length: 100000')}${tokens}`),
    outcome: { kind: 'retry', code: 'network_error', sent: true },
  },
  {
    name: 'a length of less than is sent',
    serve: (socket) => socket.end(`${head('Content-Length: 20')}${tokens}`),
    outcome: { kind: 'retry', code: 'torn_answer', sent: true },
  },
  {
    name: 'two different lengths',
    serve: (socket) => socket.end(`${head('Content-Length: 20\r\nContent-Length: 30')}${tokens}`),
    outcome: { kind: 'retry', code: 'network_error', sent: true },
  },
  {
    name: 'a body that is not compressed as announced',
    serve: (socket) => socket.end(whole(tokens, 'Content-Encoding: gzip\r\n')),
    outcome: { kind: 'retry', code: 'network_error', sent: true },
  },
  {
    name: 'endless headers',
    serve: (socket) =>
      writeForEver(socket, 'HTTP/1.1 200 OK\r\n', Buffer.from(`X-Long: ${'x'.repeat(10_000)}\r\n`)),
    outcome: { kind: 'retry', code: 'network_error', sent: true },
  },
  {
    name: 'JSON nested 100,000 levels deep',
    serve: (socket) => socket.end(whole(`{"x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`)),
    outcome: { kind: 'retry', code: 'no_token_in_answer', sent: true },
  },
  {
    name: 'JSON nested deep with a long number in it',
    serve: (socket) =>
      socket.end(whole(`{"x":${'['.repeat(100_000)}12345678901234567890${']'.repeat(100_000)}}`)),
    outcome: { kind: 'retry', sent: true },
  },
  {
    name: 'JSON that opens and never closes',
    serve: (socket) => socket.end(whole('{"a":'.repeat(150_000))),
    outcome: { kind: 'retry', code: 'torn_answer', sent: true },
  },
  {
    name: 'something else than HTTP',
    serve: (socket) => socket.end('SSH-2.0-OpenSSH_9.6\r\n'),
    outcome: { kind: 'retry', code: 'network_error', sent: true },
  },
  {
    name: 'nothing',
    serve: (socket) => socket.end(),
    outcome: { kind: 'retry', code: 'network_error', sent: true },
  },
]

describe('a hostile server', () => {
  it.each(hostile)('with $name at the token endpoint is a coded outcome', async ({ serve, outcome }) => {
    const { origin } = await startRaw(serve)
    expect(await token(origin)).toMatchObject(outcome)
  })

  it.each(hostile)('with $name at every metadata address is refused with a code', async ({ serve }) => {
    const { origin } = await startRaw(serve)
    const failure = await discover(origin).then(
      () => null,
      (error: { code: string }) => error,
    )
    expect(['discovery_failed', 'provider_unreachable']).toContain(failure?.code)
  })

  it('has its connection closed when it sends too much', async () => {
    const { origin, seen } = await startRaw((socket) =>
      writeForEver(socket, head('Connection: close'), MEGABYTE),
    )
    await token(origin)
    await expect.poll(() => seen.closed).toBe(seen.requests)
  })

  it('that sends a byte a second is waited for until the deadline, not longer', async () => {
    const clock = createFakeClock()
    const begun = Promise.withResolvers<void>()
    const { origin } = await startRaw((socket) => {
      socket.write(`${head('Content-Length: 1000')} `)
      begun.resolve()
    })
    const slow = token(origin, { clock })
    await begun.promise
    clock.advance(15_000)
    expect(await slow).toMatchObject({ kind: 'retry', code: 'timeout', sent: true })
    const late = discover(origin, { clock })
    late.catch(() => undefined)
    await expect.poll(() => clock.waiting).toBeGreaterThan(0)
    clock.advance(10_000)
    await expect(late).rejects.toMatchObject({ code: 'discovery_failed' })
  })

  it('that never ends its status line is waited for until the deadline, in bounded memory', async () => {
    const clock = createFakeClock()
    const begun = Promise.withResolvers<void>()
    const { origin } = await startRaw((socket) => {
      socket.write('HTTP/1.1 200 ')
      socket.write(Buffer.alloc(20_000_000, 0x20), () => begun.resolve())
    })
    const outcome = token(origin, { clock })
    await begun.promise
    clock.advance(15_000)
    expect(await outcome).toMatchObject({ kind: 'retry', code: 'timeout', sent: true })
  })

  it('that redirects for ever is followed five times at each address', async () => {
    const { origin, seen } = await startRaw((socket, path, base) => {
      const next = Number(/\d+/.exec(path)?.[0] ?? 0) + 1
      socket.end(head(`Location: ${base}/hop/${next}\r\nContent-Length: 0\r\nConnection: close`, '302 Found'))
    })
    await expect(discover(origin)).rejects.toMatchObject({ code: 'discovery_failed' })
    expect(seen.requests).toBeLessThan(50)
  })

  it('that names many authorization servers is asked at twenty of them', async () => {
    const asked: string[] = []
    const servers = Array.from({ length: 400 }, (_, index) => `https://as${index}.example`)
    const hosts = makeOAuthClient({
      fetchFor: () => (url) => {
        asked.push(new URL(url).host)
        const isResource = url.includes('oauth-protected-resource')
        const document = { resource: 'https://api.example', authorization_servers: servers }
        return Promise.resolve(isResource ? Response.json(document) : new Response('', { status: 404 }))
      },
    })
    await expect(hosts.discover('https://api.example', { redirectUris: [] })).rejects.toMatchObject({
      code: 'discovery_failed',
    })
    expect(new Set(asked.filter((host) => host.startsWith('as'))).size).toBe(20)
  })

  it.each([
    ['cloud metadata', 'http://169.254.169.254/latest/token'],
    ['cloud metadata over https', 'https://169.254.169.254/token'],
    ['a private address', 'https://10.0.0.5/token'],
    ['a private address over http', 'http://10.0.0.5/token'],
    ['a private address of IPv6', 'https://[fd00::1]/token'],
    ['a mapped address', 'https://[::ffff:10.0.0.5]/token'],
    ['this machine', 'http://127.0.0.1:7317/token'],
    ['this machine by name', 'https://localhost/token'],
  ])('that points any member at %s is refused for that', async (_name, address) => {
    for (const member of [
      'token_endpoint',
      'revocation_endpoint',
      'userinfo_endpoint',
      'registration_endpoint',
    ]) {
      const asked: string[] = []
      const remote = makeOAuthClient({
        fetchFor: () => (url) => {
          asked.push(url)
          const body = metadata('https://evil.example', { [member]: address })
          const isMetadata = url === 'https://evil.example/.well-known/openid-configuration'
          return Promise.resolve(new Response(body, { status: isMetadata ? 200 : 404 }))
        },
      })
      await expect(remote.discover('https://evil.example', { redirectUris: [] })).rejects.toMatchObject({
        code: 'discovery_failed',
        message: expect.stringContaining(`points ${member} at this machine or its network`) as string,
      })
      expect(asked.every((url) => url.startsWith('https://evil.example'))).toBe(true)
    }
  })
})

describe('an unusual but correct server', () => {
  const hints = 'HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n'
  const proceed = 'HTTP/1.1 100 Continue\r\n\r\n'
  const unusual: Array<[string, (body: string) => string | Buffer]> = [
    ['an unasked 100 Continue', (body) => proceed + String(whole(body))],
    ['two unasked 100 Continue', (body) => proceed + proceed + String(whole(body))],
    ['a 103 Early Hints', (body) => hints + String(whole(body))],
    ['both', (body) => proceed + hints + String(whole(body))],
    ['gzip', (body) => whole(gzipSync(body), 'Content-Encoding: gzip\r\n')],
    ['x-gzip', (body) => whole(gzipSync(body), 'Content-Encoding: x-gzip\r\n')],
    ['deflate', (body) => whole(deflateSync(body), 'Content-Encoding: deflate\r\n')],
    ['brotli', (body) => whole(brotliCompressSync(body), 'Content-Encoding: br\r\n')],
    ['a byte order mark', (body) => whole(`\uFEFF${body}`)],
    ['a body up to the end of the connection', (body) => `${head('Connection: close')}${body}`],
    ['white space around', (body) => whole(`\n\n${body}\r\n\0`.replace('\0', ' '))],
    ['another content type', (body) => String(whole(body)).replace('application/json', 'text/html')],
    ['UTF-16', (body) => whole(Buffer.from(`\uFEFF${body}`, 'utf16le'))],
  ]
  it.each(unusual)('with %s is read', async (_name, answer) => {
    const { origin } = await startRaw((socket, path, base) => {
      if (path === '/token') socket.end(answer(tokens))
      else if (path === '/.well-known/openid-configuration') socket.end(answer(metadata(base)))
      else socket.end(head('Content-Length: 0', '404 Not Found'))
    })
    expect(answerOf(await token(origin)).accessToken.reveal()).toBe('made-up')
    expect((await discover(origin)).draft.spec).toMatchObject({ discovery: { issuer: origin } })
  })

  it('may send its 100 Continue in pieces', async () => {
    const { origin } = await startRaw((socket) => {
      socket.write('HTTP/1.1 100 Con')
      setImmediate(() => {
        socket.write('tinue\r\nX-A: b\r\n')
        setImmediate(() => socket.end(`\r\n${String(whole(tokens))}`))
      })
    })
    answerOf(await token(origin))
  })

  it('may send a body that looks like an interim response', async () => {
    const name = 'HTTP/1.1 100 Continue'
    const { origin } = await startRaw((socket) => {
      const body = JSON.stringify({ access_token: 'made-up', account: name })
      socket.write(head(`Content-Length: ${body.length}`) + body.slice(0, body.indexOf(name)))
      setImmediate(() => socket.end(body.slice(body.indexOf(name))))
    })
    const spec = { endpoints: { token: `${origin}/token` }, token: { paths: { accountLabel: 'account' } } }
    const outcome = await client().clientCredentials(resolvedProvider(spec), [])
    expect(answerOf(outcome).accountLabel).toBe(name)
  })
})
