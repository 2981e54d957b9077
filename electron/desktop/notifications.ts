// One notice when a connection stops working, then reminders no more often than the person set; nothing while the screen is locked or the
// machine sleeps (demand: no storms of sign-in requests).
import type { ConnectionView } from '../../shared/contract/connection.ts'
import { nextStepFor } from '../../shared/contract/errors.ts'
import type { Keyway } from '../core/keyway.ts'

export type Notice = { title: string; body: string; to: string }

type Deps = { keyway: Keyway; notify: (notice: Notice) => void; isAway: () => boolean }

export function watchForNotices({ keyway, notify, isAway }: Deps): () => void {
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
  const stopApprovals = keyway.on('approvals', (approvals) => {
    const newest = approvals.at(-1)
    if (newest === undefined || lastNoticeAt.has(newest.id)) return
    lastNoticeAt.set(newest.id, keyway.clock.now())
    const body =
      newest.kind === 'pair'
        ? `Compare the code ${newest.code} and decide.`
        : `Wants to use ${newest.providerName} as ${newest.account}.`
    notify({ title: `${newest.appName} asks for access`, body, to: '/' })
  })
  return () => {
    stopConnections()
    stopApprovals()
  }
}

function noticeFor(connection: ConnectionView): Notice {
  return {
    title: `${connection.providerName}: ${connection.lastOutcome.status === 'reconnect_needed' ? 'reconnect needed' : 'needs a change'}`,
    body: `${connection.account}: ${connection.lastOutcome.message ?? nextStepFor('window', connection.lastOutcome) ?? 'Open Keyway to see why.'}`,
    to: `/connections/${connection.id}`,
  }
}
