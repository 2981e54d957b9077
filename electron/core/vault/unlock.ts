// Creates and unlocks the vault. Callers must not run these functions concurrently.
import { randomBytes } from 'node:crypto'
import { asKeywayError, KeywayError } from '../../../shared/contract/errors.ts'
import type { Secret } from '../../../shared/contract/secret.ts'
import type { KeyWrapperKind, RecordStore } from '../ports.ts'
import { KEY_BYTES, type KeyHolder } from './key-holder.ts'
import type { KeyWrapperCalls, KeyWrapperCallsDeps } from './wrapper-calls.ts'
import { makeCheck, parseVaultFile, type VaultFile, type Wrap } from './vault-file.ts'
import { kindsOf, type VaultState, type VaultStatus } from './status.ts'

export const VAULT_RECORD = 'vault'

export type VaultDeps = KeyWrapperCallsDeps & {
  /** The vault's own store, with one record `vault`. */
  store: RecordStore
}

export type VaultParts = { deps: VaultDeps; calls: KeyWrapperCalls; keys: KeyHolder; status: VaultStatus }

export async function readVaultFile({ store }: VaultDeps): Promise<VaultFile | null> {
  const value = await store.read(VAULT_RECORD)
  return value === null ? null : parseVaultFile(value)
}

export const writeVaultFile = ({ store }: VaultDeps, file: VaultFile): Promise<void> =>
  store.put(VAULT_RECORD, file)

export async function initializeVault(
  { deps, calls, status }: VaultParts,
  kind: KeyWrapperKind,
  passphrase: Secret | undefined,
): Promise<VaultState> {
  // Also fails with `data_damaged` if there is a vault that cannot be read: existing secrets need its key,
  // not a new one.
  if ((await readVaultFile(deps)) !== null) throw new KeywayError('vault_exists')
  const dataKey = new Uint8Array(randomBytes(KEY_BYTES))
  // Format 1 until there is a manifest: see `markFolderSigned`.
  const check = makeCheck(dataKey, { version: 1, vaultId: randomBytes(16).toString('hex') })
  const wrap = await calls.wrapVerified(calls.keyWrapperFor(kind, passphrase), dataKey, check)
  const file: VaultFile = { ...check, createdAt: deps.clock.now(), wraps: [wrap] }
  try {
    await writeVaultFile(deps, file)
  } catch (error) {
    dataKey.fill(0)
    await calls.forget(wrap)
    throw error
  }
  return status.becomeUnlocked(dataKey, file)
}

/** `stillWanted` becomes false if a person locks the vault meanwhile; then it stays locked. */
export async function unlockVault(
  { deps, calls, keys, status }: VaultParts,
  passphrase: Secret | undefined,
  stillWanted: () => boolean,
): Promise<VaultState> {
  if (keys.unlocked) return status.state()
  let wraps: readonly KeyWrapperKind[] = []
  try {
    const file = await readVaultFile(deps)
    if (file === null) throw noVault()
    wraps = kindsOf(file)
    const dataKey = await firstKey(calls, file, passphrase)
    if (stillWanted()) return status.becomeUnlocked(dataKey, file)
    dataKey.fill(0)
    return status.state()
  } catch (error) {
    const failure = asKeywayError(error)
    // A wrong passphrase does not change why the vault is locked.
    const isTypingError = failure.code === 'wrong_passphrase' && status.state().kind === 'locked'
    if (!isNoVault(failure) && !isTypingError) status.becomeLocked(failure, wraps)
    throw failure
  }
}

/**
 * The data key from the first wrap that decrypts.
 * @throws the first failure if none does
 */
async function firstKey(
  calls: KeyWrapperCalls,
  file: VaultFile,
  passphrase: Secret | undefined,
): Promise<Uint8Array> {
  let failure: KeywayError | null = null
  for (const wrap of candidates(file, passphrase)) {
    try {
      return await calls.unwrap(calls.keyWrapperFor(wrap.kind, passphrase), wrap, file)
    } catch (error) {
      failure ??= asKeywayError(error)
    }
  }
  throw failure ?? new KeywayError('passphrase_required')
}

export async function quarantineVault({ deps, calls, status }: VaultParts): Promise<void> {
  if (status.state().kind !== 'locked') throw new KeywayError('invalid_request')
  await deps.store.remove(VAULT_RECORD)
  status.becomeUninitialized(await calls.probeAll())
}

/** Not by unlocking: that would succeed with any passphrase if the vault was just unlocked. */
export async function verifyPassphrase({ deps, calls }: VaultParts, passphrase: Secret): Promise<void> {
  const file = await readVaultFile(deps)
  const wrap = file?.wraps.find(({ kind }) => kind === 'passphrase')
  if (file === null || wrap === undefined) {
    throw new KeywayError('passphrase_required', {
      message: 'This vault has no passphrase that could prove anything.',
    })
  }
  const key = await calls.unwrap(calls.keyWrapperFor('passphrase', passphrase), wrap, file)
  key.fill(0)
}

// If a passphrase is given, only that is used, so that a keychain does not prompt as well.
function candidates({ wraps }: VaultFile, passphrase: Secret | undefined): readonly Wrap[] {
  const byPassphrase = wraps.filter(({ kind }) => kind === 'passphrase')
  if (passphrase !== undefined && byPassphrase.length > 0) return byPassphrase
  return wraps.filter(({ kind }) => kind !== 'passphrase')
}

const noVault = (): KeywayError =>
  new KeywayError('vault_locked', {
    message: 'There is no vault yet.',
    nextStep: 'Choose in the window how secrets are to be protected.',
    details: { uninitialised: true },
  })

const isNoVault = ({ code, details }: KeywayError): boolean =>
  code === 'vault_locked' && details['uninitialised'] === true
