import { KeywayError } from '../../../shared/contract/errors.ts'
import type { Clock } from '../../core/ports.ts'

const BUDGET_MS = 15_000

export type Budget = {
  leftMs(): number
  /** @throws KeywayError rate_limited when it would take longer than is left, deadline_exceeded when the caller went away */
  wait(delayMs: number): Promise<void>
}

/** The time that one request may spend waiting for its turn. */
export function createBudget(clock: Clock, gone: AbortSignal): Budget {
  const endsAt = clock.monotonicMs() + BUDGET_MS
  const leftMs = (): number => Math.max(0, endsAt - clock.monotonicMs())
  return {
    leftMs,
    async wait(delayMs) {
      if (delayMs > leftMs()) {
        throw new KeywayError('rate_limited', {
          message: 'More requests than this provider takes right now.',
          details: { retryAfterSeconds: Math.ceil(delayMs / 1000) },
        })
      }
      await new Promise<void>((resolve) => {
        const over = (): void => {
          cancel()
          gone.removeEventListener('abort', over)
          resolve()
        }
        const cancel = clock.after(delayMs, over)
        gone.addEventListener('abort', over)
        if (gone.aborted) over()
      })
      if (gone.aborted) throw new KeywayError('deadline_exceeded', { message: 'The caller has gone.' })
    },
  }
}
