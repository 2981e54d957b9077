// A local program as a process of its own: the built command line, or anything that Node runs.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { root } from '../../../scripts/build/parts.ts'

export type Script = {
  /** Both streams so far. */
  output(): string
  /** The first match in the output; rejects when the program ends without it. */
  heard(pattern: RegExp): Promise<string>
  /** Its exit code. */
  readonly ended: Promise<number | null>
  kill(signal: NodeJS.Signals): void
}

export function runKeywayScript(url: string, argv: readonly string[], key = ''): Script {
  return runNode([join(root, 'electron', 'cli', 'keyway.mjs'), ...argv], {
    environment: { KEYWAY_URL: url, KEYWAY_KEY: key },
  })
}

export function runNode(
  argv: readonly string[],
  { environment = {}, input = '' }: { environment?: Record<string, string>; input?: string } = {},
): Script {
  const child = spawn(process.execPath, argv, {
    env: { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent', ...environment },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  child.stdin.end(input)
  const listeners = new Set<() => void>()
  let output = ''
  const hear = (chunk: Buffer): void => {
    output += chunk.toString('utf8')
    for (const listener of listeners) listener()
  }
  child.stdout.on('data', hear)
  child.stderr.on('data', hear)
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  return {
    output: () => output,
    ended,
    kill: (signal) => void child.kill(signal),
    heard: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = pattern.exec(output)
          if (found !== null) resolve(found[1] ?? found[0])
        }
        listeners.add(look)
        look()
        void ended.then(() => reject(new Error(`It ended without ${pattern}:\n${output}`)))
      }),
  }
}
