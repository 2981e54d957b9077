// Creates the parts for apps and connects them: registry, permissions and approvals.
import type { AppRecord, AppView } from '../../../shared/contract/app.ts'
import type { ConnectionRecord } from '../../../shared/contract/connection.ts'
import type { KeywayError } from '../../../shared/contract/errors.ts'
import type { AuditLog } from '../keyway.ts'
import type { Clock, KeyValueStore, Logger } from '../ports.ts'
import { type ApprovalService, createApprovals } from './approvals.ts'
import { type AppRegistry, createApps } from './apps.ts'
import { createAppStore } from './store.ts'

export type AppParts = { apps: AppRegistry; approvals: ApprovalService; close(): void }

export function createAppParts(deps: {
  store: KeyValueStore
  clock: Clock
  logger: Logger
  activity: Pick<AuditLog, 'append'>
  onUnreadable: (entry: { store: string; key: string }) => void
  provider: (idOrSlug: string) => { id: string; name: string } | null
  /** The scopes that each connection of a provider lacks. */
  missingAtEach: (idOrSlug: string, scopes: readonly string[]) => readonly string[][]
  connection: (id: string) => ConnectionRecord | null
  isUnlocked: () => boolean
  blocked: (appId: string) => KeywayError | null
  onAppsChanged: () => void
  onRequestWhileLocked: () => void
  onExpired: () => void
  onApprovalsChanged: () => void
}): AppParts {
  const apps = createApps({
    store: createAppStore(deps),
    clock: deps.clock,
    activity: deps.activity,
    blocked: deps.blocked,
    missingOf: (app) => missingNeeds(app, deps.missingAtEach),
    onExpired: deps.onExpired,
    rememberedOf: (appId) => approvals.remembered(appId),
    onChanged(appId) {
      const app = apps.record(appId)
      if (app === null || app.paused) approvals.forget(appId)
      deps.onAppsChanged()
    },
  })
  const approvals: ApprovalService = createApprovals({
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

/**
 * Declared needs of an app that no connection meets: a provider without a connection, or scopes that none of
 * its connections has.
 */
function missingNeeds(
  app: Pick<AppRecord, 'authProviders'>,
  missingAtEach: (providerSlug: string, scopes: readonly string[]) => readonly string[][],
): AppView['missing'] {
  return app.authProviders.flatMap(({ provider, scopes }) => {
    const lacks = missingAtEach(provider, scopes)
    if (lacks.some((missing) => missing.length === 0)) return []
    const least = lacks.toSorted((one, other) => one.length - other.length)[0]
    return [{ provider, scopes: least ?? scopes }]
  })
}
