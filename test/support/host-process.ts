// The built headless host as a process of its own: what a person starts, with its output and its end.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { buildStale, root } from '../../scripts/build/parts.ts'

export type HostProcess = {
  readonly pid: number
  /** Both streams so far. */
  readonly output: () => string
  /** The first match in the output; rejects when the process ends without it. */
  heard(pattern: RegExp): Promise<RegExpExecArray>
  /** Resolves with the exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>
  kill(signal: NodeJS.Signals): void
}

type HostOptions = { input?: string; environment?: Record<string, string> }

export const hostProgram = join(root, 'out/headless/main.js')

/** For `beforeAll`: makes sure that what is tested is what the sources say. */
export const buildHost = (): Promise<unknown> =>
  buildStale(['window', 'headless'], { force: false, say: () => undefined })

/** Killed, if it still runs, when the test is over. */
export function startHost(parameters: readonly string[], options: HostOptions = {}): HostProcess {
  const child = spawn(process.execPath, [hostProgram, ...parameters], {
    env: { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent', ...options.environment },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const watchers = new Set<() => void>()
  let output = ''
  const hear = (chunk: Buffer): void => {
    output += chunk.toString('utf8')
    for (const watcher of watchers) watcher()
  }
  child.stdout.on('data', hear)
  child.stderr.on('data', hear)
  // It may end without reading what it is given.
  child.stdin.on('error', () => undefined)
  if (options.input !== undefined) child.stdin.end(options.input)
  const ended = new Promise<number | NodeJS.Signals>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve(code ?? signal ?? 'SIGKILL'))
  })
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  return {
    pid: child.pid ?? -1,
    output: () => output,
    ended,
    kill: (signal) => void child.kill(signal),
    heard: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = pattern.exec(output)
          if (found === null) return
          watchers.delete(look)
          resolve(found)
        }
        watchers.add(look)
        look()
        void ended.then((end) => reject(new Error(`The host ended (${end}) without ${pattern}:\n${output}`)))
      }),
  }
}

/** Its one-time link to the window, and where it is. */
export async function untilReady(host: HostProcess): Promise<{ url: string; launchUrl: string }> {
  const [launchUrl = ''] = await host.heard(/http:\/\/127\.0\.0\.1:\d+\/launch\?ticket=[\w-]+/)
  return { url: new URL(launchUrl).origin, launchUrl }
}
