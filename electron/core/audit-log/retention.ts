import type { ActivityRow } from '../../../shared/contract/activity.ts'
import type { Clock, Logger } from '../ports.ts'
import type { ActivityJournal } from './audit-log.ts'

const DAY_MS = 24 * 60 * 60_000
const FIRST_MS = 60_000

/**
 * Removes activity that is older than the person wants it: a minute after the start, daily, and when they
 * want it kept for less time.
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
/** The window shows the newest; it asks for the rest. A busy proxy must not fill its memory. */
const MOST_ROWS = 200

/** New rows for the window, a few times a second at most. */
export function createActivityFeed(deps: { clock: Clock; send: (rows: ActivityRow[]) => void }): {
  add(row: ActivityRow): void
  close(): void
} {
  let rows: ActivityRow[] = []
  let cancel: (() => void) | null = null
  return {
    add(row) {
      if (rows.length >= MOST_ROWS) rows.shift()
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
