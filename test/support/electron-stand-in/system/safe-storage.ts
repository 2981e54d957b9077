// safeStorage with a key that stays the same between starts, as a keychain keeps it, and with the moods of
// real keychains.
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import type { SafeStorage } from 'electron'
import { strict } from '../strict.ts'

const backends = ['gnome_libsecret', 'kwallet', 'kwallet5', 'kwallet6', 'basic_text'] as const
type Backend = (typeof backends)[number]

/**
 * A backend's name: it works (`basic_text` with a key that everybody knows). `unavailable`: there is no
 * keychain. `locked`: it says that it is there, and refuses. `hanging`: its question is never answered, until
 * the mood changes. `rotated`: it works and asks for everything to be encrypted again.
 */
export type SafeStorageMood = Backend | 'unavailable' | 'locked' | 'hanging' | 'rotated'

export type SafeStorageParts = {
  readonly safeStorage: SafeStorage
  setMood(mood: string): void
}

export type SafeStorageDeps = {
  readonly mood: string
  /** Whose keychain it is: another name cannot decrypt what this one encrypted. */
  readonly keychainName: string
  readonly isReady: () => boolean
}

const moods: readonly string[] = [...backends, 'unavailable', 'locked', 'hanging', 'rotated']
const prefix = Buffer.from('v11')
const ivBytes = 12
const tagBytes = 16

function parseMood(text: string): SafeStorageMood {
  if (moods.includes(text)) return text as SafeStorageMood
  throw new Error(`safeStorage cannot be ${text}; it can be ${moods.join(', ')}.`)
}

function createCipher(keychainName: string) {
  const key = createHash('sha256').update(`keychain of ${keychainName}`).digest()
  return {
    encrypt: (text: string): Buffer => {
      const iv = randomBytes(ivBytes)
      const cipher = createCipheriv('aes-256-gcm', key, iv)
      const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
      return Buffer.concat([prefix, iv, cipher.getAuthTag(), sealed])
    },
    decrypt: (data: Buffer): string => {
      const iv = data.subarray(prefix.length, prefix.length + ivBytes)
      const tag = data.subarray(prefix.length + ivBytes, prefix.length + ivBytes + tagBytes)
      try {
        const decipher = createDecipheriv('aes-256-gcm', key, iv).setAuthTag(tag)
        const sealed = data.subarray(prefix.length + ivBytes + tagBytes)
        return Buffer.concat([decipher.update(sealed), decipher.final()]).toString('utf8')
      } catch (cause) {
        throw new Error('Error while decrypting the ciphertext provided to safeStorage.', { cause })
      }
    },
  }
}

export function createSafeStorage(deps: SafeStorageDeps): SafeStorageParts {
  let mood = parseMood(deps.mood)
  let allowsPlainText = false
  let moodChanged = Promise.withResolvers<void>()
  const cipher = createCipher(deps.keychainName)

  const assertUsable = (): void => {
    if (!deps.isReady()) throw new Error('safeStorage cannot be used before app is ready')
    if (mood === 'unavailable' || mood === 'locked') throw new Error('Encryption is not available.')
  }
  const isSyncAvailable = (): boolean => {
    if (!deps.isReady() || mood === 'unavailable' || mood === 'locked' || mood === 'hanging') return false
    return mood !== 'basic_text' || allowsPlainText
  }
  const assertSync = (): void => {
    if (!isSyncAvailable()) throw new Error('Encryption is not available.')
  }
  /** Waits as long as the keychain hangs. */
  const settleMood = async (): Promise<void> => {
    if (mood !== 'hanging') return
    await moodChanged.promise
    await settleMood()
  }

  // Deprecated in Electron 45, and still there.
  const oldMembers = {
    isEncryptionAvailable: isSyncAvailable,
    encryptString: (text: string) => {
      assertSync()
      return cipher.encrypt(text)
    },
    decryptString: (data: Buffer) => {
      assertSync()
      return cipher.decrypt(data)
    },
  }
  const members = {
    // basic_text counts as available here, which is why an app has to look at the backend's name.
    isAsyncEncryptionAvailable: async () => {
      await settleMood()
      return deps.isReady() && mood !== 'unavailable'
    },
    encryptStringAsync: async (text: string) => {
      await settleMood()
      assertUsable()
      return cipher.encrypt(text)
    },
    decryptStringAsync: async (data: Buffer) => {
      await settleMood()
      assertUsable()
      return { result: cipher.decrypt(data), shouldReEncrypt: mood === 'rotated' }
    },
    setUsePlainTextEncryption: (usePlainText: boolean) => {
      allowsPlainText = usePlainText
    },
    ...(process.platform === 'linux' && {
      getSelectedStorageBackend: () => {
        if (!deps.isReady()) return 'unknown'
        return backends.find((backend) => backend === mood) ?? 'gnome_libsecret'
      },
    }),
  } satisfies Partial<SafeStorage>

  return {
    safeStorage: strict('safeStorage', { ...oldMembers, ...members }) as SafeStorage,
    setMood: (text) => {
      mood = parseMood(text)
      moodChanged.resolve()
      moodChanged = Promise.withResolvers()
    },
  }
}
