// Server-sent events on a response that the framework has let go of.
import type { ServerResponse } from 'node:http'
import type { HttpContext } from './http-context.ts'
import { COMMON_HEADERS } from './send.ts'

const HEARTBEAT_MS = 15_000
/** A reader that has not taken this much is gone or asleep; it gets everything anew when it comes back. */
const MOST_WAITING_BYTES = 4 * 1024 * 1024

export type EventStream = {
  send(event: string, data: unknown): void
  /** Called once, when the reader has gone or the server closes. */
  onEnd(end: () => void): void
  close(): void
}

export function openEventStream(response: ServerResponse, { closing }: HttpContext): EventStream {
  response.writeHead(200, {
    ...COMMON_HEADERS,
    'content-type': 'text/event-stream; charset=utf-8',
    'x-accel-buffering': 'no',
  })
  response.write('retry: 2000\n\n')
  const heartbeat = setInterval(() => response.write(': still here\n\n'), HEARTBEAT_MS)
  const close = (): void => void response.end()
  closing.addEventListener('abort', close)
  response.once('close', () => {
    clearInterval(heartbeat)
    closing.removeEventListener('abort', close)
  })
  return {
    send(event, data) {
      if (response.writableEnded || response.destroyed) return
      response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
      if (response.writableLength > MOST_WAITING_BYTES) response.destroy()
    },
    onEnd: (end) => void response.once('close', end),
    close,
  }
}
