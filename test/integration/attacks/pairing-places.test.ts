// Programs that ask to be paired need no key, so nobody can be told from anybody else: still none of them
// keeps the others from asking.
import { mkdtempSync, rmSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { startLocalInMemory, type LocalInMemory, type Json } from '../../support/local-api.ts'

type Asking = LocalInMemory & {
  questions(): Map<string, string>
  answer(name: string): void
  socketPath: string
}

/** Questions stay open until they are answered or taken back; `questions`: those shown now, code by name. */
async function startAsking(): Promise<Asking> {
  const folder = mkdtempSync(join(tmpdir(), 'kw-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const socketPath = join(folder, 'keyway.sock')
  const local = await startLocalInMemory({ socketPath })
  const asked = () => local.keyway.approvals.list().flatMap((each) => (each.kind === 'pair' ? [each] : []))
  return {
    ...local,
    questions: () => new Map(asked().map(({ wants, code }) => [wants.name, code])),
    answer: (name) => {
      const question = asked().find(({ wants }) => wants.name === name)
      local.keyway.approvals.decide(question?.id ?? '', 'once')
    },
    socketPath,
  }
}

/** Each on a connection of its own, so that none is known by it. */
async function pair(
  local: Asking,
  name: string,
  where: 'port' | 'socket' = 'port',
): Promise<{ status: number; body: Json }> {
  const body = JSON.stringify({ name })
  const asking = httpRequest({
    ...(where === 'port' ? { port: local.port, host: '127.0.0.1' } : { socketPath: local.socketPath }),
    agent: false,
    method: 'POST',
    path: '/api/apps/pair',
    headers: {
      host: `127.0.0.1:${local.port}`,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    },
  })
  return new Promise((resolve, reject) => {
    asking.once('error', reject)
    asking.once('response', (answer) => {
      answer
        .toArray()
        .then(
          (pieces) => resolve({ status: answer.statusCode ?? 0, body: JSON.parse(pieces.join('')) }),
          reject,
        )
    })
    asking.end(body)
  })
}

const poll = (local: Asking, { pairingId, pollToken }: Json, wait = 0) =>
  local.ask(`/api/apps/pair/${pairingId}?wait=${wait}`, { headers: { authorization: `Bearer ${pollToken}` } })

test.each([3, 5, 100])(
  '%i pending questions keep nobody from asking, and the person sees a handful',
  async (crowd) => {
    const local = await startAsking()
    for (let each = 0; each < crowd; each += 1) expect((await pair(local, `Crowd ${each}`)).status).toBe(202)
    expect(local.questions().size).toBe(Math.min(crowd, 5))
    const { status, body } = await pair(local, 'Mine')
    expect(status).toBe(202)
    expect(local.questions().get('Mine')).toBe(body.code)
    expect(local.questions().size).toBeLessThanOrEqual(5)
    local.answer('Mine')
    expect((await poll(local, body)).body).toMatchObject({ status: 'approved', app: { name: 'Mine' } })
  },
)

test('a question that gave way is told so, in a way that asks for another try', async () => {
  const local = await startAsking()
  const first = await pair(local, 'First')
  for (let each = 0; each < 5; each += 1) await pair(local, `Crowd ${each}`)
  const told = await poll(local, first.body)
  expect([told.status, told.body.code]).toEqual([403, 'approval_timeout'])
  expect(told.body.message).toMatch(/other programs asked/i)
})

test('whoever asks again and again under one name or on one connection takes its own place, not another’s', async () => {
  const local = await startAsking()
  const names = ['A', 'B', 'C', 'D']
  for (const name of names) await pair(local, name)
  for (let each = 0; each < 50; each += 1) await pair(local, 'Loop')
  expect([...local.questions().keys()].sort()).toEqual([...names, 'Loop'])
  const agent = new (await import('node:http')).Agent({ keepAlive: true, maxSockets: 1 })
  onTestFinished(() => agent.destroy())
  for (let each = 0; each < 50; each += 1) {
    const status = await new Promise<number>((resolve) => {
      const body = JSON.stringify({ name: `Other ${each}` })
      const headers = { 'content-type': 'application/json', 'content-length': body.length }
      httpRequest({ port: local.port, agent, method: 'POST', path: '/api/apps/pair', headers }, (answer) => {
        answer.resume().once('end', () => resolve(answer.statusCode ?? 0))
      }).end(body)
    })
    expect(status).toBe(202)
  }
  // The loop's first request took one place; the other fifty only ever took that one.
  expect([...local.questions().keys()].filter((name) => [...names, 'Loop'].includes(name))).toHaveLength(4)
})

test('a program that waits for its answer keeps its place before those that do not', async () => {
  const local = await startAsking()
  const { body } = await pair(local, 'Waits')
  const waiting = poll(local, body, 25)
  for (let each = 0; each < 50; each += 1) await pair(local, `Crowd ${each}`)
  expect(local.questions().has('Waits')).toBe(true)
  local.answer('Waits')
  expect((await waiting).body).toMatchObject({ status: 'approved' })
})

test('what comes at the port does not displace what comes at the local socket', async () => {
  const local = await startAsking()
  await pair(local, 'Local', 'socket')
  for (let each = 0; each < 50; each += 1) await pair(local, `Crowd ${each}`)
  expect(local.questions().has('Local')).toBe(true)
  expect(local.questions().size).toBe(6)
})

test('2,300 silent connections do not cut off a program that waits for its pairing', async () => {
  const local = await startAsking()
  const { body } = await pair(local, 'Waits')
  const open = (text: string): Promise<Socket> =>
    new Promise((resolve) => {
      const socket = connect(local.port, '127.0.0.1', () => {
        if (text !== '') socket.write(text)
        resolve(socket)
      })
      socket.on('error', () => socket.destroy()).resume()
      onTestFinished(() => void socket.destroy())
    })
  const silentFirst = await open('')
  const waiting = await open(
    `GET /api/apps/pair/${body.pairingId}?wait=25 HTTP/1.1\r\nHost: 127.0.0.1:${local.port}\r\nAuthorization: Bearer ${body.pollToken}\r\n\r\n`,
  )
  let heard = ''
  waiting.on('data', (piece) => (heard += piece.toString('latin1')))
  for (let round = 0; round < 23; round += 1) await Promise.all(Array.from({ length: 100 }, () => open('')))
  // The control: what was just as old and said nothing had to go.
  await expect.poll(() => silentFirst.destroyed, { timeout: 15_000 }).toBe(true)
  expect(waiting.destroyed).toBe(false)
  local.answer('Waits')
  await expect.poll(() => heard, { timeout: 15_000 }).toMatch(/"status":"approved"/)
}, 60_000)
