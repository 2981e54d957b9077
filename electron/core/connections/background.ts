// Renews in the background what falls due, a few at a time, and tells the truth about what ends by itself.
import type { ConnectionRecord } from '../../../shared/contract/connection.ts'
import type { Clock, Logger } from '../ports.ts'
import type { SecretBox } from '../secret-box.ts'
import type { ConnectionBook } from './connection-book.ts'
import type { TokenEngine } from './create-token-service.ts'
import { createDueQueue } from './due-queue.ts'
import { nextRefreshAt } from './next-refresh.ts'
import type { ProviderFacts } from './token-server.ts'

const AT_ONCE = 8
/** After waking up, as many seconds as this for each hundred connections that are due. */
const SPREAD_MS_PER_HUNDRED = 2_000
const LEAST_SPREAD_MS = 3_000

export type Background = {
  /** The connection changed, came or went. */
  changed(id: string): void
  /** What it waited for may be mended: try what failed again, soon. */
  retry(id: string): void
  nextRefreshAt(id: string): number | null
  /** The machine slept, came online, or the vault was unlocked: check everything, spread with jitter. */
  wake(): void
  close(): void
}

export function createBackground(deps: {
  book: ConnectionBook
  box: SecretBox
  clock: Clock
  logger: Logger
  random: () => number
  tokens: Pick<TokenEngine, 'renewNow'>
  lastUsedAt: (id: string) => number | null
  providerOf: (providerId: string) => ProviderFacts
}): Background {
  const { book, clock } = deps
  const spreads = new Map<string, number>()
  const ready: string[] = []
  let running = 0
  let isClosed = false

  const planned = (record: ConnectionRecord): number | null => {
    const spread = spreads.get(record.id) ?? deps.random()
    spreads.set(record.id, spread)
    return nextRefreshAt(record, deps.providerOf(record.providerId).spec, {
      now: clock.now(),
      lastUsedAt: deps.lastUsedAt(record.id),
      spread,
    })
  }
  /** For what nothing renews: the moment to say that it has ended. */
  const endOf = (record: ConnectionRecord): number | null =>
    record.lastOutcome.status === 'ok' ? record.expiresAt : null
  const schedule = (id: string): void => {
    const record = book.get(id)
    if (record === null) {
      spreads.delete(id)
      queue.set(id, null)
      return
    }
    queue.set(id, planned(record) ?? endOf(record))
  }
  const pump = (): void => {
    while (running < AT_ONCE && !isClosed) {
      const id = ready.shift()
      if (id === undefined) return
      running += 1
      void renewOne(id).finally(() => {
        running -= 1
        pump()
      })
    }
  }
  const renewOne = async (id: string): Promise<void> => {
    // A locked vault can neither open nor keep a token; unlocking wakes everything up.
    if (book.get(id) === null || !deps.box.unlocked) return
    try {
      await deps.tokens.renewNow(id, 'due')
    } catch (error) {
      deps.logger.warn('A background renewal failed', { connectionId: id, error })
    }
    // Not sooner than in a second, so that a wrong plan can never turn into a storm.
    const next = book.get(id)
    const at = next === null ? null : (planned(next) ?? endOf(next))
    if (at !== null) queue.set(id, Math.max(at, clock.now() + 1_000))
  }
  const queue = createDueQueue(clock, (id) => {
    ready.push(id)
    pump()
  })

  return {
    changed: schedule,
    retry(id) {
      schedule(id)
      const status = book.get(id)?.lastOutcome.status
      if (status === 'retrying' || status === 'config_error') queue.set(id, clock.now())
    },
    nextRefreshAt: (id) => {
      const record = book.get(id)
      return record === null ? null : planned(record)
    },
    wake() {
      const records = book.list()
      const due = records.filter((record) => (planned(record) ?? endOf(record) ?? Infinity) <= clock.now())
      const spreadMs = Math.max(LEAST_SPREAD_MS, (due.length / 100) * SPREAD_MS_PER_HUNDRED)
      for (const record of records) schedule(record.id)
      for (const { id } of due) queue.set(id, clock.now() + deps.random() * spreadMs)
      queue.check()
    },
    close() {
      isClosed = true
      queue.close()
      ready.length = 0
    },
  }
}
