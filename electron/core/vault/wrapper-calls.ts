// Calls key wrappers with a time limit where they depend on other software: a keychain that hangs behind a
// prompt or a dead bus must not block the vault.
import { KeywayError } from '../../../shared/contract/errors.ts'
import type { Secret } from '../../../shared/contract/secret.ts'
import type { KeyWrapperView } from '../../../shared/contract/ui-api.ts'
import { withTimeout } from '../async.ts'
import type { Clock, Logger, PassphraseKeyWrapperFactory, KeyWrapper, KeyWrapperKind } from '../ports.ts'
import { isDataKey, type KeyCheck, type Wrap } from './vault-file.ts'

const KEY_WRAPPER_TIMEOUT_MS = 10_000

export type KeyWrapperCallsDeps = {
  /** Key wrappers without a passphrase, in the order in which they are tried. */
  keyWrappers: readonly KeyWrapper[]
  passphrase: PassphraseKeyWrapperFactory
  clock: Clock
  logger: Logger
}

export type KeyWrapperCalls = {
  /** The key wrappers of this host, probed now. */
  probeAll(): Promise<KeyWrapperView[]>
  /** The same list without access to a keychain. */
  listed(): KeyWrapperView[]
  /** @throws KeywayError `keychain_unavailable` | `passphrase_required` if this host cannot create it. */
  keyWrapperFor(kind: KeyWrapperKind, passphrase: Secret | undefined): KeyWrapper
  /** Encrypts and decrypts again: a wrap is accepted only if it returns the right key. */
  wrapVerified(keyWrapper: KeyWrapper, dataKey: Uint8Array, check: KeyCheck): Promise<Wrap>
  /** The data key, verified to belong to this vault. */
  unwrap(keyWrapper: KeyWrapper, wrap: Wrap, check: KeyCheck): Promise<Uint8Array>
  /** Removes what a wrap stored in a keychain. Never fails: a wrapping key without its wrap is useless. */
  forget(wrap: Pick<Wrap, 'kind' | 'wrapped'>): Promise<void>
}

export function createKeyWrapperCalls(deps: KeyWrapperCallsDeps): KeyWrapperCalls {
  const { keyWrappers, clock, logger } = deps
  const bounded: Bounded = (keyWrapper, call) =>
    // A passphrase is processed in this process; on a slow machine that takes long, so it has no limit.
    keyWrapper.kind === 'passphrase'
      ? startSafely(call)
      : withTimeout(clock, KEY_WRAPPER_TIMEOUT_MS, startSafely(call), () => timedOut(keyWrapper))
  const find = (kind: KeyWrapperKind): KeyWrapper | undefined => keyWrappers.find((one) => one.kind === kind)

  return {
    probeAll: async () => [
      ...(await Promise.all(keyWrappers.map((one) => probeOne(one, bounded)))),
      passphraseView,
    ],
    listed: () => [...keyWrappers.map(uncheckedView), passphraseView],
    keyWrapperFor(kind, passphrase) {
      if (kind === 'passphrase') {
        if (passphrase === undefined) throw new KeywayError('passphrase_required')
        return deps.passphrase(passphrase)
      }
      const keyWrapper = find(kind)
      if (keyWrapper === undefined) throw notHere(kind)
      return keyWrapper
    },
    async wrapVerified(keyWrapper, dataKey, check) {
      const wrapped = await bounded(keyWrapper, () => keyWrapper.wrap(dataKey))
      // Through JSON, as it will be read from disk.
      const stored: unknown = JSON.parse(JSON.stringify(wrapped))
      const back = await bounded(keyWrapper, () => keyWrapper.unwrap(stored))
      if (!isDataKey(back, check)) throw wrongKey(keyWrapper)
      back.fill(0)
      return { kind: keyWrapper.kind, wrapped, createdAt: clock.now() }
    },
    async unwrap(keyWrapper, wrap, check) {
      const key = await bounded(keyWrapper, () => keyWrapper.unwrap(wrap.wrapped))
      if (isDataKey(key, check)) return key
      throw wrongKey(keyWrapper)
    },
    async forget({ kind, wrapped }) {
      const keyWrapper = find(kind)
      if (keyWrapper?.forget === undefined) return
      try {
        await bounded(keyWrapper, async () => keyWrapper.forget?.(wrapped))
      } catch (error) {
        logger.warn('An entry that is no longer needed stayed in the keychain', { keyWrapper: kind, error })
      }
    },
  }
}

type Bounded = <Result>(keyWrapper: KeyWrapper, call: () => Promise<Result>) => Promise<Result>

// A key wrapper that throws is treated like one that rejects.
async function startSafely<Result>(call: () => Promise<Result>): Promise<Result> {
  return call()
}

const passphraseView: KeyWrapperView = { kind: 'passphrase', label: 'Passphrase', usable: true, reason: null }

const uncheckedView = (keyWrapper: KeyWrapper): KeyWrapperView => ({
  kind: keyWrapper.kind,
  label: keyWrapper.describe(),
  usable: true,
  reason: 'Checked when it is chosen.',
})

async function probeOne(keyWrapper: KeyWrapper, bounded: Bounded): Promise<KeyWrapperView> {
  const named = { kind: keyWrapper.kind, label: keyWrapper.describe() }
  try {
    const found = await bounded(keyWrapper, () => keyWrapper.probe())
    return found.usable
      ? { ...named, usable: true, reason: null }
      : { ...named, usable: false, reason: found.reason }
  } catch (error) {
    return { ...named, usable: false, reason: error instanceof Error ? error.message : 'It failed.' }
  }
}

const timedOut = (keyWrapper: KeyWrapper): KeywayError =>
  new KeywayError('keychain_timeout', { details: { keyWrapper: keyWrapper.kind } })

const notHere = (kind: KeyWrapperKind): KeywayError =>
  new KeywayError('keychain_unavailable', {
    message: 'This vault is protected by something that this way of running Keyway cannot reach.',
    nextStep:
      'Start Keyway the way the vault was made (desktop, or in the browser), and move the key to a passphrase there, under Settings, Vault.',
    details: { keyWrapper: kind },
  })

const wrongKey = (keyWrapper: KeyWrapper): KeywayError =>
  new KeywayError('data_damaged', {
    message: `${keyWrapper.describe()} gave back a key that is not this vault's.`,
    nextStep: 'Nothing was written with it. Unlock another way, or put the right vault file back.',
    details: { keyWrapper: keyWrapper.kind },
  })
