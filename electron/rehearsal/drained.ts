import type { Writable } from 'node:stream'

/** Resolves when the other side has taken what was written, or is gone. */
export const drainedOrClosed = (stream: Writable): Promise<void> =>
  new Promise((resolve) => {
    if (stream.destroyed) {
      resolve()
      return
    }
    const done = (): void => {
      stream.off('drain', done).off('close', done)
      resolve()
    }
    stream.on('drain', done).on('close', done)
  })
