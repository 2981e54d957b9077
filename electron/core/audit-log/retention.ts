// Deletes old audit log rows, and sends new rows to the window.
import type { ActivityRow } from '../../../shared/contract/activity.ts'
import type { Clock, Logger } from '../ports.ts'
import type { ActivityJournal } from './audit-log.ts'

const DAY_MS = 24 * 60 * 60_000
const FIRST_MS = 60_000

/**
 * Deletes rows older than the retention setting: one minute after the start, daily, and when the setting is
 * reduced.
 */
export function keepActivityShort(deps: {
  journal: Pick<ActivityJournal, 'prune'>
  days: () => number
  clock: Clock
  logger: Logger
}): { daysChanged(): void; close(): void } {
  const { clock, journal, logger } = deps
  let cancel: () => void
  let keptDays = deps.days()
  const prune = (): void => {
    keptDays = deps.days()
    journal.prune(clock.now() - keptDays * DAY_MS).catch((error: unknown) => {
      logger.warn('Old activity could not be removed', { error })
    })
  }
  const daily = (): void => {
    cancel = clock.after(DAY_MS, daily)
    prune()
  }
  cancel = clock.after(FIRST_MS, daily)
  return {
    daysChanged() {
      if (deps.days() < keptDays) prune()
      keptDays = deps.days()
    },
    close: () => cancel(),
  }
}

const GATHER_MS = 250
/** The window shows the newest rows and requests the rest. The limit protects its memory. */
const MAX_ROWS = 200

/** Sends new rows to the window, at most a few times per second. */
export function createActivityFeed(deps: { clock: Clock; send: (rows: ActivityRow[]) => void }): {
  add(row: ActivityRow): void
  close(): void
} {
  let rows: ActivityRow[] = []
  let cancel: (() => void) | null = null
  return {
    add(row) {
      if (rows.length >= MAX_ROWS) rows.shift()
      rows.push(row)
      cancel ??= deps.clock.after(GATHER_MS, () => {
        cancel = null
        const gathered = rows
        rows = []
        deps.send(gathered)
      })
    },
    close() {
      cancel?.()
      rows = []
    },
  }
}
