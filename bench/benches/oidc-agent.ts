// One token over a fresh connection, against the library call of oidc-agent (liboidc-agent.so.4) with one
// loaded account. All three are called from one Python program, so that its own time falls on all alike.
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { startParties } from '../parties.ts'
import { runPaired } from '../paired.ts'
import type { Bench, Figure } from '../report.ts'

const run = promisify(execFile)
const ACCOUNT = 'bench'

export const oidcAgent: Bench = {
  name: 'oidc-agent',
  async run({ rounds, sliceMs }) {
    await run('oidc-agent', ['--version']).catch(() => {
      throw new Error('oidc-agent is not installed. On Debian: apt-get install oidc-agent-cli python3')
    })
    const agent = await startAgent()
    const parties = await startParties()
    const client = startClient(agent.environment)
    try {
      const { port, socketPath: path, key } = parties.keyway.ready
      const seconds = sliceMs / 1000
      const result = await runPaired(
        {
          name: 'oidc-agent library call',
          slice: () => client.ask({ kind: 'library', seconds, account: ACCOUNT }),
        },
        [
          { name: 'TCP', slice: () => client.ask({ kind: 'tcp', seconds, port, key }) },
          { name: 'socket', slice: () => client.ask({ kind: 'socket', seconds, port, path, key }) },
        ],
        { rounds },
      )
      const [tcp, socket] = result.contenders.map(({ ratio }) => ratio)
      if (tcp === undefined || socket === undefined) throw new Error('a contender is missing')
      const figures: Figure[] = [
        {
          what: 'GET token, a fresh connection per call, TCP, against oidc-agent’s library call',
          value: tcp,
          must: 0.5,
          aim: 0.4,
          better: 'lower',
        },
        { what: 'the same over the UNIX socket', value: socket, must: 0.4, aim: 0.28, better: 'lower' },
      ]
      return { name: 'oidc-agent', rounds, noisy: result.base.noisy, figures, details: result }
    } finally {
      client.close()
      await parties.close()
      await agent.close()
    }
  },
}

/** An agent of its own with one account, loaded from an issuer that lives as long as the agent. */
async function startAgent() {
  const folder = await mkdtemp(join(tmpdir(), 'keyway-oidc-agent-'))
  const issuer = await startIssuer()
  const home = { ...process.env, HOME: folder, XDG_RUNTIME_DIR: folder }
  const { stdout } = await run('oidc-agent', ['--no-autoload'], { env: home })
  const said = (name: string) => new RegExp(String.raw`\b${name}=([^;\s]+)`).exec(stdout)?.[1]
  const socket = said('OIDC_SOCK')
  const pid = Number(said('OIDCD_PID'))
  const close = async () => {
    if (pid > 0) process.kill(pid)
    issuer.close()
    await rm(folder, { recursive: true, force: true })
  }
  if (socket === undefined || !(pid > 0)) {
    await close()
    throw new Error(`oidc-agent did not say where it listens: ${stdout}`)
  }
  const environment = { ...home, OIDC_SOCK: socket, OIDC_ENCRYPTION_PW: 'made up for the bench' }
  const address = `http://127.0.0.1:${(issuer.address() as AddressInfo).port}/`
  const asked = [
    ACCOUNT,
    '--no-save',
    '--manual',
    `--issuer=${address}`,
    '--client-id=made-up',
    '--client-secret=made-up',
    '--scope=openid offline_access',
    '--redirect-uri=http://localhost:4242',
    '--rt=made-up',
    '--flow=refresh',
    '--prompt=none',
    '--pw-env',
    '--confirm-default',
  ]
  await run('oidc-gen', asked, { env: environment }).catch(async (error: unknown) => {
    await close()
    throw error
  })
  return { environment, close }
}

async function startIssuer(): Promise<Server> {
  const server = createServer((request, response) => {
    const base = `http://${request.headers.host ?? ''}`
    request.resume()
    response.setHeader('content-type', 'application/json')
    const metadata = {
      issuer: `${base}/`,
      authorization_endpoint: `${base}/authorize`,
      token_endpoint: `${base}/token`,
      response_types_supported: ['code'],
      scopes_supported: ['openid', 'offline_access'],
    }
    const token = {
      access_token: `at-${'t'.repeat(40)}`,
      token_type: 'Bearer',
      expires_in: 36_000,
      refresh_token: 'made-up',
      scope: 'openid offline_access',
    }
    response.end(JSON.stringify(request.url?.startsWith('/.well-known/') ? metadata : token))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

/** The Python program; one slice at a time. Answers microseconds per call. */
function startClient(environment: NodeJS.ProcessEnv) {
  const file = new URL('../clients/fresh-connections.py', import.meta.url).pathname
  const child = spawn('python3', [file], { env: environment, stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })
  const ended = once(child, 'exit').then((): never => {
    throw new Error('the Python client ended')
  })
  ended.catch(() => undefined)
  return {
    async ask(slice: object): Promise<number> {
      const answer = once(lines, 'line')
      child.stdin.write(`${JSON.stringify(slice)}\n`)
      const [line] = (await Promise.race([answer, ended])) as [string]
      return Number(line)
    },
    close: () => child.stdin.end(),
  }
}
