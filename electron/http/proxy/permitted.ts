// May this request go where it wants to go, and with which token? Nearly always the answer is at hand; a question to the person or a renewal
// takes longer, and what the app may do can change meanwhile.
import { KeywayError } from '../../../shared/contract/errors.ts'
import type { ConnectionRecord } from '../../../shared/contract/connection.ts'
import { may } from '../../../shared/domain/app-policy.ts'
import { resolveTarget } from '../../../shared/domain/proxy-target.ts'
import { clientGone } from '../client-gone.ts'
import { permit, policyUse } from '../permit.ts'
import { needStillAllowed } from '../still-allowed.ts'
import { tokenFor } from '../vend-token.ts'
import { overriddenMethods } from './overridden-method.ts'
import type { Forwarding, ForwardParts, Permitted } from './trip.ts'

type Aimed = Omit<Permitted, 'token'>

/** Null when it cannot be said without waiting. @throws KeywayError target_not_allowed | invalid_request | forbidden */
export function permitNow(
  { context: { keyway } }: ForwardParts,
  forwarding: Forwarding,
  connection: ConnectionRecord,
): Permitted | null {
  const now = keyway.clock.now()
  const token = keyway.tokens.peek(connection.id, now)
  if (token === null) return null
  const aimed = aim(keyway, forwarding, connection)
  // What may mean two things is looked at in full.
  if (overriddenMethods(forwarding.call.headers, aimed.url.search).length > 0) return null
  const verdict = may(forwarding.session.app, policyUse(proxyUse(forwarding, aimed)), connection, now)
  if (verdict.kind === 'deny') throw new KeywayError('forbidden', { message: verdict.reason })
  return verdict.kind === 'ask' ? null : { ...aimed, token }
}

/** @throws KeywayError also when the person says no, or when the key or the grant went away while it was waited for. */
export async function permitLater(
  { context }: ForwardParts,
  forwarding: Forwarding,
  connection: ConnectionRecord,
): Promise<Permitted> {
  const { keyway } = context
  const { session, admission, response, call } = forwarding
  const { revision } = keyway.apps
  const aimed = aim(keyway, forwarding, connection)
  const use = proxyUse(forwarding, aimed)
  for (const method of overriddenMethods(call.headers, aimed.url.search)) {
    await permit(keyway, session, connection, { ...use, method }, () => clientGone(response))
  }
  await permit(keyway, session, connection, use, () => clientGone(response))
  const token =
    keyway.tokens.peek(connection.id, keyway.clock.now()) ?? (await tokenFor(context, connection, {}))
  if (keyway.apps.revision !== revision) {
    needStillAllowed(keyway, admission, session, connection, policyUse(use))
  }
  return { ...aimed, token }
}

function aim(
  { connections }: ForwardParts['context']['keyway'],
  { call }: Forwarding,
  connection: ConnectionRecord,
): Aimed {
  const policy = connections.proxyPolicy(connection.id)
  const target = resolveTarget(policy, call.target)
  if (target.kind === 'refused') {
    throw new KeywayError(target.code, { message: target.reason, details: { field: 'url' } })
  }
  return { connection, policy, url: target.url, privateAllowed: target.privateAllowed }
}

function proxyUse({ call }: Forwarding, { url }: Aimed) {
  const { method, body, bodyBytes } = call
  return { what: 'proxy', method, url, bodyBytes, body } as const
}
