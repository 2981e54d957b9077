import { constants } from 'node:os'

/**
 * One press of Ctrl+C can arrive more than once: from the terminal, from npm, and from conf's library, which
 * sends the signal to its own process again.
 */
const SAME_REQUEST_MS = 300

export type End = {
  /** Resolves at the first request to shut down, with the exit code of its signal. */
  readonly asked: Promise<number>
  /** The same without waiting; null while there was no request. */
  readonly code: number | null
}

/**
 * From now on a signal is a request to shut down; a second one ends the process at once. Called before
 * anything is created that must be removed.
 */
export function listenForEnd(): End {
  let code: number | null = null
  let askedAt = 0
  const asked = new Promise<number>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        const again = code !== null && performance.now() - askedAt > SAME_REQUEST_MS
        if (again) process.exit(code)
        askedAt = performance.now()
        code = 128 + constants.signals[signal]
        resolve(code)
      })
    }
  })
  return {
    asked,
    get code() {
      return code
    },
  }
}
