import { createServer, type AddressInfo, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

type ScriptedUpstream = {
  url: string
  host: string
  /** Each request's head and what came with it, in order, over all connections. */
  requests: string[]
  /** How many connections there were. */
  connections(): number
}

/**
 * An API that says exactly the bytes it is told to, good HTTP or not. Called once a request: when a head (and
 * its fixed-length body) is there.
 */
export async function startScriptedUpstream(
  answer: (socket: Socket, request: { text: string; number: number; onSocket: number }) => void,
): Promise<ScriptedUpstream> {
  const requests: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    let text = ''
    let onSocket = 0
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('data', (piece) => {
      text += piece.toString('latin1')
      for (let end = endOfRequest(text); end !== null; end = endOfRequest(text)) {
        const request = text.slice(0, end)
        text = text.slice(end)
        onSocket += 1
        requests.push(request)
        answer(socket, { text: request, number: requests.length, onSocket })
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  )
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return { url: `http://${host}`, host, requests, connections: () => sockets.size }
}

function endOfRequest(text: string): number | null {
  const head = text.indexOf('\r\n\r\n')
  if (head === -1) return null
  const length = Number(/^content-length: *(\d+)/im.exec(text.slice(0, head))?.[1] ?? 0)
  return text.length >= head + 4 + length ? head + 4 + length : null
}
