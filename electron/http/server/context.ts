import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AppRecord } from '../../../shared/contract/app.ts'
import type { KeywayError } from '../../../shared/contract/errors.ts'
import type { AppSession, Keyway } from '../../core/keyway.ts'
import type { RequestContext } from '../security/request-guard.ts'
import type { ConnectTicket } from '../../../shared/domain/callback-url.ts'
import type { Outgoing } from '../../core/network/outgoing.ts'
import type { OneTimeTickets } from '../connections/tickets.ts'
import type { GuessDelay } from '../security/guess-delay.ts'

import type { TokenUsageLog } from '../tokens/usage-log.ts'

/** Where this server can be reached; listener.ts fills it in. Null until it listens. */
export type ServerAddress = { url: string | null }

/** What every part of the local API works with. */
export type HttpContext = {
  readonly keyway: Keyway
  readonly outgoing: Outgoing
  readonly address: ServerAddress
  readonly tickets: OneTimeTickets<ConnectTicket>
  readonly guesses: GuessDelay
  readonly tokenUsage: TokenUsageLog
  /** The same failure, with a `connectUrl` when signing in is the next step. */
  readonly withConnectUrl: (failure: KeywayError, call: FailedCall) => KeywayError
  readonly deadlines: Deadlines
  /** For whoever asks over the local socket. */
  readonly openWindow: OpenWindow
  readonly running: RunningRequests
  readonly authenticate: AuthenticateRequest
  /** Aborts when the server closes. */
  readonly closing: AbortSignal
}

/** Who sent a request. `wrong`: a key came and is not valid, so its sender may be guessing. */
export type Authenticated =
  | { kind: 'ok'; session: AppSession }
  | { kind: 'missing' }
  | { kind: 'wrong' }
  | { kind: 'foreign_origin' }
  | { kind: 'held_back'; failure: KeywayError }

export type AuthenticateRequest = (request: IncomingMessage, requestContext: RequestContext) => Authenticated

/** A call that failed, for the link that helps. `id`: as the app named what it wanted. */
export type FailedCall = Omit<ConnectTicket, 'expiresAt' | 'providerId' | 'returnUrl'> & { id: string }

/** What a request runs on besides its app key. */
export type RequestPermission = {
  /** The connection that it uses; null when it uses none. */
  readonly connectionId: string | null
  /** Null while it stands. `app`: as it is now. */
  refusal(app: AppRecord): KeywayError | null
}

export type RunningRequest = {
  readonly requestContext: RequestContext
  readonly session: AppSession
  readonly response: ServerResponse
  /** Null until it is known; then only the app key counts. */
  permission: RequestPermission | null
  /** Why it was ended. Nothing may be sent for it any more, to the app or the API. */
  ended: KeywayError | null
  /** Stops at once whatever was started for it. */
  abort: (() => void) | null
  /** Called when its answer is over or its caller has gone; one listener is enough for both. */
  onClosed: (() => void) | null
}

export type RunningRequests = {
  start(exchange: Pick<RunningRequest, 'requestContext' | 'session' | 'response'>): RunningRequest
  /** After its permission was set, or waited for. @throws KeywayError why it may not go on */
  check(request: RunningRequest): void
  /** Ends all that still run. */
  close(): void
}

/** How this host brings its window to the person; null where it has none. */
export type OpenWindow = () => { url: string } | { shown: true } | null

/**
 * How long a request may keep the server waiting; then it is answered with request_timeout and its connection
 * ends.
 */
export type Deadlines = {
  /** For all of its headers, from the first byte or from the beginning of the connection. */
  headersMs: number
  /** For the whole of a body that Keyway reads itself. */
  bodyMs: number
  /** Between two pieces of a body that is handed on to an API: an upload may take hours. */
  silenceMs: number
}
