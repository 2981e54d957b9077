import type { KeywayError } from '../../../../shared/contract/errors.ts'
import type { Flow } from '../../../../shared/contract/flow.ts'
import type { ConnectionRecord } from '../../../../shared/contract/connection.ts'
import type { ProviderRecord } from '../../../../shared/contract/provider.ts'
import type { LoopbackHost } from '../../../../shared/domain/redirect-uri.ts'
import type { Activity } from '../../keyway.ts'
import type { OAuthClient, RegisteredClient, ResolvedProvider } from '../../oauth/oauth-client.ts'
import type { Browser, Clock, Logger, ReturnDoor } from '../../ports.ts'
import type { PlanRedirect } from '../../providers/create-providers.ts'
import type { ProviderBook } from '../../providers/provider-book.ts'
import type { SecretBox } from '../../secret-box.ts'
import type { ConnectionBook } from '../connection-book.ts'
import type { FlowBook } from './flow-book.ts'
import type { RunningFlow } from './running-flow.ts'

export type FlowDeps = {
  flows: FlowBook
  book: ConnectionBook
  providers: ProviderBook
  box: SecretBox
  clock: Clock
  logger: Logger
  oauth: OAuthClient
  browser: Browser
  activity: Pick<Activity, 'append'>
  planRedirect: PlanRedirect
  /** Where the local server listens, or would; callbacks arrive there. */
  home: () => { port: number; listening: boolean }
  /** A listener for one sign-in; null where there can be none. */
  openDoor: (host: LoopbackHost) => Promise<ReturnDoor | null>
  /** Keeps a client that a provider registered for us. @throws KeywayError disk_full | save_failed | vault_locked */
  keepClient: (providerId: string, client: RegisteredClient) => ProviderRecord
  /** @throws KeywayError vault_locked | provider_not_found */
  resolve: (provider: ProviderRecord) => ResolvedProvider
  /** Runs one after the other what may change which labels a provider's connections have. */
  inProviderTurn: <Result>(providerId: string, task: () => Promise<Result>) => Promise<Result>
  /** Resolves when no renewal of the connection is under way: its answer and a sign-in's must not cross. */
  settled: (connectionId: string) => Promise<void>
  /** The tokens of a connection were replaced by a sign-in; `before` is null for a new one. */
  onSignedIn: (record: ConnectionRecord, before: ConnectionRecord | null) => void
}

export function startFailed(deps: FlowDeps, running: RunningFlow, failure: KeywayError): Flow {
  deps.logger.warn('A sign-in could not be started', {
    flowId: running.base.id,
    provider: running.base.providerSlug,
    code: failure.code,
    error: failure,
  })
  return deps.flows.end(running, { kind: 'failed', failure })
}
