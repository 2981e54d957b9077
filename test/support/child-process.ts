import { spawn, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

export type Child = {
  readonly process: ChildProcess
  /** The next line it prints, parsed; null when it ends first. */
  next(): Promise<unknown>
  /** Resolves with how it ended. */
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>
  kill(): Promise<void>
}

/** A script of `test/support/children` in a process of its own, on the same Node as the tests. */
export function startChild(script: string, args: readonly string[] = []): Child {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'children', script), ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal }))
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    process: child,
    ended,
    async next() {
      const { value, done } = await lines.next()
      return done === true ? null : (JSON.parse(value) as unknown)
    },
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
  }
}
