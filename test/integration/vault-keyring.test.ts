import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createRecordStore } from '../../electron/core/storage/records.ts'
import { createPassphraseKeyWrappers } from '../../electron/core/vault/passphrase-wrapper.ts'
import { createVault } from '../../electron/core/vault/vault.ts'
import { createKeyringChild } from '../../electron/headless/keyring-child.ts'
import { createKeyringKeyWrapper, KEYRING_SERVICE } from '../../electron/headless/keyring-key-wrapper.ts'
import { Secret } from '../../shared/contract/secret.ts'
import { createFakeClock, realClock } from '../support/fake-clock.ts'
import {
  environmentWithoutBus,
  missingKeyringPrograms,
  startEmptyBus,
  startKeyringSession,
  startSilentBus,
} from '../support/keyring-session.ts'
import { createMemoryLogger } from '../support/memory-ports.ts'
import { tempFolder } from '../support/temp-folder.ts'

const missing = process.platform === 'linux' ? missingKeyringPrograms() : ['Linux']
if (missing.length > 0)
  process.stderr.write(
    `\nNOT RUN: the tests on a real keyring need ${missing.join(' and ')} (Debian: apt install dbus gnome-keyring).\n\n`,
  )
const withKeyring = missing.length === 0
const withBus = process.platform === 'linux' && !missing.includes('dbus-daemon')

const protectorIn = (environment: NodeJS.ProcessEnv, clock = realClock) => {
  const run = createKeyringChild({ service: KEYRING_SERVICE, clock, environment })
  return { run, protector: createKeyringKeyWrapper({ run }) }
}

describe.skipIf(!withKeyring)('the OS keychain, on a real gnome-keyring', () => {
  it('is usable, gives the key back, and keeps nothing of the data key itself', async () => {
    const session = await startKeyringSession(tempFolder(), 'unlocked')
    onTestFinished(session.close)
    const { run, protector } = protectorIn(session.environment)
    expect(await protector.probe()).toEqual({ usable: true })

    const dataKey = randomBytes(32)
    const wrapped = JSON.parse(JSON.stringify(await protector.wrap(dataKey))) as { account: string }
    expect(Buffer.from(await protector.unwrap(wrapped))).toEqual(dataKey)
    const [entry] = await run([{ op: 'get', account: wrapped.account }])
    expect(entry).toEqual(expect.any(String))
    expect(entry).not.toBe(dataKey.toString('base64url'))

    await protector.forget?.(wrapped)
    await protector.forget?.(wrapped)
    await expect(protector.unwrap(wrapped)).rejects.toMatchObject({ code: 'keychain_unavailable' })
  })

  it('gives every vault an entry of its own, so two data folders cannot overwrite each other', async () => {
    const session = await startKeyringSession(tempFolder(), 'unlocked')
    onTestFinished(session.close)
    const { protector } = protectorIn(session.environment)
    const keys = [randomBytes(32), randomBytes(32)]
    const wrapped = [await protector.wrap(keys[0]!), await protector.wrap(keys[1]!)]
    for (const [at, key] of keys.entries())
      expect(Buffer.from(await protector.unwrap(wrapped[at]))).toEqual(key)
  })

  it('notices an entry that somebody changed', async () => {
    const session = await startKeyringSession(tempFolder(), 'unlocked')
    onTestFinished(session.close)
    const { run, protector } = protectorIn(session.environment)
    const wrapped = (await protector.wrap(randomBytes(32))) as { account: string }
    await run([{ op: 'set', account: wrapped.account, value: randomBytes(32).toString('base64url') }])
    await expect(protector.unwrap(wrapped)).rejects.toMatchObject({ details: { reason: 'changed' } })
  })

  it('keeps the vault locked, not renewed, while the keyring is locked, and opens it when that is unlocked', async () => {
    const folder = tempFolder()
    const vaultIn = (environment: NodeJS.ProcessEnv) =>
      createVault({
        store: createRecordStore({
          folder: join(folder, 'vault'),
          clock: realClock,
          logger: createMemoryLogger(),
          onCorruptFile: () => undefined,
        }),
        keyWrappers: [protectorIn(environment).protector],
        passphrase: createPassphraseKeyWrappers(),
        clock: realClock,
        logger: createMemoryLogger(),
      })
    const first = await startKeyringSession(folder, 'unlocked')
    const made = vaultIn(first.environment)
    await made.start()
    await made.initialize('os-keychain')
    const sealed = made.seal(new Secret('kept'), 'a')
    await first.close()

    const second = await startKeyringSession(folder, 'locked')
    const locked = vaultIn(second.environment)
    expect(await locked.start()).toMatchObject({ kind: 'locked', code: 'keychain_unavailable' })
    await expect(locked.initialize('os-keychain')).rejects.toMatchObject({ code: 'vault_exists' })
    expect(await locked.probe()).toMatchObject([{ usable: false }, { kind: 'passphrase' }])
    await second.close()

    const third = await startKeyringSession(folder, 'unlocked')
    onTestFinished(third.close)
    const opened = vaultIn(third.environment)
    expect(await opened.start()).toMatchObject({ kind: 'unlocked' })
    expect(opened.open(sealed, 'a').reveal()).toBe('kept')
  })
})

describe.skipIf(process.platform !== 'linux')('without a usable keychain', () => {
  it('says unusable and why when there is no D-Bus, and the program goes on', async () => {
    const { protector } = protectorIn(environmentWithoutBus(tempFolder()))
    expect(await protector.probe()).toMatchObject({
      usable: false,
      reason: expect.stringContaining('DBus') as string,
    })
    await expect(protector.wrap(randomBytes(32))).rejects.toMatchObject({ code: 'keychain_unavailable' })
  })

  it.skipIf(!withBus)(
    'says unusable when the bus has no Secret Service, and never takes the kernel keyring instead',
    async () => {
      const session = await startEmptyBus(tempFolder())
      onTestFinished(session.close)
      const { protector } = protectorIn(session.environment)
      expect(await protector.probe()).toMatchObject({ usable: false })
      await expect(protector.wrap(randomBytes(32))).rejects.toMatchObject({ code: 'keychain_unavailable' })
    },
  )

  it('gives up a bus that never answers, while everything else goes on', async () => {
    const bus = await startSilentBus()
    onTestFinished(bus.close)
    const clock = createFakeClock()
    const { protector } = protectorIn(bus.environment, clock)
    const unwrapping = protector.unwrap({
      version: 1,
      account: `vault-${'0'.repeat(32)}`,
      sealed: `kw1.${'A'.repeat(16)}.${'A'.repeat(86)}`,
    })
    await expect.poll(() => clock.waiting).toBe(1)
    clock.advance(9_000)
    await expect(unwrapping).rejects.toMatchObject({ code: 'keychain_timeout' })
  })
})
