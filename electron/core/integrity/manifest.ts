// What the vault's key vouches for beside the secrets: every entry that decides where secrets go and who gets
// them, how far each connection and the audit log had come, and a counter. The code covers the text as it
// stands, so nothing hangs on how JSON is printed.
import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { CorruptFile } from '../ports.ts'
import { writeDurablySync } from '../storage/durable-file.ts'
import { readNoLink } from '../storage/no-link.ts'
import { quarantineFile } from '../storage/quarantine.ts'
import { sameMac } from '../vault/mac.ts'

const point = z.object({ seq: z.int().nonnegative(), hash: z.string().regex(/^[0-9a-f]{64}$/) })
const stretch = z.object({ from: z.int(), to: z.int() })
const entries = z.record(z.string(), z.unknown())

/** A connection as it was last written. */
const connectionRow = z.object({
  /** Of its tokens: an older one is never taken for the newest. */
  generation: z.int().nonnegative(),
  /** Digest of what decides whose account it is and where it goes. */
  facts: z.string(),
  /** Digest that it will have when the write under way has ended. */
  nextFacts: z.string().optional(),
  /**
   * Digests of tokens that were sealed by a version whose associated data named neither generation nor place.
   */
  old: z.object({ current: z.string(), previous: z.string().nullable() }).optional(),
})
export type ManifestConnectionRow = z.output<typeof connectionRow>

const manifest = z.object({
  version: z.literal(1),
  vaultId: z.string(),
  /** Rises with every write. */
  counter: z.int().nonnegative(),
  /** Epoch ms at which the person looked at the first one; null: not yet. */
  confirmedAt: z.number().nullable(),
  providers: entries,
  apps: entries,
  settings: entries,
  connections: z.record(z.string(), connectionRow),
  /**
   * The one change that is being written. `value` absent: a removal. Found at a start: it was written, or it
   * was not.
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

/** Null for what the key does not vouch for, or vouches for in another vault. */
export function decodeManifest(text: string, mac: Mac, vaultId: string): Manifest | null {
  const head = HEAD.exec(text)
  if (head === null || !text.endsWith(END)) return null
  const body = text.slice(head[0].length, -END.length)
  if (!sameMac(head[1] ?? '', mac(body))) return null
  const parsed = manifest.safeParse(JSON.parse(body))
  return parsed.success && parsed.data.vaultId === vaultId ? parsed.data : null
}

// The manifest on disk, twice: a damaged file is not taken for one that was changed.

export type ManifestFiles = {
  /** Each copy that is there; `text` null: it cannot be read. */
  read(): Array<{ path: string; text: string | null }>
  /**
   * Durable when it returns. @throws KeywayError disk_full | save_failed; what stood there is then still
   * there.
   */
  write(text: string): void
  /** The same for what may be behind after a damage: the second copy follows with the next write. */
  writeFirst(text: string): void
  /** Out of the way; it is kept. */
  quarantine(path: string, detectedAt: number): void
  /** The same for a copy that was damaged while the other one is whole; it is named in the window. */
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
