// Every server runs in a process of its own, so that the load generator does not take its time.
import { fork } from 'node:child_process'
import { once } from 'node:events'

export type ChildServer<Ready> = {
  readonly ready: Ready
  readonly pid: number
  /** Sends a message and waits for the answer to it. */
  ask(message: unknown): Promise<unknown>
  close(): Promise<void>
}

export async function startChild<Ready>(
  file: string,
  input: unknown = {},
  { execArgv = [] }: { execArgv?: string[] } = {},
): Promise<ChildServer<Ready>> {
  const child = fork(new URL(`./servers/${file}`, import.meta.url), [JSON.stringify(input)], {
    execArgv,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const failed = once(child, 'exit').then(([code]) => {
    throw new Error(`${file} ended with ${String(code)}`)
  })
  failed.catch(() => undefined)
  const [ready] = (await Promise.race([once(child, 'message'), failed])) as [Ready]
  return {
    ready,
    pid: child.pid ?? 0,
    async ask(message) {
      const answer = once(child, 'message')
      child.send(message as object)
      const [{ value }] = (await Promise.race([answer, failed])) as [{ value: unknown }]
      return value
    },
    async close() {
      if (child.exitCode !== null) return
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    },
  }
}
