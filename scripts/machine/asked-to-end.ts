import { constants } from 'node:os'

/**
 * One press of Ctrl+C can come more than once: from the terminal, from npm, and from conf's library, which
 * sends itself what it has heard.
 */
const SAME_REQUEST_MS = 300

export type End = {
  /** Resolves at the first request to end, with the exit code that its signal stands for. */
  readonly asked: Promise<number>
  /** The same, now; null while nobody has asked. */
  readonly code: number | null
}

/**
 * From now on a signal is a request and not the end; a second one ends at once. Called before anything is
 * made that has to be removed.
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
