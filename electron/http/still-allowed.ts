import { KeywayError } from '../../shared/contract/errors.ts'
import { may, type AppUse } from '../../shared/domain/app-policy.ts'
import type { AppSession, Keyway } from '../core/keyway.ts'
import { authenticate, refusalOf } from './authenticate.ts'
import type { Admission } from './guard.ts'

/**
 * After a long wait (a refresh, a question to the person): a key revoked or a grant taken away meanwhile counts.
 * @throws KeywayError unauthorized | forbidden
 */
export function needStillAllowed(
  keyway: Keyway,
  admission: Admission,
  before: AppSession,
  connection: { id: string; providerId: string },
  use: AppUse = { what: 'token' },
): void {
  const now = authenticate(admission, keyway)
  if (now.kind !== 'ok') throw refusalOf(now)
  const verdict = may(now.session.app, use, connection, keyway.clock.now())
  if (verdict.kind === 'deny') throw new KeywayError('forbidden', { message: verdict.reason })
  // The question that was answered belonged to this very app.
  if (now.session.app.id !== before.app.id) throw new KeywayError('unauthorized')
}
