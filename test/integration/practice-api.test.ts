// The protected API of the practice provider: every shape that Keyway's request proxy has to carry.
import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import {
  callApi,
  discoverAs,
  signInForTokens,
  startPracticeProvider,
} from '../support/start-practice-provider.ts'

async function signedIn() {
  const provider = await startPracticeProvider()
  const { access_token: token } = await signInForTokens(await discoverAs(provider))
  return { provider, call: (path: string, init?: RequestInit) => callApi(provider, path, token, init) }
}

describe('the protected API', () => {
  it('answers 401 with a challenge to no token, a wrong token and a wrong scheme', async () => {
    const { provider } = await signedIn()
    const bare = await fetch(provider.url('/api/me'))
    expect(bare.status).toBe(401)
    expect(bare.headers.get('www-authenticate')).toMatch(/^Bearer realm=/)
    expect(bare.headers.get('www-authenticate')).not.toContain('error=')
    const wrong = await callApi(provider, '/api/me', 'made-up')
    expect(wrong.headers.get('www-authenticate')).toContain('error="invalid_token"')
    const basic = await fetch(provider.url('/api/me'), { headers: { authorization: 'Basic YTpi' } })
    expect(basic.status).toBe(401)
  })

  it('lists files', async () => {
    const { call } = await signedIn()
    const list = await (await call('/api/files?pageSize=3')).json()
    expect(list.files).toHaveLength(3)
    expect(list.files[0]).toEqual({ id: 'file-1', name: 'Notes 1.txt', owner: 'ada@example.test' })
  })

  it('echoes method, query, headers and body, but no credential', async () => {
    const { call } = await signedIn()
    const answer = await call('/api/echo?a=1&b=%20', {
      method: 'PATCH',
      headers: { 'content-type': 'text/plain', 'x-mine': 'kept', cookie: 'session=hidden' },
      body: 'grüße',
    })
    const echoed = await answer.json()
    expect(echoed).toMatchObject({
      method: 'PATCH',
      query: { a: '1', b: ' ' },
      body: 'grüße',
      bytes: 7,
      headers: { 'content-type': 'text/plain', 'x-mine': 'kept', authorization: 'Bearer [redacted]' },
    })
    expect(JSON.stringify(echoed)).not.toContain('hidden')
  })

  it('streams events one by one', async () => {
    const { call } = await signedIn()
    const answer = await call('/api/stream?events=3&intervalMs=20')
    expect(answer.headers.get('content-type')).toBe('text/event-stream')
    const event = (id: number): string => `id: ${id}\ndata: {"event":${id}}\n\n`
    expect(await answer.text()).toBe(event(1) + event(2) + event(3))
    // The first is here while the second waits for its minute.
    const reader = (await call('/api/stream?events=2&intervalMs=60000')).body!.getReader()
    expect(Buffer.from((await reader.read()).value!).toString()).toBe(event(1))
    await reader.cancel()
  })

  it('is slow on request', async () => {
    const { call } = await signedIn()
    const order: string[] = []
    const giveUp = new AbortController()
    const slow = call('/api/slow?ms=600000', { signal: giveUp.signal }).finally(() => order.push('slow'))
    expect(await (await call('/api/slow?ms=20')).json()).toEqual({ waitedMs: 20 })
    order.push('less slow')
    giveUp.abort()
    await expect(slow).rejects.toThrow('aborted')
    expect(order).toEqual(['less slow', 'slow'])
  })

  it('redirects wherever it is told to', async () => {
    const { call } = await signedIn()
    const answer = await call('/api/redirect?to=http://localhost:9/x', { redirect: 'manual' })
    expect([answer.status, answer.headers.get('location')]).toEqual([302, 'http://localhost:9/x'])
  })

  it('sends and takes many bytes without holding them', async () => {
    const { call } = await signedIn()
    const size = 5_000_001
    const down = await call(`/api/bytes?n=${size}`)
    expect(down.headers.get('content-length')).toBe(String(size))
    expect((await down.arrayBuffer()).byteLength).toBe(size)

    const chunk = Buffer.alloc(1024 * 1024, 'u')
    const body = Readable.toWeb(Readable.from([chunk, chunk, chunk])) as ReadableStream
    const up = await call('/api/upload', { method: 'PUT', body, duplex: 'half' } as RequestInit)
    expect(await up.json()).toMatchObject({ bytes: 3 * 1024 * 1024 })
  })

  it('answers with any status, and with Retry-After', async () => {
    const { call } = await signedIn()
    const busy = await call('/api/status/503?retryAfter=2')
    expect([busy.status, busy.headers.get('retry-after')]).toEqual([503, '2'])
    expect((await call('/api/status/204')).status).toBe(204)
    expect((await call('/api/status/418')).status).toBe(418)
    expect((await call('/api/nowhere')).status).toBe(404)
  })

  it('is not to be had under another host name', async () => {
    const { provider } = await signedIn()
    const { request } = await import('undici')
    const answer = await request(provider.url('/api/me'), { headers: { host: 'attacker.example.test' } })
    expect(answer.statusCode).toBe(421)
    await answer.body.dump()
  })

  it('counts its calls in order', async () => {
    const { provider, call } = await signedIn()
    provider.clearStats()
    await call('/api/me')
    await call('/api/status/404')
    const { apiCalls, visits } = provider.stats()
    expect(apiCalls).toBe(2)
    expect(visits.map(({ path, status }) => [path, status])).toEqual([
      ['/api/me', 200],
      ['/api/status/404', 404],
    ])
    expect(visits[0]!.sequence).toBeLessThan(visits[1]!.sequence)
  })
})
