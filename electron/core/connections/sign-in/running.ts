import type { ConnectionRecord } from '../../../../shared/contract/connection.ts'
import type { ConnectInput, Flow } from '../../../../shared/contract/flow.ts'
import type { ProviderRecord } from '../../../../shared/contract/provider.ts'
import { newId, type LoopbackListener } from '../../ports.ts'
import type { ResolvedProvider, TokenResponse, AuthorizationState } from '../../oauth/types.ts'
import type { SignIn } from '../store/record.ts'

export const FLOW_MS = 10 * 60_000

export type FlowBase = Pick<
  Flow,
  | 'id'
  | 'providerId'
  | 'providerSlug'
  | 'providerName'
  | 'connectionId'
  | 'account'
  | 'startedAt'
  | 'expiresAt'
>

export type RunningFlow = {
  base: FlowBase
  flow: Flow
  /** What there may be one pending flow of: a connection, or a provider and account label. */
  readonly concurrencyKey: string
  /** The app that asked for it; null: the person. */
  readonly startedBy: string | null
  input: ConnectInput
  /** What the provider is asked for. */
  readonly scopes: readonly string[]
  authorizationState: AuthorizationState | null
  /** Where its answer must come, when it has a listener of its own. */
  loopbackListener: LoopbackListener | null
  /** Tokens that came and wait for the person's decision. */
  pendingSignIn: PendingSignIn | null
  readonly abort: AbortController
  cancelExpiry: () => void
}

export const isPendingFlow = ({ kind }: Flow): boolean =>
  kind !== 'done' && kind !== 'failed' && kind !== 'cancelled'

export type FlowOpening = {
  concurrencyKey: string
  startedBy: string | null
  input: ConnectInput
  provider: { id: string; slug: string; name: string }
  scopes: readonly string[]
}

export function newRunningFlow(
  { concurrencyKey, startedBy, input, provider, scopes }: FlowOpening,
  now: number,
): RunningFlow {
  const base: FlowBase = {
    id: newId('flow'),
    providerId: provider.id,
    providerSlug: provider.slug,
    providerName: provider.name,
    connectionId: input.connectionId,
    account: input.account,
    startedAt: now,
    expiresAt: now + FLOW_MS,
  }
  return {
    base,
    flow: { ...base, kind: 'exchanging' },
    concurrencyKey,
    startedBy,
    input,
    scopes,
    authorizationState: null,
    loopbackListener: null,
    pendingSignIn: null,
    abort: new AbortController(),
    cancelExpiry: () => undefined,
  }
}

export type FlowStart = {
  running: RunningFlow
  provider: ProviderRecord
  before: ConnectionRecord | null
  open: ConnectInput['open']
}

export type Resource = { id: string; label: string; url: string | null }

/** Everything a sign-in brought, from the exchange until it is stored or dropped. */
export type PendingSignIn = {
  provider: ResolvedProvider
  response: TokenResponse
  sign: SignIn
  redirectUri: string | null
  /** The connection it goes into; null for a new one. */
  connectionId: string | null
  account: string | null
  resources: readonly Resource[]
}
