// Deadlines, timeouts, a keyed mutex and a concurrency limit, all on the injected clock.
import type { Clock } from './ports.ts'

/** A call was aborted because its own deadline passed, and not by the caller's signal. */
export class DeadlineExceeded extends Error {
  override readonly name = 'DeadlinePassed'
}

export type Deadline = { clock: Clock; timeoutMs: number; signal?: AbortSignal | undefined }

/**
 * Runs `work` until it settles, the deadline passes or the outer signal aborts, whichever comes first. This
 * also works if `work` ignores its signal.
 */
export async function withDeadline<T>(
  { clock, timeoutMs, signal }: Deadline,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController()
  const cancel = clock.after(timeoutMs, () =>
    controller.abort(new DeadlineExceeded(`no answer within ${timeoutMs / 1000} s`)),
  )
  const stop = (): void => controller.abort(signal?.reason)
  signal?.addEventListener('abort', stop, { once: true })
  if (signal?.aborted === true) stop()
  const aborted = Promise.withResolvers<never>()
  controller.signal.addEventListener('abort', () => aborted.reject(reasonOf(controller.signal)), {
    once: true,
  })
  if (controller.signal.aborted) aborted.reject(reasonOf(controller.signal))
  try {
    return await Promise.race([work(controller.signal), aborted.promise])
  } finally {
    cancel()
    signal?.removeEventListener('abort', stop)
  }
}

/** Resolves after the delay, or rejects with the signal's reason. */
export function sleep(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(reasonOf(signal))
      return
    }
    const stop = (): void => {
      cancel()
      reject(reasonOf(signal))
    }
    const cancel = clock.after(delayMs, () => {
      signal.removeEventListener('abort', stop)
      resolve()
    })
    signal.addEventListener('abort', stop, { once: true })
  })
}

function reasonOf(signal: AbortSignal): Error {
  const reason: unknown = signal.reason
  return reason instanceof Error ? reason : new Error('aborted')
}

/**
 * Waits at most `timeoutMs` for `work`, then rejects with `late()`. The work continues; its late result is
 * dropped.
 */
export function withTimeout<Result>(
  clock: Clock,
  timeoutMs: number,
  work: Promise<Result>,
  late: () => Error,
): Promise<Result> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(timeoutMs, () => reject(late()))
    work.then(resolve, reject).finally(cancel)
  })
}

/**
 * Runs the tasks of one key one at a time, in order of arrival. Tasks of different keys run concurrently. A
 * failed task does not stop the following ones.
 */
export function createKeyedMutex(): <Result>(key: string, task: () => Promise<Result>) => Promise<Result> {
  const last = new Map<string, Promise<unknown>>()
  return (key, task) => {
    const before = last.get(key)
    const mine = before === undefined ? task() : before.then(task, task)
    const settled = mine.then(
      () => undefined,
      () => undefined,
    )
    last.set(key, settled)
    void settled.then(() => {
      if (last.get(key) === settled) last.delete(key)
    })
    return mine
  }
}

/**
 * Runs work for many ids with a limit of concurrent tasks per key; the rest is queued. Keys do not wait for
 * each other.
 */
export type KeyedLimit = { add(id: string): void; close(): void }

export function createKeyedLimit(
  atOnce: number,
  work: (id: string) => Promise<void>,
  keyOf: (id: string) => string = () => '',
): KeyedLimit {
  const queues = new Map<string, { running: number; waiting: string[] }>()
  const start = (name: string, queue: { running: number; waiting: string[] }, id: string): void => {
    queue.running += 1
    void work(id).finally(() => {
      queue.running -= 1
      const next = queue.waiting.shift()
      if (next !== undefined) start(name, queue, next)
      else if (queue.running === 0) queues.delete(name)
    })
  }
  return {
    add(id) {
      const name = keyOf(id)
      const queue = queues.get(name) ?? { running: 0, waiting: [] }
      queues.set(name, queue)
      if (queue.running < atOnce) start(name, queue, id)
      else queue.waiting.push(id)
    },
    close() {
      for (const { waiting } of queues.values()) waiting.splice(0)
    },
  }
}
