import { ShieldQuestion } from 'lucide-react'
import { type ReactNode, useEffect, useId, useLayoutEffect, useRef, useState } from 'react'
import { toast } from 'sonner'
import type { Approval, Decision } from '../../../shared/contract/approval.ts'
import { shown } from '../../../shared/contract/name.ts'
import { Badge } from '../../components/display/badge.tsx'
import { Failure } from '../../components/feedback/callout.tsx'
import { Button } from '../../components/input/button.tsx'
import { ModalGuestProvider } from '../../components/modal-guest.tsx'
import { bytes, countdown } from '../../lib/format.ts'
import { useNow } from '../../lib/hooks.ts'
import { connectionName } from '../../lib/status.ts'
import { text } from '../../lib/text.ts'
import { useAskingTitle } from '../../lib/window-title.ts'
import { useCall } from '../../stores/use-call.ts'
import { navigate } from '../../stores/use-route.ts'
import { useHost, useSnapshot } from '../../stores/window-context.tsx'
import { createFocusMemory, type FocusMemory, useResetWhenNone, usePoliteFocus } from './use-polite-focus.ts'

/**
 * A browser tab in the background does not show a new approval, so the browser notifies where it is allowed
 * to. The desktop app does this itself.
 */
function useBrowserNotices(approvals: readonly Approval[]): void {
  const { settings } = useSnapshot()
  const { kind } = useHost()
  const told = useRef(new Set<string>())
  const isWanted = kind === 'headless' && 'Notification' in window && settings.notifications
  useEffect(() => {
    for (const { id, kind: what, appName } of approvals) {
      if (told.current.has(id)) continue
      told.current.add(id)
      if (!isWanted || document.hasFocus() || Notification.permission !== 'granted') continue
      const words = text.approval
      const title = what === 'use' ? words.askTitle(appName) : words.pairTitle(appName)
      const notice = new Notification(title, { body: words.noticeBody, tag: id, requireInteraction: true })
      notice.addEventListener('click', () => {
        window.focus()
        notice.close()
      })
    }
  }, [approvals, isWanted])
}

const words = text.approval

/** The window with apps' approvals above everything in it, dialogs included. */
export function WithApprovals({ children }: { children: ReactNode }) {
  const [memory] = useState(createFocusMemory)
  const { approvals } = useSnapshot()
  useToastWhenOver(approvals)
  useBrowserNotices(approvals)
  useResetWhenNone(memory, approvals)
  const [first] = approvals
  useAskingTitle(first === undefined ? null : words.asking(approvals.length, first.appName))
  return <ModalGuestProvider guest={<ApprovalPanel memory={memory} />}>{children}</ModalGuestProvider>
}

/**
 * An approval for an app. It covers only the corner, does not take clicks meant for other elements, and takes
 * the focus only when the person is not typing. F6 moves to it from anywhere, and back.
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
  // In the top layer: above every dialog, and never clipped. A browser without one shows it in place.
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

/** Tells the person that an approval timed out, because that denies the call. */
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

/** The exact request, in full: no URL is truncated here. */
function ApprovalQuestion({ approval }: { approval: Approval }) {
  return approval.kind === 'use' ? <Use approval={approval} /> : <Pair approval={approval} />
}

function Use({ approval }: { approval: Extract<Approval, { kind: 'use' }> }) {
  const { what, url, method, bodyBytes, waiting } = approval
  const who = connectionName(approval)
  return (
    <div className="text-muted flex flex-col gap-2 text-sm">
      <p className="text-pretty">{what === 'token' ? words.askToken(who) : words.askProxy(who)}</p>
      {url !== null && (
        <>
          <p
            dir="ltr"
            className="bg-sunken border-line text-ink rounded-md border px-2.5 py-1.5 font-mono text-xs break-all"
          >
            <span className="text-accent font-semibold">{method}</span> {shown(url)}
          </p>
          <p className="text-xs">{words.body(bodyBytes, bodyBytes === null ? '' : bytes(bodyBytes))}</p>
        </>
      )}
      {waiting > 1 && <p className="text-xs">{words.waitingCalls(waiting)}</p>}
      {url !== null && URL.canParse(url) && (
        <p className="text-faint text-xs">{words.reach(method ?? '', new URL(url).host)}</p>
      )}
    </div>
  )
}

function Pair({ approval }: { approval: Extract<Approval, { kind: 'pair' }> }) {
  const { wants, code, providers } = approval
  const nameOf = (slug: string): string | null =>
    providers.find(({ provider }) => provider === slug)?.registered?.name ?? null
  return (
    <div className="text-muted flex flex-col gap-2 text-sm">
      <p>{wants.grants.length === 0 && !wants.manage ? words.pairNothing : words.pairLead}</p>
      <ul className="flex list-disc flex-col gap-1 pl-4">
        {wants.grants.map((grant) => {
          const name = nameOf(grant.provider)
          return (
            <li key={JSON.stringify(grant)} className="break-words">
              {name === null ? (
                <span className="text-wait">{words.pairUnknown(grant.provider)}</span>
              ) : (
                words.pairGrant(grant, name)
              )}
            </li>
          )
        })}
        {wants.manage && (
          <li>
            {words.pairManage} <Badge tone="wait">{words.pairWide}</Badge>
          </li>
        )}
      </ul>
      {wants.authProviders.length > 0 && (
        <div className="flex flex-col gap-1 text-xs">
          {words.pairNeeds}
          <ul className="flex flex-wrap gap-1.5">
            {wants.authProviders.map(({ provider, scopes }) => (
              <li
                key={JSON.stringify([provider, scopes])}
                className="bg-active rounded-md px-2 py-0.5 break-all"
              >
                {[provider, ...scopes].map(shown).join(' ')}
              </li>
            ))}
          </ul>
        </div>
      )}
      <p className="flex flex-wrap items-center gap-2 text-xs">
        {words.pairCode}
        <output className="text-ink bg-sunken border-line rounded-md border px-2 py-0.5 font-mono text-sm font-semibold tracking-widest whitespace-nowrap">
          {code}
        </output>
      </p>
    </div>
  )
}

/** When one approval replaces another, a second click may still be meant for the previous one. */
const HOLD_MS = 500

type ButtonsProps = {
  approval: Approval
  /** True where another approval was just answered at the same place. */
  follows: boolean
  onAnswer: () => void
}

function ApprovalButtons({ approval, follows, onAnswer }: ButtonsProps) {
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
