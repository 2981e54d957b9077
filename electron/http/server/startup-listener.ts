// The door before the house. A host that starts listens at once, while most of it is still being loaded and
// its vault opened: whoever asks how Keyway is gets told, and whoever wants something waits for a moment
// instead of being refused.
import type { IncomingMessage, RequestListener } from 'node:http'
import { checkHost } from '../../../shared/domain/host-header.ts'
import { readHeaders } from '../security/request-guard.ts'
import type { ServerAddress } from './context.ts'
import { listen, type Listening } from './listener.ts'
import { sendJson } from './respond.ts'

export type Doorstep = {
  /** The port that was asked for; 0 for any free one. */
  readonly wantedPort: number
  readonly listening: Listening
  /** From now on `handle` answers, first those who wait. */
  letIn(handle: RequestListener): void
}

/** Null when the port cannot be had: the start that follows finds out why, and says it better. */
export async function openDoorstep(port: number): Promise<Doorstep | null> {
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
    letIn(handle) {
      inside = handle
      for (const [request, response] of waiting.splice(0)) {
        if (!response.destroyed) handle(request, response)
      }
    },
  }
}

/** As in health.ts, of which nothing may be loaded yet. */
const STARTING = { status: 'starting', service: 'keyway', vault: 'locked' } as const

/** Anything unusual about it is for the guard, which has not come yet. */
function isHealthCall(request: IncomingMessage): boolean {
  if (request.method !== 'GET' || request.url !== '/healthz') return false
  const { hosts, origins } = readHeaders(request)
  return origins.length === 0 && checkHost(hosts, request.socket.localPort ?? null).kind === 'ok'
}
