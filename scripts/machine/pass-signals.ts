import type { ChildProcess } from 'node:child_process'

/**
 * Lets a child end in its own way: a signal to this process is the child's, and this process waits for it.
 */
export function passSignalsTo(child: ChildProcess): void {
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal))
  // A terminal sends Ctrl+C to both; sending it again would count as the second, impatient one.
  process.on('SIGINT', () => {
    if (!process.stdin.isTTY) child.kill('SIGINT')
  })
}
