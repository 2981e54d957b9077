import type { ConnectionView } from '../../shared/contract/connection.ts'
import { duration, shortDuration } from './format.ts'
import { text } from './text.ts'
import { isolated } from '../../shared/contract/name.ts'

type Life = Pick<
  ConnectionView,
  'issuedAt' | 'expiresAt' | 'lastOutcome' | 'hasRefreshToken' | 'nextRefreshAt' | 'how'
>

/** The remaining lifetime of the token: as a share, a short text and a sentence. */
export function tokenLeft(
  life: Life,
  now: number,
): { share: number | null; short: string; sentence: string } {
  const { issuedAt, expiresAt, lastOutcome } = life
  if (lastOutcome.status === 'reconnect_needed')
    return { share: 0, short: '', sentence: text.connections.ring.dead }
  if (expiresAt === null) return { share: null, short: '', sentence: text.connections.ring.unknown }
  const left = expiresAt - now
  if (left <= 0) {
    const renewable = life.hasRefreshToken || life.how === 'client_credentials'
    const words = renewable ? text.connections.ring.expired : text.connections.ring.expiredNoRefresh
    return { share: 0, short: '', sentence: words }
  }
  const whole = Math.max(1, expiresAt - issuedAt)
  return {
    share: Math.min(1, left / whole),
    short: shortDuration(left),
    sentence: text.connections.ring.left(duration(left)),
  }
}

/** "GitHub · work": the name of a connection in sentences. */
export function connectionName(connection: Pick<ConnectionView, 'providerName' | 'account'>): string {
  return `${isolated(connection.providerName)} · ${isolated(connection.account)}`
}
