// Where the chain begins (after pruning) and how far it was once on disk. Without the second, cutting off the newest rows would leave a
// chain that fits. Both are authenticated by the vault's key up to the last moment in which there was one; whoever can write the folder
// cannot make another end look right.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { createTurns } from '../async.ts'
import { systemCode } from '../storage/disk-error.ts'
import { writeDurably } from '../storage/durable-file.ts'
import type { ChainPoint } from './activity-line.ts'

const point = z.object({
  seq: z.int().nonnegative(),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
})
const keyed = z.object({ anchor: point, head: point, mac: z.string().regex(/^[0-9a-f]{64}$/) })
const chainFile = z.object({
  version: z.literal(1),
  anchor: point,
  head: point,
  /** Absent: written by a version without it, or before there was a vault. Anything else in its place is no authentication. */
  keyed: keyed.nullable().default(null).catch(null),
})

/** A beginning and an end that the vault's key vouches for. */
export type KeyedChain = z.output<typeof keyed>
export type Chain = { anchor: ChainPoint; head: ChainPoint; keyed: KeyedChain | null }

/** What the code of a {@link KeyedChain} is made over. */
export const chainText = ({ anchor, head }: Pick<Chain, 'anchor' | 'head'>): string =>
  `${anchor.seq} ${anchor.hash}\n${head.seq} ${head.hash}`

const pathIn = (folder: string): string => join(folder, 'chain.json')

export function readChain(
  folder: string,
): { kind: 'absent' } | { kind: 'damaged'; path: string } | { kind: 'good'; chain: Chain } {
  const path = pathIn(folder)
  try {
    const parsed = chainFile.safeParse(JSON.parse(readFileSync(path, 'utf8')))
    if (!parsed.success) return { kind: 'damaged', path }
    const { anchor, head, keyed: signed } = parsed.data
    return { kind: 'good', chain: { anchor, head, keyed: signed } }
  } catch (error) {
    return systemCode(error) === 'ENOENT' ? { kind: 'absent' } : { kind: 'damaged', path }
  }
}

/** Keeps the note on disk in step; changes take turns, and each writes the newest of both points. */
export function createChainNote(
  folder: string,
  initial: Chain,
  /** What vouches for this much, from now on; null: nothing new does. */
  sign: (chain: Pick<Chain, 'anchor' | 'head'>) => KeyedChain | null,
): {
  readonly anchor: ChainPoint
  readonly keyed: KeyedChain | null
  /** Every write that was begun has ended. */
  settled(): Promise<void>
  update(change: Partial<Pick<Chain, 'anchor' | 'head'>>): Promise<void>
} {
  const inTurn = createTurns()
  let chain = initial
  return {
    get anchor() {
      return chain.anchor
    },
    get keyed() {
      return chain.keyed
    },
    settled: () => inTurn('chain', async () => undefined),
    update: (change) =>
      inTurn('chain', async () => {
        const wanted = { ...chain, ...change }
        const next: Chain = { ...wanted, keyed: sign(wanted) ?? chain.keyed }
        await writeDurably(pathIn(folder), JSON.stringify({ version: 1, ...next }))
        chain = next
      }),
  }
}
