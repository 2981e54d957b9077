// What nobody caught. A promise that failed with nobody waiting is one call's bug: it is written down, and every other call goes on.
import type { Logger } from './ports.ts'

type Unhandled = {
  on(event: 'unhandledRejection', listener: (reason: unknown) => void): unknown
  off(event: 'unhandledRejection', listener: (reason: unknown) => void): unknown
}

/** Until the returned function is called. */
export function noteUnhandled(process: Unhandled, logger: Logger): () => void {
  const note = (error: unknown): void => logger.error('A failure was caught by nobody', { error })
  process.on('unhandledRejection', note)
  return () => void process.off('unhandledRejection', note)
}
