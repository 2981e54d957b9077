// A load generator that costs less than any server it drives: keep-alive sockets, one request in flight on each, bytes prepared beforehand.
import { connect, type Socket } from 'node:net'

export type Target = { port: number } | { path: string }

export type LoadClient = {
  /** Requests for `ms`; returns answers a second. */
  run(ms: number): Promise<number>
  /** One after the other for `ms` on one connection; milliseconds each. */
  latencies(ms: number): Promise<number[]>
  close(): void
}

type Lane = { socket: Socket; need: number; got: Buffer | null; done: (() => void) | null; closing: boolean }

/** @throws Error when a server answers with anything but `status` */
export async function openLoad(
  target: Target,
  requestBytes: Buffer,
  { connections, status = 200 }: { connections: number; status?: number },
): Promise<LoadClient> {
  const lanes = await Promise.all(Array.from({ length: connections }, () => openLane(target, status)))
  return {
    async run(ms) {
      let answers = 0
      let running = true
      const started = performance.now()
      const idle = lanes.map(
        (lane) =>
          new Promise<void>((resolve) => {
            lane.done = () => {
              answers += 1
              if (running) lane.socket.write(requestBytes)
              else resolve()
            }
            lane.socket.write(requestBytes)
          }),
      )
      setTimeout(() => (running = false), ms)
      await Promise.all(idle)
      return (answers * 1000) / (performance.now() - started)
    },
    async latencies(ms) {
      const [lane] = lanes
      if (lane === undefined) return []
      const found: number[] = []
      const until = performance.now() + ms
      while (performance.now() < until) {
        const started = performance.now()
        await new Promise<void>((resolve) => {
          lane.done = resolve
          lane.socket.write(requestBytes)
        })
        found.push(performance.now() - started)
      }
      return found
    },
    close() {
      for (const lane of lanes) {
        lane.closing = true
        lane.socket.destroy()
      }
    },
  }
}

function openLane(target: Target, status: number): Promise<Lane> {
  return new Promise((resolve, reject) => {
    const socket = 'path' in target ? connect(target.path) : connect(target.port, '127.0.0.1')
    const lane: Lane = { socket, need: 0, got: null, done: null, closing: false }
    socket.setNoDelay(true)
    socket.once('error', reject)
    socket.once('close', () => {
      if (!lane.closing) throw new Error('the server closed a connection that it should keep')
    })
    socket.once('connect', () => resolve(lane))
    socket.on('data', (chunk) => take(lane, chunk, status))
  })
}

function take(lane: Lane, chunk: Buffer, status: number): void {
  if (lane.need > 0) {
    lane.need -= chunk.length
    if (lane.need <= 0) lane.done?.()
    return
  }
  const text = lane.got === null ? chunk : Buffer.concat([lane.got, chunk])
  const end = text.indexOf('\r\n\r\n')
  if (end === -1) {
    lane.got = text
    return
  }
  lane.got = null
  const head = text.toString('latin1', 0, end)
  if (!head.startsWith(`HTTP/1.1 ${status}`)) throw new Error(`unexpected answer: ${head.slice(0, 200)}`)
  const at = head.search(/content-length: /i)
  if (at === -1) throw new Error('an answer without a length')
  lane.need = end + 4 + Number.parseInt(head.slice(at + 16), 10) - text.length
  if (lane.need <= 0) lane.done?.()
}

export function getRequest(path: string, headers: Readonly<Record<string, string>>): Buffer {
  return Buffer.from(`GET ${path} HTTP/1.1\r\n${headerLines(headers)}\r\n`)
}

export function postRequest(path: string, headers: Readonly<Record<string, string>>, body: string): Buffer {
  const length = String(Buffer.byteLength(body))
  return Buffer.from(
    `POST ${path} HTTP/1.1\r\n${headerLines({ ...headers, 'Content-Length': length })}\r\n${body}`,
  )
}

function headerLines(headers: Readonly<Record<string, string>>): string {
  return Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')
}
