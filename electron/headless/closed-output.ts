import type { Writable } from 'node:stream'

/**
 * Whoever read along may leave (`… | head`, a terminal that is gone), and a log's disk may be full: what is said then goes nowhere, and
 * the work goes on.
 */
export function outliveReaders(...outputs: readonly Writable[]): void {
  for (const output of outputs) output.on('error', () => undefined)
}
