// A load generator that costs less than any server it drives: keep-alive sockets, one request in flight on
// each, bytes prepared beforehand, one buffer a socket, and no look at a head that has the length and the
// status of the one before.
import { connect, type Socket } from 'node:net'

export type Target = { port: number } | { path: string }

export type LoadClient = {
  /** Requests for `ms`, and what came until the last answer to them. */
  run(ms: number): Promise<{ answers: number; ms: number }>
  /** One after the other for `ms` on one connection; milliseconds each. */
  latencies(ms: number): Promise<number[]>
  close(): void
}

type Lane = {
  socket: Socket
  /** Bytes of the body still to come. */
  need: number
  /** A head that came in part. */
  got: Buffer | null
  /** Length of the last answer, when it came in one piece. */
  whole: number
  done: (() => void) | null
  closing: boolean
}

const READ_BYTES = 64 * 1024

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
      return { answers, ms: performance.now() - started }
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
    const expected = Buffer.from(`HTTP/1.1 ${status} `)
    const socket = connect({
      ...('path' in target ? target : { ...target, host: '127.0.0.1' }),
      noDelay: true,
      onread: {
        buffer: Buffer.allocUnsafeSlow(READ_BYTES),
        callback: (length, buffer) => {
          take(lane, (buffer as Buffer).subarray(0, length), expected)
          return true
        },
      },
    })
    const lane: Lane = { socket, need: 0, got: null, whole: 0, done: null, closing: false }
    socket.once('error', reject)
    socket.once('close', () => {
      if (!lane.closing) throw new Error('the server closed a connection that it should keep')
    })
    socket.once('connect', () => resolve(lane))
  })
}

/** `chunk` is only lent. */
function take(lane: Lane, chunk: Buffer, expected: Buffer): void {
  if (lane.need > 0) {
    lane.need -= chunk.length
    if (lane.need <= 0) lane.done?.()
    return
  }
  if (lane.got === null && chunk.length === lane.whole && hasStatus(chunk, expected)) {
    lane.done?.()
    return
  }
  const text = Buffer.concat(lane.got === null ? [chunk] : [lane.got, chunk])
  const end = text.indexOf('\r\n\r\n')
  if (end === -1) {
    lane.got = text
    return
  }
  lane.got = null
  const head = text.toString('latin1', 0, end)
  if (!hasStatus(text, expected)) throw new Error(`unexpected answer: ${head.slice(0, 200)}`)
  const at = head.search(/content-length: /i)
  if (at === -1) throw new Error('an answer without a length')
  const length = end + 4 + Number.parseInt(head.slice(at + 16), 10)
  lane.need = length - text.length
  lane.whole = lane.need === 0 ? length : 0
  if (lane.need <= 0) lane.done?.()
}

function hasStatus(answer: Buffer, expected: Buffer): boolean {
  return answer.compare(expected, 0, expected.length, 0, expected.length) === 0
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
