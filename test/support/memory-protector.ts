import { randomBytes } from 'node:crypto'
import type { KeyWrapper, KeyWrapperKind } from '../../electron/core/ports.ts'
import { KeywayError } from '../../shared/contract/errors.ts'
import { openBytes, sealBytes } from '../../electron/core/vault/key-holder.ts'

export type MemoryProtector = KeyWrapper & {
  /** `locked` behaves as a locked keyring does, `hangs` as one behind a prompt that nobody answers. */
  mood: 'fine' | 'locked' | 'hangs' | 'gives another key'
  readonly entries: Map<string, Buffer>
  /** Calls that reached it. */
  readonly calls: string[]
}

/** A keychain in memory. */
export function createMemoryProtector(kind: KeyWrapperKind = 'os-keychain'): MemoryProtector {
  const entries = new Map<string, Buffer>()
  const calls: string[] = []
  const act = async (call: string): Promise<void> => {
    calls.push(call)
    if (protector.mood === 'hangs') await new Promise(() => undefined)
    if (protector.mood === 'locked') throw new KeywayError('keychain_unavailable')
  }
  const protector: MemoryProtector = {
    kind,
    mood: 'fine',
    entries,
    calls,
    describe: () => 'Keychain in memory',
    async probe() {
      if (protector.mood === 'locked') return { usable: false, reason: 'locked' }
      await act('probe')
      return { usable: true }
    },
    async wrap(dataKey) {
      await act('wrap')
      const account = randomBytes(8).toString('hex')
      const key = randomBytes(32)
      entries.set(account, key)
      return { account, sealed: sealBytes(key, dataKey, account) }
    },
    async unwrap(wrapped) {
      await act('unwrap')
      if (protector.mood === 'gives another key') return randomBytes(32)
      const { account, sealed } = wrapped as { account: string; sealed: string }
      const opened = openBytes(entries.get(account) ?? randomBytes(32), sealed, account)
      if (opened === null) throw new KeywayError('keychain_unavailable')
      return opened
    },
    async forget(wrapped) {
      await act('forget')
      entries.delete((wrapped as { account: string }).account)
    },
  }
  return protector
}
