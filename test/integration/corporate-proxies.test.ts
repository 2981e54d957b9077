// Proxies that need a login, speak SOCKS, refuse, or are not there: a request gets through, or its failure
// names the proxy and never the provider.
import { once } from 'node:events'
import { readFileSync, readdirSync } from 'node:fs'
import { createServer as createPlainServer } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createOutgoing, type Outgoing } from '../../electron/core/network/outgoing.ts'
import { httpFailureOf } from '../../electron/core/oauth/transport/http-exchange.ts'
import { PASSWORD_MASK } from '../../shared/contract/settings.ts'
import { testCertificates } from '../support/certificates/certificates.ts'
import { startConnectProxy } from '../support/connect-proxy.ts'
import { openTestKeyway } from '../support/open-test-keyway.ts'
import { tempFolder } from '../support/temp-folder.ts'

const PASSWORD = 'made-up-p@ss'
const written = (url: string, user = 'ada') =>
  url.replace('://', `://${user}:${encodeURIComponent(PASSWORD)}@`)

async function listening(server: Server): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => sockets.add(socket.on('error', () => undefined)))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

async function targets() {
  const { certificate: cert, key } = testCertificates
  const secure = await listening(createSecureServer({ cert, key }, (_, response) => response.end('hello')))
  const plain = await listening(createPlainServer((_, response) => response.end('hello')))
  return { secure: `https://localhost:${secure}/`, plain: `http://localhost:${plain}/` }
}

function through(proxyUrl: string): Outgoing {
  const made = createOutgoing({ settings: () => ({ proxyUrl, extraCa: null }), environment: {} })
  onTestFinished(() => made.close())
  return made
}

const textOf = async (outgoing: Outgoing, url: string) =>
  (await outgoing.fetchFor(testCertificates.authority)(url)).text()

async function failureOf(outgoing: Outgoing, url: string) {
  const error = await outgoing
    .fetchFor(testCertificates.authority)(url)
    .then(
      () => null,
      (thrown: unknown) => thrown,
    )
  const { kind, message, sent } = httpFailureOf(error, new URL(url).host)
  return { kind, message, sent }
}

describe('a proxy that needs a login', () => {
  test('gets it, for https and for http', async () => {
    const { secure, plain } = await targets()
    const proxy = await startConnectProxy({ credentials: `ada:${PASSWORD}` })
    onTestFinished(proxy.close)
    const outgoing = through(written(proxy.url))
    expect(await textOf(outgoing, secure)).toBe('hello')
    expect(await textOf(outgoing, plain)).toBe('hello')
    expect(proxy.seen).toEqual([`CONNECT ${new URL(secure).host}`, `GET ${plain}`])
  })

  test.each(['secure', 'plain'] as const)(
    'refuses without it or with another, and is named (%s)',
    async (scheme) => {
      const url = (await targets())[scheme]
      const proxy = await startConnectProxy({ credentials: `ada:${PASSWORD}` })
      onTestFinished(proxy.close)
      const { host } = new URL(proxy.url)
      expect(await failureOf(through(proxy.url), url)).toEqual({
        kind: 'setup',
        message: `The proxy ${host} asks for a user name and password`,
        sent: false,
      })
      const wrong = await failureOf(through(written(proxy.url, 'eve')), url)
      expect(wrong).toEqual({
        kind: 'setup',
        message: `The proxy ${host} refuses the user name and password`,
        sent: false,
      })
    },
  )
})

describe('a proxy that does not do its work is named, and not the provider', () => {
  test.each(['http', 'https', 'socks5', 'socks5h', 'socks4a'])('%s: nobody listens', async (scheme) => {
    const { secure } = await targets()
    const gone = createServer()
    const port = await listening(gone)
    gone.close()
    await once(gone, 'close')
    expect(await failureOf(through(`${scheme}://127.0.0.1:${port}`), secure)).toEqual({
      kind: 'unreachable',
      message: expect.stringMatching(
        new RegExp(`^The proxy 127\\.0\\.0\\.1:${port} cannot be reached`),
      ) as string,
      sent: false,
    })
  })

  test.each([
    [403, 'setup', 'refuses connections to this server (HTTP 403)'],
    [502, 'unreachable', 'could not reach the server (HTTP 502)'],
    [504, 'unreachable', 'could not reach the server (HTTP 504)'],
  ])('CONNECT is answered with %i', async (tunnelStatus, kind, words) => {
    const { secure } = await targets()
    const proxy = await startConnectProxy({ tunnelStatus })
    onTestFinished(proxy.close)
    expect(await failureOf(through(proxy.url), secure)).toEqual({
      kind,
      message: `The proxy ${new URL(proxy.url).host} ${words}`,
      sent: false,
    })
  })

  test.each(['http', 'socks5h'])('%s: the connection is closed at once', async (scheme) => {
    const { secure } = await targets()
    const port = await listening(createServer((socket) => socket.destroy()))
    expect(await failureOf(through(`${scheme}://127.0.0.1:${port}`), secure)).toMatchObject({
      kind: 'unreachable',
      message: expect.stringContaining(`The proxy 127.0.0.1:${port} cannot be reached`) as string,
    })
  })

  test('its certificate is not trusted', async () => {
    const { plain } = await targets()
    const { certificate: cert, key } = testCertificates
    const port = await listening(createSecureServer({ cert, key }))
    const made = through(`https://127.0.0.1:${port}`)
    const error: unknown = await made
      .fetchFor(null)(plain)
      .catch((thrown: unknown) => thrown)
    expect(httpFailureOf(error, 'localhost').message).toMatch(/^The proxy 127\.0\.0\.1:\d+ cannot be reached/)
  })

  test('a target’s own certificate is still the target’s failure', async () => {
    const { secure } = await targets()
    const proxy = await startConnectProxy()
    onTestFinished(proxy.close)
    const error: unknown = await through(proxy.url)
      .fetchFor(null)(secure)
      .catch((thrown: unknown) => thrown)
    expect(httpFailureOf(error, 'localhost')).toMatchObject({ kind: 'tls' })
  })
})

/** SOCKS 5 (RFC 1928) with user name and password (RFC 1929) if wanted; writes down what it was asked for. */
async function startSocks({ login = null, reply = 0 }: { login?: string | null; reply?: number } = {}) {
  const seen: string[] = []
  const port = await listening(
    createServer((socket) => {
      void (async () => {
        const read = async (count: number): Promise<Buffer> => {
          for (;;) {
            const part = socket.read(count) as Buffer | null
            if (part !== null) return part
            await once(socket, 'readable')
          }
        }
        await read((await read(2))[1] ?? 0)
        socket.write(Buffer.from([5, login === null ? 0 : 2]))
        if (login !== null) {
          const user = (await read((await read(2))[1] ?? 0)).toString()
          const password = (await read((await read(1))[0] ?? 0)).toString()
          const isRight = `${user}:${password}` === login
          socket.write(Buffer.from([1, isRight ? 0 : 1]))
          if (!isRight) return
        }
        const type = (await read(4))[3]
        const host =
          type === 1
            ? [...(await read(4))].join('.')
            : type === 4
              ? `[${(await read(16)).toString('hex')}]`
              : (await read((await read(1))[0] ?? 0)).toString()
        const target = (await read(2)).readUInt16BE()
        seen.push(`${type === 3 ? 'name' : 'address'} ${host}`)
        socket.write(Buffer.from([5, reply, 0, 1, 0, 0, 0, 0, 0, 0]))
        if (reply !== 0) return
        const upstream = connect(target, '127.0.0.1')
        upstream.on('error', () => socket.destroy())
        socket.pipe(upstream).pipe(socket)
      })().catch(() => socket.destroy())
    }),
  )
  return { port, seen }
}

describe('SOCKS', () => {
  test.each([
    ['socks5h', /^name localhost$/],
    ['socks5', /^address /],
  ])('%s carries https and http, and resolves names where its scheme says', async (scheme, asked) => {
    const { secure, plain } = await targets()
    const { port, seen } = await startSocks()
    const outgoing = through(`${scheme}://127.0.0.1:${port}`)
    expect(await textOf(outgoing, secure)).toBe('hello')
    expect(await textOf(outgoing, plain)).toBe('hello')
    expect(seen).toEqual([expect.stringMatching(asked), expect.stringMatching(asked)])
  })

  test('with a login; another one is refused in words', async () => {
    const { secure } = await targets()
    const { port } = await startSocks({ login: `ada:${PASSWORD}` })
    const address = `socks5h://127.0.0.1:${port}`
    expect(await textOf(through(written(address)), secure)).toBe('hello')
    expect(await failureOf(through(written(address, 'eve')), secure)).toEqual({
      kind: 'setup',
      message: `The proxy 127.0.0.1:${port} refuses the user name and password`,
      sent: false,
    })
  })

  test.each([
    [2, 'setup', 'NotAllowed'],
    [5, 'unreachable', 'ConnectionRefused'],
  ])('reply %i is the proxy’s answer', async (reply, kind, why) => {
    const { secure } = await targets()
    const { port } = await startSocks({ reply })
    expect(await failureOf(through(`socks5h://127.0.0.1:${port}`), secure)).toEqual({
      kind,
      message: `The proxy 127.0.0.1:${port} could not reach the server (${why})`,
      sent: false,
    })
  })
})

test('a password in the settings is encrypted, is never shown, stays with its proxy and nowhere else', async () => {
  const path = tempFolder()
  const { secure } = await targets()
  const proxy = await startConnectProxy({ credentials: `ada:${PASSWORD}` })
  const other = await startConnectProxy({ credentials: `ada:${PASSWORD}` })
  onTestFinished(() => Promise.all([proxy.close(), other.close()]).then(() => undefined))
  const open = () => openTestKeyway(path)
  const onDisk = () =>
    readdirSync(path)
      .filter((name) => name.endsWith('.json'))
      .map((name) => readFileSync(join(path, name), 'utf8'))
      .join('\n')
  let opened = await open()
  const { host } = new URL(proxy.url)
  await opened.keyway.ui['settings.update']({ proxyUrl: written(proxy.url) })
  const shown = `http://ada:${PASSWORD_MASK}@${host}`
  expect(opened.keyway.settings.get().proxyUrl).toBe(shown)
  expect(JSON.stringify(opened.keyway.snapshot())).not.toContain(encodeURIComponent(PASSWORD))
  expect(onDisk()).toContain(host)
  expect(onDisk()).not.toContain(encodeURIComponent(PASSWORD))
  expect(await textOf(opened.outgoing, secure)).toBe('hello')
  // What the window shows, saved again, changes nothing.
  await opened.keyway.ui['settings.update']({ proxyUrl: shown })
  expect(await textOf(opened.outgoing, secure)).toBe('hello')
  await opened.close()

  opened = await open()
  expect(opened.keyway.settings.get().proxyUrl).toBe(shown)
  expect(await textOf(opened.outgoing, secure)).toBe('hello')
  // Another proxy with the mask in its address does not get the password.
  await opened.keyway.ui['settings.update']({ proxyUrl: shown.replace(host, new URL(other.url).host) })
  expect(await failureOf(opened.outgoing, secure)).toMatchObject({ kind: 'setup' })
  expect(opened.keyway.settings.get().proxyUrl).toBe(`http://ada@${new URL(other.url).host}`)
  await opened.keyway.ui['settings.update']({ proxyUrl: null })
  expect(onDisk()).not.toContain('sealed')
  await opened.close()
})

test('with the vault locked, a password is not saved and a request says that it is locked', async () => {
  const opened = await openTestKeyway(tempFolder())
  onTestFinished(() => opened.close())
  await opened.keyway.ui['settings.update']({ proxyUrl: 'http://ada:made-up@127.0.0.1:9' })
  opened.vault.lock()
  expect(() => opened.keyway.settings.update({ proxyUrl: 'http://ada:other@127.0.0.1:8' })).toThrow(
    expect.objectContaining({ code: 'vault_locked' }),
  )
  expect(opened.keyway.settings.get().proxyUrl).toContain(':9')
  expect(await failureOf(opened.outgoing, 'https://localhost/')).toMatchObject({ kind: 'setup' })
})

test('a proxy that cannot be read is refused with its field', async () => {
  const opened = await openTestKeyway(tempFolder())
  onTestFinished(() => opened.close())
  for (const proxyUrl of ['http://p:99999', 'http://a:%ZZ@p:1']) {
    await expect(opened.keyway.ui['settings.update']({ proxyUrl })).rejects.toMatchObject({
      code: 'invalid_request',
      details: { field: 'proxyUrl' },
    })
  }
  expect(opened.keyway.settings.get().proxyUrl).toBeNull()
})
