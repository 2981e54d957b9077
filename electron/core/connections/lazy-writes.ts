import type { Clock, Logger } from '../ports.ts'

/** Uses and such need not be on disk at once. */
const LAZY_MS = 30_000

/** Writes that can wait: gathered for half a minute, tried again when the disk refuses, done at once by `flush`. */
export type LazyWrites = {
  add(id: string): void
  /** Somebody else has written it. */
  drop(id: string): void
  flush(): Promise<void>
}

export function createLazyWrites(deps: {
  clock: Clock
  logger: Logger
  write: (id: string) => Promise<unknown>
}): LazyWrites {
  const waiting = new Set<string>()
  let cancel: (() => void) | null = null
  const flush = async (): Promise<void> => {
    cancel?.()
    cancel = null
    const ids = [...waiting]
    waiting.clear()
    for (const id of ids) {
      await deps.write(id).catch((error: unknown) => {
        deps.logger.warn('A change that can wait could not be written yet', { connectionId: id, error })
        waiting.add(id)
      })
    }
    if (waiting.size > 0) arm()
  }
  const arm = (): void => {
    cancel ??= deps.clock.after(LAZY_MS, () => {
      cancel = null
      void flush()
    })
  }
  return {
    add(id) {
      waiting.add(id)
      arm()
    },
    drop: (id) => void waiting.delete(id),
    async flush() {
      await flush()
      cancel?.()
    },
  }
}
