// Whether an app may do something now. Its permissions allow it, deny it, or have the person asked; without
// an answer it is denied.
import { hash } from 'node:crypto'
import type { Readable } from 'node:stream'
import type { AppRecord } from '../../../shared/contract/app.ts'
import type { ConnectionRecord } from '../../../shared/contract/connection.ts'
import { KeywayError } from '../../../shared/contract/errors.ts'
import type { Flow } from '../../../shared/contract/flow.ts'
import type { ProviderView } from '../../../shared/contract/provider.ts'
import { may } from '../../../shared/domain/app-policy.ts'
import type { TargetUrl } from '../../../shared/domain/proxy-target.ts'
import type { AppSession, Keyway } from '../../core/keyway.ts'

export type Use =
  | { what: 'token' }
  | {
      what: 'proxy'
      method: string
      url: TargetUrl
      bodyBytes: number | null
      /** What is sent once it is allowed; a buffer is held until then. */
      body?: Buffer | Readable | null
    }

/**
 * A use that was allowed, and by what: a permission of the app, the person's yes to this very call, or a yes
 * that ends by itself. What becomes of it later is connection-permission.ts's to say.
 */
export type PermittedUse = { readonly use: Use; by: 'permission' | 'once' | 'remembered' }

/**
 * Resolves when it is allowed. `gone` is asked only when the person is. @throws KeywayError forbidden |
 * approval_denied | approval_timeout
 */
export async function authorize(
  keyway: Keyway,
  { app }: AppSession,
  connection: ConnectionRecord,
  use: Use,
  gone: () => AbortSignal,
): Promise<PermittedUse> {
  const verdict = may(app, policyUse(use), connection, keyway.clock.now())
  if (verdict.kind === 'allow') return { use, by: 'permission' }
  if (verdict.kind === 'deny') throw new KeywayError('forbidden', { message: verdict.reason })
  const answer = await keyway.approvals.requestUse({
    app,
    connection,
    ...questionAbout(use),
    bodyBytes: use.what === 'proxy' ? use.bodyBytes : null,
    bodySha256: use.what === 'proxy' && Buffer.isBuffer(use.body) ? hash('sha256', use.body, 'hex') : null,
    signal: gone(),
  })
  if (answer === 'denied') throw new KeywayError('approval_denied')
  if (answer === 'timed_out') throw new KeywayError('approval_timeout')
  return { use, by: answer === 'remembered' ? 'remembered' : 'once' }
}

export function questionAbout(use: Use) {
  return use.what === 'token'
    ? { what: use.what, method: null, url: null }
    : { what: use.what, method: use.method, url: use.url.origin + use.url.pathname + use.url.search }
}

export function policyUse(use: Use) {
  return use.what === 'token'
    ? ({ what: 'token' } as const)
    : ({ what: 'proxy', method: use.method, host: use.url.host, path: use.url.pathname } as const)
}

// Ending or replacing an authorization is more than using it. An app that may have the token could do both at
// the provider anyway. An app that may only send requests could not, so it may not do so here.

type Subject = { id: string; providerId: string }

/**
 * Whether an app may connect, replace or disconnect a connection; null stands for one that does not exist
 * yet.
 */
export function mayManageConnection(
  keyway: Keyway,
  app: Pick<AppRecord, 'manage' | 'grants' | 'paused'>,
  of: { providerId: string; connection: Subject | null },
): boolean {
  if (app.manage) return true
  // A connection that does not exist yet is reached by grants for the provider or for everything.
  const connection = of.connection ?? { id: '', providerId: of.providerId }
  return may(app, { what: 'token' }, connection, keyway.clock.now()).kind === 'allow'
}

/** @throws KeywayError forbidden */
export function requireConnectionManagement(
  keyway: Keyway,
  app: AppRecord,
  of: { provider: ProviderView; connection: Subject | null },
): void {
  if (mayManageConnection(keyway, app, { providerId: of.provider.id, connection: of.connection })) return
  throw new KeywayError('forbidden', {
    message:
      'Only an app that may be handed the token without asking, or may manage providers, can connect or disconnect.',
  })
}

/**
 * Whether an app may complete a running sign-in: one that it started, or one of a connection that it may
 * manage.
 */
export function mayFinish(keyway: Keyway, app: AppRecord, flow: Flow): boolean {
  if (keyway.flows.startedBy(flow.id) === app.id) return true
  const { providerId, connectionId } = flow
  const connection = connectionId === null ? null : { id: connectionId, providerId }
  return mayManageConnection(keyway, app, { providerId, connection })
}
