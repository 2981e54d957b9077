// What a program in a loop could fill the activity and the terminal with, or guess by: so many within a time, for all windows together.
import { KeywayError } from '../../../shared/contract/errors.ts'
import type { Clock } from '../ports.ts'

const MINUTE_MS = 60_000

/** Takes one; gives back what undoes that. @throws KeywayError rate_limited, with the seconds until there is room */
export type RateLimit = () => () => void

export type PresenceLimits = {
  links: RateLimit
  codes: RateLimit
  /** Only those that were wrong stay taken. */
  proofs: RateLimit
}

export function createPresenceLimits(clock: Clock): PresenceLimits {
  return {
    links: createRateLimit(clock, { most: 20, withinMs: MINUTE_MS }),
    codes: createRateLimit(clock, { most: 10, withinMs: 10 * MINUTE_MS }),
    proofs: createRateLimit(clock, { most: 10, withinMs: 10 * MINUTE_MS }),
  }
}

function createRateLimit(clock: Clock, limit: { most: number; withinMs: number }): RateLimit {
  let taken: Array<{ at: number }> = []
  return () => {
    const now = clock.monotonicMs()
    taken = taken.filter(({ at }) => now - at < limit.withinMs)
    const [oldest] = taken
    if (oldest !== undefined && taken.length >= limit.most) {
      throw new KeywayError('rate_limited', {
        details: { retryAfterSeconds: Math.ceil((oldest.at + limit.withinMs - now) / 1000) },
      })
    }
    const mine = { at: now }
    taken.push(mine)
    return () => {
      taken = taken.filter((each) => each !== mine)
    }
  }
}
