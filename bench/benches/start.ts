// From starting the process to its first answer, against a bare Node server. Wants the built headless host
// (npm run build). A host that starts says so at once and loads the rest behind its door, so it is also noted
// when it has everything, vault opened with a passphrase included.
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { once } from 'node:events'
import { runPaired } from '../paired.ts'
import type { Bench } from '../report.ts'

const HOST = fileURLToPath(new URL('../../out/headless/main.js', import.meta.url))
const PASSPHRASE = 'made up for the bench\n'
const BARE = `require('node:http').createServer((q, s) => s.end('{}')).listen(Number(process.argv[1]), '127.0.0.1')`

/** Starts per second, so that more is better like everywhere else. */
async function timeToAnswer(
  argv: (port: number) => string[],
  input: string | null,
  wanted: RegExp = /./,
): Promise<number> {
  const port = await freePort()
  const started = performance.now()
  const child = spawn(process.execPath, argv(port), {
    stdio: [input === null ? 'ignore' : 'pipe', 'ignore', 'inherit'],
  })
  if (input !== null) child.stdin?.end(input)
  while (!(await answers(port, wanted))) {
    if (child.exitCode !== null) throw new Error(`${argv(port)[0] ?? ''} ended with ${child.exitCode}`)
  }
  const took = performance.now() - started
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
  return 1000 / took
}

function answers(port: number, wanted: RegExp): Promise<boolean> {
  return new Promise((resolve) => {
    const asking = request({ port, host: '127.0.0.1', path: '/healthz', agent: false }, (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      answer.once('end', () => (wanted.test(text) ? resolve(true) : setTimeout(() => resolve(false), 1)))
    })
    asking.once('error', () => setTimeout(() => resolve(false), 1))
    asking.end()
  })
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

export const start: Bench = {
  name: 'start',
  async run({ rounds }) {
    if (!existsSync(HOST)) throw new Error('The headless host is not built; run npm run build first.')
    const folder = mkdtempSync(join(tmpdir(), 'keyway-bench-'))
    const keyway = (port: number): string[] => [
      HOST,
      '--no-open',
      '--passphrase-stdin',
      '--port',
      String(port),
      '--data',
      join(folder, 'data'),
    ]
    const result = await runPaired(
      { name: 'bare Node', slice: () => timeToAnswer((port) => ['-e', BARE, String(port)], null) },
      [
        { name: 'Keyway', slice: () => timeToAnswer(keyway, PASSPHRASE) },
        { name: 'Keyway, unlocked', slice: () => timeToAnswer(keyway, PASSPHRASE, /"unlocked"/) },
      ],
      { rounds },
    )
    rmSync(folder, { recursive: true, force: true })
    const [own] = result.contenders
    if (own === undefined) throw new Error('a contender is missing')
    const { p25, median, p75 } = own.ratio
    return {
      name: 'start',
      rounds,
      noisy: result.base.noisy,
      // Times, so the other way round.
      figures: [
        {
          what: 'start to first answer, against a bare Node server',
          value: { p25: 1 / p75, median: 1 / median, p75: 1 / p25 },
          must: 2,
          aim: 1.5,
          better: 'lower',
        },
      ],
      details: result,
    }
  },
}
