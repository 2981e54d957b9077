// Where the chain begins (after pruning) and how far it was once on disk. Without the second, cutting off the newest rows would leave a
// chain that fits.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { createTurns } from '../storage/by-turns.ts'
import { systemCode } from '../storage/disk-error.ts'
import { writeDurably } from '../storage/durable-file.ts'
import type { ChainPoint } from './activity-line.ts'

const point = z.object({
  seq: z.int().nonnegative(),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
})
const chainFile = z.object({ version: z.literal(1), anchor: point, head: point })

export type Chain = { anchor: ChainPoint; head: ChainPoint }

const pathIn = (folder: string): string => join(folder, 'chain.json')

export function readChain(
  folder: string,
): { kind: 'absent' } | { kind: 'damaged'; path: string } | { kind: 'good'; chain: Chain } {
  const path = pathIn(folder)
  try {
    const parsed = chainFile.safeParse(JSON.parse(readFileSync(path, 'utf8')))
    if (!parsed.success) return { kind: 'damaged', path }
    return { kind: 'good', chain: { anchor: parsed.data.anchor, head: parsed.data.head } }
  } catch (error) {
    return systemCode(error) === 'ENOENT' ? { kind: 'absent' } : { kind: 'damaged', path }
  }
}

/** Keeps the note on disk in step; changes take turns, and each writes the newest of both points. */
export function createChainNote(
  folder: string,
  initial: Chain,
): {
  readonly anchor: ChainPoint
  update(change: Partial<Chain>): Promise<void>
} {
  const inTurn = createTurns()
  let chain = initial
  return {
    get anchor() {
      return chain.anchor
    },
    update: (change) =>
      inTurn('chain', async () => {
        const next = { ...chain, ...change }
        await writeDurably(pathIn(folder), JSON.stringify({ version: 1, ...next }))
        chain = next
      }),
  }
}
