import { useEffect, useState } from 'react'
import { toast } from 'sonner'
import type { Approval, Decision } from '../../../shared/contract/approval.ts'
import { Button } from '../../components/button.tsx'
import { Failure } from '../../components/failure.tsx'
import { text } from '../../lib/text.ts'
import { useCall } from '../../stores/use-call.ts'
import { navigate } from '../../stores/use-route.ts'

const words = text.approval

/** Where one question takes the place of another, a second click is still on its way to the first. */
const HOLD_MS = 500

type ButtonsProps = {
  approval: Approval
  /** Stands where another one was just answered. */
  follows: boolean
  onAnswer: () => void
}

export function ApprovalButtons({ approval, follows, onAnswer }: ButtonsProps) {
  const decide = useCall('approvals.decide', 'told')
  const held = useHeld(follows)
  const answer = async (decision: Decision): Promise<void> => {
    onAnswer()
    const told = await decide.run({ id: approval.id, decision })
    if (told === null) return
    if (decision === 'deny') toast.info(words.denied(approval.appName))
    if (told.value !== null) toastPaired(told.value)
  }
  const button = (decision: Decision, label: string, look: 'primary' | 'secondary' | 'danger-ghost') => (
    <Button
      size="sm"
      look={look}
      pending={decide.pending}
      disabled={held}
      onClick={() => void answer(decision)}
      className="max-sm:h-9"
    >
      {label}
    </Button>
  )
  return (
    <>
      <Failure failure={decide.failure} />
      <div className="flex flex-wrap gap-1.5">
        {approval.kind === 'pair' ? (
          button('always', words.allow, 'primary')
        ) : (
          <>
            {button('once', words.once, 'primary')}
            {button('ten_minutes', words.tenMinutes, 'secondary')}
            {button('always', words.always, 'secondary')}
          </>
        )}
        <span className="flex-1" />
        {button('deny', words.deny, 'danger-ghost')}
      </div>
    </>
  )
}

function toastPaired({ id, name }: { id: string; name: string }): void {
  const onClick = (): void => navigate({ name: 'app', id })
  toast.success(words.paired(name), { action: { label: words.showApp, onClick } })
}

function useHeld(follows: boolean): boolean {
  const [held, setHeld] = useState(follows)
  useEffect(() => {
    if (!held) return undefined
    const timer = setTimeout(() => setHeld(false), HOLD_MS)
    return () => clearTimeout(timer)
  }, [held])
  return held
}
