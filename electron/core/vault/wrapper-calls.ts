// Calls to protectors, bounded where they ask somebody else: a keychain that hangs behind a prompt or a dead
// bus must not hang the vault.
import { KeywayError } from '../../../shared/contract/errors.ts'
import type { Secret } from '../../../shared/contract/secret.ts'
import type { KeyWrapperView } from '../../../shared/contract/ui-api.ts'
import { withTimeout } from '../async.ts'
import type { Clock, Logger, PassphraseProtectorFactory, Protector, ProtectorKind } from '../ports.ts'
import { isDataKey, type KeyCheck, type Wrap } from './vault-file.ts'

const PROTECTOR_TIMEOUT_MS = 10_000

export type ProtectorCallsDeps = {
  /** Those that need no passphrase, in the order in which they are tried. */
  protectors: readonly Protector[]
  passphrase: PassphraseProtectorFactory
  clock: Clock
  logger: Logger
}

export type ProtectorCalls = {
  /** What this host offers, probed now. */
  probeAll(): Promise<KeyWrapperView[]>
  /** The same list without touching a keychain, for when none needs choosing. */
  listed(): KeyWrapperView[]
  /** @throws KeywayError `keychain_unavailable` | `passphrase_required` when this host cannot make it. */
  protectorFor(kind: ProtectorKind, passphrase: Secret | undefined): Protector
  /** Wraps, and unwraps once more: a wrap counts only when the right key came back out of it. */
  wrapVerified(protector: Protector, dataKey: Uint8Array, check: KeyCheck): Promise<Wrap>
  /** The data key, checked to be this vault's. */
  unwrap(protector: Protector, wrap: Wrap, check: KeyCheck): Promise<Uint8Array>
  /** Removes what a wrap left in a keychain. Never fails: a wrapping key without its wrap opens nothing. */
  forget(wrap: Pick<Wrap, 'kind' | 'wrapped'>): Promise<void>
}

export function createProtectorCalls(deps: ProtectorCallsDeps): ProtectorCalls {
  const { protectors, clock, logger } = deps
  const bounded: Bounded = (protector, call) =>
    // A passphrase is worked on right here; on a slow machine that takes as long as it takes.
    protector.kind === 'passphrase'
      ? startSafely(call)
      : withTimeout(clock, PROTECTOR_TIMEOUT_MS, startSafely(call), () => timedOut(protector))
  const find = (kind: ProtectorKind): Protector | undefined => protectors.find((one) => one.kind === kind)

  return {
    probeAll: async () => [
      ...(await Promise.all(protectors.map((one) => probeOne(one, bounded)))),
      passphraseView,
    ],
    listed: () => [...protectors.map(uncheckedView), passphraseView],
    protectorFor(kind, passphrase) {
      if (kind === 'passphrase') {
        if (passphrase === undefined) throw new KeywayError('passphrase_required')
        return deps.passphrase(passphrase)
      }
      const protector = find(kind)
      if (protector === undefined) throw notHere(kind)
      return protector
    },
    async wrapVerified(protector, dataKey, check) {
      const wrapped = await bounded(protector, () => protector.wrap(dataKey))
      // Through JSON, as it will come back from disk.
      const stored: unknown = JSON.parse(JSON.stringify(wrapped))
      const back = await bounded(protector, () => protector.unwrap(stored))
      if (!isDataKey(back, check)) throw wrongKey(protector)
      back.fill(0)
      return { kind: protector.kind, wrapped, createdAt: clock.now() }
    },
    async unwrap(protector, wrap, check) {
      const key = await bounded(protector, () => protector.unwrap(wrap.wrapped))
      if (isDataKey(key, check)) return key
      throw wrongKey(protector)
    },
    async forget({ kind, wrapped }) {
      const protector = find(kind)
      if (protector?.forget === undefined) return
      try {
        await bounded(protector, async () => protector.forget?.(wrapped))
      } catch (error) {
        logger.warn('An entry that is no longer needed stayed in the keychain', { protector: kind, error })
      }
    },
  }
}

type Bounded = <Result>(protector: Protector, call: () => Promise<Result>) => Promise<Result>

// A protector that throws instead of rejecting is treated alike.
async function startSafely<Result>(call: () => Promise<Result>): Promise<Result> {
  return call()
}

const passphraseView: KeyWrapperView = { kind: 'passphrase', label: 'Passphrase', usable: true, reason: null }

const uncheckedView = (protector: Protector): KeyWrapperView => ({
  kind: protector.kind,
  label: protector.describe(),
  usable: true,
  reason: 'Checked when it is chosen.',
})

async function probeOne(protector: Protector, bounded: Bounded): Promise<KeyWrapperView> {
  const named = { kind: protector.kind, label: protector.describe() }
  try {
    const found = await bounded(protector, () => protector.probe())
    return found.usable
      ? { ...named, usable: true, reason: null }
      : { ...named, usable: false, reason: found.reason }
  } catch (error) {
    return { ...named, usable: false, reason: error instanceof Error ? error.message : 'It failed.' }
  }
}

const timedOut = (protector: Protector): KeywayError =>
  new KeywayError('keychain_timeout', { details: { protector: protector.kind } })

const notHere = (kind: ProtectorKind): KeywayError =>
  new KeywayError('keychain_unavailable', {
    message: 'This vault is protected by something that this way of running Keyway cannot reach.',
    nextStep:
      'Start Keyway the way the vault was made (desktop, or in the browser), and move the key to a passphrase there, under Settings, Vault.',
    details: { protector: kind },
  })

const wrongKey = (protector: Protector): KeywayError =>
  new KeywayError('data_damaged', {
    message: `${protector.describe()} gave back a key that is not this vault's.`,
    nextStep: 'Nothing was written with it. Unlock another way, or put the right vault file back.',
    details: { protector: protector.kind },
  })
