// From the provider's answer to a refresh until its rotated token is on disk: the time in which kill -9 loses
// an authorization.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startChild } from '../child-server.ts'
import type { Bench } from '../report.ts'
import type { RefreshTimes } from '../servers/refresher.ts'
import { isNoisy, quantile, spreadOf } from '../statistics.ts'

const WARM_REFRESHES = 5

type Times = { written: number[]; synced: number[] }

export const refreshToDisk: Bench = {
  name: 'refresh-to-disk',
  async run({ rounds }) {
    const folder = mkdtempSync(join(tmpdir(), 'keyway-bench-'))
    const upstream = await startChild<{ port: number }>('upstream.ts')
    await upstream.ask({ rotates: true })
    const cold: Times = { written: [], synced: [] }
    const warm: Times = { written: [], synced: [] }
    const startKeyway = () =>
      startChild<unknown>('refresher.ts', { folder: join(folder, 'data'), upstreamPort: upstream.ready.port })
    // The first one makes the connection; those that follow find it, as after any start.
    await (await startKeyway()).close()
    for (let round = 0; round < rounds; round += 1) {
      const keyway = await startKeyway()
      for (let refresh = 0; refresh <= WARM_REFRESHES; refresh += 1) {
        const { writtenAt, syncedAt } = (await keyway.ask({})) as RefreshTimes
        const { answeredAt } = (await upstream.ask({})) as { answeredAt: number }
        const times = refresh === 0 ? cold : warm
        times.written.push(writtenAt - answeredAt)
        times.synced.push(syncedAt - answeredAt)
      }
      await keyway.close()
    }
    await upstream.close()
    rmSync(folder, { recursive: true, force: true })
    const figure = (what: string, values: number[], must: number, aim: number) =>
      ({ what, value: spreadOf(values), unit: ' ms', must, aim, better: 'lower' }) as const
    const most = ({ written, synced }: Times) => ({
      written: quantile(written, 1),
      synced: quantile(synced, 1),
    })
    return {
      name: 'refresh-to-disk',
      rounds,
      noisy: isNoisy(spreadOf(warm.synced)),
      figures: [
        figure('answer of a refresh until synced, first of a process', cold.synced, 10, 5),
        figure('the same, later ones', warm.synced, 5, 2),
        figure('answer of a refresh until kill -9 loses nothing, first of a process', cold.written, 10, 5),
        figure('the same, later ones ', warm.written, 5, 2),
      ],
      details: { most: { cold: most(cold), warm: most(warm) } },
    }
  },
}
