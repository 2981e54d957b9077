import type { Writable } from 'node:stream'

/** Whoever read along may leave (`… | head`): what is said then goes nowhere, and the work goes on. */
export function outliveReaders(...outputs: readonly Writable[]): void {
  for (const output of outputs) {
    output.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
    })
  }
}
