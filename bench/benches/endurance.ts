// 64 connections for a minute with a refresh every second: no error, and memory that does not grow.
import { setTimeout as pause } from 'node:timers/promises'
import { getRequest, openLoad } from '../load-client.ts'
import { startParties, withKey } from '../parties.ts'
import type { Bench } from '../report.ts'

const SECONDS = 60
const MEGABYTE = 1024 ** 2

export const endurance: Bench = {
  name: 'endurance',
  async run() {
    const parties = await startParties()
    const { keyway } = parties
    const [id = ''] = keyway.ready.ids
    const load = await openLoad(
      { port: keyway.ready.port },
      getRequest('/api/integrations/bench/token', withKey(keyway)),
      { connections: 64 },
    )
    await load.run(5000)
    const before = await parties.ask<{ heapUsed: number; rss: number }>({ do: 'memory' })
    const rates: number[] = []
    for (let second = 0; second < SECONDS; second += 1) {
      // Any answer but 200 ends the run with an error.
      const [came] = await Promise.all([
        load.run(1000),
        pause(500).then(() => parties.ask({ do: 'refresh', id })),
      ])
      rates.push((came.answers * 1000) / came.ms)
    }
    const after = await parties.ask<{ heapUsed: number; rss: number }>({ do: 'memory' })
    load.close()
    await parties.close()
    const grown = (after.heapUsed - before.heapUsed) / MEGABYTE
    const answered = rates.reduce((sum, rate) => sum + rate, 0)
    return {
      name: 'endurance',
      rounds: SECONDS,
      noisy: false,
      figures: [
        {
          what: `64 connections for 60 s, a refresh every second (${Math.round(answered)} answers): errors`,
          value: { p25: 0, median: 0, p75: 0 },
          unit: '',
          must: 0,
          aim: 0,
          better: 'lower',
        },
        {
          what: 'the same: growth of the heap',
          value: { p25: grown, median: grown, p75: grown },
          unit: ' MB',
          must: 8,
          aim: 2,
          better: 'lower',
        },
      ],
      details: { before, after, rates },
    }
  },
}
