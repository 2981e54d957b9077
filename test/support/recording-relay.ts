import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

type RecordingRelay = {
  url: string
  /** Every byte that went either way so far, as Latin-1. */
  heard(): string
  close(): Promise<void>
}

/** Stands before a server on loopback, passes everything on and keeps a copy: what was really on the wire. */
export async function startRecordingRelay(target: string): Promise<RecordingRelay> {
  const { port } = new URL(target)
  const sockets = new Set<Socket>()
  const copies: Buffer[] = []
  const server = createServer((near) => {
    const far = connect(Number(port), '127.0.0.1')
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from)
      from.on('data', (chunk: Buffer) => copies.push(chunk))
      from.on('error', () => to.destroy())
      from.pipe(to)
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    heard: () => Buffer.concat(copies).toString('latin1'),
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  }
}
