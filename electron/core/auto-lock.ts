import type { Clock } from './ports.ts'

/** Locks the vault when the person has not touched the window for as long as they set. */
export type AutoLock = {
  /** The person did something. */
  touched(): void
  close(): void
}

export function createAutoLock(deps: {
  clock: Clock
  /** 0: never. */
  minutes: () => number
  lock: () => void
}): AutoLock {
  let cancel: () => void = () => undefined
  return {
    touched() {
      cancel()
      const minutes = deps.minutes()
      cancel = minutes === 0 ? () => undefined : deps.clock.after(minutes * 60_000, deps.lock)
    },
    close: () => cancel(),
  }
}
