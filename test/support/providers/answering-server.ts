import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer, type ServerOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

export type Answering = { readonly origin: string; readonly count: number }

/** A server that does just this with every request, down to the socket. Closed when the test is over. */
export async function startAnswering(
  answer: (request: IncomingMessage, response: ServerResponse, count: number) => void,
  tls?: ServerOptions,
): Promise<Answering> {
  const seen = { count: 0 }
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    seen.count += 1
    // A client that stops reading is part of what is tested here.
    response.on('error', () => undefined)
    answer(request, response, seen.count)
  }
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener)
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  )
  const { port } = server.address() as AddressInfo
  return {
    origin: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    get count() {
      return seen.count
    },
  }
}

/** Answers with status, headers and body, nothing else. */
export function always(status: number, body: string | object, headers: Record<string, string> = {}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const type = typeof body === 'string' ? {} : { 'content-type': 'application/json' }
  return (_request: IncomingMessage, response: ServerResponse): void => {
    response.writeHead(status, { ...type, ...headers }).end(text)
  }
}
