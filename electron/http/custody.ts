// Ending a grant, or putting one in its place, is more than using it. Whoever may be handed the token could do both at the provider anyway;
// an app that may only send requests could not, so it may not here.
import { KeywayError } from '../../shared/contract/errors.ts'
import type { AppRecord } from '../../shared/contract/app.ts'
import type { Flow } from '../../shared/contract/flow.ts'
import type { ProviderView } from '../../shared/contract/provider.ts'
import { may } from '../../shared/domain/app-policy.ts'
import type { Keyway } from '../core/keyway.ts'

type Subject = { id: string; providerId: string }

/** Whether an app may connect, replace or disconnect a connection; null stands for one that does not exist yet. */
export function hasCustody(
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
export function needCustody(
  keyway: Keyway,
  app: AppRecord,
  of: { provider: ProviderView; connection: Subject | null },
): void {
  if (hasCustody(keyway, app, { providerId: of.provider.id, connection: of.connection })) return
  throw new KeywayError('forbidden', {
    message:
      'Only an app that may be handed the token without asking, or may manage providers, can connect or disconnect.',
  })
}

/** Whether an app may bring a running sign-in to its end: one that it started, or one of a connection in its custody. */
export function mayFinish(keyway: Keyway, app: AppRecord, flow: Flow): boolean {
  if (keyway.flows.startedBy(flow.id) === app.id) return true
  const { providerId, connectionId } = flow
  const connection = connectionId === null ? null : { id: connectionId, providerId }
  return hasCustody(keyway, app, { providerId, connection })
}
