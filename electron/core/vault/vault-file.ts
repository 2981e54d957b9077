// What the vault keeps on disk: the data key wrapped by each protector, and a value that tells whether an unwrapped key is the one.
import { timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import { KeywayError } from '../../../shared/contract/errors.ts'
import { KEY_BYTES, openBytes, sealBytes, sealed } from './sealed.ts'

export const protectorKind = z.enum(['os-keychain', 'safe-storage', 'passphrase'])

const wrap = z.object({
  kind: protectorKind,
  wrapped: z.record(z.string(), z.unknown()),
  /** Epoch ms. */
  createdAt: z.number(),
})
export type Wrap = z.output<typeof wrap>

const vaultFile = z.object({
  version: z.literal(1),
  vaultId: z.string().regex(/^[0-9a-f]{32}$/),
  /** Epoch ms. */
  createdAt: z.number(),
  check: sealed,
  wraps: z.array(wrap).min(1),
})
export type VaultFile = z.output<typeof vaultFile>
/** What tells the vault's data key from any other. */
export type KeyCheck = Pick<VaultFile, 'vaultId' | 'check'>

/** @throws KeywayError `data_damaged`: there is a vault, and nobody here may make a new one over it. */
export function parseVaultFile(value: unknown): VaultFile {
  const parsed = vaultFile.safeParse(value)
  if (parsed.success) return parsed.data
  throw new KeywayError('data_damaged', {
    message: 'The vault file is of a kind that this Keyway does not know.',
    nextStep: 'Use the Keyway that wrote it, or a newer one. The file was left as it is.',
    cause: parsed.error,
  })
}

const CHECK = Buffer.from('this is the data key')
const checkAad = (vaultId: string): string => `vault:${vaultId}:check`

export const makeCheck = (dataKey: Uint8Array, vaultId: string): KeyCheck => ({
  vaultId,
  check: sealBytes(dataKey, CHECK, checkAad(vaultId)),
})

/** Whether `key` is the data key of this vault: asked before anything is read or written with it. */
export function isDataKey(key: Uint8Array, file: KeyCheck): boolean {
  if (key.length !== KEY_BYTES) return false
  const opened = openBytes(key, file.check, checkAad(file.vaultId))
  return opened !== null && opened.length === CHECK.length && timingSafeEqual(opened, CHECK)
}
