import type { ProviderCheckStep } from '../../../../shared/contract/ui-api.ts'
import type { AuthorizationServer, EndpointResolver } from '../metadata/endpoints.ts'
import type { ExchangeRecorder } from '../transport/recording.ts'
import type { OAuthClient, OAuthDeps, ResolvedProvider } from '../types.ts'

/** The context of one provider check: the real flows with a recording fetch, and the log of its steps. */
export type Check = {
  deps: OAuthDeps
  provider: ResolvedProvider
  redirectUri: string | null
  /** False if the person chose the host of the redirect URI. */
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
  /** Set by the first step. */
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
