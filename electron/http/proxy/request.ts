// The state of one proxied request over its attempts.
import type { ServerResponse } from 'node:http'
import type { ConnectionRecord } from '../../../shared/contract/connection.ts'
import type { TargetUrl } from '../../../shared/domain/proxy-target.ts'
import type { ServedToken } from '../../core/connections/tokens/types.ts'
import type { AppSession, ProxyPolicy } from '../../core/keyway.ts'
import type { PermittedUse } from '../security/authorize.ts'
import type { RunningRequest } from '../server/context.ts'
import type { ProxiedCall } from './parse.ts'

/** Who asks for what, and where the answer goes. */
export type Forwarding = {
  readonly session: AppSession
  readonly running: RunningRequest
  readonly call: ProxiedCall
  readonly response: ServerResponse
  /** Monotonic ms. */
  readonly startedAt: number
  /** Nothing was waited for since its app was looked up. */
  readonly isFresh?: true
}

/** Where a request may go with what, all of it checked. */
export type AuthorizedRequest = {
  readonly connection: ConnectionRecord
  readonly policy: ProxyPolicy
  readonly url: TargetUrl
  readonly privateAllowed: boolean
  readonly uses: readonly PermittedUse[]
  readonly token: ServedToken
}

export type ProxyRequest = Forwarding &
  Omit<AuthorizedRequest, 'url' | 'token'> & {
    url: TargetUrl
    token: ServedToken
    /** From then on it may spend its time waiting; an answer of the person does not count. Monotonic ms. */
    readonly leavesAt: number
    retriedToken: boolean
    retriedNonce: boolean
    resent: boolean
    waits: number
    redirects: number
  }

export function startProxyRequest(
  forwarding: Forwarding,
  permitted: AuthorizedRequest,
  leavesAt: number,
): ProxyRequest {
  const { session, running, call, response, startedAt } = forwarding
  const { connection, policy, url, privateAllowed, uses, token } = permitted
  // Field by field, because spreading two objects costs more than all else here, and it is done every time.
  return {
    session,
    running,
    call,
    response,
    startedAt,
    connection,
    policy,
    url,
    privateAllowed,
    uses,
    token,
    leavesAt,
    retriedToken: false,
    retriedNonce: false,
    resent: false,
    waits: 0,
    redirects: 0,
  }
}
