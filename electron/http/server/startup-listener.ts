// Minimal listener while the service starts. It listens at once, while most of the service is still being
// loaded and the vault is opened. Health checks are answered; other requests wait instead of being refused.
import type { IncomingMessage, RequestListener } from 'node:http'
import { checkHost, readHeaders } from '../security/request-guard.ts'
import type { ServerAddress } from './context.ts'
import { listen, type Listening } from './listener.ts'
import { sendJson } from './respond.ts'

export type StartupListener = {
  /** The port that was asked for; 0 for any free one. */
  readonly wantedPort: number
  readonly listening: Listening
  /** From now on `handle` answers, first those who wait. */
  handOver(handle: RequestListener): void
}

/** Null when the port cannot be had: the start that follows finds out why, and says it better. */
export async function openStartupListener(port: number): Promise<StartupListener | null> {
  const address: ServerAddress = { url: null }
  const waiting: Array<Parameters<RequestListener>> = []
  let inside: RequestListener = (request, response) => {
    if (isHealthCall(request)) sendJson(response, 200, STARTING)
    else waiting.push([request, response])
  }
  const listening = await listen(
    { handle: (request, response) => inside(request, response), address },
    { port },
  ).catch(() => null)
  if (listening === null) return null
  return {
    wantedPort: port,
    listening,
    handOver(handle) {
      inside = handle
      for (const [request, response] of waiting.splice(0)) {
        if (!response.destroyed) handle(request, response)
      }
    },
  }
}

/** As `healthAnswer` describes it; its schema is not loaded yet. */
const STARTING = { status: 'starting', service: 'keyway', vault: 'locked' } as const

/** Anything unusual about it is for the guard, which has not come yet. */
function isHealthCall(request: IncomingMessage): boolean {
  if (request.method !== 'GET' || request.url !== '/healthz') return false
  const { hosts, origins } = readHeaders(request)
  return origins.length === 0 && checkHost(hosts, request.socket.localPort ?? null).kind === 'ok'
}
