// The journal checked from outside: only reading, so also while a Keyway writes to it, and without its vault.
import { readFile } from 'node:fs/promises'
import { GENESIS, readLink, type ChainPoint } from './activity-line.ts'
import { readChain } from './chain-file.ts'
import { verifyChain, type Verdict } from './journal-verify.ts'
import { linesOf, listSegments, type Segment } from './segments.ts'

/** `folder`: the journal's own. @throws when it cannot be read */
export async function verifyFolder(folder: string): Promise<Verdict> {
  const noted = readChain(folder)
  if (noted.kind === 'damaged') {
    return { ok: false, rows: 0, firstBad: null, message: `${noted.path} was changed after it was written.` }
  }
  const anchor = noted.kind === 'good' ? noted.chain.anchor : GENESIS
  const segments = listSegments(folder).filter(({ firstSeq }) => firstSeq > anchor.seq)
  const last = await lastRow(segments)
  // How far it went by its own note, or by its rows where they go on: the note is written after them.
  const written = noted.kind === 'good' ? noted.chain.head : anchor
  const head = last !== null && last.seq > written.seq ? last : written
  return verifyChain({ anchor, segments, unwritten: [], head })
}

async function lastRow(segments: readonly Segment[]): Promise<ChainPoint | null> {
  const newest = segments.at(-1)
  if (newest === undefined) return null
  const links = [...linesOf(await readFile(newest.path, 'utf8'))].map(readLink)
  const link = links.findLast((each) => each !== null)
  return link === undefined || link === null ? null : { seq: link.seq, hash: link.hash }
}
