// More of everything than a person's programs ever send: pipelined by the thousand, connected by the
// thousand, never read.
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { connect, type Socket } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import {
  everything,
  sendRaw,
  startLocalInMemory,
  startUpstream,
  type LocalInMemory,
} from '../../support/local-api.ts'
import { stillServes } from './attacked.ts'

const request = ({ port }: LocalInMemory, path: string, headers = '') =>
  `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${headers}\r\n`

describe('requests pipelined on one connection', () => {
  test('are answered one after the other, bodies and all, in their order', async () => {
    const local = await startLocalInMemory()
    const key = `X-API-Key: ${local.key}\r\n`
    const body = '{"provider":"slack"}'
    const post = `POST /api/integrations/token HTTP/1.1\r\nHost: 127.0.0.1:${local.port}\r\n${key}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`
    const pairing = `POST /api/apps/pair HTTP/1.1\r\nHost: 127.0.0.1:${local.port}\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}`
    const text = [
      request(local, '/healthz'),
      post,
      request(local, '/api/apps/me', key),
      post,
      pairing,
      request(local, '/api/integrations/slack/token', `${key}Connection: close\r\n`),
    ].join('')
    const statuses = [...(await sendRaw(local.port, text)).matchAll(/HTTP\/1\.1 (\d{3})/g)].map(
      ([, status]) => status,
    )
    expect(statuses).toEqual(['200', '200', '200', '200', '400', '200'])
  })

  test('only one at a time reaches the API, and what a revoked key had waiting is refused', async () => {
    let running = 0
    let most = 0
    const waiting: Array<() => void> = []
    const upstream = await startUpstream(async (_request, response) => {
      most = Math.max(most, (running += 1))
      await new Promise<void>((resolve) => waiting.push(resolve))
      running -= 1
      response.end('upstream')
    })
    const local = await startLocalInMemory({ baseUrl: upstream.url })
    const { key, id } = local.keyway.addApp({ name: 'Revoked', grants: everything })
    const call = request(local, '/api/integrations/slack/request/x', `X-API-Key: ${key}\r\n`)
    const answers = sendRaw(local.port, call.repeat(10), { until: /(?:HTTP\/1\.1 [^]*){10}\}$/ })
    await expect.poll(() => waiting.length).toBe(1)
    local.keyway.apps.remove(id)
    waiting[0]?.()
    const statuses = [...(await answers).matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => status)
    // The one under way ends with the key as well.
    expect(statuses).toEqual(Array<string>(10).fill('401'))
    expect([most, waiting.length]).toEqual([1, 1])
  })

  test.each([
    ['the description, never read', '/openapi.json'],
    ['the state of health, never read', '/healthz'],
    ['polls with a made-up token', '/api/apps/pair/abcdefghijkl?wait=30'],
    ['addresses that are refused', '/x?api_key=1'],
  ])(
    'by the hundred thousand (%s) they hold neither the next program up nor much memory',
    async (_name, path) => {
      const local = await startLocalInMemory()
      const before = process.memoryUsage().rss
      const started = requestsStarted()
      const text = request(local, path, 'Authorization: Bearer kp_made-up\r\n').repeat(5000)
      for (let count = 0; count < 20; count += 1) unread(local.port, text)
      await expect.poll(started).toBeGreaterThan(0)
      await stillServes(local)
      // It was served before the crowd was, and not after it.
      expect(started()).toBeLessThan(100_000)
      expect(process.memoryUsage().rss - before).toBeLessThan(600_000_000)
      await stillServes(local)
    },
    30_000,
  )
})

test('connections without a key that hold thousands of requests cannot have the waiting places of a program with one', async () => {
  const local = await startLocalInMemory()
  const { body } = await local.ask('/api/apps/pair', { json: { name: 'Waits' } })
  const poll = request(
    local,
    `/api/apps/pair/${body.pairingId}?wait=25`,
    `Authorization: Bearer ${body.pollToken}\r\n`,
  )
  const crowd = await Promise.all(
    Array.from({ length: 12 }, () => open(local.port, poll + request(local, '/healthz').repeat(1000))),
  )
  const good = request(local, '/api/integrations/slack/token', `X-API-Key: ${local.key}\r\n`)
  const slow = request(local, '/api/apps/me', `X-API-Key: ${local.key}\r\n`)
  const program = await open(local.port, (good + slow).repeat(150))
  await expect.poll(() => program.text().split('HTTP/1.1 200').length - 1, { timeout: 15_000 }).toBe(300)
  expect(program.socket.closed).toBe(false)
  // Whoever brings more than its own places is ended, which shows that they were needed.
  await expect.poll(() => crowd.every(({ socket }) => socket.closed), { timeout: 15_000 }).toBe(true)
})

describe('connections by the thousand', () => {
  test('without a key, the oldest give way; a program that showed one keeps its connection', async () => {
    const local = await startLocalInMemory()
    const good = request(local, '/api/integrations/slack/token', `X-API-Key: ${local.key}\r\n`)
    const program = await open(local.port, good)
    const answered = (): number => program.text().split('HTTP/1.1 200').length - 1
    await expect.poll(answered).toBe(1)
    const flood: Opened[] = []
    for (let round = 0; round < 22; round += 1) {
      flood.push(...(await Promise.all(Array.from({ length: 100 }, () => open(local.port, 'GET / HT')))))
    }
    await expect.poll(() => flood.filter(({ socket }) => socket.closed).length).toBeGreaterThanOrEqual(200)
    expect(flood.at(-1)?.socket.closed).toBe(false)
    await stillServes(local)
    program.socket.write(good)
    await expect.poll(answered).toBe(2)
  }, 30_000)
})

type Opened = { socket: Socket; text(): string }

function open(port: number, text: string): Promise<Opened> {
  return new Promise((resolve) => {
    let heard = ''
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(text)
      resolve({ socket, text: () => heard })
    })
    onTestFinished(() => void socket.destroy())
    socket.on('error', () => socket.destroy())
    socket.on('data', (chunk) => (heard += chunk.toString('latin1')))
  })
}

/** Sends everything it can and takes nothing. */
function unread(port: number, text: string): void {
  const socket = connect(port, '127.0.0.1', () => socket.write(text))
  onTestFinished(() => void socket.destroy())
  socket.on('error', () => socket.destroy())
  socket.pause()
}

/** How many requests the server of this process has begun to answer since. */
function requestsStarted(): () => number {
  let count = 0
  const started = (): void => void (count += 1)
  subscribe('http.server.request.start', started)
  onTestFinished(() => void unsubscribe('http.server.request.start', started))
  return () => count
}
