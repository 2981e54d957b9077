// The state of a sign-in in progress.
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
  /** At most one sign-in is pending per key: a connection, or a provider and account label. */
  readonly concurrencyKey: string
  /** The id of the app that requested it; null: the person. */
  readonly startedBy: string | null
  input: ConnectInput
  /** The requested scopes. */
  readonly scopes: readonly string[]
  authorizationState: AuthorizationState | null
  /** The listener for the response, if this sign-in has its own. */
  loopbackListener: LoopbackListener | null
  /** Tokens that wait for the person's decision. */
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

/** The result of a sign-in, from the token response until it is stored or discarded. */
export type PendingSignIn = {
  provider: ResolvedProvider
  response: TokenResponse
  sign: SignIn
  redirectUri: string | null
  /** The target connection; null for a new one. */
  connectionId: string | null
  account: string | null
  resources: readonly Resource[]
}
