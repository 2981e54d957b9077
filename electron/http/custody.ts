// Ending a grant, or putting one in its place, is more than using it. Whoever may be handed the token could do both at the provider anyway;
// an app that may only send requests could not, so it may not here.
import { KeywayError } from '../../shared/contract/errors.ts'
import type { AppRecord } from '../../shared/contract/app.ts'
import type { ProviderView } from '../../shared/contract/provider.ts'
import { may } from '../../shared/domain/app-policy.ts'
import type { Keyway } from '../core/keyway.ts'

/** @throws KeywayError forbidden */
export function needCustody(
  keyway: Keyway,
  app: AppRecord,
  of: { provider: ProviderView; connection: { id: string; providerId: string } | null },
): void {
  if (app.manage) return
  // A connection that does not exist yet is reached by grants for the provider or for everything.
  const connection = of.connection ?? { id: '', providerId: of.provider.id }
  if (may(app, { what: 'token' }, connection, keyway.clock.now()).kind === 'allow') return
  throw new KeywayError('forbidden', {
    message:
      'Only an app that may be handed the token without asking, or may manage providers, can connect or disconnect.',
  })
}
