// Token responses of rotating providers that could not be written. The old refresh token may be invalid, so
// the new one is kept in memory and written again until it succeeds. Until then its access token is not
// served.
import type { ConnectionRecord } from '../../../../shared/contract/connection.ts'
import { asKeywayError, KeywayError } from '../../../../shared/contract/errors.ts'
import { failedOutcome } from '../../../../shared/domain/expiry.ts'
import type { Clock, Logger } from '../../ports.ts'
import type { ConnectionStore, ConnectionChange } from '../store/store.ts'
import { failureDetails, type RefreshFailure } from './errors.ts'

const FIRST_MS = 500
const MAX_MS = 10_000

export type PendingTokenWrites = {
  /** Keeps the change and retries the write. Returns the error for callers meanwhile. */
  keep(id: string, change: ConnectionChange, error: unknown): RefreshFailure
  /** Null if no write is pending for this connection. */
  waiting(id: string): RefreshFailure | null
  any(): boolean
  /** The record with its pending change applied; the same record if none is pending. */
  newest(record: ConnectionRecord): ConnectionRecord
  /** The connection was replaced or removed, so its pending write is dropped. */
  drop(id: string): void
  /** Retries all pending writes now: the vault was unlocked, or Keyway closes. */
  saveNow(): Promise<void>
}

export type PendingTokenWritesDeps = {
  records: ConnectionStore
  clock: Clock
  logger: Logger
  slugOf: (providerId: string) => string
  onSaved: (id: string) => void
}

type Waiting = {
  change: ConnectionChange
  tries: number
  error: KeywayError
  retryAt: number
  cancel: () => void
}

export function createPendingTokenWrites(deps: PendingTokenWritesDeps): PendingTokenWrites {
  const { records, clock, logger } = deps
  const entries = new Map<string, Waiting>()

  const hold = (id: string, change: ConnectionChange, error: unknown, tries: number): Waiting => {
    const delayMs = Math.min(MAX_MS, FIRST_MS * 2 ** Math.min(tries, 10))
    const failure = asKeywayError(error)
    const retryAt = clock.now() + delayMs
    const entry: Waiting = { change, tries, error: failure, retryAt, cancel: () => undefined }
    entry.cancel = clock.after(delayMs, () => void save(id, entry))
    entries.set(id, entry)
    logger.error('A renewed token could not be saved; it is kept in memory and saved again', {
      connectionId: id,
      code: failure.code,
      retryAt,
      error,
    })
    return entry
  }
  const save = async (id: string, entry: Waiting): Promise<void> => {
    entry.cancel()
    try {
      await records.change(id, entry.change)
    } catch (error) {
      if (entries.get(id) !== entry) return
      if (records.get(id) === null) entries.delete(id)
      else hold(id, entry.change, error, entry.tries + 1)
      return
    }
    if (entries.get(id) === entry) entries.delete(id)
    logger.info('A renewed token that could not be saved before is on disk now', { connectionId: id })
    deps.onSaved(id)
  }

  return {
    keep(id, change, error) {
      const entry = hold(id, change, error, 0)
      const failure = writeFailureOf(deps, id, entry)
      const { code, message, nextStep } = failure
      const words = { code, message, nextStep, at: clock.now(), retryAt: entry.retryAt }
      records.updateLazily(id, (record) => ({
        ...record,
        lastOutcome: failedOutcome('retrying', words),
      }))
      return { kind: 'retrying', retryAt: entry.retryAt, failure }
    },
    waiting(id) {
      const entry = entries.get(id)
      if (entry === undefined) return null
      return { kind: 'retrying', retryAt: entry.retryAt, failure: writeFailureOf(deps, id, entry) }
    },
    any: () => entries.size > 0,
    newest: (record) => entries.get(record.id)?.change(record) ?? record,
    drop(id) {
      entries.get(id)?.cancel()
      entries.delete(id)
    },
    async saveNow() {
      await Promise.all([...entries].map(([id, entry]) => save(id, entry)))
    },
  }
}

function writeFailureOf(
  { records, slugOf }: PendingTokenWritesDeps,
  id: string,
  { error, retryAt }: Waiting,
): KeywayError {
  const record = records.get(id)
  const details = record === null ? {} : failureDetails(record, slugOf(record.providerId))
  return new KeywayError(error.code, {
    message: `${error.message} The provider has renewed the token; Keyway holds the answer in memory and hands it out once it is on disk.`,
    nextStep: error.nextStep,
    details: { ...error.details, ...details, retryAt },
    cause: error,
  })
}
