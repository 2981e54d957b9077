// Authorizes a proxied request and gets its token. Usually both are in memory; asking the person or
// refreshing takes longer. The permission is checked again whenever something changes.
import type { ConnectionRecord } from '../../../shared/contract/connection.ts'
import { KeywayError } from '../../../shared/contract/errors.ts'
import { may } from '../../../shared/domain/app-policy.ts'
import { resolveTarget, targetError } from '../../../shared/domain/proxy-target.ts'
import { authorize, type PermittedUse, policyUse } from '../security/authorize.ts'
import { connectionPermission } from '../security/connection-permission.ts'
import { clientGone } from '../server/respond.ts'
import { tokenFor } from '../tokens/serve.ts'
import { overriddenMethods } from './parse.ts'
import type { Forwarding, AuthorizedRequest } from './request.ts'
import type { Keyway } from '../../core/keyway.ts'
import type { HttpContext } from '../server/context.ts'

type Aimed = Omit<AuthorizedRequest, 'token' | 'uses'>

/**
 * Null when it cannot be said without waiting. @throws KeywayError target_not_allowed | invalid_request |
 * forbidden
 */
export function authorizeNow(
  context: HttpContext,
  forwarding: Forwarding,
  connection: ConnectionRecord,
): AuthorizedRequest | null {
  const { keyway } = context
  const now = keyway.clock.now()
  const token = keyway.tokens.peek(connection.id, now)
  if (token === null) return null
  const aimed = aim(keyway, forwarding, connection)
  // What may mean two things is looked at in full.
  if (overriddenMethods(forwarding.call, aimed.url.search).length > 0) return null
  const use = proxyUse(forwarding, aimed)
  const verdict = may(forwarding.session.app, policyUse(use), connection, now)
  if (verdict.kind === 'deny') throw new KeywayError('forbidden', { message: verdict.reason })
  if (verdict.kind === 'ask') return null
  const { policy, url, privateAllowed } = aimed
  const uses: PermittedUse[] = [{ use, by: 'permission' }]
  const permitted: AuthorizedRequest = { connection, policy, url, privateAllowed, uses, token }
  runOn(keyway, forwarding, permitted)
  // The app was looked at before its body came.
  if (forwarding.isFresh !== true) context.running.check(forwarding.running)
  return permitted
}

/**
 * @throws KeywayError also when the person says no, or when what it runs on went away while it was waited
 * for.
 */
export async function authorizeLater(
  context: HttpContext,
  forwarding: Forwarding,
  connection: ConnectionRecord,
): Promise<AuthorizedRequest> {
  const { keyway } = context
  const { session, running, response, call } = forwarding
  const aimed = aim(keyway, forwarding, connection)
  const use = proxyUse(forwarding, aimed)
  const methods = [...overriddenMethods(call, aimed.url.search), use.method]
  const uses: PermittedUse[] = []
  for (const method of methods) {
    runOn(keyway, forwarding, { ...aimed, uses })
    uses.push(await authorize(keyway, session, connection, { ...use, method }, () => clientGone(response)))
  }
  runOn(keyway, forwarding, { ...aimed, uses })
  context.running.check(running)
  const token =
    keyway.tokens.peek(connection.id, keyway.clock.now()) ?? (await tokenFor(context, connection, {}))
  if (running.ended !== null) throw running.ended
  return { ...aimed, uses, token }
}

/** From now on it ends with any of this. */
export function runOn(
  keyway: Keyway,
  { running, call }: Pick<Forwarding, 'running' | 'call'>,
  permitted: Omit<AuthorizedRequest, 'token'> & { asked?: string },
): void {
  const { connection, uses, url, privateAllowed, policy, asked = call.target } = permitted
  const target = { asked, url, privateAllowed, policy }
  running.permission = connectionPermission(keyway, connection, [...uses], target)
}

function aim({ connections }: Keyway, { call }: Forwarding, connection: ConnectionRecord): Aimed {
  const policy = connections.proxyPolicy(connection.id)
  const target = resolveTarget(policy, call.target)
  if (target.kind === 'refused') throw targetError(target)
  return { connection, policy, url: target.url, privateAllowed: target.privateAllowed }
}

function proxyUse({ call }: Forwarding, { url }: Aimed) {
  const { method, body, bodyBytes } = call
  return { what: 'proxy', method, url, bodyBytes, body } as const
}
