import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createPassphraseKeyWrappers } from '../../../../electron/core/vault/passphrase-wrapper.ts'
import { Secret } from '../../../../shared/contract/secret.ts'

const passphrase = new Secret('correct horse battery')

describe('the passphrase key wrapper', () => {
  it('stores how the key was made, and never the passphrase or the key', async () => {
    const dataKey = randomBytes(32)
    const protector = createPassphraseKeyWrappers()(passphrase)
    const wrapped = JSON.parse(JSON.stringify(await protector.wrap(dataKey))) as Record<string, unknown>
    expect(wrapped).toMatchObject({ kdf: 'scrypt', cost: { N: 131_072, r: 8, p: 1 } })
    expect(JSON.stringify(wrapped)).not.toContain(passphrase.reveal())
    expect(JSON.stringify(wrapped)).not.toContain(dataKey.toString('base64url'))
    expect(Buffer.from(await protector.unwrap(wrapped))).toEqual(dataKey)
  })

  it('lets the event loop run while it derives the key', async () => {
    let turns = 0
    let deriving = true
    const count = (): void => {
      turns += 1
      if (deriving) setTimeout(count, 1)
    }
    count()
    await createPassphraseKeyWrappers()(passphrase).wrap(randomBytes(32))
    deriving = false
    expect(turns).toBeGreaterThan(10)
  })

  it.each([
    ['cost', { N: 2 ** 30, r: 8, p: 1 }],
    ['cost', { N: 1000, r: 8, p: 1 }],
    ['cost', { N: 2 ** 17, r: 1000, p: 1 }],
    ['cost', { N: 2 ** 20, r: 16, p: 4 }],
    ['salt', ''],
    ['kdf', 'md5'],
    ['sealed', 'junk'],
  ])('refuses a stored %s of %j instead of computing with it', async (field, value) => {
    const protector = createPassphraseKeyWrappers({ cost: { N: 1024, r: 8, p: 1 } })(passphrase)
    const wrapped = { ...(await protector.wrap(randomBytes(32))), [field]: value }
    await expect(protector.unwrap(wrapped)).rejects.toMatchObject({ code: 'data_damaged' })
  })
})
