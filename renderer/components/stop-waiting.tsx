import { text } from '../lib/text.ts'
import { Button } from './button.tsx'

type StopWaitingProps = { call: { slow: boolean; leave(): void }; size?: 'sm' | 'md' }

/** A way out of what takes over a second. */
export function StopWaiting({ call, size = 'md' }: StopWaitingProps) {
  if (!call.slow) return null
  return (
    <Button size={size} onClick={call.leave}>
      {text.common.stopWaiting}
    </Button>
  )
}
