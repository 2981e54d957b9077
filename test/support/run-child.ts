import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

type RunningChild = {
  readonly process: ChildProcess
  /** Resolves with the first line that starts with this. */
  line(start: string): Promise<string>
  /** What it said, once it has ended. */
  ended(): Promise<{ signal: NodeJS.Signals | null; code: number | null; output: string }>
}

/** Runs a script of `test/support` on this Node. */
export function runChild(script: string, args: readonly string[]): RunningChild {
  const path = fileURLToPath(new URL(script, import.meta.url))
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', path, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const listeners = new Set<() => void>()
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
      for (const listener of listeners) listener()
    })
  }
  const exit = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>
  return {
    process: child,
    line: (start) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = output.split('\n').find((line) => line.startsWith(start))
          if (found === undefined) return
          listeners.delete(look)
          resolve(found)
        }
        listeners.add(look)
        look()
        void exit.then(() => reject(new Error(`the child ended without saying "${start}": ${output}`)))
      }),
    async ended() {
      const [code, signal] = await exit
      return { code, signal, output }
    },
  }
}
