import { clock, exactTime, relative } from '../lib/time.ts'
import { useNow } from '../lib/use-now.ts'
import { Tooltip } from './tooltip.tsx'

/** A point in time, told from now, exact in its tooltip. */
export function Moment({ at, as = 'relative' }: { at: number; as?: 'relative' | 'clock' }) {
  const now = useNow(15_000)
  return (
    <Tooltip label={exactTime(at)}>
      <time dateTime={new Date(at).toISOString()} className="tabular-nums">
        {as === 'relative' ? relative(at, now) : clock(at, now)}
      </time>
    </Tooltip>
  )
}
