import type { ProviderCheckStep } from '../../../../shared/contract/ui-api.ts'
import type { AuthorizationServer, EndpointResolver } from '../metadata/endpoints.ts'
import type { ExchangeRecorder } from '../transport/recording.ts'
import type { OAuthClient, OAuthDeps, ResolvedProvider } from '../types.ts'

/** One run of the provider check: the real flows, with a fetch that writes down what goes over the wire. */
export type Check = {
  deps: OAuthDeps
  provider: ResolvedProvider
  redirectUri: string | null
  /** False while the person has chosen a host to come home to. */
  choosesHost: boolean
  scopes: readonly string[]
  servers: EndpointResolver
  recorder: ExchangeRecorder
  log: StepLog
  signal: AbortSignal
  authorize: OAuthClient['authorize']
  exchange: OAuthClient['exchange']
  clientCredentials: OAuthClient['clientCredentials']
  startDevice: OAuthClient['startDevice']
  /** Known after the first step. */
  server: AuthorizationServer | null
}

export type StepLog = {
  readonly steps: ProviderCheckStep[]
  add(step: Pick<ProviderCheckStep, 'name' | 'outcome' | 'explanation'> & Partial<ProviderCheckStep>): void
}

export function createStepLog(): StepLog {
  const steps: ProviderCheckStep[] = []
  return {
    steps,
    add: (step) => {
      steps.push({ request: null, answer: null, fix: null, ...step })
    },
  }
}
