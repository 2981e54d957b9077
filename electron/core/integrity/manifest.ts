// The manifest: authenticated with the vault's key, it lists every entry that decides where secrets are sent
// and who gets them, the generation of each connection, the last row of the audit log, and a counter. The
// code covers the text, so it does not depend on how JSON is serialized.
import { hash } from 'node:crypto'
import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { ConnectionRecord } from '../../../shared/contract/connection.ts'
import { settings as settingsSchema } from '../../../shared/contract/settings.ts'
import { sameJson } from '../../../shared/domain/canonical-json.ts'
import { isReducedSetting, isReduction } from '../../../shared/domain/reductions.ts'
import type { CorruptFile } from '../ports.ts'
import { readNoLink, writeDurablySync } from '../storage/durable-file.ts'
import { quarantineFile } from '../storage/quarantine.ts'
import { sameMac } from '../vault/key-holder.ts'

const point = z.object({ seq: z.int().nonnegative(), hash: z.string().regex(/^[0-9a-f]{64}$/) })
const stretch = z.object({ from: z.int(), to: z.int() })
const entries = z.record(z.string(), z.unknown())

/** A connection as it was last written. */
const connectionRow = z.object({
  /** The generation of its tokens; an older one is never accepted as the newest. */
  generation: z.int().nonnegative(),
  /** Digest of its account and the values in its addresses. */
  facts: z.string(),
  /** The digest after the write in progress. */
  nextFacts: z.string().optional(),
  /**
   * Digests of tokens encrypted by a version whose associated data contained neither generation nor place.
   */
  old: z.object({ current: z.string(), previous: z.string().nullable() }).optional(),
})
export type ManifestConnectionRow = z.output<typeof connectionRow>

const manifest = z.object({
  version: z.literal(1),
  vaultId: z.string(),
  /** Increases with every write. */
  counter: z.int().nonnegative(),
  /** When the person confirmed the first manifest, in epoch milliseconds; null: not yet. */
  confirmedAt: z.number().nullable(),
  providers: entries,
  apps: entries,
  settings: entries,
  connections: z.record(z.string(), connectionRow),
  /**
   * The change that is being written. `value` absent: a removal. At startup: it was written, or it was not.
   */
  pending: z
    .object({
      section: z.enum(['providers', 'apps', 'settings']),
      key: z.string(),
      value: z.unknown().optional(),
    })
    .nullable(),
  audit: z.object({ head: point.nullable(), unkeyed: z.array(stretch) }),
})
export type Manifest = z.output<typeof manifest>

export const emptyManifest = (vaultId: string): Manifest => ({
  version: 1,
  vaultId,
  counter: 0,
  confirmedAt: null,
  providers: {},
  apps: {},
  settings: {},
  connections: {},
  pending: null,
  audit: { head: null, unkeyed: [] },
})

type Mac = (text: string) => string

const HEAD = /^\{"keyway":1,"mac":"([0-9a-f]{64})","signed":/
const END = '}\n'

export function encodeManifest(value: Manifest, mac: Mac): string {
  const body = JSON.stringify(value)
  return `{"keyway":1,"mac":"${mac(body)}","signed":${body}${END}`
}

/** Null if the key does not authenticate the text, or only for another vault. */
export function decodeManifest(text: string, mac: Mac, vaultId: string): Manifest | null {
  const head = HEAD.exec(text)
  if (head === null || !text.endsWith(END)) return null
  const body = text.slice(head[0].length, -END.length)
  if (!sameMac(head[1] ?? '', mac(body))) return null
  const parsed = manifest.safeParse(JSON.parse(body))
  return parsed.success && parsed.data.vaultId === vaultId ? parsed.data : null
}

// The manifest on disk, in two copies, so that a corrupt file is not mistaken for a changed one.

export type ManifestFiles = {
  /** Each existing copy; `text` null: unreadable. */
  read(): Array<{ path: string; text: string | null }>
  /**
   * Durable when it returns.
   * @throws KeywayError disk_full | save_failed; the previous content is then unchanged
   */
  write(text: string): void
  /**
   * Writes only the first copy; the second follows with the next write. For content that may be outdated
   * after a crash.
   */
  writeFirst(text: string): void
  /** Moves the file to quarantine. */
  quarantine(path: string, detectedAt: number): void
  /** The same for a corrupt copy while the other one is valid; the window shows it. */
  quarantineCorrupt(path: string, detectedAt: number): void
}

export function createManifestFiles(
  folder: string,
  onCorruptFile?: (damage: CorruptFile) => void,
): ManifestFiles {
  const first = join(folder, 'integrity.json')
  const second = join(folder, 'integrity.copy.json')
  return {
    read: () =>
      [first, second].flatMap((path) =>
        lstatSync(path, { throwIfNoEntry: false }) === undefined ? [] : [{ path, text: textOf(path) }],
      ),
    write(text) {
      writeDurablySync(first, text)
      writeDurablySync(second, text)
    },
    writeFirst: (text) => writeDurablySync(first, text),
    quarantine: (path, detectedAt) => void quarantineFile(path, detectedAt),
    quarantineCorrupt(path, detectedAt) {
      const setAsidePath = quarantineFile(path, detectedAt)
      onCorruptFile?.({ file: path, setAsidePath, using: 'previous generation', detectedAt })
    },
  }
}

function textOf(path: string): string | null {
  try {
    return readNoLink(path)
  } catch {
    return null
  }
}

// Selects the part of stored entries that decides where secrets are sent and who gets them.

export type DecisiveSection = 'providers' | 'apps' | 'settings'
export const sections = ['providers', 'apps', 'settings'] as const satisfies readonly DecisiveSection[]

/** Settings for request targets, trust, auto-lock and log retention. The others only affect the window. */
const decisiveSettings: ReadonlySet<string> = new Set([
  'port',
  'socketDoor',
  'proxyUrl',
  'extraCa',
  'autoLockMinutes',
  'activityDays',
])

/** Fields that change with every use and decide nothing. */
const idle: ReadonlySet<string> = new Set(['lastUsedAt', 'updatedAt'])

export const isDecisive = (section: DecisiveSection, key: string): boolean =>
  section !== 'settings' || decisiveSettings.has(key)

/** Whether two values of an entry decide the same. `undefined`: missing. */
export function decidesSame(section: DecisiveSection, key: string, one: unknown, other: unknown): boolean {
  return sameJson(decisivePart(section, key, one), decisivePart(section, key, other))
}

/** Whether the second value only removes rights from the first. */
export function onlyReduces(section: DecisiveSection, key: string, before: unknown, after: unknown): boolean {
  return section === 'settings'
    ? isReducedSetting(key, decisivePart(section, key, before), decisivePart(section, key, after))
    : isReduction(section, before, after)
}

/** A missing setting has its default. */
function decisivePart(section: DecisiveSection, key: string, value: unknown): unknown {
  if (section === 'settings') return value === undefined ? defaultOf(key) : value
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).filter(([name]) => !idle.has(name)))
}

const defaults: Readonly<Record<string, unknown>> = settingsSchema.parse({})
const defaultOf = (name: string): unknown => defaults[name]

type Facts = Pick<
  ConnectionRecord,
  'providerId' | 'account' | 'isDefault' | 'how' | 'identity' | 'values' | 'disconnectedAt'
>

/** The account of a connection and the values in its addresses. The tokens are encrypted. */
export function sealingFactsOf(record: Facts): string {
  const values = Object.entries(record.values).toSorted(([one], [other]) => (one < other ? -1 : 1))
  const { id, label } = record.identity
  const gone = record.disconnectedAt === undefined ? [] : ['disconnected']
  const { providerId, account, isDefault, how } = record
  return digestOf(JSON.stringify([providerId, account, isDefault, how, id, label, values, ...gone]))
}

/**
 * Whether a connection has these facts, or had them before it was disconnected, which only removes rights.
 */
export function hasFacts(record: Facts, facts: string): boolean {
  if (sealingFactsOf(record) === facts) return true
  return (
    record.disconnectedAt !== undefined && sealingFactsOf({ ...record, disconnectedAt: undefined }) === facts
  )
}

export const digestOf = (text: string): string => hash('sha256', text, 'hex')

/**
 * The manifest row for a connection as it is. `old`: its tokens may have the encryption of earlier versions.
 */
export function rowOf(record: ConnectionRecord, sealing: 'old' | 'new'): ManifestConnectionRow {
  const row = { generation: record.generation, facts: sealingFactsOf(record) }
  if (sealing === 'new') return row
  const previous = record.sealedPrevious === null ? null : digestOf(record.sealedPrevious)
  return { ...row, old: { current: digestOf(record.sealedTokens), previous } }
}
