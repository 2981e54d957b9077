// The journal checked from outside: only reading, so also while a Keyway writes to it. With the vault's key it is authenticated; without,
// it can only be said that what is there fits together.
import { readFile } from 'node:fs/promises'
import { sameMac } from '../vault/mac.ts'
import { GENESIS, readLink, type ChainPoint } from './activity-line.ts'
import type { LogMac, Stretch } from './authenticity.ts'
import { chainText, readChain, type Chain } from './chain-file.ts'
import { verifyChain, withWords, type LogVerdict } from './journal-verify.ts'
import { linesOf, listSegments, type Segment } from './segments.ts'

/** What the vault knows of the log. */
export type LogAuthority = { mac: LogMac; known: ChainPoint | null; unkeyed: readonly Stretch[] }

/** `folder`: the journal's own. @throws when it cannot be read */
export async function verifyFolder(folder: string, authority: LogAuthority | null): Promise<LogVerdict> {
  const noted = readChain(folder)
  if (noted.kind === 'damaged') return bad(`${noted.path} was changed after it was written.`)
  const chain = noted.kind === 'good' ? noted.chain : null
  const anchor = chain?.anchor ?? GENESIS
  const segments = listSegments(folder).filter(({ firstSeq }) => firstSeq > anchor.seq)
  const last = await lastRow(segments)
  if (chain === null && last !== null)
    return bad('The note of how far the log goes (chain.json) is missing; entries may have been cut off.')
  // How far it went by its own note, or by its rows where they go on: the note is written after them.
  const written = chain?.head ?? anchor
  const head = last !== null && last.seq > written.seq ? last : written
  const place = { anchor, segments, unwritten: [] }
  const verdict = await verifyChain({ ...place, head })
  if (!verdict.ok || authority === null || (chain?.keyed == null && authority.known === null))
    return withWords(verdict, { authenticated: false, unkeyed: [] })
  const complaint = complaintAbout(chain, authority)
  if (complaint !== null) return bad(complaint)
  const keyed = chain?.keyed?.head ?? GENESIS
  const upToKeyed = await verifyChain({ ...place, head: keyed })
  if (!upToKeyed.ok) return withWords(upToKeyed, { authenticated: false, unkeyed: [] })
  const open = keyed.seq < head.seq ? [{ from: keyed.seq + 1, to: head.seq }] : []
  return withWords(verdict, { authenticated: true, unkeyed: [...authority.unkeyed, ...open] })
}

function complaintAbout(chain: Chain | null, { mac, known }: LogAuthority): string | null {
  const keyed = chain?.keyed ?? null
  if (keyed === null)
    return known === null
      ? null
      : 'The note of how far the log goes is not authenticated; the log may have been written anew.'
  if (!sameMac(keyed.mac, mac(chainText(keyed))))
    return 'The note of how far the log goes was changed outside Keyway.'
  return known !== null && keyed.head.seq < known.seq
    ? `An older copy of the log was put back: it ends at entry ${keyed.head.seq}, and entry ${known.seq} had been written.`
    : null
}

const bad = (message: string): LogVerdict => ({
  ok: false,
  rows: 0,
  firstBad: null,
  message,
  authenticated: false,
})

async function lastRow(segments: readonly Segment[]): Promise<ChainPoint | null> {
  const newest = segments.at(-1)
  if (newest === undefined) return null
  const links = [...linesOf(await readFile(newest.path, 'utf8'))].map(readLink)
  const link = links.findLast((each) => each !== null)
  return link === undefined || link === null ? null : { seq: link.seq, hash: link.hash }
}
