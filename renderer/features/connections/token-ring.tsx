import type { ConnectionView } from '../../../shared/contract/connection.ts'
import { connectionState } from '../../../shared/domain/connection-state.ts'
import { ExpiryRing } from '../../components/expiry-ring.tsx'
import { tokenLeft } from '../../lib/status.ts'
import { useNow } from '../../lib/use-now.ts'
import { stateTones } from './state-words.ts'

/** The ring that moves, with the time left beside it. */
export function TokenRing({ connection, size = 'sm' }: { connection: ConnectionView; size?: 'sm' | 'lg' }) {
  const now = useNow(1000)
  const { share, short, sentence } = tokenLeft(connection, now)
  // Where a person has to act, the status says it all.
  if (share === 0 && connection.lastOutcome.status !== 'ok') return null
  return (
    <span title={sentence} className="flex items-center gap-2">
      {size === 'sm' && (
        <span aria-hidden="true" className="text-muted w-8 text-right text-xs tabular-nums max-xs:sr-only">
          {short}
        </span>
      )}
      <ExpiryRing
        left={share}
        tone={stateTones[connectionState(connection, now).kind]}
        size={size}
        label={sentence}
      />
    </span>
  )
}
