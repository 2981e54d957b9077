// Ten thousand connections beside ten: a vend and a refresh must not care.
import { getRequest, openLoad } from '../load-client.ts'
import { startParties, withKey, type Parties } from '../parties.ts'
import type { Bench } from '../report.ts'
import { isNoisy, quantile, spreadOf } from '../statistics.ts'

const FEW = 10
const MANY = 10_000

const vendOf = ({ keyway }: Parties) =>
  openLoad({ port: keyway.ready.port }, getRequest('/api/integrations/bench/token', withKey(keyway)), {
    connections: 1,
  })

export const scale: Bench = {
  name: 'scale',
  async run({ rounds, sliceMs }) {
    const few = await startParties({ connections: FEW })
    const many = await startParties({ connections: MANY })
    const vends = { few: await vendOf(few), many: await vendOf(many) }
    const refresh = (parties: Parties, round: number): Promise<number> =>
      parties.ask<number>({ do: 'refresh', id: parties.keyway.ready.ids[round % FEW] ?? '' })
    const base: number[] = []
    const vendRatios: number[] = []
    const refreshRatios: number[] = []
    for (let round = 0; round < rounds; round += 1) {
      const order = round % 2 === 0 ? (['few', 'many'] as const) : (['many', 'few'] as const)
      const vend = { few: 0, many: 0 }
      const written = { few: 0, many: 0 }
      for (const which of order) {
        vend[which] = quantile(await vends[which].latencies(sliceMs), 0.5)
        written[which] = await refresh(which === 'few' ? few : many, round)
      }
      base.push(vend.few)
      vendRatios.push(vend.many / vend.few)
      refreshRatios.push(written.many / written.few)
    }
    vends.few.close()
    vends.many.close()
    await Promise.all([few.close(), many.close()])
    return {
      name: 'scale',
      rounds,
      noisy: isNoisy(spreadOf(base)),
      figures: [
        {
          what: 'vend latency with 10,000 connections against 10',
          value: spreadOf(vendRatios),
          must: 1.2,
          aim: 1.05,
          better: 'lower',
        },
        {
          what: 'one refresh, written, the same',
          value: spreadOf(refreshRatios),
          must: 1.5,
          aim: 1.1,
          better: 'lower',
        },
      ],
      details: { vendMs: spreadOf(base) },
    }
  },
}
