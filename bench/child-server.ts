// Every server runs in a process of its own, so that the load generator does not take its time.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { ASK_CPU } from './servers/answer.ts'

export type ChildServer<Ready> = {
  readonly ready: Ready
  readonly pid: number
  /** Sends a message and waits for the answer to it. */
  ask(message: unknown): Promise<unknown>
  /** Processor time that it has used so far. */
  cpuMs(): Promise<number>
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
  const ask = async (message: unknown): Promise<unknown> => {
    const answer = once(child, 'message')
    child.send(message as object)
    const [{ value }] = (await Promise.race([answer, failed])) as [{ value: unknown }]
    return value
  }
  return {
    ready,
    pid: child.pid ?? 0,
    ask,
    async cpuMs() {
      const { user, system } = (await ask(ASK_CPU)) as NodeJS.CpuUsage
      return (user + system) / 1000
    },
    async close() {
      if (child.exitCode !== null) return
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    },
  }
}
