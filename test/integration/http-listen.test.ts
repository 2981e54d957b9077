// Where the server listens, where it does not, and what it says when it cannot.
import { chmodSync, lstatSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request, createServer, type IncomingMessage } from 'node:http'
import { once } from 'node:events'
import { connect, createServer as createNetServer, type AddressInfo } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { startLocalApi } from '../support/start-local-api.ts'
import { KeywayError } from '../../shared/contract/errors.ts'
import { startMemoryCore, type MemoryCore } from '../support/start-keyway.ts'
import { startLocalInMemory } from '../support/local-api.ts'

async function openCore(): Promise<MemoryCore> {
  const core = await startMemoryCore()
  onTestFinished(() => core.close())
  return core
}

const shortFolder = (): string => {
  // A socket path has about a hundred characters; a nested test folder may be longer.
  const folder = mkdtempSync(join(tmpdir(), 'kw-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

async function overSocket(
  socketPath: string,
  path: string,
  headers: Record<string, string>,
): Promise<{ status: number; text: string }> {
  const asking = request({ socketPath, path, headers }).end()
  const [answer] = (await once(asking, 'response')) as [IncomingMessage]
  let text = ''
  for await (const chunk of answer) text += String(chunk)
  return { status: answer.statusCode ?? 0, text }
}

const reaches = (host: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 2000 })
    const done = (reached: boolean): void => {
      socket.destroy()
      resolve(reached)
    }
    socket
      .once('connect', () => done(true))
      .once('error', () => done(false))
      .once('timeout', () => done(false))
  })

describe('interfaces', () => {
  test('loopback answers; no other address of this machine does', async () => {
    const local = await startLocalInMemory({ host: 'localhost' })
    expect(await reaches('127.0.0.1', local.port)).toBe(true)
    const others = Object.values(networkInterfaces())
      .flat()
      .filter((each) => each !== undefined)
      .filter(({ internal }) => !internal)
    for (const { address, family, scopeid } of others) {
      const host =
        family === 'IPv6' && scopeid !== undefined && scopeid !== 0 ? `${address}%${scopeid}` : address
      expect([host, await reaches(host, local.port)]).toEqual([host, false])
    }
    expect(await reaches('127.0.0.2', local.port)).toBe(false)
  })

  test('localhost means both stacks with the same port, where there is IPv6', async () => {
    const local = await startLocalInMemory({ host: 'localhost' })
    const hasIpv6 = Object.values(networkInterfaces())
      .flat()
      .some((each) => each?.address === '::1')
    expect(await reaches('::1', local.port)).toBe(hasIpv6)
    const only = await startLocalInMemory({ host: '127.0.0.1' })
    expect(await reaches('::1', only.port)).toBe(false)
  })
})

describe('a busy port', () => {
  const failureOf = async (port: number): Promise<KeywayError> => {
    const keyway = await openCore()
    const failure = await startLocalApi(keyway, { port, host: '127.0.0.1' }).catch((error: unknown) => error)
    if (!(failure instanceof KeywayError)) throw new Error('it listened')
    expect(keyway.snapshot().server).toMatchObject({ listening: false })
    return failure
  }

  test('held by a Keyway says so, and names the next free port', async () => {
    const local = await startLocalInMemory()
    const failure = await failureOf(local.port)
    expect(failure).toMatchObject({ code: 'port_busy', details: { port: local.port, holder: 'keyway' } })
    expect(failure.message).toBe(`Port ${local.port} is in use by another Keyway.`)
    const free = Number(failure.details['nextFreePort'])
    expect(free).toBeGreaterThan(local.port)
    expect(await reaches('127.0.0.1', free)).toBe(false)
  })

  test('held by another web server, or by something that never answers, says that and how to choose', async () => {
    const web = createServer((_request, response) => response.end('{"service":"other"}')).listen(
      0,
      '127.0.0.1',
    )
    const silent = createNetServer(() => undefined).listen(0, '127.0.0.1')
    onTestFinished(() => {
      web.close()
      silent.close()
    })
    await Promise.all([once(web, 'listening'), once(silent, 'listening')])
    for (const server of [web, silent]) {
      const { port } = server.address() as AddressInfo
      const failure = await failureOf(port)
      expect(failure).toMatchObject({ code: 'port_busy', details: { port, holder: 'other' } })
      expect(failure.nextStep).toMatch(/--port.*\d+ is free/)
    }
  })
})

describe('the local socket', () => {
  test('is a socket that only this user may open, with the same API and the same keys', async () => {
    const socketPath = join(shortFolder(), 'keyway.sock')
    const local = await startLocalInMemory({ socketPath })
    const stat = lstatSync(socketPath)
    expect([stat.isSocket(), stat.mode & 0o777]).toEqual([true, 0o600])
    const ask = (path: string, headers: Record<string, string> = {}) =>
      overSocket(socketPath, path, { host: 'localhost', ...headers })
    expect((await ask('/api/integrations/slack/token', { 'x-api-key': local.key })).status).toBe(200)
    expect((await ask('/api/integration-connections', { 'x-api-key': local.key })).status).toBe(200)
    expect((await ask('/api/integrations/slack/token')).status).toBe(401)
    expect((await ask('/healthz', { host: 'attacker.example' })).status).toBe(403)
    expect(local.keyway.snapshot().server.socketPath).toBe(socketPath)
    await local.api.close(0)
    expect(() => lstatSync(socketPath)).toThrow(/ENOENT/)
  })

  test('is closed to others under a umask that takes nothing away, and changes no umask meanwhile', async () => {
    const folder = shortFolder()
    const before = process.umask(0)
    onTestFinished(() => void process.umask(before))
    const socketPath = join(folder, 'keyway.sock')
    const opening = startLocalInMemory({ socketPath })
    const other = join(folder, 'other')
    const modes: number[] = []
    // At every step of the opening.
    const state = { isOpen: false }
    void opening.then(() => (state.isOpen = true))
    while (!state.isOpen) {
      writeFileSync(other, '')
      modes.push(lstatSync(other).mode & 0o777)
      rmSync(other)
      await new Promise(setImmediate)
    }
    expect(new Set(modes)).toEqual(new Set([0o666]))
    expect(lstatSync(socketPath).mode & 0o777).toBe(0o600)
    const { key } = await opening
    const asked = { host: 'localhost', 'x-api-key': key }
    expect((await overSocket(socketPath, '/api/integrations/slack/token', asked)).status).toBe(200)
  })

  test('is not opened in a folder that others may enter, where it could be reached before it has its mode', async () => {
    const folder = shortFolder()
    chmodSync(folder, 0o755)
    const socketPath = join(folder, 'keyway.sock')
    const open = async () => startLocalApi(await openCore(), { port: 0, host: '127.0.0.1', socketPath })
    const without = await open()
    expect(without).toMatchObject({ socketPath: null, socketFailure: { code: 'save_failed' } })
    expect(await reaches('127.0.0.1', without.port)).toBe(true)
    await without.close(0)
    expect(() => lstatSync(socketPath)).toThrow(/ENOENT/)
    chmodSync(folder, 0o700)
    const withSocket = await open()
    expect(withSocket).toMatchObject({ socketPath, socketFailure: null })
    await withSocket.close(0)
  })

  test('takes over the file of a Keyway that was killed, but neither a living one nor a file that is no socket', async () => {
    const folder = shortFolder()
    const file = join(folder, 'note.txt')
    writeFileSync(file, 'mine')
    const open = async (socketPath: string) =>
      startLocalApi(await openCore(), { port: 0, host: '127.0.0.1', socketPath })
    const without = await open(file)
    expect(without).toMatchObject({ socketPath: null, socketFailure: { code: 'save_failed' } })
    expect(await reaches('127.0.0.1', without.port)).toBe(true)
    await without.close(0)
    expect(lstatSync(file).isFile()).toBe(true)

    const socketPath = join(folder, 'k.sock')
    const first = await startLocalInMemory({ socketPath })
    const second = await open(socketPath)
    expect(second).toMatchObject({ socketPath: null, socketFailure: { code: 'port_busy' } })
    await second.close(0)
    expect((await overSocket(socketPath, '/healthz', { host: 'localhost' })).status).toBe(200)
    await first.api.close(0)

    const dead = createNetServer().listen(socketPath)
    await once(dead, 'listening')
    const { unref } = dead
    unref.call(dead)
    // As kill -9 leaves it: the file is there, nobody listens.
    ;(dead as unknown as { _handle: { close(): void } })._handle.close()
    const third = await startLocalInMemory({ socketPath })
    expect((await overSocket(socketPath, '/healthz', { host: 'localhost' })).status).toBe(200)
    await third.api.close(0)
  })
})

describe('closing', () => {
  test('ends event streams and idle connections, tells late calls, and is fine twice', async () => {
    const local = await startLocalInMemory()
    const events = await local.call('/api/events', { key: local.key })
    await local.call('/healthz')
    // Whoever still sends may take ten minutes; neither of these does, so closing waits for nobody.
    await local.api.close(600_000)
    await events.text()
    await local.api.close()
    expect(await reaches('127.0.0.1', local.port)).toBe(false)
  })
})
