import type { Clock } from '../ports.ts'
import { within } from '../vault/within.ts'

/** One piece of work at a time for each id; whoever comes while it runs gets its result. */
export type Flights<Result> = {
  join(id: string, start: () => Promise<Result>): Promise<Result>
  /** For how long the work of this id has been under way; 0 when none is. */
  underWayMs(id: string): number
  /** Resolves when nothing is under way for this id, or after `timeoutMs`. */
  settled(id: string, timeoutMs: number): Promise<void>
  allSettled(timeoutMs: number): Promise<void>
}

export function createFlights<Result>(clock: Clock): Flights<Result> {
  const flights = new Map<string, { work: Promise<Result>; since: number }>()
  const quiet = (work: Promise<unknown>, timeoutMs: number): Promise<void> =>
    within(clock, timeoutMs, work, () => new Error('late')).then(
      () => undefined,
      () => undefined,
    )
  return {
    join(id, start) {
      const flying = flights.get(id)
      if (flying !== undefined) return flying.work
      const work = start().finally(() => flights.delete(id))
      flights.set(id, { work, since: clock.monotonicMs() })
      return work
    },
    underWayMs(id) {
      const flying = flights.get(id)
      return flying === undefined ? 0 : clock.monotonicMs() - flying.since
    },
    settled: (id, timeoutMs) => quiet(Promise.resolve(flights.get(id)?.work), timeoutMs),
    allSettled: (timeoutMs) =>
      quiet(Promise.allSettled([...flights.values()].map(({ work }) => work)), timeoutMs),
  }
}
