// Everything about apps, put together: who they are, what they may do, and the questions to the person.
import type { ConnectionRecord } from '../../../shared/contract/connection.ts'
import type { KeywayError } from '../../../shared/contract/errors.ts'
import type { Activity } from '../keyway.ts'
import type { Clock, KeyValueStore, Logger } from '../ports.ts'
import { createAppBook } from './app-book.ts'
import { createApprovals, type ApprovalDesk } from './create-approvals.ts'
import { createApps, type AppRegistry } from './create-apps.ts'
import { missingNeeds } from './missing-needs.ts'

export type AppParts = { apps: AppRegistry; approvals: ApprovalDesk; close(): void }

export function createAppParts(deps: {
  store: KeyValueStore
  clock: Clock
  logger: Logger
  activity: Pick<Activity, 'append'>
  onUnreadable: (entry: { store: string; key: string }) => void
  provider: (idOrSlug: string) => { id: string; name: string } | null
  connectionsOf: (providerId: string) => readonly ConnectionRecord[]
  connection: (id: string) => ConnectionRecord | null
  isUnlocked: () => boolean
  blocked: (appId: string) => KeywayError | null
  onAppsChanged: () => void
  onLockedAsk: () => void
  onExpired: () => void
  onApprovalsChanged: () => void
}): AppParts {
  const apps = createApps({
    book: createAppBook(deps),
    clock: deps.clock,
    activity: deps.activity,
    blocked: deps.blocked,
    missingOf: (app) =>
      missingNeeds(app, (slug) => {
        const provider = deps.provider(slug)
        return provider === null ? [] : deps.connectionsOf(provider.id)
      }),
    onExpired: deps.onExpired,
    rememberedOf: (appId) => approvals.remembered(appId),
    onChanged(appId) {
      const app = apps.record(appId)
      if (app === null || app.paused) approvals.forget(appId)
      deps.onAppsChanged()
    },
  })
  const approvals: ApprovalDesk = createApprovals({
    ...deps,
    apps,
    onChanged: deps.onApprovalsChanged,
    onRemembered: deps.onAppsChanged,
  })
  return {
    apps,
    approvals,
    close() {
      approvals.close()
      apps.close()
    },
  }
}
