import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { createLocalApi } from '../../../electron/cli/api.ts'
import { type EventFeed, openEventFeed } from '../../../electron/cli/events.ts'

/** The feed of a server that answers with this. The first event says that the feed is open. */
async function feedOf(respond: (response: ServerResponse) => void): Promise<EventFeed> {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write('retry: 2000\n\nevent: ready\ndata: 1\n\n')
    respond(response)
  })
  onTestFinished(() => void server.close())
  onTestFinished(() => server.closeAllConnections())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return openEventFeed(createLocalApi(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, null))
}

test('events arrive in order, in whatever pieces and line ends they come', async () => {
  const bytes = Buffer.from(
    ': still here\n\nevent: flow.changed\ndata: {"name":"é"}\n\ndata: unnamed\n\nevent: two\r\ndata: [1,\r\ndata: 2]\r\n\r\n',
  )
  const feed = await feedOf((response) => {
    for (const byte of bytes) response.write(Uint8Array.of(byte))
    response.end()
  })
  expect(await feed.next()).toEqual({ name: 'flow.changed', data: { name: 'é' } })
  expect(await feed.next()).toEqual({ name: 'two', data: [1, 2] })
  await expect(feed.next()).rejects.toMatchObject({ code: 'shutting_down' })
})

test.each(['data: ', 'event: x\ndata: a\ndata: ', 'no field at all '])(
  'an event that never ends (%j) is not read for ever',
  async (start) => {
    let end = (): void => undefined
    const ended = new Promise<void>((resolve) => (end = resolve))
    const feed = await feedOf((response) => {
      response.once('close', end)
      response.write(start)
      const more = Buffer.alloc(1024 * 1024, 'x')
      const send = (): void => void response.write(more, (error) => (error ? undefined : send()))
      send()
    })
    await expect(feed.next()).rejects.toMatchObject({ code: 'keyway_unreachable' })
    await ended
  },
)

test('a feed that is closed has no next event, and its connection ends', async () => {
  let end = (): void => undefined
  const ended = new Promise<void>((resolve) => (end = resolve))
  const feed = await feedOf((response) => void response.once('close', end))
  const next = feed.next()
  feed.close()
  expect(await next).toBeNull()
  await ended
})
