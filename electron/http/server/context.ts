import type { ConnectTicket } from '../../../shared/domain/callback-url.ts'
import type { Keyway } from '../../core/keyway.ts'
import type { Outgoing } from '../../core/network/outgoing.ts'
import type { OneTimeTickets } from '../connections/tickets.ts'
import type { GuessDelay } from '../security/guess-delay.ts'
import type { RunningRequests } from '../security/running-requests.ts'
import type { VendNotes } from '../tokens/usage-log.ts'
import type { OpenWindow } from '../window/entry.ts'
import type { Deadlines } from './request-body.ts'

/** Where this server can be reached; listen.ts fills it in. Null until it listens. */
export type ServerAddress = { url: string | null }

/** What every part of the local API works with. */
export type HttpContext = {
  readonly keyway: Keyway
  readonly outgoing: Outgoing
  readonly address: ServerAddress
  readonly tickets: OneTimeTickets<ConnectTicket>
  readonly guesses: GuessDelay
  readonly vends: VendNotes
  readonly deadlines: Deadlines
  /** For whoever asks over the local socket. */
  readonly openWindow: OpenWindow
  readonly running: RunningRequests
  /** Aborts when the server closes. */
  readonly closing: AbortSignal
}
