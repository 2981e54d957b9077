// Wraps the data key with the OS keychain: macOS Keychain, Windows Credential Manager, Secret Service on
// Linux. The keychain holds a random wrapping key, not the data key. So an exported or synced keychain opens
// nothing without the vault's file, a changed entry is detected by the authentication tag, and removing this
// key wrapper is effective.
import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { KeywayError } from '../../shared/contract/errors.ts'
import type { KeyWrapper } from '../core/ports.ts'
import { KEY_BYTES, openBytes, sealBytes, sealed } from '../core/vault/key-holder.ts'
import type { RunKeyring } from './keyring-child.ts'

/** The name of the entries in the keychain, for a person who looks there. */
export const KEYRING_SERVICE = 'Keyway'

// Each wrap has its own entry, with a random name that only this vault's file contains. Two data folders, or
// two versions of one, can neither share nor overwrite an entry.
const wrappedByKeyring = z.object({
  version: z.literal(1),
  account: z.string().regex(/^vault-[0-9a-f]{32}$/),
  sealed,
})

const counterOf = (account: string): string => `${account}-counter`

/** An entry that is not a number counts as absent: the folder is then compared only with itself. */
function countIn(stored: unknown): number | null {
  return typeof stored === 'string' && /^[0-9]{1,15}$/.test(stored) ? Number(stored) : null
}

const aadFor = (account: string): string => `keyway wrap os-keychain v1 ${account}`

export function createKeyringKeyWrapper(deps: { run: RunKeyring; platform?: NodeJS.Platform }): KeyWrapper {
  const { run, platform = process.platform } = deps
  // The entry that was wrapped or unwrapped last.
  let kept: { account: string; seen: number | null } | null = null
  return {
    counter: {
      isKept: () => kept !== null,
      seen: () => kept?.seen ?? null,
      async store(value) {
        if (kept !== null) await run([{ op: 'set', account: counterOf(kept.account), value: String(value) }])
      },
    },
    kind: 'os-keychain',
    describe: () => keychainNames[platform] ?? 'Secret Service (GNOME Keyring, KWallet or another)',
    probe: () => roundTrip(run),
    async wrap(dataKey) {
      const account = `vault-${randomBytes(16).toString('hex')}`
      const wrappingKey = randomBytes(KEY_BYTES)
      await run([{ op: 'set', account, value: wrappingKey.toString('base64url') }])
      const box = sealBytes(wrappingKey, dataKey, aadFor(account))
      wrappingKey.fill(0)
      kept = { account, seen: null }
      return { version: 1, account, sealed: box }
    },
    async unwrap(wrapped) {
      const { account, sealed: box } = parseWrapped(wrapped)
      const [stored, counted] = await run([
        { op: 'get', account },
        { op: 'get', account: counterOf(account) },
      ])
      // A locked keyring also reports "no entry". The key exists nowhere else, so this is never a reason to
      // create a new one.
      if (typeof stored !== 'string') throw lockedOrGone()
      const wrappingKey = Buffer.from(stored, 'base64url')
      const dataKey = wrappingKey.length === KEY_BYTES ? openBytes(wrappingKey, box, aadFor(account)) : null
      wrappingKey.fill(0)
      if (dataKey === null) throw changed()
      kept = { account, seen: countIn(counted) }
      return dataKey
    },
    async forget(wrapped) {
      const { account } = parseWrapped(wrapped)
      await run([
        { op: 'delete', account },
        { op: 'delete', account: counterOf(account) },
      ])
      if (kept?.account === account) kept = null
    },
  }
}

async function roundTrip(run: RunKeyring): ReturnType<KeyWrapper['probe']> {
  // Only a round trip shows it: a Secret Service without a collection, or with a locked one, reports "no
  // entry" for every read.
  const account = `probe-${randomBytes(8).toString('hex')}`
  const value = randomBytes(16).toString('base64url')
  try {
    const [, read] = await run([
      { op: 'set', account, value },
      { op: 'get', account },
      { op: 'delete', account },
    ])
    return read === value
      ? { usable: true }
      : { usable: false, reason: 'It does not give back what it was given.' }
  } catch (error) {
    return { usable: false, reason: error instanceof Error ? error.message : 'It failed.' }
  }
}

const keychainNames: Partial<Record<NodeJS.Platform, string>> = {
  darwin: 'macOS Keychain',
  win32: 'Windows Credential Manager',
}

function parseWrapped(wrapped: unknown): z.output<typeof wrappedByKeyring> {
  const parsed = wrappedByKeyring.safeParse(wrapped)
  if (parsed.success) return parsed.data
  throw new KeywayError('data_damaged', { cause: parsed.error })
}

const lockedOrGone = (): KeywayError =>
  new KeywayError('keychain_unavailable', {
    message: "The keychain is locked, or no longer holds Keyway's key.",
    nextStep: 'Unlock the keychain and try again. Nothing was changed or lost.',
    details: { reason: 'locked or missing' },
  })

const changed = (): KeywayError =>
  new KeywayError('keychain_unavailable', {
    message: "The keychain's entry for Keyway was changed by something else.",
    nextStep: 'Restore the entry, or unlock with the passphrase if the vault has one. Nothing was changed.',
    details: { reason: 'changed' },
  })
