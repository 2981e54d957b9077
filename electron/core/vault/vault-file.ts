// The vault file: the data key encrypted by each key wrapper, and a value that verifies a decrypted key.
import { timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import { KeywayError } from '../../../shared/contract/errors.ts'
import { KEY_BYTES, openBytes, sealBytes, sealed } from './key-holder.ts'

const keyWrapperKind = z.enum(['os-keychain', 'safe-storage', 'passphrase'])

const wrap = z.object({
  kind: keyWrapperKind,
  wrapped: z.record(z.string(), z.unknown()),
  /** Epoch milliseconds. */
  createdAt: z.number(),
})
export type Wrap = z.output<typeof wrap>

/**
 * The format of the data folder. 1: only secrets are authenticated. 2: a manifest authenticates everything
 * else that matters, and a folder without it was tampered with. A Keyway that knows only format 1 refuses
 * format 2 with an error and does not change the file.
 */
export const FOLDER_FORMAT = 2

const vaultFile = z.object({
  version: z.literal([1, FOLDER_FORMAT]),
  vaultId: z.string().regex(/^[0-9a-f]{32}$/),
  /** Epoch milliseconds. */
  createdAt: z.number(),
  check: sealed,
  wraps: z.array(wrap).min(1),
})
export type VaultFile = z.output<typeof vaultFile>
/** What distinguishes the vault's data key from any other. */
export type KeyCheck = Pick<VaultFile, 'version' | 'vaultId' | 'check'>

/** @throws KeywayError `data_damaged`: there is a vault, so no new one may be created over it. */
export function parseVaultFile(value: unknown): VaultFile {
  const parsed = vaultFile.safeParse(value)
  if (parsed.success) return parsed.data
  throw new KeywayError('data_damaged', {
    message: 'The vault file is of a kind that this Keyway does not know.',
    nextStep: 'Use the Keyway that wrote it, or a newer one. The file was left as it is.',
    cause: parsed.error,
  })
}

const newerFile = z.object({ version: z.number().gt(FOLDER_FORMAT) })

/**
 * @throws KeywayError `folder_newer`, before anything of the folder is read or written that this version
 * might misinterpret.
 */
export function refuseNewerFolder(value: unknown): void {
  const newer = newerFile.safeParse(value)
  if (!newer.success) return
  throw new KeywayError('folder_newer', {
    message: `A newer Keyway wrote this data folder: its format is ${newer.data.version}, and this one reads up to ${FOLDER_FORMAT}.`,
    details: { format: newer.data.version, readsUpTo: FOLDER_FORMAT },
  })
}

const CHECK = Buffer.from('this is the data key')
// Includes the format, so that a folder cannot be downgraded by changing the number.
const checkAad = ({ version, vaultId }: Omit<KeyCheck, 'check'>): string =>
  version === 1 ? `vault:${vaultId}:check` : `vault:${vaultId}:check:${version}`

export function makeCheck(dataKey: Uint8Array, of: Omit<KeyCheck, 'check'>): KeyCheck {
  const { version, vaultId } = of
  return { version, vaultId, check: sealBytes(dataKey, CHECK, checkAad(of)) }
}

/** Whether `key` is the data key of this vault. Checked before anything is read or written with it. */
export function isDataKey(key: Uint8Array, file: KeyCheck): boolean {
  if (key.length !== KEY_BYTES) return false
  const opened = openBytes(key, file.check, checkAad(file))
  return opened !== null && opened.length === CHECK.length && timingSafeEqual(opened, CHECK)
}
