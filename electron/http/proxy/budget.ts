import { KeywayError } from '../../../shared/contract/errors.ts'
import type { Clock } from '../../core/ports.ts'
import { clientGone } from '../client-gone.ts'
import type { Trip } from './trip.ts'

const BUDGET_MS = 15_000

/** The time that one request may still spend waiting for its turn. */
export function leftMs(clock: Clock, { leavesAt }: Pick<Trip, 'leavesAt'>): number {
  return Math.max(0, leavesAt + BUDGET_MS - clock.monotonicMs())
}

/** @throws KeywayError rate_limited when it would take longer than is left, deadline_exceeded when the caller went away */
export async function waitWithin(
  clock: Clock,
  trip: Pick<Trip, 'leavesAt' | 'response'>,
  delayMs: number,
): Promise<void> {
  if (delayMs > leftMs(clock, trip)) {
    throw new KeywayError('rate_limited', {
      message: 'More requests than this provider takes right now.',
      details: { retryAfterSeconds: Math.ceil(delayMs / 1000) },
    })
  }
  const gone = clientGone(trip.response)
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
}
