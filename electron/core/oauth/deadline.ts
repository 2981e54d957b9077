import type { Clock } from '../ports.ts'

/** Why a call was aborted: its own time was up, as opposed to the caller's signal. */
export class DeadlinePassed extends Error {
  override readonly name = 'DeadlinePassed'
}

export type Deadline = { clock: Clock; timeoutMs: number; signal?: AbortSignal | undefined }

/** Runs `work` until it settles, the time is up or the outer signal aborts, whichever is first: also when the work ignores its signal. */
export async function withinDeadline<T>(
  { clock, timeoutMs, signal }: Deadline,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController()
  const cancel = clock.after(timeoutMs, () =>
    controller.abort(new DeadlinePassed(`no answer within ${timeoutMs / 1000} s`)),
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
export function delay(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
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
