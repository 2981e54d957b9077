import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { LinkState } from '../../../../renderer/host/host.ts'
import { createWebHost } from '../../../../renderer/host/web-host.ts'
import { KeywayError } from '../../../../shared/contract/errors.ts'
import { text } from '../../../../renderer/lib/text.ts'
import { startFakeWindowHost, type FakeWindowHost } from '../../../support/fake-window-host.ts'
import { livedIn } from '../../../support/window-host/seed.ts'

/** Stands in for the browser's own stream, which Node has not: the test says what it meets. */
class ScriptedEvents extends EventTarget {
  closed = false
  close(): void {
    this.closed = true
  }
  meet(name: string, data?: string): void {
    this.dispatchEvent(data === undefined ? new Event(name) : Object.assign(new Event(name), { data }))
  }
}

let server: FakeWindowHost
let streams: ScriptedEvents[]
let links: LinkState[]

beforeEach(async () => {
  server = await startFakeWindowHost(livedIn(Date.now()), { bundle: import.meta.dirname, activity: 3 })
  streams = []
  links = []
})
afterEach(() => server.close())

function open(): ReturnType<typeof createWebHost> {
  const host = createWebHost({
    base: server.url,
    fetch,
    words: text.link,
    proof: {
      current: () => 'of this window',
      worked: () => undefined,
      replaced: () => undefined,
      refused: () => false,
    },
    openEvents: () => {
      const events = new ScriptedEvents()
      streams.push(events)
      return events as unknown as EventSource
    },
    onVisible: () => () => undefined,
  })
  host.watchLink((state) => links.push(state))
  return host
}

test('a call brings the value, and a failure with its code, sentence and next step', async () => {
  const host = open()
  expect(await host.call('snapshot.get', undefined)).toMatchObject({ ok: true, value: { host: 'headless' } })
  expect(await host.call('connections.refresh', { id: 'nobody' })).toMatchObject({
    ok: false,
    failure: { code: 'connection_not_found', nextStep: expect.stringMatching(/\w/) as string },
  })
  host.close()
})

test('a Keyway that is gone is a failure to read, not an exception, and the link says offline', async () => {
  const host = open()
  await server.close()
  const answer = await host.call('snapshot.get', undefined)
  expect(answer).toMatchObject({
    ok: false,
    failure: { message: 'Keyway is not answering.', retryable: true },
  })
  expect(links.at(-1)).toBe('offline')
  host.close()
})

test('without a session the link says so, whatever else fails afterwards', async () => {
  const host = open()
  server.signOut()
  expect(await host.call('snapshot.get', undefined)).toMatchObject({
    ok: false,
    failure: { code: 'unauthorized' },
  })
  expect(links.at(-1)).toBe('signed-out')
  await server.close()
  await host.call('snapshot.get', undefined)
  expect(links.at(-1)).toBe('signed-out')
  host.close()
})

test('an answer that is no answer of Keyway becomes a coded failure', async () => {
  const host = createWebHost({
    base: '',
    fetch: () => Promise.resolve(new Response(JSON.stringify({ hello: 'world' }))),
    words: text.link,
    proof: {
      current: () => 'of this window',
      worked: () => undefined,
      replaced: () => undefined,
      refused: () => false,
    },
    openEvents: () => new ScriptedEvents() as unknown as EventSource,
    onVisible: () => () => undefined,
  })
  expect(await host.call('snapshot.get', undefined)).toMatchObject({
    ok: false,
    failure: { code: 'internal_error' },
  })
  host.close()
})

test('events reach who listens for them; a frame that was cut off is skipped', () => {
  const host = open()
  const heard: unknown[] = []
  const stop = host.subscribe('navigate', (data) => heard.push(data))
  streams[0]!.meet('navigate', '{"to":"/apps"}')
  streams[0]!.meet('navigate', '{"to":')
  stop()
  streams[0]!.meet('navigate', '{"to":"/never"}')
  expect(heard).toEqual([{ to: '/apps' }])
  host.close()
})

test('a broken stream is opened again, and the link is online once it is', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  try {
    const host = open()
    streams[0]!.meet('open')
    expect(links.at(-1)).toBe('online')
    streams[0]!.meet('error')
    await vi.waitFor(() => expect(links.at(-1)).toBe('connecting'))
    expect(streams[0]!.closed).toBe(true)
    await vi.advanceTimersByTimeAsync(300)
    expect(streams).toHaveLength(2)
    streams[1]!.meet('open')
    expect(links.at(-1)).toBe('online')
    host.close()
    expect(streams[1]!.closed).toBe(true)
  } finally {
    vi.useRealTimers()
  }
})

test('a failure keeps the facts that came with it', async () => {
  const host = open()
  server.fake.failNext('apps.remove', new KeywayError('config_error', { details: { field: 'client.auth' } }))
  expect(await host.call('apps.remove', { id: 'a' })).toMatchObject({
    ok: false,
    failure: { field: 'client.auth' },
  })
  host.close()
})
