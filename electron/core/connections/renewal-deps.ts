import type { ConnectionRecord } from '../../../shared/contract/connection.ts'
import type { Activity } from '../keyway.ts'
import type { OAuthClient, ResolvedProvider, TokenAnswer } from '../oauth/oauth-client.ts'
import type { Clock, Logger } from '../ports.ts'
import type { SecretBox } from '../secret-box.ts'
import type { Attempts } from './attempts.ts'
import type { ConnectionBook } from './connection-book.ts'
import type { TokenClock } from './token-clock.ts'
import type { UnsavedAnswers } from './unsaved-answers.ts'

export type RenewalDeps = {
  book: ConnectionBook
  box: SecretBox
  clock: Clock
  logger: Logger
  oauth: OAuthClient
  activity: Pick<Activity, 'append'>
  attempts: Attempts
  tokenClock: TokenClock
  unsaved: UnsavedAnswers
  /** @throws KeywayError vault_locked | provider_not_found */
  resolve: (providerId: string) => ResolvedProvider
  /** Connections whose mark of an unanswered refresh was found at the start. */
  earlierMarks: ReadonlySet<string>
  /** Resolves when all that a refresh needs is loaded. Absent: nothing has to be. */
  warmUp?: (() => Promise<void>) | undefined
  /** Pause before a refusal is confirmed. */
  confirmAfterMs: number
  onRenewed: (id: string) => void
  revokeStray: (provider: ResolvedProvider, record: ConnectionRecord, answer: TokenAnswer) => Promise<void>
}
