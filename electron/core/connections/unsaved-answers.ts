// Answers of rotating providers that could not be written: the old refresh token may be dead, so the new one lives here, is tried again
// until the disk takes it, and nobody is handed the new access token before.
import { asKeywayError, KeywayError } from '../../../shared/contract/errors.ts'
import { failedOutcome } from '../../../shared/domain/connection-status.ts'
import type { Clock, Logger } from '../ports.ts'
import type { ConnectionBook, ConnectionChange } from './connection-book.ts'
import { failureDetails, type RefreshResult } from './refresh-result.ts'

const FIRST_MS = 500
const MOST_MS = 30_000

export type UnsavedAnswers = {
  /** Holds the change and tries again by itself; returns what callers are told meanwhile. */
  keep(id: string, change: ConnectionChange, error: unknown): RefreshResult
  /** Null when nothing waits for this connection. */
  waiting(id: string): RefreshResult | null
  /** The connection was replaced or removed; its answer is of no use any more. */
  drop(id: string): void
  /** Tries everything once more, at once: the vault was unlocked, or Keyway closes. */
  saveNow(): Promise<void>
  readonly count: number
}

type Waiting = {
  change: ConnectionChange
  tries: number
  error: KeywayError
  retryAt: number
  cancel: () => void
}

export function createUnsavedAnswers(deps: {
  book: ConnectionBook
  clock: Clock
  logger: Logger
  slugOf: (providerId: string) => string
  onSaved: (id: string) => void
}): UnsavedAnswers {
  const { book, clock, logger } = deps
  const waiting = new Map<string, Waiting>()

  const resultOf = (id: string, { error, retryAt }: Waiting): RefreshResult => {
    const record = book.get(id)
    const details = record === null ? {} : failureDetails(record, deps.slugOf(record.providerId))
    const failure = new KeywayError(error.code, {
      message: `${error.message} The provider has renewed the token; Keyway keeps the answer in memory and hands it out once it is on disk.`,
      nextStep: error.nextStep,
      details: { ...error.details, ...details, retryAt },
      cause: error,
    })
    return { kind: 'retrying', retryAt, failure }
  }
  const save = async (id: string, entry: Waiting): Promise<void> => {
    entry.cancel()
    try {
      await book.change(id, entry.change)
    } catch (error) {
      if (waiting.get(id) === entry) schedule(id, entry.change, error, entry.tries + 1)
      return
    }
    if (waiting.get(id) === entry) waiting.delete(id)
    logger.info('A renewed token that could not be saved before is on disk now', { connectionId: id })
    deps.onSaved(id)
  }
  const schedule = (id: string, change: ConnectionChange, error: unknown, tries: number): Waiting | null => {
    const failure = asKeywayError(error)
    if (failure.code === 'connection_not_found') {
      waiting.delete(id)
      return null
    }
    const delayMs = Math.min(MOST_MS, FIRST_MS * 2 ** Math.min(tries, 10))
    const entry: Waiting = {
      change,
      tries,
      error: failure,
      retryAt: clock.now() + delayMs,
      cancel: () => undefined,
    }
    entry.cancel = clock.after(delayMs, () => void save(id, entry))
    waiting.set(id, entry)
    logger.error('A renewed token could not be saved; it is kept in memory and saved again', {
      connectionId: id,
      code: failure.code,
      retryAt: entry.retryAt,
      error,
    })
    return entry
  }

  return {
    keep(id, change, error) {
      const entry = schedule(id, change, error, 0)
      if (entry === null) return { kind: 'ended', failure: asKeywayError(error) }
      const result = resultOf(id, entry)
      if (result.kind !== 'retrying') return result
      const { code, message, nextStep } = result.failure
      book.touch(id, (record) => ({
        ...record,
        lastOutcome: failedOutcome('retrying', {
          code,
          message,
          nextStep,
          at: clock.now(),
          retryAt: entry.retryAt,
        }),
      }))
      return result
    },
    waiting(id) {
      const entry = waiting.get(id)
      return entry === undefined ? null : resultOf(id, entry)
    },
    drop(id) {
      waiting.get(id)?.cancel()
      waiting.delete(id)
    },
    async saveNow() {
      await Promise.all([...waiting].map(([id, entry]) => save(id, entry)))
    },
    get count() {
      return waiting.size
    },
  }
}
