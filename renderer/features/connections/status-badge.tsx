import { CircleAlert, CircleCheck, CircleQuestionMark, Clock, RotateCw, Wrench } from 'lucide-react'
import type { ConnectionView } from '../../../shared/contract/connection.ts'
import { connectionState, type ConnectionState } from '../../../shared/domain/connection-state.ts'
import { Badge } from '../../components/badge.tsx'
import { stateLabel, stateTones } from './state-words.ts'

const icons: Record<ConnectionState['kind'], typeof CircleCheck> = {
  verified: CircleCheck,
  not_verified: CircleQuestionMark,
  ends: Clock,
  ended: CircleAlert,
  retrying: RotateCw,
  reconnect_needed: CircleAlert,
  config_error: Wrench,
}

/** A state by sign, word and color together. */
export function StatusBadge({ connection, now }: { connection: ConnectionView; now: number }) {
  const state = connectionState(connection, now)
  const Icon = icons[state.kind]
  return (
    <Badge tone={stateTones[state.kind]} icon={<Icon aria-hidden="true" />}>
      {stateLabel(state, now)}
    </Badge>
  )
}
