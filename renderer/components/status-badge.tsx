import { CircleAlert, CircleCheck, RotateCw, Wrench } from 'lucide-react'
import type { ConnectionStatus } from '../../shared/contract/connection.ts'
import { statusTones } from '../lib/status.ts'
import { text } from '../lib/text.ts'
import { Badge } from './badge.tsx'

const icons: Record<ConnectionStatus, typeof CircleCheck> = {
  ok: CircleCheck,
  retrying: RotateCw,
  reconnect_needed: CircleAlert,
  config_error: Wrench,
}

/** A status by sign, word and colour together. */
export function StatusBadge({ status }: { status: ConnectionStatus }) {
  const Icon = icons[status]
  return (
    <Badge tone={statusTones[status]} icon={<Icon aria-hidden="true" />}>
      {text.connections.status[status]}
    </Badge>
  )
}
