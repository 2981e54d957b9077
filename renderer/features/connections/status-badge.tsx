import { CircleAlert, CircleCheck, CircleQuestionMark, Clock, RotateCw, Wrench } from 'lucide-react'
import type { ConnectionView } from '../../../shared/contract/connection.ts'
import {
  type ConnectionEnd,
  connectionState,
  type ConnectionState,
} from '../../../shared/domain/connection-state.ts'
import { Badge } from '../../components/display/badge.tsx'
import { clock, relative } from '../../lib/format.ts'
import { text } from '../../lib/text.ts'

const icons: Record<ConnectionState['kind'], typeof CircleCheck> = {
  verified: CircleCheck,
  not_verified: CircleQuestionMark,
  ends: Clock,
  ended: CircleAlert,
  retrying: RotateCw,
  reconnect_needed: CircleAlert,
  config_error: Wrench,
}

/** A state as icon, word and color together. */
export function StatusBadge({ connection, now }: { connection: ConnectionView; now: number }) {
  const state = connectionState(connection, now)
  const Icon = icons[state.kind]
  return (
    <Badge tone={stateTones[state.kind]} icon={<Icon aria-hidden="true" />}>
      {stateLabel(state, now)}
    </Badge>
  )
}

// The text of a connection's state.

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

/** "Verified 2 hours ago", "Ends 19:52": the known fact and its time. */
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
