// One random data key for all secrets, wrapped by one or more protectors. It refuses to make a new key where
// a vault is, or was: a keychain that is locked, empty or silent means LOCKED, and a vault file that cannot
// be read means LOCKED too.
import { asKeywayError, KeywayError } from '../../../shared/contract/errors.ts'
import type { Secret } from '../../../shared/contract/secret.ts'
import type { KeyWrapperView } from '../../../shared/contract/ui-api.ts'
import { createKeyedMutex } from '../async.ts'
import type { Clock, KeyWrapperKind } from '../ports.ts'
import { createKeyHolder, type Sealed } from './key-holder.ts'
import type { MacPurpose } from './mac.ts'
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
   * Reads the vault's file, and unlocks when a protector can without asking anybody. Never rejects: what is
   * wrong is in the state.
   */
  start(): Promise<VaultState>
  state(): VaultState
  readonly unlocked: boolean
  /** Called after each change, never with a secret. Returns the way to stop. */
  onChange(listener: (state: VaultState) => void): () => void
  /** Probes every protector, for the moment when a person is to choose one. */
  probe(): Promise<readonly KeyWrapperView[]>
  /**
   * @throws KeywayError `vault_exists`, `data_damaged`, a protector's or a disk's failure; nothing is left
   * half made.
   */
  initialize(kind: KeyWrapperKind, passphrase?: Secret): Promise<VaultState>
  /** Tries what can open it. @throws the first failure; the state then says the same. */
  unlock(passphrase?: Secret): Promise<VaultState>
  /**
   * Whether this is the passphrase, in any state. @throws KeywayError `wrong_passphrase`;
   * `passphrase_required` where the vault has none
   */
  verifyPassphrase(passphrase: Secret): Promise<void>
  /**
   * Removes the vault's file, of which the caller has a copy; a new one can be made. @throws KeywayError
   * `invalid_request` unless locked
   */
  quarantine(): Promise<void>
  /** Wipes the key from memory at once. */
  lock(): void
  /**
   * `aad` names what the secret is and whose, e.g. `connection:<id>:refresh-token`; the same is needed to
   * open it.
   * @throws KeywayError `vault_locked`.
   */
  seal(secret: Secret, aad: string): Sealed
  /** @throws KeywayError `vault_locked`; `data_damaged` when it was changed or sealed as something else. */
  open(sealed: string, aad: string): Secret
  /** Twelve hex digits, the same for the same secret in this vault. @throws KeywayError `vault_locked`. */
  fingerprint(secret: Secret): string
  /** Authenticates a text under a key that only an unlocked vault has. @throws KeywayError `vault_locked`. */
  mac(purpose: MacPurpose, text: string): string
  /** Told in the moment before the key is wiped, for what still needs it. Returns the way to stop. */
  onLocking(listener: () => void): () => void
  /** What tells this vault from any other; null while it is locked or there is none. */
  readonly identity: { vaultId: string; format: number } | null
  /** From now on the folder is one that has a manifest; older versions of Keyway refuse it. Twice is fine. */
  markSigned(): Promise<void>
  /**
   * The following need an unlocked vault. Each new wrap is proved by unwrapping before anything else gives
   * way.
   */
  addKeyWrapper(kind: KeyWrapperKind, passphrase?: Secret): Promise<VaultState>
  /** @throws KeywayError `invalid_request` for the last one. */
  removeKeyWrapper(kind: KeyWrapperKind): Promise<VaultState>
  /** @throws KeywayError `wrong_passphrase`, or `invalid_request` with the least length. */
  changePassphrase(change: { current: Secret; next: Secret }): Promise<VaultState>
  /** Puts everything under this one protector and drops the others. */
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

/** The key goes in any case. */
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
          // While a keychain is asked, which may take its time: there is a vault, and nobody is to make
          // another.
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

/** Locks the vault when neither the window nor an app was used for as long as the person set. */
export type AutoLock = {
  /** The person did something. */
  touched(): void
  /** The setting changed, or the machine slept: look again. */
  check(): void
  close(): void
}

export function createAutoLock(deps: {
  clock: Clock
  /** 0: never. */
  minutes: () => number
  /** Epoch ms; looked at when the time is up, so that an app's call costs nothing. */
  lastAppUseAt: () => number
  lock: () => void
}): AutoLock {
  const { clock } = deps
  let touchedAt = clock.now()
  let cancel: () => void = () => undefined

  const check = (): void => {
    cancel()
    cancel = () => undefined
    const minutes = deps.minutes()
    if (minutes === 0) return
    const now = clock.now()
    // A clock that was set back makes a use look as if it were still to come.
    const usedAt = Math.min(now, Math.max(touchedAt, deps.lastAppUseAt()))
    const leftMs = usedAt + minutes * 60_000 - now
    if (leftMs <= 0) deps.lock()
    else cancel = clock.after(leftMs, check)
  }

  return {
    touched() {
      touchedAt = clock.now()
      check()
    },
    check,
    close: () => cancel(),
  }
}
