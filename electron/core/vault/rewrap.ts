// Changes the key wrappers of the data key. A new wrap is verified by decrypting it before an old one is
// removed. The last one cannot be removed.
import { KeywayError } from '../../../shared/contract/errors.ts'
import type { Secret } from '../../../shared/contract/secret.ts'
import type { KeyWrapperKind } from '../ports.ts'
import { readVaultFile, writeVaultFile, type VaultParts } from './unlock.ts'
import { FOLDER_FORMAT, makeCheck, type VaultFile, type Wrap } from './vault-file.ts'
import type { VaultState } from './status.ts'

export async function addKeyWrapper(
  parts: VaultParts,
  kind: KeyWrapperKind,
  passphrase: Secret | undefined,
): Promise<VaultState> {
  const file = await unlockedFile(parts)
  if (file.wraps.some((wrap) => wrap.kind === kind))
    throw refused(kind, 'The vault has this protector already.')
  return replaceWraps(parts, file, [...file.wraps, await newWrap(parts, file, kind, passphrase)])
}

export async function removeKeyWrapper(parts: VaultParts, kind: KeyWrapperKind): Promise<VaultState> {
  const file = await unlockedFile(parts)
  const left = file.wraps.filter((wrap) => wrap.kind !== kind)
  if (left.length === file.wraps.length) throw notThere(kind)
  if (left.length === 0)
    throw refused(kind, 'This is the only protector left; without it nothing could be opened again.')
  return replaceWraps(parts, file, left)
}

export async function changePassphrase(
  parts: VaultParts,
  { current, next }: { current: Secret; next: Secret },
): Promise<VaultState> {
  const file = await unlockedFile(parts)
  const old = file.wraps.find(({ kind }) => kind === 'passphrase')
  if (old === undefined) throw notThere('passphrase')
  const proof = await parts.calls.unwrap(parts.calls.keyWrapperFor('passphrase', current), old, file)
  proof.fill(0)
  const fresh = await newWrap(parts, file, 'passphrase', next)
  return replaceWraps(
    parts,
    file,
    file.wraps.map((wrap) => (wrap === old ? fresh : wrap)),
  )
}

export async function migrate(
  parts: VaultParts,
  kind: KeyWrapperKind,
  passphrase: Secret | undefined,
): Promise<VaultState> {
  const file = await unlockedFile(parts)
  return replaceWraps(parts, file, [await newWrap(parts, file, kind, passphrase)])
}

/**
 * Records in the vault file that the folder has a manifest. Written twice, so that no backup without that
 * fact remains that could be taken for the newest.
 */
export async function markSigned(parts: VaultParts): Promise<void> {
  const file = await unlockedFile(parts)
  if (file.version === FOLDER_FORMAT) return
  const next: VaultFile = {
    ...file,
    ...makeCheck(parts.keys.dataKey(), { version: FOLDER_FORMAT, vaultId: file.vaultId }),
  }
  await writeVaultFile(parts.deps, next)
  await writeVaultFile(parts.deps, next)
  parts.status.rewrapped(next)
}

// Uses a copy of the key: lock() wipes the key at once, and wrapping the wiped key would lose everything.
async function newWrap(
  { calls, keys }: VaultParts,
  file: VaultFile,
  kind: KeyWrapperKind,
  passphrase: Secret | undefined,
): Promise<Wrap> {
  const dataKey = Uint8Array.from(keys.dataKey())
  try {
    return await calls.wrapVerified(calls.keyWrapperFor(kind, passphrase), dataKey, file)
  } finally {
    dataKey.fill(0)
  }
}

async function unlockedFile({ deps, keys }: VaultParts): Promise<VaultFile> {
  if (!keys.unlocked) throw new KeywayError('vault_locked')
  const file = await readVaultFile(deps)
  if (file !== null) return file
  throw new KeywayError('data_damaged', { message: "The vault's file is gone." })
}

async function replaceWraps(parts: VaultParts, file: VaultFile, wraps: readonly Wrap[]): Promise<VaultState> {
  const next: VaultFile = { ...file, wraps: [...wraps] }
  const dropped = file.wraps.filter((wrap) => !wraps.includes(wrap))
  try {
    await writeVaultFile(parts.deps, next)
  } catch (error) {
    for (const wrap of wraps) if (!file.wraps.includes(wrap)) await parts.calls.forget(wrap)
    throw error
  }
  if (dropped.length > 0) await forgetDropped(parts, next, dropped)
  return parts.status.rewrapped(next)
}

// The store keeps the previous version. A second write removes the dropped wraps from it too, so that an old
// passphrase or a removed keychain cannot open this folder.
async function forgetDropped(
  { deps, calls }: VaultParts,
  file: VaultFile,
  dropped: readonly Wrap[],
): Promise<void> {
  try {
    await writeVaultFile(deps, file)
  } catch (error) {
    deps.logger.warn('The generation before of the vault file still holds a dropped protector', { error })
    return
  }
  for (const wrap of dropped) await calls.forget(wrap)
}

const refused = (kind: KeyWrapperKind, message: string): KeywayError =>
  new KeywayError('invalid_request', { message, details: { field: 'protector', protector: kind } })

const notThere = (kind: KeyWrapperKind): KeywayError =>
  refused(kind, 'The vault does not have this protector.')
