import { ShieldQuestion } from 'lucide-react'
import { useEffect, useId, useLayoutEffect, useRef, useState, type ReactNode } from 'react'
import { toast } from 'sonner'
import type { Approval } from '../../../shared/contract/approval.ts'
import { ModalGuestProvider } from '../../components/modal-guest.tsx'
import { text } from '../../lib/text.ts'
import { countdown } from '../../lib/time.ts'
import { useNow } from '../../lib/use-now.ts'
import { useAskingTitle } from '../../lib/window-title.ts'
import { useSnapshot } from '../../stores/window-context.tsx'
import { ApprovalButtons } from './approval-buttons.tsx'
import { ApprovalQuestion } from './approval-question.tsx'
import { useBrowserNotices } from './use-browser-notices.ts'
import { createFocusMemory, useForgetWhenNone, usePoliteFocus, type FocusMemory } from './use-polite-focus.ts'

const words = text.approval

/** The window with the questions of apps above everything in it, dialogs included. */
export function WithApprovals({ children }: { children: ReactNode }) {
  const [memory] = useState(createFocusMemory)
  const { approvals } = useSnapshot()
  useToastWhenOver(approvals)
  useBrowserNotices(approvals)
  useForgetWhenNone(memory, approvals)
  const [first] = approvals
  useAskingTitle(first === undefined ? null : words.asking(approvals.length, first.appName))
  return <ModalGuestProvider guest={<ApprovalPanel memory={memory} />}>{children}</ModalGuestProvider>
}

/**
 * A question from an app. It interrupts politely: it lies over the corner, takes no click meant for something else, and takes the focus
 * only from somebody who is not typing. F6 goes to it from anywhere, and back.
 */
function ApprovalPanel({ memory }: { memory: FocusMemory }) {
  const { approvals } = useSnapshot()
  const [first] = approvals
  if (first === undefined) return null
  return <Panel approval={first} more={approvals.length - 1} memory={memory} />
}

type PanelProps = { approval: Approval; more: number; memory: FocusMemory }

function Panel({ approval, more, memory }: PanelProps) {
  const panel = useRef<HTMLDivElement>(null)
  const [answered, setAnswered] = useState<string | null>(null)
  const titleId = useId()
  // In the top layer: above every dialog, and cut off by none. A browser without one shows it where it is.
  useLayoutEffect(() => panel.current?.showPopover?.(), [])
  usePoliteFocus(panel, approval.id, memory)
  const title = approval.kind === 'use' ? words.askTitle(approval.appName) : words.pairTitle(approval.appName)

  return (
    <div
      ref={panel}
      popover="manual"
      data-modal-guest=""
      role="alertdialog"
      aria-labelledby={titleId}
      aria-describedby={`${titleId}-words`}
      tabIndex={-1}
      className="animate-rise shadow-pop bg-raised text-ink fixed inset-auto right-4 bottom-4 z-60 m-0 w-[min(26rem,calc(100vw-2rem))] overflow-hidden rounded-xl border-0 p-0 outline-offset-0 max-sm:bottom-18"
    >
      <TimeBar approval={approval} />
      <div key={approval.id} className="flex max-h-[70dvh] flex-col gap-3 overflow-y-auto p-4">
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
        <ApprovalButtons
          approval={approval}
          follows={answered !== null && answered !== approval.id}
          onAnswer={() => setAnswered(approval.id)}
        />
        <TimeLeft approval={approval} more={more} />
      </div>
    </div>
  )
}

function TimeBar({ approval: { askedAt, expiresAt } }: { approval: Approval }) {
  const left = expiresAt - useNow(1000)
  const whole = Math.max(1, expiresAt - askedAt)
  return (
    <div className="bg-active h-0.5" aria-hidden="true">
      <div
        className="bg-accent h-full transition-[width] duration-1000 ease-linear"
        style={{ width: `${Math.min(1, Math.max(0, left / whole)) * 100}%` }}
      />
    </div>
  )
}

function TimeLeft({ approval, more }: { approval: Approval; more: number }) {
  const left = approval.expiresAt - useNow(1000)
  return (
    <p className="text-faint flex flex-wrap justify-between gap-x-3 text-xs tabular-nums">
      <span>{words.timeLeft(countdown(left))}</span>
      <span>{more > 0 ? words.more(more) : <kbd className="font-sans max-sm:hidden">{words.jump}</kbd>}</span>
    </p>
  )
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
