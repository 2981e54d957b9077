import type { Clock } from './ports.ts'

/** A longer timer would overflow and fire at once. */
const LONGEST_MS = 2 ** 31 - 1

/** The machine's own time. */
export function systemClock(): Clock {
  return {
    now: () => Date.now(),
    monotonicMs: () => performance.now(),
    after(delayMs, task) {
      let timer: NodeJS.Timeout
      const wait = (leftMs: number): void => {
        const nowMs = Math.min(leftMs, LONGEST_MS)
        timer = setTimeout(() => (leftMs > nowMs ? wait(leftMs - nowMs) : task()), nowMs)
        timer.unref()
      }
      wait(delayMs)
      return () => clearTimeout(timer)
    },
  }
}
