// A refresh that hangs must not slow what is valid down, and a thousand callers at expiry must cost one
// refresh.
import { setTimeout as pause } from 'node:timers/promises'
import { getRequest, openLoad } from '../load-client.ts'
import { startParties, withKey, type Parties } from '../parties.ts'
import type { Bench } from '../report.ts'
import { isNoisy, quantile, spreadOf } from '../statistics.ts'

const HANG_MS = 2000
const PROVIDER_MS = 300
const CALLERS = 1000
const SHORT_SECONDS = 600
const LONG_SECONDS = 10 * 365 * 86_400

const tokenOf = ({ keyway }: Parties, account: string): Buffer =>
  getRequest(`/api/integrations/bench/token?account=${account}`, withKey(keyway))

export const hangingRefresh: Bench = {
  name: 'hanging-refresh',
  async run({ rounds, sliceMs }) {
    const parties = await startParties({ expiresIn: LONG_SECONDS })
    const valid = await openLoad({ port: parties.keyway.ready.port }, tokenOf(parties, 'account-0'), {
      connections: 1,
    })
    await parties.tellProvider({ expiresIn: SHORT_SECONDS })
    await parties.ask({ do: 'connect', account: 'short' })
    const short = await openLoad({ port: parties.keyway.ready.port }, tokenOf(parties, 'short'), {
      connections: 1,
    })
    const ratios: number[] = []
    const idles: number[] = []
    for (let round = 0; round < rounds; round += 1) {
      await parties.tellProvider({ delayMs: HANG_MS })
      await parties.ask({ do: 'skip', seconds: SHORT_SECONDS })
      const idle = quantile(await valid.latencies(sliceMs * 2), 0.99)
      const hanging = short.run(1)
      await pause(50)
      const during = quantile(await valid.latencies(sliceMs * 2), 0.99)
      await hanging
      idles.push(idle)
      ratios.push(during / idle)
    }
    valid.close()
    short.close()
    await parties.close()
    return {
      name: 'hanging-refresh',
      rounds,
      noisy: isNoisy(spreadOf(idles)),
      figures: [
        {
          what: 'valid token while another refresh hangs 2 s, p99 against idle p99',
          value: spreadOf(ratios),
          must: 3,
          aim: 1.5,
          better: 'lower',
        },
      ],
      details: { idleP99Ms: spreadOf(idles) },
    }
  },
}

export const expiryStorm: Bench = {
  name: 'expiry-storm',
  async run({ rounds }) {
    const parties = await startParties()
    await parties.tellProvider({ expiresIn: SHORT_SECONDS })
    await parties.ask({ do: 'connect', account: 'short' })
    const callers = await openLoad({ port: parties.keyway.ready.port }, tokenOf(parties, 'short'), {
      connections: CALLERS,
    })
    const overMs: number[] = []
    const refreshes: number[] = []
    for (let round = 0; round < Math.max(10, Math.ceil(rounds / 4)); round += 1) {
      await parties.ask({ do: 'skip', seconds: SHORT_SECONDS })
      const before = await parties.tellProvider({ delayMs: PROVIDER_MS })
      const started = performance.now()
      // Each caller asks once: the time is over before the first answer.
      await callers.run(0)
      overMs.push(performance.now() - started - PROVIDER_MS)
      refreshes.push((await parties.tellProvider({})).refreshes - before.refreshes)
    }
    callers.close()
    await parties.close()
    return {
      name: 'expiry-storm',
      rounds: overMs.length,
      noisy: false,
      figures: [
        {
          what: '1,000 callers at expiry: refreshes',
          value: spreadOf(refreshes),
          unit: '',
          must: 1,
          aim: 1,
          better: 'lower',
        },
        {
          what: 'the same: time beyond the provider’s own 300 ms',
          value: spreadOf(overMs),
          unit: ' ms',
          must: 100,
          aim: 40,
          better: 'lower',
        },
      ],
      details: { refreshes, overMs },
    }
  },
}
