// Four gigabytes down, four up, one after the other: what the process holds after the first and after the
// fourth.
import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import { startParties, type Parties } from '../parties.ts'
import type { Bench } from '../report.ts'

const GIGABYTE = 1024 ** 3
const PIECE = Buffer.alloc(256 * 1024, 'x')
const MEGABYTE = 1024 ** 2

type Memory = { rss: number; heapUsed: number; external: number }

function through(
  { keyway }: Parties,
  path: string,
  options: { method: string; headers?: Record<string, string | number> },
) {
  return request({
    port: keyway.ready.port,
    path: `/api/integrations/bench/request${path}`,
    method: options.method,
    headers: { 'x-api-key': keyway.ready.key, ...options.headers },
  })
}

async function down(parties: Parties): Promise<void> {
  const asking = through(parties, `/bytes/${GIGABYTE}`, { method: 'GET' }).end()
  const [answer] = (await once(asking, 'response')) as [IncomingMessage]
  let received = 0
  answer.on('data', (piece: Buffer) => (received += piece.length))
  await once(answer, 'end')
  if (received !== GIGABYTE) throw new Error(`only ${received} bytes came`)
}

async function up(parties: Parties): Promise<void> {
  const sending = through(parties, '/bytes/2', { method: 'PUT', headers: { 'content-length': GIGABYTE } })
  const answered = once(sending, 'response')
  for (let sent = 0; sent < GIGABYTE; sent += PIECE.length) {
    if (!sending.write(PIECE)) await once(sending, 'drain')
  }
  sending.end()
  const [answer] = (await answered) as [IncomingMessage]
  answer.resume()
  await once(answer, 'end')
  if (answer.statusCode !== 200) throw new Error(`the upload was answered with ${answer.statusCode}`)
}

async function growth(parties: Parties, send: (parties: Parties) => Promise<void>) {
  const after: Memory[] = []
  for (let gigabyte = 1; gigabyte <= 4; gigabyte += 1) {
    await send(parties)
    after.push(await parties.ask<Memory>({ do: 'memory' }))
  }
  const megabytes = ((after[3]?.rss ?? 0) - (after[0]?.rss ?? 0)) / MEGABYTE
  return { megabytes, after }
}

export const proxyMemory: Bench = {
  name: 'proxy-memory',
  async run() {
    const parties = await startParties()
    const download = await growth(parties, down)
    const upload = await growth(parties, up)
    await parties.close()
    const one = (megabytes: number) => ({ p25: megabytes, median: megabytes, p75: megabytes })
    return {
      name: 'proxy-memory',
      rounds: 4,
      noisy: false,
      figures: [
        {
          what: 'growth from the 1st to the 4th GB down',
          value: one(download.megabytes),
          unit: ' MB',
          must: 16,
          aim: 4,
          better: 'lower',
        },
        {
          what: 'growth from the 1st to the 4th GB up',
          value: one(upload.megabytes),
          unit: ' MB',
          must: 16,
          aim: 4,
          better: 'lower',
        },
      ],
      details: { download, upload },
    }
  },
}
