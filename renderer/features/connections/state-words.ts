// How a connection's state reads.
import type { ConnectionEnd, ConnectionState } from '../../../shared/domain/connection-state.ts'
import { text } from '../../lib/text.ts'
import { clock, relative } from '../../lib/time.ts'

export type StatusTone = 'ok' | 'wait' | 'bad' | 'setup' | 'neutral'

export const stateTones: Record<ConnectionState['kind'], StatusTone> = {
  verified: 'ok',
  not_verified: 'neutral',
  ends: 'wait',
  ended: 'bad',
  retrying: 'wait',
  reconnect_needed: 'bad',
  config_error: 'setup',
}

/** "Verified 2 hours ago", "Ends 19:52": what is known, and since when. */
export function stateLabel({ kind, verifiedAt, end }: ConnectionState, now: number): string {
  const words = text.connections.state
  switch (kind) {
    case 'verified':
      return words.verified(relative(verifiedAt ?? now, now))
    case 'ends':
      return words.ends(clock(end?.at ?? now, now))
    case 'ended':
      return words.ended(clock(end?.at ?? now, now))
    default:
      return words[kind]
  }
}

/** "No refresh token; ends 19:52". */
export function endLabel({ because, at }: ConnectionEnd, now: number): string {
  const { endsBecause, endedBecause } = text.connections
  return at > now ? endsBecause[because](clock(at, now)) : endedBecause[because](clock(at, now))
}
