// What a provider and the network between do to a refresh: everything that the issue lists, in seeded
// proportions.
import { REFRESH_DEADLINE_MS, type TokenOutcome } from '../../../electron/core/oauth/types.ts'
import type { Clock } from '../../../electron/core/ports.ts'
import type { FakeOAuthClient } from '../../support/fake-oauth-client.ts'
import type { Life } from './one-life.ts'
import type { SeededRandom } from './seeded-random.ts'

export type FaultCounts = Record<
  | 'timeouts before it acted'
  | 'connections refused'
  | '429 with Retry-After'
  | '429 without'
  | '5xx'
  | 'odd refusals'
  | 'answers torn or lost after it rotated'
  | 'slow answers',
  number
>

const retry = (code: string, more: { sent?: boolean; retryAfterMs?: number } = {}): TokenOutcome => ({
  kind: 'retry',
  code,
  message: `made up: ${code}`,
  retryAfterMs: more.retryAfterMs ?? null,
  sent: more.sent ?? true,
})

export function makeFaulty(
  oauth: FakeOAuthClient,
  world: { clock: Clock; random: SeededRandom; life: () => Pick<Life, 'alive'> },
): FaultCounts {
  const { clock, random } = world
  const counts: FaultCounts = {
    'timeouts before it acted': 0,
    'connections refused': 0,
    '429 with Retry-After': 0,
    '429 without': 0,
    '5xx': 0,
    'odd refusals': 0,
    'answers torn or lost after it rotated': 0,
    'slow answers': 0,
  }
  const count = (name: keyof FaultCounts): void => void (counts[name] += 1)
  const pause = (ms: number): Promise<void> => new Promise((resolve) => void clock.after(ms, resolve))

  oauth.script = async () => {
    const dice = random.next()
    if (dice < 0.03) {
      count('timeouts before it acted')
      await pause(REFRESH_DEADLINE_MS - 100)
      return retry('timeout')
    }
    if (dice < 0.06) {
      count('connections refused')
      return retry('ECONNREFUSED', { sent: false })
    }
    if (dice < 0.08) {
      count('429 with Retry-After')
      return retry('rate_limited', { retryAfterMs: 1000 * (1 + random.below(120)) })
    }
    if (dice < 0.09) {
      count('429 without')
      return retry('rate_limited')
    }
    if (dice < 0.12) {
      count('5xx')
      return retry(`http_${500 + random.below(5)}`)
    }
    if (dice < 0.13) {
      count('odd refusals')
      return { kind: 'refused', code: 'http_403', message: 'made up: Forbidden' }
    }
    if (dice < 0.2) {
      count('slow answers')
      const life = world.life()
      await pause(random.below(REFRESH_DEADLINE_MS - 1_000))
      // The system closes the connections of a killed process; what its request still waited for does not
      // happen.
      if (!life.alive) return new Promise(() => undefined)
    }
    return undefined
  }
  oauth.loss = async (outcome) => {
    if (outcome.kind !== 'ok' || !random.chance(0.004)) return outcome
    count('answers torn or lost after it rotated')
    if (random.chance(0.5)) await pause(REFRESH_DEADLINE_MS - 100)
    return retry('torn_body')
  }
  return counts
}
