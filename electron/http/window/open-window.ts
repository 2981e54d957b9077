// A program of this user asks the running service for its window (`keyway open`, a second start). Only over the UNIX socket or named pipe,
// which nobody else can open and no browser can reach; what it gets may look, and answers nothing until presence is proved.
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { KeywayError } from '../../../shared/contract/errors.ts'
import { OPEN_WINDOW_PATH } from '../../../shared/contract/presence.ts'
import type { Admission } from '../guard.ts'
import { sendJson } from '../send.ts'

const overSocket = new WeakSet<Socket>()

/** To be called for the server of the local socket, and no other. */
export function markLocalSocket(server: Server): void {
  server.on('connection', (socket: Socket) => void overSocket.add(socket))
}

/** On every other listener there is nothing at that address. */
export function isOpenWindowCall(request: IncomingMessage, path: string): boolean {
  return path === OPEN_WINDOW_PATH && request.method === 'POST' && overSocket.has(request.socket)
}

/** How this host brings its window to the person; null where it has none. */
export type OpenWindow = () => { url: string } | { shown: true } | null

/** @throws KeywayError forbidden | rate_limited | not_found */
export function answerOpenWindow(response: ServerResponse, admission: Admission, open: OpenWindow): void {
  const { apiKeys, authorizations, origins } = admission.headers
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
