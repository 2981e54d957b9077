// Compares stored entries with the manifest: unchanged, only reduced, or to be decided by the person. Pure.
import type { ConnectionRecord } from '../../../shared/contract/connection.ts'
import {
  decidesSame,
  type DecisiveSection,
  hasFacts,
  isDecisive,
  type Manifest,
  type ManifestConnectionRow,
  onlyReduces,
  sealingFactsOf,
} from './manifest.ts'
import { connectionFinding, entryFinding, type Finding } from './findings.ts'

type Entries = Readonly<Record<string, unknown>>

export type Compared<Signed> = {
  /** The new content of the manifest. Entries with a finding keep their recorded state. */
  next: Signed
  findings: Finding[]
  /** Keys of entries that were reduced or removed while the vault was locked. */
  reduced: string[]
  /** Entries that a corrupt document lost and the manifest still has. */
  lost: ReadonlyArray<readonly [key: string, value: unknown]>
}

/** The entries that the manifest covers; others are not compared. */
export const decisiveEntries = (
  section: DecisiveSection,
  entries: Iterable<readonly [string, unknown]>,
): Record<string, unknown> => Object.fromEntries([...entries].filter(([key]) => isDecisive(section, key)))

export function compareEntries(
  section: DecisiveSection,
  present: Entries,
  { manifest, now, isDamaged }: { manifest: Manifest; now: number; isDamaged: boolean },
): Compared<Record<string, unknown>> {
  const signed = manifest[section]
  const next: Record<string, unknown> = {}
  const findings: Finding[] = []
  const reduced: string[] = []
  const lost: Array<readonly [string, unknown]> = []
  for (const key of new Set([...Object.keys(signed), ...Object.keys(present)])) {
    const [was, is] = [signed[key], present[key]]
    if (isDamaged && is === undefined) {
      next[key] = was
      lost.push([key, was])
      continue
    }
    const reduces = onlyReduces(section, key, was, is)
    const isSame = decidesSame(section, key, was, is)
    if (isSame || isPending(manifest, section, key, is) || reduces) {
      if (!isSame && reduces) reduced.push(key)
      if (is !== undefined) next[key] = is
      continue
    }
    if (was !== undefined) next[key] = was
    findings.push(entryFinding(section, key, { signed: was, present: is, now }))
  }
  return { next, findings, reduced, lost }
}

/** A write that was in progress when Keyway ended: either it was done, or it was not. */
function isPending({ pending }: Manifest, section: DecisiveSection, key: string, present: unknown): boolean {
  return (
    pending?.section === section && pending.key === key && decidesSame(section, key, pending.value, present)
  )
}

export function compareConnections(
  records: readonly ConnectionRecord[],
  { manifest, now }: { manifest: Manifest; now: number },
): Compared<Record<string, ManifestConnectionRow>> {
  const next: Record<string, ManifestConnectionRow> = {}
  const findings: Finding[] = []
  for (const record of records) {
    const row = manifest.connections[record.id]
    const how = row === undefined ? 'added' : complaintAbout(record, row)
    if (how !== null) findings.push(connectionFinding(record, how, now))
    if (row === undefined) continue
    next[record.id] = how === null ? rowAfter(record, row) : row
  }
  const reduced = Object.keys(manifest.connections).filter((id) => next[id] === undefined)
  return { next, findings, reduced, lost: [] }
}

function complaintAbout(record: ConnectionRecord, row: ManifestConnectionRow): 'older' | 'changed' | null {
  if (record.generation < row.generation) return 'older'
  // Keyway wrote a newer generation that the manifest does not contain yet. Its tokens decrypt only as that
  // generation.
  if (record.generation > row.generation) return null
  const isKnown =
    hasFacts(record, row.facts) || (row.nextFacts !== undefined && hasFacts(record, row.nextFacts))
  return isKnown ? null : 'changed'
}

function rowAfter(record: ConnectionRecord, row: ManifestConnectionRow): ManifestConnectionRow {
  const { generation } = record
  const old = generation === row.generation && row.old !== undefined ? { old: row.old } : {}
  return { generation, facts: sealingFactsOf(record), ...old }
}
