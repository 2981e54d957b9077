// May this app do this now? The grants say yes, no, or ask the person; nobody's answer is a no.
import { hash } from 'node:crypto'
import type { Readable } from 'node:stream'
import { KeywayError } from '../../shared/contract/errors.ts'
import type { ConnectionRecord } from '../../shared/contract/connection.ts'
import { may } from '../../shared/domain/app-policy.ts'
import type { TargetUrl } from '../../shared/domain/proxy-target.ts'
import type { AppSession, Keyway } from '../core/keyway.ts'

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
 * A use that was allowed, and by what: a permission of the app, the person's yes to this very call, or a yes that ends by itself. What becomes
 * of it later is connection-permission.ts's to say.
 */
export type PermittedUse = { readonly use: Use; by: 'permission' | 'once' | 'remembered' }

/** Resolves when it is allowed. `gone` is asked only when the person is. @throws KeywayError forbidden | approval_denied | approval_timeout */
export async function permit(
  keyway: Keyway,
  { app }: AppSession,
  connection: ConnectionRecord,
  use: Use,
  gone: () => AbortSignal,
): Promise<PermittedUse> {
  const verdict = may(app, policyUse(use), connection, keyway.clock.now())
  if (verdict.kind === 'allow') return { use, by: 'permission' }
  if (verdict.kind === 'deny') throw new KeywayError('forbidden', { message: verdict.reason })
  const answer = await keyway.approvals.askUse({
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
