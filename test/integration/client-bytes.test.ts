// Bodies of bytes through the client library: what the program hands over is what the API gets.
import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { createKeywayClient } from '../../shared/client/keyway-client.ts'
import { startLocalInMemory, startUpstream } from '../support/local-api.ts'

type Seen = { method: string | undefined; url: string | undefined; type: string | undefined; body: Buffer }

async function start() {
  const seen: Seen[] = []
  const upstream = await startUpstream(async (request: IncomingMessage, response) => {
    const body = Buffer.concat(await request.toArray())
    seen.push({ method: request.method, url: request.url, type: request.headers['content-type'], body })
    response.end('taken')
  })
  const local = await startLocalInMemory({ baseUrl: `${upstream.url}/v1` })
  const client = createKeywayClient({ url: local.url, key: local.key })
  const send = async (data: unknown, more: object = {}): Promise<Seen> => {
    const answer = await client.request('slack', { method: 'POST', url: '/up?x=1', data, ...more })
    expect(await answer.text()).toBe('taken')
    const last = seen.at(-1)
    if (last === undefined) throw new Error('nothing arrived')
    return last
  }
  return { upstream, local, client, send, seen }
}

test('every kind of byte body arrives the same, at the method and address that were asked for', async () => {
  const { send } = await start()
  const bytes = new Uint8Array(randomBytes(100_000))
  const large = randomBytes(2_000_000)
  const halves = async function* (): AsyncGenerator<Uint8Array> {
    yield large.subarray(0, 1_000_000)
    yield large.subarray(1_000_000)
  }
  const bodies: [unknown, Uint8Array][] = [
    [bytes, bytes],
    [bytes.buffer, bytes],
    [new DataView(bytes.buffer, 10, 500), bytes.subarray(10, 510)],
    [new Blob([bytes]), bytes],
    [new Blob([bytes]).stream(), bytes],
    [Readable.from([Buffer.from(bytes)]), bytes],
    [Readable.toWeb(Readable.from(halves())), large],
    [halves(), large],
    ['caf\u00E9 \u{1F511}\uFEFF\n', new TextEncoder().encode('caf\u00E9 \u{1F511}\uFEFF\n')],
    [new Uint8Array(0), new Uint8Array(0)],
  ]
  for (const [data, expected] of bodies) {
    const { body, method, url } = await send(data, { method: 'put' })
    expect({ method, url }).toEqual({ method: 'PUT', url: '/v1/up?x=1' })
    expect(body.equals(expected)).toBe(true)
  }
})

test('a form keeps its files, and its boundary is told to the API', async () => {
  const { send } = await start()
  const bytes = new Uint8Array(randomBytes(5000))
  const form = new FormData()
  form.set('note', 'caf\u00E9')
  form.set('file', new File([bytes], 'a.bin', { type: 'application/x-made-up' }))
  const { body, type } = await send(form)
  const read = await new Response(new Uint8Array(body), {
    headers: { 'content-type': type ?? '' },
  }).formData()
  expect(read.get('note')).toBe('caf\u00E9')
  const file = read.get('file')
  if (!(file instanceof File)) throw new Error('the file is not there')
  expect(file).toMatchObject({ name: 'a.bin', type: 'application/x-made-up' })
  expect(Buffer.from(await file.arrayBuffer()).equals(bytes)).toBe(true)
})

test('the type is the named one, else the body\u2019s own', async () => {
  const { send } = await start()
  expect((await send('a=1')).type).toBe('text/plain; charset=utf-8')
  expect((await send('a=1', { headers: { 'Content-Type': 'text/csv' } })).type).toBe('text/csv')
  expect((await send(new Blob(['x'], { type: 'image/png' }))).type).toBe('image/png')
  expect((await send(new URLSearchParams({ a: '1 2' }))).type).toMatch(/^application\/x-www-form-urlencoded/)
  expect((await send(new Uint8Array([1]))).type).toBeUndefined()
  expect(await send({ a: 1 })).toMatchObject({ type: 'application/json', body: Buffer.from('{"a":1}') })
})

test('another allowed host is reached with bytes as with JSON, and one that is not allowed is refused', async () => {
  const { local, client, upstream } = await start()
  const there: Buffer[] = []
  const other = await startUpstream(async (request, response) => {
    there.push(Buffer.concat(await request.toArray()))
    response.end('there')
  })
  const bytes = randomBytes(1000)
  const asked = { method: 'POST', url: `${other.url}/x`, data: bytes }
  await expect(client.request('slack', asked)).rejects.toMatchObject({ code: 'target_not_allowed' })
  expect(there).toEqual([])
  local.keyway.setPolicy(local.connectionId, {
    hosts: [other.host],
    privateHosts: [upstream.host, other.host],
  })
  expect(await (await client.request('slack', asked)).text()).toBe('there')
  expect(there[0]?.equals(bytes)).toBe(true)
})

test('an address cannot climb out of the request, and an account in any script is found', async () => {
  const { client, seen } = await start()
  for (const url of ['../../../apps/me', '/a/../../b', '/%2e%2e/x', 'a\\b', '/x#y']) {
    await expect(
      client.request('slack', { method: 'POST', url, data: new Uint8Array([1]) }),
    ).rejects.toMatchObject({
      code: 'invalid_request',
    })
  }
  const named = client.request('slack', { url: '/x', data: new Uint8Array([1]), account: 'b\u00FCro \u4E8B' })
  await expect(named).rejects.toMatchObject({ code: 'connection_not_found' })
  expect(seen).toEqual([])
})

test('a body of bytes with GET is refused in words, not by the platform', async () => {
  const { client } = await start()
  const asked = { method: 'get', url: '/x', data: new Uint8Array([1]) }
  await expect(client.request('slack', asked)).rejects.toMatchObject({ code: 'invalid_request' })
})

test('the header for the address stands once, below /request/ alone, and never reaches the API', async () => {
  const { local, seen } = await start()
  const call = (path: string, target: string) =>
    local.ask(`/api/integrations/slack/request${path}`, {
      key: local.key,
      method: 'POST',
      headers: { 'keyway-target': target },
      body: 'x',
    })
  expect(await call('/a', '/b')).toMatchObject({ status: 400, body: { field: 'keyway-target' } })
  expect(await call('/?q=1', '/b')).toMatchObject({ status: 400 })
  expect(await call('/', 'x'.repeat(8001))).toMatchObject({ status: 400 })
  expect(seen).toEqual([])
})
