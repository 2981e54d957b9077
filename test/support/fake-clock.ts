import type { Clock } from '../../electron/core/ports.ts'

export type FakeClock = Clock & {
  /** Moves both clocks on and runs what falls due, in order. */
  advance(byMs: number): void
  /** Sets the wall clock only, as a person or NTP would. */
  jumpTo(now: number): void
  /** Timers that wait. */
  readonly waiting: number
}

/** Time that stands still until a test moves it. */
export function createFakeClock(start = Date.parse('2026-11-21T12:00:00Z')): FakeClock {
  let wall = start
  let monotonic = 0
  let timers: { dueAt: number; task: () => void }[] = []
  return {
    now: () => wall,
    monotonicMs: () => monotonic,
    after(delayMs, task) {
      const timer = { dueAt: monotonic + delayMs, task }
      timers.push(timer)
      return () => {
        timers = timers.filter((other) => other !== timer)
      }
    },
    advance(byMs) {
      const end = monotonic + byMs
      for (;;) {
        const next = timers.filter(({ dueAt }) => dueAt <= end).sort((a, b) => a.dueAt - b.dueAt)[0]
        if (next === undefined) break
        timers = timers.filter((other) => other !== next)
        wall += next.dueAt - monotonic
        monotonic = next.dueAt
        next.task()
      }
      wall += end - monotonic
      monotonic = end
    },
    jumpTo(now) {
      wall = now
    },
    get waiting() {
      return timers.length
    },
  }
}

/** The machine's own time, for tests whose other side is a real process or server. */
export const realClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs, task) {
    const timer = setTimeout(task, delayMs)
    timer.unref()
    return () => clearTimeout(timer)
  },
}
