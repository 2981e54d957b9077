import type { ActivityJournal } from './activity/activity-journal.ts'
import type { Clock, Logger } from './ports.ts'

const DAY_MS = 24 * 60 * 60_000
const FIRST_MS = 60_000

/** Removes activity that is older than the person wants it, a minute after the start and then daily. */
export function keepActivityShort(deps: {
  journal: Pick<ActivityJournal, 'prune'>
  days: () => number
  clock: Clock
  logger: Logger
}): () => void {
  const { clock, journal, logger } = deps
  let cancel: () => void
  const prune = (): void => {
    cancel = clock.after(DAY_MS, prune)
    journal.prune(clock.now() - deps.days() * DAY_MS).catch((error: unknown) => {
      logger.warn('Old activity could not be removed', { error })
    })
  }
  cancel = clock.after(FIRST_MS, prune)
  return () => cancel()
}
