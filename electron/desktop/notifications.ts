// One notice when a connection stops working, then reminders no more often than the person set; nothing while the screen is locked or the
// machine sleeps (demand: no storms of sign-in requests).
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
      // Only what works again has earned a fresh notice; an outage in between has not.
      if (status === 'ok') lastNoticeAt.delete(connection.id)
      if (status !== 'reconnect_needed' && status !== 'config_error') continue
      const before = lastNoticeAt.get(connection.id)
      if (before !== undefined && keyway.clock.now() - before < reminderMinutes * 60_000) continue
      lastNoticeAt.set(connection.id, keyway.clock.now())
      notify(noticeFor(connection))
    }
  }
  const stopConnections = keyway.on('connections', consider)
  let waiting = new Set<string>()
  const stopApprovals = keyway.on('approvals', (approvals) => {
    const fresh = approvals.filter(({ id }) => !waiting.has(id))
    waiting = new Set(approvals.map(({ id }) => id))
    if (!keyway.settings.get().notifications || isAway() || isWindowFocused()) return
    for (const approval of fresh) notify(askNotice(approval))
  })
  return () => {
    stopConnections()
    stopApprovals()
  }
}

function askNotice(approval: Approval): Notice {
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
