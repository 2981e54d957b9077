import type { Clock } from '../../../electron/core/ports.ts'

export type MovedClock = Clock & {
  /** Moves both clocks on and runs what falls due, in order; from there time goes by as usual. */
  advance(byMs: number): void
}

type Waiting = { dueAt: number; task: () => void; timer: NodeJS.Timeout }

/** The machine's own time, which a test can push on: nobody waits a minute for a question to run out. */
export function createMovedClock(): MovedClock {
  let ahead = 0
  const waiting = new Set<Waiting>()
  const monotonicMs = (): number => performance.now() + ahead
  const wait = (entry: Waiting): void => {
    clearTimeout(entry.timer)
    entry.timer = setTimeout(() => fire(entry), Math.max(0, entry.dueAt - monotonicMs()))
    entry.timer.unref()
  }
  const fire = (entry: Waiting): void => {
    clearTimeout(entry.timer)
    if (waiting.delete(entry)) entry.task()
  }
  return {
    now: () => Date.now() + ahead,
    monotonicMs,
    after(delayMs, task) {
      const entry: Waiting = { dueAt: monotonicMs() + delayMs, task, timer: setTimeout(() => undefined, 0) }
      waiting.add(entry)
      wait(entry)
      return () => {
        clearTimeout(entry.timer)
        waiting.delete(entry)
      }
    },
    advance(byMs) {
      ahead += byMs
      const due = [...waiting].filter(({ dueAt }) => dueAt <= monotonicMs())
      for (const entry of due.toSorted((a, b) => a.dueAt - b.dueAt)) fire(entry)
      for (const entry of waiting) wait(entry)
    },
  }
}
