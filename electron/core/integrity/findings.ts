// Describes changes made outside Keyway for the person: the entry, and each field with its old and new value.
import type { ConnectionRecord } from '../../../shared/contract/connection.ts'
import { KeywayError } from '../../../shared/contract/errors.ts'
import type { IntegrityChange, IntegrityFinding } from '../../../shared/contract/integrity.ts'
import { sameJson } from '../../../shared/domain/canonical-json.ts'
import type { DecisiveSection } from './manifest.ts'

/** A change whose subject is not used until the person decides. */
export type Finding = IntegrityFinding & {
  /** The entry's section and key; null if it concerns everything. */
  at: { section: DecisiveSection | 'connections'; key: string } | null
  /** The recorded state; undefined: there was none. */
  signed?: unknown
  /** For a connection: the generation that was in the folder. */
  generation?: number
}

export const findingId = (section: DecisiveSection | 'connections', key: string): string =>
  `${section}:${key}`

const MAX_CHANGES = 50
const MAX_TEXT = 400

const kinds = { providers: 'provider', apps: 'app', settings: 'setting', connections: 'connection' } as const

export function entryFinding(
  section: DecisiveSection,
  key: string,
  { signed, present, now }: { signed: unknown; present: unknown; now: number },
): Finding {
  const subject = section === 'settings' ? key : (nameOf(present) ?? nameOf(signed) ?? key)
  const how = signed === undefined ? 'added' : 'changed'
  const what = kinds[section]
  return {
    id: findingId(section, key),
    kind: what,
    how,
    subject,
    message: `The ${what} “${subject}” was ${how} outside Keyway.`,
    changes: changesBetween(signed, present),
    canRestore: true,
    foundAt: now,
    at: { section, key },
    signed,
  }
}

export function connectionFinding(
  record: Pick<ConnectionRecord, 'id' | 'account' | 'generation'>,
  how: 'added' | 'changed' | 'older',
  now: number,
): Finding {
  const words = {
    added: `The connection “${record.account}” was put into the data folder outside Keyway.`,
    changed: `The connection “${record.account}” was changed outside Keyway.`,
    older: `An older copy of the connection “${record.account}” was put back; its refresh token may have been used up.`,
  }
  return {
    id: findingId('connections', record.id),
    kind: 'connection',
    how,
    subject: record.account,
    message: words[how],
    changes: [],
    canRestore: false,
    foundAt: now,
    at: { section: 'connections', key: record.id },
    generation: record.generation,
  }
}

/** For findings about the log or the whole folder. */
export function wholeFinding(
  kind: 'log' | 'manifest' | 'older_folder',
  how: IntegrityFinding['how'],
  { message, now }: { message: string; now: number },
): Finding {
  const subject = kind === 'log' ? 'Activity' : 'Data folder'
  return { id: kind, kind, how, subject, message, changes: [], canRestore: false, foundAt: now, at: null }
}

export function refusal({ id, subject, message }: Finding): KeywayError {
  return new KeywayError('integrity_check_failed', {
    message: `${message} It is not used until somebody confirms the change in Keyway's window.`,
    details: { finding: id, subject },
  })
}

const nameOf = (value: unknown): string | null => {
  const name = typeof value === 'object' && value !== null && 'name' in value ? value.name : null
  return typeof name === 'string' ? name : null
}

function changesBetween(before: unknown, after: unknown): IntegrityChange[] {
  const [was, is] = [leavesOf(before), leavesOf(after)]
  const fields = [...new Set([...was.keys(), ...is.keys()])]
  return fields
    .filter(
      (field) => !sameJson(was.get(field), is.get(field)) && !/(?:^|\.)(?:updatedAt|lastUsedAt)$/.test(field),
    )
    .slice(0, MAX_CHANGES)
    .map((field) => ({ field, before: shown(field, was.get(field)), after: shown(field, is.get(field)) }))
}

/** Fields by their path; lists as a whole. */
function leavesOf(value: unknown, path = ''): Map<string, unknown> {
  if (value === undefined) return new Map()
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return new Map([[path || 'value', value]])
  const leaves = new Map<string, unknown>()
  for (const [name, each] of Object.entries(value))
    for (const [at, leaf] of leavesOf(each, path === '' ? name : `${path}.${name}`)) leaves.set(at, leaf)
  return leaves
}

/** Ciphertexts and key hashes are not shown, only that they changed. */
function shown(field: string, value: unknown): string | null {
  if (value === undefined || value === null) return null
  if (/(?:^|\.)sealed[A-Z]/.test(field)) return '(a stored secret)'
  if (field === 'keys' && Array.isArray(value)) return value.length === 1 ? '1 key' : `${value.length} keys`
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text
}
