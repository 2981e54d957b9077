import { toast } from 'sonner'
import type { Approval, Decision } from '../../../shared/contract/approval.ts'
import { Button } from '../../components/button.tsx'
import { Failure } from '../../components/failure.tsx'
import { text } from '../../lib/text.ts'
import { useCall } from '../../stores/use-call.ts'

const words = text.approval

export function ApprovalButtons({ approval }: { approval: Approval }) {
  const decide = useCall('approvals.decide', 'told')
  const answer = async (decision: Decision): Promise<void> => {
    const told = await decide.run({ id: approval.id, decision })
    if (told !== null && decision === 'deny') toast.info(words.denied(approval.appName))
  }
  const button = (decision: Decision, label: string, look: 'primary' | 'secondary' | 'danger-ghost') => (
    <Button
      size="sm"
      look={look}
      pending={decide.pending}
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
