// What a request may do with a connection, and whether that is still true.
import type { AppRecord } from '../../../shared/contract/app.ts'
import type { ConnectionRecord } from '../../../shared/contract/connection.ts'
import { asKeywayError, KeywayError } from '../../../shared/contract/errors.ts'
import { may } from '../../../shared/domain/app-policy.ts'
import { resolveTarget, targetError, type TargetUrl } from '../../../shared/domain/proxy-target.ts'
import type { Keyway, ProxyPolicy } from '../../core/keyway.ts'
import { type PermittedUse, policyUse, questionAbout } from './authorize.ts'
import type { RequestPermission } from '../server/context.ts'

/** Where a request goes, as it was checked. */
export type PermittedTarget = {
  /** As asked for, relative or absolute. */
  readonly asked: string
  readonly url: TargetUrl
  readonly privateAllowed: boolean
  readonly policy: ProxyPolicy
}

/** `uses`: all of them have to stand; none while the person is still asked. */
export function connectionPermission(
  keyway: Keyway,
  connection: ConnectionRecord,
  uses: readonly PermittedUse[],
  target: PermittedTarget | null = null,
): RequestPermission {
  const { id } = connection
  return {
    connectionId: id,
    refusal(app) {
      if (!keyway.vault.unlocked) return new KeywayError('vault_locked')
      const now = keyway.connections.record(id)
      if (now === null) return new KeywayError('not_connected', { details: { connectionId: id } })
      return targetRefusal(keyway, id, target) ?? refusalOfUses(keyway, app, now, uses)
    },
  }
}

function refusalOfUses(
  keyway: Keyway,
  app: AppRecord,
  connection: ConnectionRecord,
  uses: readonly PermittedUse[],
): KeywayError | null {
  for (const permitted of uses) {
    const verdict = may(app, policyUse(permitted.use), connection, keyway.clock.now())
    if (verdict.kind === 'deny') return new KeywayError('forbidden', { message: verdict.reason })
    // From the moment on in which it needs no answer of the person, it is the permission that it runs on.
    if (verdict.kind === 'allow') permitted.by = 'permission'
    else if (permitted.by === 'permission') return toBeAsked()
    else if (permitted.by === 'remembered' && !isRemembered(keyway, app, connection, permitted))
      return toBeAsked()
  }
  return null
}

function isRemembered(
  { approvals }: Keyway,
  app: AppRecord,
  connection: ConnectionRecord,
  { use }: PermittedUse,
): boolean {
  return approvals.isRemembered(app.id, { connectionId: connection.id, ...questionAbout(use) })
}

function targetRefusal(
  { connections }: Keyway,
  connectionId: string,
  permitted: PermittedTarget | null,
): KeywayError | null {
  try {
    // Also without a target: a connection whose provider is gone is of no use.
    const policy = connections.proxyPolicy(connectionId)
    if (permitted === null || policy === permitted.policy) return null
    const { extraCa } = permitted.policy
    if (extraCa !== null && extraCa !== policy.extraCa) return otherTarget()
    const target = resolveTarget(policy, permitted.asked)
    if (target.kind === 'refused') return targetError(target)
    const isSame = target.url.href === permitted.url.href
    return isSame && (target.privateAllowed || !permitted.privateAllowed) ? null : otherTarget()
  } catch (error) {
    return asKeywayError(error)
  }
}

const toBeAsked = (): KeywayError =>
  new KeywayError('forbidden', {
    message: 'The permission that this request ran on has ended.',
    nextStep: 'Send the request again; the person is asked.',
  })

const otherTarget = (): KeywayError =>
  new KeywayError('target_not_allowed', {
    message: "The provider's settings have changed, and the address that was asked for means another place.",
    nextStep: 'Send the request again.',
  })
