// One notification when a connection stops working, then reminders no more often than the setting allows;
// none while the screen is locked or the machine sleeps, so that requests to sign in do not pile up.
import type { Approval } from '../../shared/contract/approval.ts'
import type { ConnectionView } from '../../shared/contract/connection.ts'
import { nextStepFor } from '../../shared/contract/errors.ts'
import { isolated } from '../../shared/contract/name.ts'
import { connectionState } from '../../shared/domain/connection-state.ts'
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
  const announcedEnds = new Map<string, number>()
  const consider = (connections: readonly ConnectionView[]) => {
    const { notifications, reminderMinutes } = keyway.settings.get()
    if (!notifications || isAway()) return
    for (const connection of connections) {
      const { status } = connection.lastOutcome
      // Only a connection that works again causes a new notification later; an outage in between does not.
      if (status === 'ok') lastNoticeAt.delete(connection.id)
      const end = endToAnnounce(connection, keyway.clock.now())
      if (end !== null && announcedEnds.get(connection.id) !== end) {
        announcedEnds.set(connection.id, end)
        notify(endNotice(connection, end))
      }
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

/**
 * The end of a refresh token, once it is near: only a new sign-in helps. The end of a connection without one
 * was said at its sign-in.
 */
function endToAnnounce(connection: ConnectionView, now: number): number | null {
  const { kind, end } = connectionState(connection, now)
  return kind === 'ends' && end?.because === 'refresh_token_expires' ? end.at : null
}

function endNotice({ providerName, account, id }: ConnectionView, end: number): Notice {
  return {
    title: `${isolated(providerName)}: sign in soon`,
    body: `${isolated(account)} stops working on ${new Date(end).toISOString().slice(0, 10)}.`,
    to: `/connections/${id}`,
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
