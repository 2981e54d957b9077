import type { Clock } from '../ports.ts'
import { within } from '../vault/within.ts'

/** One piece of work at a time for each id; whoever comes while it runs gets its result. */
export type Flights<Result> = {
  join(id: string, start: () => Promise<Result>): Promise<Result>
  /** For how long the work of this id has been under way; 0 when none is. */
  underWayMs(id: string): number
  /** Tells all who wait for this id that it is over for them; the work itself goes on to its end. */
  abandon(id: string, reason: Error): void
  /** Resolves when nothing is under way for this id, or after `timeoutMs`. */
  settled(id: string, timeoutMs: number): Promise<void>
  allSettled(timeoutMs: number): Promise<void>
  /** Work is under way, also where nobody waits for it any more. */
  anyUnderWay(): boolean
}

type Flight<Result> = { shared: Promise<Result>; since: number; abandon: (reason: Error) => void }

export function createFlights<Result>(clock: Clock): Flights<Result> {
  const flights = new Map<string, Flight<Result>>()
  /** All work, also what nobody waits for any more. */
  const running = new Set<Promise<Result>>()
  const quiet = (work: Promise<unknown>, timeoutMs: number): Promise<void> =>
    within(clock, timeoutMs, work, () => new Error('late')).then(
      () => undefined,
      () => undefined,
    )
  const take = (id: string, work: Promise<Result>): Promise<Result> => {
    const { promise, resolve, reject } = Promise.withResolvers<Result>()
    const flight = { shared: promise, since: clock.monotonicMs(), abandon: reject }
    flights.set(id, flight)
    running.add(work)
    work
      .finally(() => {
        running.delete(work)
        if (flights.get(id) === flight) flights.delete(id)
      })
      .then(resolve, reject)
    return promise
  }
  return {
    join: (id, start) => flights.get(id)?.shared ?? take(id, start()),
    underWayMs(id) {
      const flight = flights.get(id)
      return flight === undefined ? 0 : clock.monotonicMs() - flight.since
    },
    abandon(id, reason) {
      flights.get(id)?.abandon(reason)
      flights.delete(id)
    },
    settled: (id, timeoutMs) => quiet(Promise.resolve(flights.get(id)?.shared), timeoutMs),
    allSettled: (timeoutMs) => quiet(Promise.allSettled(running), timeoutMs),
    anyUnderWay: () => running.size > 0,
  }
}
