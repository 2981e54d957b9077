// The same bytes come again on their connection. What they mean is what the parser and the checks say each
// time, never what they meant before.
import { connect, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { startLocalInMemory, type LocalInMemory } from '../../support/local-api.ts'
import { stillServes } from './attacked.ts'

type Caller = {
  socket: Socket
  /** Sends the parts one after the other, and gives the next `count` answers. */
  send(parts: readonly string[], count?: number): Promise<Answer[]>
  ended: Promise<void>
}
type Answer = { status: number; head: string; body: string }

async function openCaller({ port }: LocalInMemory): Promise<Caller> {
  const socket = connect(port, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  socket.setNoDelay(true)
  let text = ''
  let wake = (): void => undefined
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1')
    wake()
  })
  await new Promise((resolve) => socket.once('connect', resolve))
  const take = (): Answer | null => {
    const end = text.indexOf('\r\n\r\n')
    if (end === -1) return null
    const head = text.slice(0, end)
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0)
    if (text.length < end + 4 + length) return null
    const body = text.slice(end + 4, end + 4 + length)
    text = text.slice(end + 4 + length)
    return { status: Number(head.slice(9, 12)), head, body }
  }
  return {
    socket,
    ended: new Promise((resolve) => socket.once('close', () => resolve())),
    async send(parts, count = 1) {
      for (const part of parts) {
        socket.write(part, 'latin1')
        // So that the server sees each part by itself.
        for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve))
      }
      const answers: Answer[] = []
      while (answers.length < count) {
        const answer = take()
        if (answer !== null) answers.push(answer)
        else await new Promise<void>((resolve) => (wake = resolve))
      }
      return answers
    },
  }
}

const getOf = (local: LocalInMemory, more = ''): string =>
  `GET /api/integrations/slack/token HTTP/1.1\r\nHost: 127.0.0.1:${local.port}\r\nX-API-Key: ${local.key}\r\n${more}\r\n`

const postOf = (local: LocalInMemory, body: string, more = ''): string =>
  `POST /api/integrations/token HTTP/1.1\r\nHost: 127.0.0.1:${local.port}\r\nX-API-Key: ${local.key}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${more}\r\n${body}`

/** A caller whose call was answered on its connection before. */
async function calledBefore(call: (local: LocalInMemory) => string = getOf) {
  const local = await startLocalInMemory()
  const caller = await openCaller(local)
  const bytes = call(local)
  for (let time = 0; time < 2; time += 1) {
    expect(await caller.send([bytes])).toMatchObject([{ status: 200 }])
  }
  return { local, caller, bytes }
}

test('GET and POST again and again on one connection: each is looked at, and the activity has every one', async () => {
  for (const call of [getOf, (local: LocalInMemory) => postOf(local, '{"provider":"slack"}')]) {
    const { local, caller, bytes } = await calledBefore(call)
    for (let time = 0; time < 20; time += 1) await caller.send([bytes])
    expect(local.keyway.activityRows.filter(({ kind }) => kind === 'vend')).toHaveLength(22)
    local.keyway.apps.update(local.appId, { grants: [] })
    expect(await caller.send([bytes])).toMatchObject([{ status: 403 }])
    local.keyway.apps.update(local.appId, { paused: true })
    expect(await caller.send([bytes])).toMatchObject([{ status: 401 }])
  }
})

test('the same bytes inside the body of another request are a body', async () => {
  const { local, caller, bytes } = await calledBefore()
  const head = `POST /api/integrations/token HTTP/1.1\r\nHost: 127.0.0.1:${local.port}\r\nX-API-Key: ${local.key}\r\nContent-Type: application/json\r\nContent-Length: ${bytes.length}\r\n\r\n`
  // Not JSON, and nothing but that.
  expect(await caller.send([head, bytes])).toMatchObject([{ status: 400 }])
  expect(await caller.send([bytes])).toMatchObject([{ status: 200 }])
  await stillServes(local)
})

test('the same bytes after the beginning of another head belong to that head', async () => {
  const { local, caller, bytes } = await calledBefore()
  const begun = `GET /api/integrations/slack/token HTTP/1.1\r\nHost: 127.0.0.1:${local.port}\r\nX-Rest: `
  const [answer] = await caller.send([begun, bytes])
  // Two Host headers, which is nobody's request.
  expect(answer).toMatchObject({ status: 403 })
})

test('what follows half a request belongs to it', async () => {
  const local = await startLocalInMemory()
  const bare = `GET /api/integrations/slack/token HTTP/1.1\r\nHost: 127.0.0.1:${local.port}\r\n\r\n`
  const key = `GET /api/integrations/slack/token HTTP/1.1\r\nX-API-Key: ${local.key}\r\nX-Rest: `
  const caller = await openCaller(local)
  await caller.send([getOf(local)])
  for (let time = 0; time < 3; time += 1) {
    expect(await caller.send([key, bare])).toMatchObject([{ status: 200 }])
  }
  // The second half alone has no key.
  expect(await caller.send([bare])).toMatchObject([{ status: 401 }])
})

test('a request in pieces, and one that comes together with the next, are read by the parser', async () => {
  const { local, caller, bytes } = await calledBefore()
  for (const at of [1, 20, bytes.length - 1]) {
    expect(await caller.send([bytes.slice(0, at), bytes.slice(at)])).toMatchObject([{ status: 200 }])
  }
  expect(await caller.send([bytes + bytes], 2)).toMatchObject([{ status: 200 }, { status: 200 }])
  expect(await caller.send([bytes + bytes.slice(0, 30)])).toMatchObject([{ status: 200 }])
  expect(await caller.send([bytes.slice(30)])).toMatchObject([{ status: 200 }])
  await stillServes(local)
})

test('one letter more, less or other is another call', async () => {
  const { local, caller, bytes } = await calledBefore()
  const wrong = bytes.replace(local.key, `${local.key.slice(0, -1)}${local.key.endsWith('A') ? 'B' : 'A'}`)
  expect(await caller.send([wrong])).toMatchObject([{ status: 401 }])
  expect(await caller.send([bytes.replace('127.0.0.1', '127.0.0.2')])).toMatchObject([{ status: 403 }])
  expect(await caller.send([bytes.replace('slack', 'slacc')])).toMatchObject([{ status: 404 }])
  expect(await caller.send([getOf(local, 'Origin: http://attacker.example\r\n')])).toMatchObject([
    { status: 403 },
  ])
  expect(await caller.send([bytes])).toMatchObject([{ status: 200 }])
})

test('answers keep their order when the call comes again while an earlier answer is still being made', async () => {
  const { local, caller, bytes } = await calledBefore()
  const other = `GET /openapi.json HTTP/1.1\r\nHost: 127.0.0.1:${local.port}\r\n\r\n`
  const [document, token] = await caller.send([other, bytes], 2)
  expect(document?.body).toContain('"openapi":"3.1')
  expect(token?.body).toContain('"accessToken"')
})

test('a call that ends its connection is answered with an end of the connection', async () => {
  const { local, caller } = await calledBefore()
  const [last] = await caller.send([getOf(local, 'Connection: close\r\n')])
  expect(last?.head.toLowerCase()).toContain('connection: close')
  await caller.ended
})

test('a caller that does not read is not written to without end', async () => {
  const { local, caller, bytes } = await calledBefore()
  const before = process.memoryUsage().rss
  caller.socket.pause()
  const flood = bytes.repeat(200)
  for (let time = 0; time < 300 && caller.socket.writableLength < 4_000_000; time += 1) {
    caller.socket.write(flood)
    await new Promise((resolve) => setImmediate(resolve))
  }
  await stillServes(local)
  expect(process.memoryUsage().rss - before).toBeLessThan(200_000_000)
})

test('a server that closes says so, and lets an idle connection go', async () => {
  const { local, caller } = await calledBefore()
  await local.api.close(0)
  await caller.ended
})
