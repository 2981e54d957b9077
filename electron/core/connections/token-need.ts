import type { ConnectionRecord } from '../../../shared/contract/connection.ts'
import { neededMs } from '../../../shared/domain/expiry.ts'
import type { TokenClock } from './token-clock.ts'
import type { TokenAsk } from './token-service.ts'

/** What a token must be like to answer an ask. */
export type TokenNeed = {
  /** Milliseconds that must be left. */
  leastMs: number
  /** This generation was refused by the API; null when none was. */
  notGeneration: number | null
}

export function needOf(
  ask: TokenAsk,
  record: Pick<ConnectionRecord, 'lifetimeSeconds' | 'generation'>,
  rejected: 'yes' | 'no',
): TokenNeed {
  const { minValidSeconds } = ask
  return {
    leastMs: neededMs({
      lifetimeSeconds: record.lifetimeSeconds,
      ...(minValidSeconds === undefined ? {} : { minValidSeconds }),
    }),
    notGeneration: rejected === 'yes' ? record.generation : null,
  }
}

export function meets(record: ConnectionRecord, need: TokenNeed, tokenClock: TokenClock): boolean {
  return record.generation !== need.notGeneration && tokenClock.remainingMs(record) > need.leastMs
}
