import { createServer, request, type IncomingMessage, type Server } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'

export type ConnectProxy = {
  url: string
  /** `CONNECT host:port` or `GET http://…`, in order. */
  seen: string[]
  close(): Promise<void>
}

/**
 * A corporate proxy on loopback: tunnels CONNECT, forwards absolute-form requests, and writes down what it
 * was asked for.
 */
export async function startConnectProxy({
  credentials = null,
  tunnelStatus = 200,
}: {
  /** `user:password` that every request needs. */
  credentials?: string | null
  /** What every CONNECT is answered with. */
  tunnelStatus?: number
} = {}): Promise<ConnectProxy> {
  const basic = `Basic ${Buffer.from(credentials ?? '').toString('base64')}`
  const isRefused = ({ headers }: IncomingMessage): boolean =>
    credentials !== null && headers['proxy-authorization'] !== basic
  const seen: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer((incoming, outgoing) => {
    seen.push(`${incoming.method} ${incoming.url}`)
    if (isRefused(incoming)) {
      outgoing.writeHead(407, { 'proxy-authenticate': 'Basic realm="proxy"' }).end()
      return
    }
    const upstream = request(
      incoming.url ?? '',
      { method: incoming.method, headers: incoming.headers },
      (answer: IncomingMessage) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(outgoing)
      },
    )
    upstream.on('error', () => outgoing.destroy())
    incoming.pipe(upstream)
  })
  server.on('connection', (socket) => sockets.add(socket))
  server.on('connect', (incoming: IncomingMessage, socket: Socket, head: Buffer) => {
    seen.push(`CONNECT ${incoming.url}`)
    const status = isRefused(incoming) ? 407 : tunnelStatus
    if (status !== 200) {
      socket.end(`HTTP/1.1 ${status} Refused\r\ncontent-length: 0\r\n\r\n`)
      return
    }
    const target = new URL(`http://${incoming.url}`)
    const upstream = connect(Number(target.port), target.hostname, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      upstream.write(head)
      upstream.pipe(socket).pipe(upstream)
    })
    sockets.add(upstream)
    upstream.on('error', () => socket.destroy())
    socket.on('error', () => upstream.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    close: () => closeServer(server, sockets),
  }
}

function closeServer(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  for (const socket of sockets) socket.destroy()
  return new Promise((resolve) => server.close(() => resolve()))
}
