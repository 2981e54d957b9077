// The vault: one random data key for all secrets, encrypted by one or more key wrappers. It never creates a
// new key where a vault exists or existed: a keychain that is locked, empty or silent means LOCKED, and so
// does an unreadable vault file.
import { asKeywayError, KeywayError } from '../../../shared/contract/errors.ts'
import type { Secret } from '../../../shared/contract/secret.ts'
import type { KeyWrapperView } from '../../../shared/contract/ui-api.ts'
import { createKeyedMutex } from '../async.ts'
import type { Clock, KeyWrapperKind } from '../ports.ts'
import { createKeyHolder, type Sealed, type MacPurpose } from './key-holder.ts'
import { addKeyWrapper, changePassphrase, markSigned, migrate, removeKeyWrapper } from './rewrap.ts'
import { createVaultStatus, kindsOf, type VaultState } from './status.ts'
import {
  initializeVault,
  readVaultFile,
  quarantineVault,
  unlockVault,
  type VaultDeps,
  type VaultParts,
  verifyPassphrase,
} from './unlock.ts'
import { createKeyWrapperCalls } from './wrapper-calls.ts'

export type { VaultDeps }

export type Vault = {
  /**
   * Reads the vault file, and unlocks if a key wrapper can without the person. Never rejects: errors are in
   * the state.
   */
  start(): Promise<VaultState>
  state(): VaultState
  readonly unlocked: boolean
  /** Called after each change, never with a secret. Returns a function that unsubscribes. */
  onChange(listener: (state: VaultState) => void): () => void
  /** Probes every key wrapper, for the person to choose one. */
  probe(): Promise<readonly KeyWrapperView[]>
  /**
   * @throws KeywayError `vault_exists`, `data_damaged`, or an error of the key wrapper or the disk; nothing
   * is left incomplete.
   */
  initialize(kind: KeyWrapperKind, passphrase?: Secret): Promise<VaultState>
  /**
   * Tries everything that can unlock it.
   * @throws the first failure; the state then reports the same.
   */
  unlock(passphrase?: Secret): Promise<VaultState>
  /**
   * Verifies the passphrase, in any state.
   * @throws KeywayError `wrong_passphrase`; `passphrase_required` if the vault has none
   */
  verifyPassphrase(passphrase: Secret): Promise<void>
  /**
   * Removes the vault file, of which the caller has a copy, so that a new vault can be created.
   * @throws KeywayError `invalid_request` unless locked
   */
  quarantine(): Promise<void>
  /** Wipes the key from memory at once. */
  lock(): void
  /**
   * `aad` names the secret and its owner, e.g. `connection:<id>:refresh-token`; the same value is needed to
   * decrypt it.
   * @throws KeywayError `vault_locked`
   */
  seal(secret: Secret, aad: string): Sealed
  /**
   * @throws KeywayError `vault_locked`; `data_damaged` if it was changed or encrypted with other associated
   * data.
   */
  open(sealed: string, aad: string): Secret
  /**
   * Twelve hex digits, equal for equal secrets in this vault.
   * @throws KeywayError `vault_locked`
   */
  fingerprint(secret: Secret): string
  /**
   * Authenticates a text with a key that exists only while the vault is unlocked.
   * @throws KeywayError `vault_locked`
   */
  mac(purpose: MacPurpose, text: string): string
  /**
   * Called right before the key is wiped, for code that still needs it. Returns a function that unsubscribes.
   */
  onLocking(listener: () => void): () => void
  /** Identifies this vault; null while it is locked or missing. */
  readonly identity: { vaultId: string; format: number } | null
  /** Marks the folder as one with a manifest; older versions of Keyway refuse it. May be called twice. */
  markSigned(): Promise<void>
  /**
   * The following need an unlocked vault. Each new wrap is verified by decrypting it before anything else
   * changes.
   */
  addKeyWrapper(kind: KeyWrapperKind, passphrase?: Secret): Promise<VaultState>
  /** @throws KeywayError `invalid_request` for the last one. */
  removeKeyWrapper(kind: KeyWrapperKind): Promise<VaultState>
  /** @throws KeywayError `wrong_passphrase`, or `invalid_request` with the minimum length. */
  changePassphrase(change: { current: Secret; next: Secret }): Promise<VaultState>
  /** Encrypts the key with this key wrapper only and removes the others. */
  migrate(kind: KeyWrapperKind, passphrase?: Secret): Promise<VaultState>
}

const beingAsked = (): KeywayError =>
  new KeywayError('vault_locked', { message: 'The keychain is being asked for the key.' })

function listening(listeners: Set<() => void>, listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

function lockNow({ deps, status }: VaultParts, beforeLock: ReadonlySet<() => void>): void {
  const state = status.state()
  if (state.kind !== 'unlocked') return
  for (const listener of beforeLock) tellSafely(listener, deps.logger)
  status.becomeLocked(new KeywayError('vault_locked'), state.wraps)
}

/** A failing listener does not stop the lock. */
function tellSafely(listener: () => void, logger: VaultDeps['logger']): void {
  try {
    listener()
  } catch (error) {
    logger.error('Something that still needed the key failed while the vault was being locked', { error })
  }
}

export function createVault(deps: VaultDeps): Vault {
  const calls = createKeyWrapperCalls(deps)
  const keys = createKeyHolder()
  const status = createVaultStatus(keys, calls.listed())
  const parts: VaultParts = { deps, calls, keys, status }
  const turns = createKeyedMutex()
  const runExclusive = <Result>(task: () => Promise<Result>): Promise<Result> => turns('vault', task)
  const beforeLock = new Set<() => void>()
  let locks = 0

  const probe = async (): Promise<readonly KeyWrapperView[]> =>
    status.offer(await calls.probeAll()).protectors
  const unlock = (passphrase?: Secret): Promise<VaultState> => {
    const before = locks
    return runExclusive(() => unlockVault(parts, passphrase, () => locks === before))
  }
  return {
    async start() {
      try {
        const file = await readVaultFile(deps)
        if (file === null) await probe()
        else {
          // While the keychain is asked, which may take long, the state tells that a vault exists, so that
          // nobody creates another.
          status.becomeLocked(beingAsked(), kindsOf(file))
          await unlock()
        }
      } catch (error) {
        const failure = asKeywayError(error)
        deps.logger.warn('The vault is locked', { code: failure.code, error })
        if (status.state().kind === 'uninitialised') status.becomeLocked(failure, [])
      }
      return status.state()
    },
    state: status.state,
    get unlocked() {
      return keys.unlocked
    },
    onChange: status.onChange,
    probe,
    initialize: (kind, passphrase) => runExclusive(() => initializeVault(parts, kind, passphrase)),
    unlock,
    quarantine: () => runExclusive(() => quarantineVault(parts)),
    verifyPassphrase: (passphrase) => verifyPassphrase(parts, passphrase),
    lock() {
      locks += 1
      lockNow(parts, beforeLock)
    },
    seal: keys.seal,
    open: keys.open,
    fingerprint: keys.fingerprint,
    mac: keys.mac,
    onLocking: (listener) => listening(beforeLock, listener),
    get identity() {
      return status.identity()
    },
    markSigned: () => runExclusive(() => markSigned(parts)),
    addKeyWrapper: (kind, passphrase) => runExclusive(() => addKeyWrapper(parts, kind, passphrase)),
    removeKeyWrapper: (kind) => runExclusive(() => removeKeyWrapper(parts, kind)),
    changePassphrase: (change) => runExclusive(() => changePassphrase(parts, change)),
    migrate: (kind, passphrase) => runExclusive(() => migrate(parts, kind, passphrase)),
  }
}

/** Locks the vault if neither the window nor an app used it for the configured time. */
export type AutoLock = {
  /** The person was active. */
  touched(): void
  /** The setting changed or the machine slept: check again. */
  check(): void
  close(): void
}

export function createAutoLock(deps: {
  clock: Clock
  /** 0 minutes: never. */
  settings: { get(): { autoLockMinutes: number } }
  /** Epoch milliseconds; read only when the time is up, so that calls of apps cost nothing. */
  lastAppUseAt: () => number
  lock: () => void
}): AutoLock {
  const { clock } = deps
  let usedAt = clock.now()
  let countedAppUseAt = 0
  let cancel: () => void = () => undefined
  /** A timer is set, or the setting says never. */
  let isWatched = false

  const check = (): void => {
    cancel()
    cancel = () => undefined
    isWatched = true
    const minutes = deps.settings.get().autoLockMinutes
    if (minutes === 0) return
    const now = clock.now()
    const appUseAt = deps.lastAppUseAt()
    if (appUseAt !== countedAppUseAt) usedAt = Math.max(usedAt, appUseAt)
    countedAppUseAt = appUseAt
    // After the clock was set back, a use may seem to be in the future; that counts once, as now.
    usedAt = Math.min(now, usedAt)
    const leftMs = usedAt + minutes * 60_000 - now
    if (leftMs > 0) cancel = clock.after(leftMs, check)
    else {
      isWatched = false
      deps.lock()
    }
  }

  return {
    touched() {
      usedAt = clock.now()
      // A timer that is set looks at it when it ends.
      if (!isWatched) check()
    },
    check,
    close: () => cancel(),
  }
}
