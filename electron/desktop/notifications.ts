// One notification when a connection stops working, then reminders no more often than the setting allows;
// none while the screen is locked or the machine sleeps, so that requests to sign in do not pile up.
import type { Approval } from '../../shared/contract/approval.ts'
import type { ConnectionView } from '../../shared/contract/connection.ts'
import { nextStepFor } from '../../shared/contract/errors.ts'
import { isolated } from '../../shared/contract/name.ts'
import type { Keyway } from '../core/keyway.ts'

export type Notice = { title: string; body: string; to: string }

type Deps = {
  keyway: Keyway
  notify: (notice: Notice) => void
  isAway: () => boolean
  isWindowFocused: () => boolean
}

export function watchForNotices({ keyway, notify, isAway, isWindowFocused }: Deps): () => void {
  const lastNoticeAt = new Map<string, number>()
  const consider = (connections: readonly ConnectionView[]) => {
    const { notifications, reminderMinutes } = keyway.settings.get()
    if (!notifications || isAway()) return
    for (const connection of connections) {
      const { status } = connection.lastOutcome
      // Only a connection that works again causes a new notification later; an outage in between does not.
      if (status === 'ok') lastNoticeAt.delete(connection.id)
      if (status !== 'reconnect_needed' && status !== 'config_error') continue
      const before = lastNoticeAt.get(connection.id)
      if (before !== undefined && keyway.clock.now() - before < reminderMinutes * 60_000) continue
      lastNoticeAt.set(connection.id, keyway.clock.now())
      notify(noticeFor(connection))
    }
  }
  const stopConnections = keyway.on('connections', consider)
  const isQuiet = (): boolean => !keyway.settings.get().notifications || isAway() || isWindowFocused()
  const stopApprovals = watchQuestions(keyway, isQuiet, notify)
  return () => {
    stopConnections()
    stopApprovals()
  }
}

/** Limits the notifications of an app that keeps sending requests. */
const MAX_NOTICES = 5
const TOLD_WITHIN_MS = 10_000

function watchQuestions(keyway: Keyway, isQuiet: () => boolean, notify: Deps['notify']): () => void {
  const { clock } = keyway
  let known = new Set<string>()
  let toldAt: number[] = []
  let cancel: (() => void) | null = null
  const consider = (approvals: readonly Approval[]): void => {
    const fresh = approvals.filter(({ id }) => !known.has(id))
    known = new Set(approvals.map(({ id }) => id))
    if (isQuiet()) return
    toldAt = toldAt.filter((at) => clock.now() - at < TOLD_WITHIN_MS)
    const room = MAX_NOTICES - toldAt.length
    for (const approval of fresh.slice(0, room)) {
      toldAt.push(clock.now())
      notify(approvalNotice(approval))
    }
    // Approvals that still wait then are announced then.
    for (const { id } of fresh.slice(room)) known.delete(id)
    if (fresh.length <= room) return
    cancel ??= clock.after(TOLD_WITHIN_MS, () => {
      cancel = null
      consider(keyway.approvals.list())
    })
  }
  const stop = keyway.on('approvals', consider)
  return () => {
    stop()
    cancel?.()
  }
}

function approvalNotice(approval: Approval): Notice {
  const body =
    approval.kind === 'pair'
      ? `Compare the code ${approval.code} and decide.`
      : `Wants to use ${isolated(approval.providerName)} as ${isolated(approval.account)}.`
  return { title: `${isolated(approval.appName)} asks for access`, body, to: '/' }
}

function noticeFor(connection: ConnectionView): Notice {
  return {
    title: `${isolated(connection.providerName)}: ${connection.lastOutcome.status === 'reconnect_needed' ? 'reconnect needed' : 'needs a change'}`,
    body: `${isolated(connection.account)}: ${connection.lastOutcome.message ?? nextStepFor('window', connection.lastOutcome) ?? 'Open Keyway to see why.'}`,
    to: `/connections/${connection.id}`,
  }
}
