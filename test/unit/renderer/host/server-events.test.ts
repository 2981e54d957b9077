import { expect, test, vi } from 'vitest'
import { openServerEvents } from '../../../../renderer/host/events.ts'

function stream(pieces: string[], status = 200) {
  const sent: unknown[] = []
  const fetch = ((_url: string, init: RequestInit) => {
    sent.push(init.headers)
    const body = new ReadableStream({
      start(controller) {
        for (const piece of pieces) controller.enqueue(new TextEncoder().encode(piece))
        controller.close()
      },
    })
    return Promise.resolve(new Response(body, { status }))
  }) as typeof globalThis.fetch
  const heard: unknown[] = []
  const events = openServerEvents('/ui/events', { fetch, headers: () => ({ 'x-keyway-window': 'proof' }) })
  events.addEventListener('open', () => heard.push('open'))
  events.addEventListener('error', () => heard.push('error'))
  events.addEventListener('navigate', ({ data }: MessageEvent<string>) => heard.push(data))
  return { events, heard, sent }
}

test('events are told under their names however the stream is cut, and its end is an error', async () => {
  const { heard, sent } = stream([
    'retry: 2000\n\nevent: navi',
    'gate\ndata: {"to":"/é"}\n',
    '\n: still here\n\nevent: navigate\ndata: 2\n\n',
  ])
  await vi.waitFor(() => expect(heard).toEqual(['open', '{"to":"/é"}', '2', 'error']))
  expect(sent).toEqual([{ 'x-keyway-window': 'proof' }])
})

test('an event that never ends is not read for ever', async () => {
  let cancelled = false
  const piece = new TextEncoder().encode('x'.repeat(1024 * 1024))
  const body = new ReadableStream({
    start: (controller) => controller.enqueue(new TextEncoder().encode('event: navigate\ndata: ')),
    pull: (controller) => controller.enqueue(piece),
    cancel: () => void (cancelled = true),
  })
  const fetch = (() => Promise.resolve(new Response(body))) as typeof globalThis.fetch
  const events = openServerEvents('/ui/events', { fetch, headers: () => ({}) })
  await new Promise((resolve) => events.addEventListener('error', resolve))
  await vi.waitFor(() => expect(cancelled).toBe(true))
})

test('a refusal is an error without having been open', async () => {
  const { heard } = stream([], 401)
  await vi.waitFor(() => expect(heard).toEqual(['error']))
})

test('what is closed says nothing any more', async () => {
  const { events, heard } = stream(['event: navigate\ndata: 1\n\n'])
  events.close()
  await new Promise((resolve) => setImmediate(resolve))
  expect(heard).toEqual([])
})
