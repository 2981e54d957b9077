import type { OAuthClient, ResolvedProvider } from './oauth-client.ts'
import type { OAuthDeps } from './oauth-deps.ts'
import type { Recorder } from './recorded-fetch.ts'
import type { Server, Servers } from './servers.ts'
import type { StepLog } from './step-log.ts'

/** One run of the provider check: the real flows, with a fetch that writes down what goes over the wire. */
export type Check = {
  deps: OAuthDeps
  provider: ResolvedProvider
  redirectUri: string | null
  /** False while the person has chosen a host to come home to. */
  choosesHost: boolean
  scopes: readonly string[]
  servers: Servers
  recorder: Recorder
  log: StepLog
  signal: AbortSignal
  authorize: OAuthClient['authorize']
  exchange: OAuthClient['exchange']
  clientCredentials: OAuthClient['clientCredentials']
  startDevice: OAuthClient['startDevice']
  /** Known after the first step. */
  server: Server | null
}
