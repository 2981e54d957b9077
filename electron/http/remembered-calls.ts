// A program asks for the same token on the same connection over and over. The last call that was checked in full is remembered on its socket:
// when the next one is the same to the letter and no app, grant or connection has changed since, the checks would say the same again.
// What time can change (grant and key expiry, the token itself) is looked at every time.
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { AppSession, Keyway } from '../core/keyway.ts'

export type RememberedCall = {
  readonly method: string
  readonly url: string
  readonly rawHeaders: readonly string[]
  /** The body's bytes; null for a call without one. */
  readonly body: Buffer | null
  readonly session: AppSession
  readonly connectionId: string
  /** Epoch ms at which the key or the grant ends. */
  readonly goodUntil: number
  readonly appsRevision: number
  readonly connectionsRevision: number
}

export type RememberedCalls = {
  /** The remembered call of this socket if the request's head is the same and nothing has changed. */
  match(request: IncomingMessage): RememberedCall | null
  /** To be taken before the checks: what changes while they run must not be remembered as checked. */
  revisions(): Revisions
  remember(
    request: IncomingMessage,
    call: Pick<RememberedCall, 'body' | 'session' | 'connectionId' | 'goodUntil'>,
    checkedAt: Revisions,
  ): void
}

export type Revisions = { readonly apps: number; readonly connections: number | undefined }

const CALL = Symbol('remembered call')
type RememberingSocket = Socket & { [CALL]?: RememberedCall }

export function createRememberedCalls(keyway: Keyway): RememberedCalls {
  return {
    match(request) {
      const call = (request.socket as RememberingSocket)[CALL]
      if (call === undefined || call.url !== request.url || call.method !== request.method) return null
      if (call.appsRevision !== keyway.apps.revision) return null
      if (call.connectionsRevision !== keyway.connections.revision) return null
      return sameText(call.rawHeaders, request.rawHeaders) ? call : null
    },
    revisions: () => ({ apps: keyway.apps.revision, connections: keyway.connections.revision }),
    remember(request, call, checkedAt) {
      // A core that does not count its changes cannot be remembered against.
      if (checkedAt.connections === undefined) return
      ;(request.socket as RememberingSocket)[CALL] = {
        ...call,
        method: request.method ?? '',
        url: request.url ?? '',
        rawHeaders: request.rawHeaders,
        appsRevision: checkedAt.apps,
        connectionsRevision: checkedAt.connections,
      }
    },
  }
}

function sameText(one: readonly string[], other: readonly string[]): boolean {
  if (one.length !== other.length) return false
  for (let index = 0; index < one.length; index += 1) {
    if (one[index] !== other[index]) return false
  }
  return true
}
