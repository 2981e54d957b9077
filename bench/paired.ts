// Interleaved short slices: base and candidates take turns, the order is reversed every other round, and only
// ratios within a round are compared, so that what the machine does meanwhile falls on all alike.
import type { ChildServer } from './child-server.ts'
import type { LoadClient } from './load-client.ts'
import type { BenchOptions } from './report.ts'
import { isNoisy, spreadOf, type Spread } from './statistics.ts'

/** Runs one slice and returns its figure: calls or bytes per second, or the time of one call. */
export type Slice = () => Promise<number>
export type Contender = { name: string; slice: Slice }

export type PairedResult = {
  base: { name: string; figure: Spread; noisy: boolean }
  contenders: Array<{ name: string; figure: Spread; ratio: Spread }>
  rounds: number
  attempts: number
}

/**
 * Answers a second; with `cpu` answers for each second of the server's processor time, which other programs
 * on the same machine change less.
 */
export function loaded(
  name: string,
  { server, load }: { server: Pick<ChildServer<unknown>, 'cpuMs'>; load: LoadClient },
  { sliceMs, cpu }: Pick<BenchOptions, 'sliceMs' | 'cpu'>,
): Contender {
  return {
    name,
    async slice() {
      const before = cpu ? await server.cpuMs() : 0
      const { answers, ms } = await load.run(sliceMs)
      return (answers * 1000) / (cpu ? (await server.cpuMs()) - before : ms)
    },
  }
}

const MOST_ATTEMPTS = 3

export async function runPaired(
  base: Contender,
  contenders: readonly Contender[],
  { rounds }: { rounds: number },
): Promise<PairedResult> {
  for (let attempts = 1; ; attempts += 1) {
    const result = await once(base, contenders, rounds)
    if (!result.base.noisy || attempts === MOST_ATTEMPTS) return { ...result, attempts }
  }
}

async function once(
  base: Contender,
  contenders: readonly Contender[],
  rounds: number,
): Promise<Omit<PairedResult, 'attempts'>> {
  const all = [base, ...contenders]
  for (const { slice } of all) await slice()
  const figures = all.map((): number[] => [])
  for (let round = 0; round < rounds; round += 1) {
    const order = all.map((_, index) => index)
    if (round % 2 === 1) order.reverse()
    for (const index of order) {
      const figure = await all[index]?.slice()
      if (figure !== undefined) figures[index]?.push(figure)
    }
  }
  const baseFigures = figures[0] ?? []
  const figure = spreadOf(baseFigures)
  return {
    base: { name: base.name, figure, noisy: isNoisy(figure) },
    contenders: contenders.map(({ name }, index) => {
      const own = figures[index + 1] ?? []
      return {
        name,
        figure: spreadOf(own),
        ratio: spreadOf(own.map((value, at) => value / (baseFigures[at] ?? Number.NaN))),
      }
    }),
    rounds,
  }
}
