// Regular token validation, which some providers require. Its result determines the status of the connection.
import type { OAuthClient, ResolvedProvider } from '../oauth/types.ts'
import type { Clock, Logger } from '../ports.ts'
import type { SecretBox } from '../vault/status.ts'
import type { ConnectionStore } from './store/store.ts'
import type { InternalTokenService } from './tokens/service.ts'
import { createScheduler } from './refresh/scheduler.ts'
import { createKeyedLimit } from '../async.ts'
import { openTokens } from './store/sealed.ts'
import type { ProviderFacts } from './tokens/serve.ts'

const AT_ONCE = 2

export type Validations = {
  /** The connection was changed, added or removed. */
  changed(id: string): void
  close(): void
}

export type ValidationDeps = {
  records: ConnectionStore
  box: SecretBox
  clock: Clock
  logger: Logger
  oauth: OAuthClient
  tokens: Pick<InternalTokenService, 'refreshNow' | 'reportApiOutcome'>
  providerOf: (providerId: string) => ProviderFacts
  resolve: (providerId: string) => ResolvedProvider
}

export function createValidations(deps: ValidationDeps): Validations {
  const { records, clock } = deps
  const lastAt = new Map<string, number>()
  const schedule = (id: string): void => {
    const record = records.get(id)
    const validation = record === null ? null : deps.providerOf(record.providerId).spec.account.validation
    if (record === null || validation === null || record.lastOutcome.status === 'reconnect_needed') {
      lastAt.delete(id)
      queue.set(id, null)
      return
    }
    const since = Math.max(record.issuedAt, lastAt.get(id) ?? 0)
    queue.set(id, since + validation.everySeconds * 1000)
  }
  const work = createKeyedLimit(AT_ONCE, async (id) => {
    lastAt.set(id, clock.now())
    await validate(deps, id).catch((error: unknown) =>
      deps.logger.warn('A token could not be checked', { connectionId: id, error }),
    )
    schedule(id)
  })
  const queue = createScheduler(clock, work.add)
  return {
    changed: schedule,
    close() {
      queue.close()
      work.close()
    },
  }
}

async function validate(deps: ValidationDeps, id: string): Promise<void> {
  const record = deps.records.get(id)
  if (record === null || !deps.box.unlocked) return
  const { accessToken, tokenType, dpopKey } = openTokens(deps.box, record)
  const credential = { accessToken, tokenType, dpopKey, values: record.values }
  const verdict = await deps.oauth.validate(deps.resolve(record.providerId), credential)
  if (verdict === 'unknown') return
  deps.tokens.reportApiOutcome(id, record.generation, verdict === 'valid' ? 'worked' : 'unauthorized')
  if (verdict === 'invalid') await deps.tokens.refreshNow(id, 'due')
}
