// The window in a browser (headless host): a one-time launch link makes a cookie session. No app key opens
// the window, and its session opens nothing else.
import type { OpenWindow, HttpContext } from '../server/context.ts'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { KeywayError } from '../../../shared/contract/errors.ts'
import { OPEN_WINDOW_PATH } from '../../../shared/contract/presence.ts'
import { createOneTimeTickets } from '../connections/tickets.ts'
import type { RequestContext } from '../security/request-guard.ts'
import type { Framework } from '../server/framework.ts'
import { sendJson } from '../server/respond.ts'
import { createWindowSessions, type LinkAsker } from './sessions.ts'

export type WindowEntry = {
  routes(app: Framework, context: HttpContext): Promise<void>
  /** A link of one use. Null before the server listens. */
  launchUrl(asker: LinkAsker): string | null
}

const LIFETIME_MS: Record<LinkAsker, number> = {
  person: 10 * 60_000,
  // Opened at once by the program that asked.
  shell: 2 * 60_000,
}

export function createWindowEntry(
  context: HttpContext,
  folder: string,
  sessionsFile: string | null,
): WindowEntry {
  const { clock, logger, presence } = context.keyway
  const launches = createOneTimeTickets<LinkAsker>(clock)
  const sessions = createWindowSessions({ clock, logger, presence, file: sessionsFile })
  return {
    async routes(app) {
      const { windowRoutes } = await import('./routes.ts')
      await windowRoutes(app, { context, folder, sessions, takeLaunch: launches.take })
    },
    launchUrl(asker) {
      const { url } = context.address
      if (url === null) return null
      return `${url}/launch?ticket=${launches.issue(asker, LIFETIME_MS[asker]).ticket}`
    },
  }
}

// A program of this user asks the running service for its window (`keyway open`, a second start). Only over
// the UNIX socket or named pipe, which nobody else can open and no browser can reach; what it gets may look,
// and answers nothing until presence is proved.

const overSocket = new WeakSet<Socket>()

/** To be called for the server of the local socket, and no other. */
export function markLocalSocket(server: Server): void {
  server.on('connection', (socket: Socket) => void overSocket.add(socket))
}

/** On every other listener there is nothing at that address. */
export function isOpenWindowCall(request: IncomingMessage, path: string): boolean {
  return path === OPEN_WINDOW_PATH && request.method === 'POST' && overSocket.has(request.socket)
}

/** @throws KeywayError forbidden | rate_limited | not_found */
export function answerOpenWindow(
  response: ServerResponse,
  requestContext: RequestContext,
  open: OpenWindow,
): void {
  const { apiKeys, authorizations, origins } = requestContext.headers
  if (apiKeys.length + authorizations.length + origins.length > 0) {
    throw new KeywayError('forbidden', {
      message: 'An app key opens no window.',
      nextStep: 'Run "keyway open", which needs none.',
    })
  }
  const data = open()
  if (data === null) throw new KeywayError('not_found', { message: 'This Keyway serves no window.' })
  sendJson(response, 200, { data })
}
