import { ShieldQuestion } from 'lucide-react'
import { useEffect, useId, useRef } from 'react'
import { toast } from 'sonner'
import type { Approval } from '../../../shared/contract/approval.ts'
import { isTyping } from '../../lib/keyboard.ts'
import { text } from '../../lib/text.ts'
import { countdown } from '../../lib/time.ts'
import { useNow } from '../../lib/use-now.ts'
import { useSnapshot } from '../../stores/window-context.tsx'
import { ApprovalButtons } from './approval-buttons.tsx'
import { ApprovalQuestion } from './approval-question.tsx'

const words = text.approval

/**
 * A question from an app. It interrupts politely: it lies over the corner, takes no click meant for something else, and takes the focus
 * only from somebody who is not typing. F6 goes to it from anywhere.
 */
export function ApprovalPanel() {
  const { approvals } = useSnapshot()
  useToastWhenOver(approvals)
  const [first] = approvals
  if (first === undefined) return null
  return <Question key={first.id} approval={first} more={approvals.length - 1} />
}

function Question({ approval, more }: { approval: Approval; more: number }) {
  const panel = useRef<HTMLDivElement>(null)
  const titleId = useId()
  const now = useNow(1000)
  const left = approval.expiresAt - now
  const whole = Math.max(1, approval.expiresAt - approval.askedAt)
  useFocusPolitely(panel)
  const title = approval.kind === 'use' ? words.askTitle(approval.appName) : words.pairTitle(approval.appName)

  return (
    <div
      ref={panel}
      role="alertdialog"
      aria-labelledby={titleId}
      aria-describedby={`${titleId}-words`}
      tabIndex={-1}
      className="animate-rise shadow-pop bg-raised fixed right-4 bottom-4 z-30 w-[min(26rem,calc(100vw-2rem))] overflow-hidden rounded-xl outline-offset-0 max-sm:bottom-18"
    >
      <div className="bg-active h-0.5" aria-hidden="true">
        <div
          className="bg-accent h-full transition-[width] duration-1000 ease-linear"
          style={{ width: `${Math.min(1, Math.max(0, left / whole)) * 100}%` }}
        />
      </div>
      <div className="flex max-h-[70dvh] flex-col gap-3 overflow-y-auto p-4">
        <div className="flex items-start gap-3">
          <span
            aria-hidden="true"
            className="bg-accent-soft text-accent grid size-8 shrink-0 place-items-center rounded-lg"
          >
            <ShieldQuestion className="size-4.5" />
          </span>
          <div id={`${titleId}-words`} className="min-w-0 flex-1">
            <h2 id={titleId} className="text-ink text-sm font-semibold break-words">
              {title}
            </h2>
            <ApprovalQuestion approval={approval} />
          </div>
        </div>
        <ApprovalButtons approval={approval} />
        <p className="text-faint flex flex-wrap justify-between gap-x-3 text-xs tabular-nums">
          <span>{words.timeLeft(countdown(left))}</span>
          <span>
            {more > 0 ? words.more(more) : <kbd className="font-sans max-sm:hidden">{words.jump}</kbd>}
          </span>
        </p>
      </div>
    </div>
  )
}

function useFocusPolitely(panel: React.RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const before = document.activeElement
    // The panel itself takes the focus, never a button: an Enter on its way to something else must not be an answer.
    if (!isTyping(before)) panel.current?.focus({ preventScroll: true })
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.key !== 'F6') return
      event.preventDefault()
      panel.current?.focus()
    }
    window.addEventListener('keydown', onKeyDown)
    return () => {
      window.removeEventListener('keydown', onKeyDown)
      const inside = document.activeElement === document.body
      if (inside && before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true })
    }
  }, [panel])
}

/** A question that ran out of time says so: silence was an answer, and the person should know it. */
function useToastWhenOver(approvals: readonly Approval[]): void {
  const before = useRef<readonly Approval[]>([])
  useEffect(() => {
    for (const old of before.current) {
      const gone = approvals.every(({ id }) => id !== old.id)
      if (gone && Date.now() >= old.expiresAt - 500) toast.info(words.expired(old.appName))
    }
    before.current = approvals
  }, [approvals])
}
