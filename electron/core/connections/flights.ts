import type { Clock } from '../ports.ts'
import { within } from '../vault/within.ts'

/** One piece of work at a time for each id; whoever comes while it runs gets its result. */
export type Flights<Result> = {
  join(id: string, start: () => Promise<Result>): Promise<Result>
  /** Resolves when nothing is under way for this id, or after `timeoutMs`. */
  settled(id: string, timeoutMs: number): Promise<void>
  allSettled(timeoutMs: number): Promise<void>
}

export function createFlights<Result>(clock: Clock): Flights<Result> {
  const flights = new Map<string, Promise<Result>>()
  const quiet = (work: Promise<unknown>, timeoutMs: number): Promise<void> =>
    within(clock, timeoutMs, work, () => new Error('late')).then(
      () => undefined,
      () => undefined,
    )
  return {
    join(id, start) {
      const flying = flights.get(id)
      if (flying !== undefined) return flying
      const flight = start().finally(() => flights.delete(id))
      flights.set(id, flight)
      return flight
    },
    settled: (id, timeoutMs) => quiet(Promise.resolve(flights.get(id)), timeoutMs),
    allSettled: (timeoutMs) => quiet(Promise.allSettled(flights.values()), timeoutMs),
  }
}
