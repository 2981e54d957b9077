import { randomBytes } from 'node:crypto'
import type { SafeStorage } from 'electron'
import { describe, expect, test } from 'vitest'
import { createSafeStorageKeyWrapper } from '../../../electron/desktop/safe-storage-key-wrapper.ts'

/** A keychain in memory: reversible, and visibly not the plain text. */
function keychain(options: { backend?: string; available?: boolean; broken?: boolean }): SafeStorage {
  const mask = (bytes: Buffer) => Buffer.from(bytes.map((byte) => byte ^ 0x5a))
  const members = {
    isAsyncEncryptionAvailable: () => Promise.resolve(options.available ?? true),
    getSelectedStorageBackend: () => options.backend ?? 'gnome_libsecret',
    encryptStringAsync: (text: string) => Promise.resolve(mask(Buffer.from(text))),
    decryptStringAsync: (bytes: Buffer) =>
      options.broken === true
        ? Promise.reject(new Error('keychain says no'))
        : Promise.resolve({ result: mask(bytes).toString(), shouldReEncrypt: false }),
  }
  return members as unknown as SafeStorage
}

const protector = (options: Parameters<typeof keychain>[0], platform: NodeJS.Platform = 'linux') =>
  createSafeStorageKeyWrapper({ safeStorage: keychain(options), platform })

describe('the safeStorage protector', () => {
  test('gives back the key it wrapped, and the wrapping does not show it', async () => {
    const dataKey = randomBytes(32)
    const wrapped = await protector({}).wrap(dataKey)
    expect(JSON.stringify(wrapped)).not.toContain(dataKey.toString('base64'))
    expect(Buffer.from(await protector({}).unwrap(wrapped))).toEqual(dataKey)
  })

  test.each(['basic_text', 'unknown'])('refuses the unprotected backend %s on Linux', async (backend) => {
    expect(await protector({ backend }).probe()).toMatchObject({ usable: false })
    await expect(protector({ backend }).wrap(randomBytes(32))).rejects.toMatchObject({
      code: 'keychain_unavailable',
    })
  })

  test('says so when there is no keychain at all', async () => {
    expect(await protector({ available: false }, 'darwin').probe()).toMatchObject({ usable: false })
  })

  test('never makes a new key when the keychain refuses to give the old one back', async () => {
    const wrapped = await protector({}).wrap(randomBytes(32))
    await expect(protector({ broken: true }).unwrap(wrapped)).rejects.toMatchObject({
      code: 'keychain_unavailable',
    })
    await expect(protector({}).unwrap({ ciphertext: 7 })).rejects.toMatchObject({ code: 'data_damaged' })
  })
})
