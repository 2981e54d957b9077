import { request } from 'node:http'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { KeywayError } from '../../../shared/contract/errors.ts'

const ASK_TIMEOUT_MS = 1000
const TRIES = 50

/** port_busy that says which port, whether a Keyway holds it, and which one is free. */
export async function explainBusyPort(port: number, cause: NodeJS.ErrnoException): Promise<KeywayError> {
  const holder = cause.code === 'EACCES' ? 'system' : (await isKeyway(port)) ? 'keyway' : 'other'
  const nextFreePort = await nextFree(port + 1)
  const who = {
    keyway: 'another Keyway',
    other: 'another program',
    system: 'the system (it may not be opened by this user)',
  }[holder]
  return new KeywayError('port_busy', {
    message: `Port ${port} is in use by ${who}.`,
    nextStep: `${holder === 'keyway' ? 'Use the Keyway that runs already, or choose' : 'Choose'} another port with --port or under Settings${
      nextFreePort === null ? '' : `; ${nextFreePort} is free`
    }.`,
    details: { port, holder, nextFreePort },
    cause,
  })
}

function isKeyway(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const asking = request(
      { host: '127.0.0.1', port, path: '/healthz', timeout: ASK_TIMEOUT_MS },
      (answer) => {
        let text = ''
        answer.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk
          if (text.length > 4096) asking.destroy()
        })
        answer.once('end', () => resolve(/"service":"keyway"/.test(text)))
      },
    )
    // A program that never answers is not a Keyway.
    const limit = setTimeout(() => asking.destroy(), ASK_TIMEOUT_MS)
    asking.once('close', () => {
      clearTimeout(limit)
      resolve(false)
    })
    asking.once('error', () => resolve(false))
    asking.end()
  })
}

async function nextFree(from: number): Promise<number | null> {
  for (let port = from; port < Math.min(from + TRIES, 65_536); port += 1) {
    if (await isFree(port)) return port
  }
  return null
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const found = (probe.address() as AddressInfo).port === port
      probe.close(() => resolve(found))
    })
  })
}

type Where = { port?: number; host?: string; path?: string; ipv6Only?: boolean; exclusive?: boolean }

/** Null once it listens; otherwise why not. A try/catch around `listen` never sees EADDRINUSE. */
export function tryListen(server: Server, where: Where): Promise<NodeJS.ErrnoException | null> {
  return new Promise((resolve) => {
    const failed = (error: NodeJS.ErrnoException): void => resolve(error)
    server.once('error', failed)
    server.listen(where, () => {
      server.off('error', failed)
      resolve(null)
    })
  })
}
