// Tracks served tokens: the last use, and whether the API accepts them. Cheap, because it runs on every
// request.
import { failedOutcome, type LastOutcome, okOutcome } from '../../../shared/domain/expiry.ts'
import type { Clock } from '../ports.ts'
import type { ConnectionStore } from './store/store.ts'
import { appendHistory } from './store/record.ts'
import type { TokenService } from './tokens/types.ts'

/** Uses are collected for this long before the record changes. */
const GATHER_MS = 10_000

export type Usage = Pick<TokenService, 'reportApiOutcome' | 'noteUse'> & {
  lastUsedAt(id: string): number | null
  /** Writes collected uses into the records. */
  flush(): void
}

export function createUsage({ records, clock }: { records: ConnectionStore; clock: Clock }): Usage {
  const worked = new Map<string, number>()
  const used = new Map<string, { at: number; by: string }>()
  const verified = new Map<string, { at: number; generation: number }>()
  let cancel: (() => void) | null = null

  const flush = (): void => {
    cancel?.()
    cancel = null
    putInto(records, { used, verified })
    used.clear()
    verified.clear()
  }
  const noteWorked = (id: string, generation: number): void => {
    if (worked.get(id) === generation) {
      verified.set(id, { at: clock.now(), generation })
      cancel ??= clock.after(GATHER_MS, flush)
      return
    }
    worked.set(id, generation)
    records.updateLazily(id, (record) => {
      if (record.generation !== generation) return record
      // The new generation has worked, so the previous one is dropped.
      return {
        ...record,
        sealedPrevious: null,
        verifiedAt: clock.now(),
        lastOutcome: isApiWord(record.lastOutcome) ? okOutcome(clock.now()) : record.lastOutcome,
      }
    })
  }
  const noteUnauthorized = (id: string, generation: number): void => {
    worked.delete(id)
    verified.delete(id)
    records.updateLazily(id, (record) =>
      record.generation === generation && record.lastOutcome.status === 'ok'
        ? { ...record, lastOutcome: apiWord(clock.now()) }
        : record,
    )
  }

  return {
    reportApiOutcome(id, generation, outcome) {
      if (outcome === 'worked') noteWorked(id, generation)
      else noteUnauthorized(id, generation)
    },
    noteUse(id, by) {
      const seen = used.get(id)
      if (seen === undefined) used.set(id, { at: clock.now(), by })
      else {
        seen.at = clock.now()
        seen.by = by
      }
      cancel ??= clock.after(GATHER_MS, flush)
    },
    lastUsedAt: (id) => used.get(id)?.at ?? records.get(id)?.lastUsedAt ?? null,
    flush,
  }
}

type Gathered = {
  used: ReadonlyMap<string, { at: number; by: string }>
  verified: ReadonlyMap<string, { at: number; generation: number }>
}

function putInto(records: ConnectionStore, { used, verified }: Gathered): void {
  for (const [id, { at, by }] of used) {
    records.updateLazily(id, (record) => ({
      ...record,
      lastUsedAt: at,
      life: appendHistory(record, { at, kind: 'used', by }),
    }))
  }
  for (const [id, { at, generation }] of verified) {
    records.updateLazily(id, (record) =>
      record.generation === generation ? { ...record, verifiedAt: at } : record,
    )
  }
}

/**
 * An API's 401 is shown but ends nothing: a statement of the provider about the authorization takes
 * precedence, and the next refresh or successful call clears it. `retryAt` equal to `at` marks it as the
 * API's answer.
 */
const apiWord = (at: number): LastOutcome =>
  failedOutcome('reconnect_needed', {
    code: 'token_expired',
    message: 'The API answered 401 to the newest token.',
    at,
    retryAt: at,
  })
const isApiWord = ({ status, at, retryAt }: LastOutcome): boolean =>
  status === 'reconnect_needed' && retryAt === at
