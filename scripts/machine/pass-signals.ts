import type { ChildProcess } from 'node:child_process'

/** Forwards signals to a child and waits for it, so that it can shut down properly. */
export function passSignalsTo(child: ChildProcess): void {
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal))
  // A terminal sends Ctrl+C to both processes; forwarding it would count as a second one.
  process.on('SIGINT', () => {
    if (!process.stdin.isTTY) child.kill('SIGINT')
  })
}
