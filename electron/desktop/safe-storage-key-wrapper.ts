// Wraps the data key with Electron's safeStorage: Keychain, DPAPI, or the Secret Service / KWallet. On Linux
// safeStorage falls back to a fixed key ("basic_text") when it finds no keychain. That protects nothing, so
// it counts as not usable.
import type { SafeStorage } from 'electron'
import { z } from 'zod'
import { KeywayError } from '../../shared/contract/errors.ts'
import type { KeyWrapper } from '../core/ports.ts'

const wrapped = z.strictObject({ ciphertext: z.base64() })

const backendNames: Record<string, string> = {
  gnome_libsecret: 'Secret Service (libsecret)',
  kwallet: 'KWallet',
  kwallet5: 'KWallet 5',
  kwallet6: 'KWallet 6',
}

type Deps = { safeStorage: SafeStorage; platform: NodeJS.Platform }

export function createSafeStorageKeyWrapper({ safeStorage, platform }: Deps): KeyWrapper {
  const probe = () => probeSafeStorage({ safeStorage, platform })
  return {
    kind: 'safe-storage',
    describe: () => describe({ safeStorage, platform }),
    probe,
    async wrap(dataKey) {
      await assertUsable(probe)
      const ciphertext = await safeStorage.encryptStringAsync(Buffer.from(dataKey).toString('base64'))
      return { ciphertext: ciphertext.toString('base64') }
    },
    async unwrap(value) {
      const parsed = wrapped.safeParse(value)
      if (!parsed.success) throw new KeywayError('data_damaged', { cause: parsed.error })
      await assertUsable(probe)
      return decrypt(safeStorage, Buffer.from(parsed.data.ciphertext, 'base64'))
    },
  }
}

async function decrypt(safeStorage: SafeStorage, ciphertext: Buffer): Promise<Uint8Array> {
  try {
    const { result } = await safeStorage.decryptStringAsync(ciphertext)
    const dataKey = Buffer.from(result, 'base64')
    if (dataKey.length !== 32) throw new KeywayError('data_damaged')
    return dataKey
  } catch (error) {
    if (error instanceof KeywayError) throw error
    throw new KeywayError('keychain_unavailable', {
      message: 'The operating system keychain did not give back the key of this vault.',
      nextStep: 'Unlock the keychain of this user account, then try again; nothing is lost.',
      cause: error,
    })
  }
}

async function probeSafeStorage({
  safeStorage,
  platform,
}: Deps): Promise<{ usable: true } | { usable: false; reason: string }> {
  if (!(await safeStorage.isAsyncEncryptionAvailable())) {
    return { usable: false, reason: 'The operating system offers no keychain to this program right now.' }
  }
  if (platform !== 'linux') return { usable: true }
  const backend = safeStorage.getSelectedStorageBackend()
  if (backend in backendNames) return { usable: true }
  return {
    usable: false,
    reason: 'No keychain service was found; the system would store the key unprotected ("basic_text").',
  }
}

async function assertUsable(probe: KeyWrapper['probe']): Promise<void> {
  const found = await probe()
  if (!found.usable) throw new KeywayError('keychain_unavailable', { message: found.reason })
}

function describe({ safeStorage, platform }: Deps): string {
  if (platform === 'darwin') return 'macOS Keychain'
  if (platform === 'win32') return 'Windows Data Protection (DPAPI)'
  const backend = safeStorage.getSelectedStorageBackend()
  return backendNames[backend] ?? 'No keychain service'
}
