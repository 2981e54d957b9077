import type { Clock } from './ports.ts'

/** Locks the vault when neither the window nor an app was used for as long as the person set. */
export type AutoLock = {
  /** The person did something. */
  touched(): void
  /** The setting changed, or the machine slept: look again. */
  check(): void
  close(): void
}

export function createAutoLock(deps: {
  clock: Clock
  /** 0: never. */
  minutes: () => number
  /** Epoch ms; looked at when the time is up, so that an app's call costs nothing. */
  lastAppUseAt: () => number
  lock: () => void
}): AutoLock {
  const { clock } = deps
  let touchedAt = clock.now()
  let cancel: () => void = () => undefined

  const check = (): void => {
    cancel()
    cancel = () => undefined
    const minutes = deps.minutes()
    if (minutes === 0) return
    const now = clock.now()
    // A clock that was set back makes a use look as if it were still to come.
    const usedAt = Math.min(now, Math.max(touchedAt, deps.lastAppUseAt()))
    const leftMs = usedAt + minutes * 60_000 - now
    if (leftMs <= 0) deps.lock()
    else cancel = clock.after(leftMs, check)
  }

  return {
    touched() {
      touchedAt = clock.now()
      check()
    },
    check,
    close: () => cancel(),
  }
}
