// How many source files one request runs through, which is how much has to be read to follow it.
import { startChild } from '../child-server.ts'
import type { Bench, Figure } from '../report.ts'
import type { ReachReady } from '../servers/reach.ts'

const WALKS: ReadonlyArray<{ of: keyof ReachReady; what: string; most: number }> = [
  { of: 'token', what: 'source files that one warm token request runs through', most: 25 },
  { of: 'callback', what: 'the same for one callback', most: 30 },
  { of: 'connect', what: 'the same for one Connect', most: 25 },
]

export const reach: Bench = {
  name: 'reach',
  async run() {
    const child = await startChild<ReachReady>('reach.ts')
    const { ready } = child
    await child.close()
    for (const { of } of WALKS) {
      console.error(`\n${of}:`)
      for (const [file, functions] of Object.entries(ready[of]))
        console.error(`  ${file}: ${functions.join(', ')}`)
    }
    const figures = WALKS.map(({ of, what, most }): Figure => {
      const { length } = Object.keys(ready[of])
      const value = { p25: length, median: length, p75: length }
      return { what, value, must: most, aim: most, better: 'lower' }
    })
    return { name: 'reach', rounds: 1, noisy: false, figures, details: ready }
  },
}
