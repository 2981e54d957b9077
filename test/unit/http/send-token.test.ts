// The body of a token response is prepared once a second for each token. What is sent is checked byte by
// byte, on the Node that runs here.
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { createFakeClock, realClock } from '../../support/fake-clock.ts'
import { startLocalInMemory } from '../../support/local-api.ts'

/** Everything that comes back for these bytes until the connection ends. */
function exchange(
  port: number,
  bytes: string,
  { parts = [bytes] }: { parts?: string[] } = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      let delay = Promise.resolve()
      for (const part of parts) {
        delay = delay.then(() => new Promise((next) => socket.write(part, () => setImmediate(next))))
      }
    })
    let text = ''
    socket.setNoDelay(true)
    socket.on('data', (chunk) => (text += chunk.toString('latin1')))
    socket.once('end', () => resolve(text))
    socket.once('error', reject)
  })
}

/** Each request after the answer to the one before, on one connection. */
function oneByOne(port: number, requests: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    const waiting = [...requests]
    const socket = connect(port, '127.0.0.1', () => socket.write(waiting.shift() ?? ''))
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
      const next = waiting.shift()
      if (next !== undefined) socket.write(next)
    })
    socket.once('end', () => resolve(text))
    socket.once('error', reject)
  })
}

const split = (text: string): Array<{ head: string[]; body: string }> => {
  const answers = []
  let rest = text
  while (rest !== '') {
    const end = rest.indexOf('\r\n\r\n')
    const head = rest.slice(0, end).split('\r\n')
    const length = Number(head.find((line) => /^content-length: /i.test(line))?.slice(16))
    answers.push({ head, body: rest.slice(end + 4, end + 4 + length) })
    rest = rest.slice(end + 4 + length)
  }
  return answers
}

test('a prepared answer is byte for byte what the first one was, but for what time changes', async () => {
  const local = await startLocalInMemory()
  const get = (last = '') =>
    `GET /api/integrations/slack/token HTTP/1.1\r\nHost: 127.0.0.1:${local.port}\r\nX-API-Key: ${local.key}\r\n${last}\r\n`
  const answers = split(
    await oneByOne(local.port, [get(), get(), get(), get(), get('Connection: close\r\n')]),
  )
  expect(answers).toHaveLength(5)
  const names = (head: string[]) => head.map((line) => line.split(':')[0]!.toLowerCase())
  for (const { head, body } of answers) {
    expect(head[0]).toBe('HTTP/1.1 200 OK')
    expect(JSON.parse(body).data).toMatchObject({ account: 'work', connectionId: local.connectionId })
    expect(new Set(names(head)).size).toBe(head.length)
    expect(head).toEqual(
      expect.arrayContaining(['cache-control: no-store', 'x-content-type-options: nosniff']),
    )
    expect(Buffer.byteLength(body)).toBe(body.length)
  }
  expect(names(answers[2]!.head).sort()).toEqual(names(answers[0]!.head).sort())
  expect(answers[4]!.head.map((line) => line.toLowerCase())).toContain('connection: close')
})

test('pipelined calls are answered in order', async () => {
  const local = await startLocalInMemory()
  await local.keyway.addConnection('slack', 'other')
  const get = (account: string, last = '') =>
    `GET /api/integrations/slack/token?account=${account} HTTP/1.1\r\nHost: 127.0.0.1:${local.port}\r\nX-API-Key: ${local.key}\r\n${last}\r\n`
  const text = await exchange(
    local.port,
    ['work', 'work', 'other', 'other', 'work'].map((account) => get(account)).join('') +
      get('other', 'Connection: close\r\n'),
  )
  expect(split(text).map(({ body }) => JSON.parse(body).data.account)).toEqual([
    'work',
    'work',
    'other',
    'other',
    'work',
    'other',
  ])
})

test('each POST is read anew, and a body in pieces is read whole', async () => {
  const local = await startLocalInMemory()
  await local.keyway.addConnection('slack', 'other')
  const post = (account: string, last = '') => {
    const body = JSON.stringify({ provider: 'slack', account })
    const head = `POST /api/integrations/token HTTP/1.1\r\nHost: 127.0.0.1:${local.port}\r\nX-API-Key: ${local.key}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n${last}\r\n`
    return [head, body.slice(0, 5), body.slice(5)]
  }
  const parts = [
    ...post('work'),
    ...post('work'),
    ...post('othe'),
    ...post('work'),
    ...post('work', 'Connection: close\r\n'),
  ]
  const answers = split(await exchange(local.port, '', { parts }))
  expect(answers.map(({ head }) => head[0]?.slice(9, 12))).toEqual(['200', '200', '404', '200', '200'])
})

test('HTTP/1.0 and a client that does not keep the connection get a whole answer too', async () => {
  const local = await startLocalInMemory()
  const text = await exchange(
    local.port,
    `GET /api/integrations/slack/token HTTP/1.0\r\nHost: 127.0.0.1:${local.port}\r\nX-API-Key: ${local.key}\r\n\r\n`,
  )
  expect(JSON.parse(split(text)[0]!.body).data.account).toBe('work')
})

test('seconds left count down on a connection that stays open, and a token past its time is asked for anew', async () => {
  const clock = createFakeClock(Date.now())
  const local = await startLocalInMemory({ clock: { ...realClock, now: clock.now } })
  const left = async () =>
    (await local.ask('/api/integrations/slack/token', { key: local.key })).body.data.expiresIn
  const first = await left()
  clock.advance(10_000)
  expect(await left()).toBe(first - 10)
  expect(local.keyway.server.counts.refreshes).toBe(0)
  clock.advance(3_600_000)
  await left()
  expect(local.keyway.server.counts.refreshes).toBe(1)
})
