import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { KeyWrapper, RecordStore } from '../../../../electron/core/ports.ts'
import { createRecordStore } from '../../../../electron/core/storage/records.ts'
import { createPassphraseKeyWrappers } from '../../../../electron/core/vault/passphrase-wrapper.ts'
import type { VaultState } from '../../../../electron/core/vault/status.ts'
import { createVault } from '../../../../electron/core/vault/vault.ts'
import { KeywayError } from '../../../../shared/contract/errors.ts'
import { Secret } from '../../../../shared/contract/secret.ts'
import { createFakeClock } from '../../../support/fake-clock.ts'
import { createMemoryLogger, createMemoryRecordStore } from '../../../support/memory-ports.ts'
import { createMemoryProtector } from '../../../support/memory-protector.ts'
import { tempFolder } from '../../../support/temp-folder.ts'

const passphrases = createPassphraseKeyWrappers({ cost: { N: 2 ** 10, r: 8, p: 1 } })
const right = new Secret('correct horse')
const other = new Secret('battery staple')

function openVault(store: RecordStore = createMemoryRecordStore(), keyWrappers: KeyWrapper[] = []) {
  const clock = createFakeClock()
  const logger = createMemoryLogger()
  const vault = createVault({ store, keyWrappers, passphrase: passphrases, clock, logger })
  return { vault, clock, store, logger }
}
const token = new Secret('refresh-token-of-nobody')

describe('a new vault', () => {
  it('says what could protect it, and holds no secret before it is made', async () => {
    const keychain = createMemoryProtector()
    keychain.mood = 'locked'
    const { vault } = openVault(createMemoryRecordStore(), [keychain])
    expect(await vault.start()).toEqual({
      kind: 'uninitialised',
      protectors: [
        { kind: 'os-keychain', label: 'Keychain in memory', usable: false, reason: 'locked' },
        { kind: 'passphrase', label: 'Passphrase', usable: true, reason: null },
      ],
    })
    expect(() => vault.seal(token, 'a')).toThrow(expect.objectContaining({ code: 'vault_locked' }))
    await expect(vault.unlock(right)).rejects.toMatchObject({ code: 'vault_locked' })
    expect(vault.state().kind).toBe('uninitialised')
  })

  it('opens by itself at the next start when a keychain protects it', async () => {
    const keychain = createMemoryProtector()
    const first = openVault(createMemoryRecordStore(), [keychain])
    await first.vault.start()
    await first.vault.initialize('os-keychain')
    const sealed = first.vault.seal(token, 'connection:a:refresh')

    const next = openVault(first.store, [keychain])
    expect(await next.vault.start()).toMatchObject({ kind: 'unlocked', wraps: ['os-keychain'] })
    expect(next.vault.open(sealed, 'connection:a:refresh').reveal()).toBe(token.reveal())
    expect(next.vault.fingerprint(token)).toBe(first.vault.fingerprint(token))
  })

  it('asks for its passphrase at the next start, refuses a wrong one, and opens with the right one', async () => {
    const first = openVault()
    await first.vault.initialize('passphrase', right)
    const sealed = first.vault.seal(token, 'a')
    const { vault } = openVault(first.store)
    expect(await vault.start()).toMatchObject({
      kind: 'locked',
      code: 'passphrase_required',
      needsPassphrase: true,
      wraps: ['passphrase'],
    })
    expect(() => vault.open(sealed, 'a')).toThrow(expect.objectContaining({ code: 'vault_locked' }))
    await expect(vault.unlock(other)).rejects.toMatchObject({ code: 'wrong_passphrase' })
    expect(vault.state()).toMatchObject({
      kind: 'locked',
      code: 'passphrase_required',
      needsPassphrase: true,
    })
    expect(await vault.unlock(right)).toMatchObject({ kind: 'unlocked' })
    expect(vault.open(sealed, 'a').reveal()).toBe(token.reveal())
  })

  it('takes the same passphrase in another Unicode form', async () => {
    const first = openVault()
    await first.vault.initialize('passphrase', new Secret('na\u00efve caf\u00e9'))
    const { vault } = openVault(first.store)
    expect(await vault.unlock(new Secret('nai\u0308ve cafe\u0301'))).toMatchObject({ kind: 'unlocked' })
  })

  it('refuses a short passphrase and names the least length', async () => {
    const { vault, store } = openVault()
    await expect(vault.initialize('passphrase', new Secret('short'))).rejects.toMatchObject({
      code: 'invalid_request',
      details: { field: 'passphrase', minLength: 8 },
    })
    await expect(vault.initialize('passphrase')).rejects.toMatchObject({ code: 'passphrase_required' })
    expect(await store.read('vault')).toBeNull()
  })

  it('leaves nothing half made when the disk is full', async () => {
    const store = createMemoryRecordStore()
    const keychain = createMemoryProtector()
    const { vault } = openVault(store, [keychain])
    store.failNext(new KeywayError('disk_full'))
    await expect(vault.initialize('os-keychain')).rejects.toMatchObject({ code: 'disk_full' })
    expect(vault.state().kind).toBe('uninitialised')
    expect(keychain.entries.size).toBe(0)
    expect(await vault.initialize('os-keychain')).toMatchObject({ kind: 'unlocked' })
  })

  it('does not accept a key wrapper that returns another key', async () => {
    const keychain = createMemoryProtector()
    keychain.mood = 'gives another key'
    const { vault, store } = openVault(createMemoryRecordStore(), [keychain])
    await expect(vault.initialize('os-keychain')).rejects.toMatchObject({ code: 'data_damaged' })
    expect(await store.read('vault')).toBeNull()
  })
})

describe('an existing vault is never made anew', () => {
  it('stays locked, and unchanged, while the keyring is locked', async () => {
    const keychain = createMemoryProtector()
    const first = openVault(createMemoryRecordStore(), [keychain])
    await first.vault.initialize('os-keychain')
    const sealed = first.vault.seal(token, 'a')
    const before = await first.store.read('vault')

    keychain.mood = 'locked'
    const { vault } = openVault(first.store, [keychain])
    expect(await vault.start()).toMatchObject({
      kind: 'locked',
      code: 'keychain_unavailable',
      needsPassphrase: false,
    })
    await expect(vault.initialize('os-keychain')).rejects.toMatchObject({ code: 'vault_exists' })
    await expect(vault.initialize('passphrase', right)).rejects.toMatchObject({ code: 'vault_exists' })
    expect(await first.store.read('vault')).toEqual(before)

    keychain.mood = 'fine'
    await vault.unlock()
    expect(vault.open(sealed, 'a').reveal()).toBe(token.reveal())
  })

  it('notices a key that is not its own before anything is written with it', async () => {
    const keychain = createMemoryProtector()
    const first = openVault(createMemoryRecordStore(), [keychain])
    await first.vault.initialize('os-keychain')
    keychain.mood = 'gives another key'
    const { vault } = openVault(first.store, [keychain])
    expect(await vault.start()).toMatchObject({ kind: 'locked', code: 'data_damaged' })
    expect(() => vault.seal(token, 'a')).toThrow(expect.objectContaining({ code: 'vault_locked' }))
  })

  const onDisk = (folder: string): RecordStore =>
    createRecordStore({
      folder,
      clock: createFakeClock(),
      logger: createMemoryLogger(),
      onCorruptFile: () => undefined,
    })

  it('opens from the generation before when its file is damaged', async () => {
    const folder = tempFolder()
    const keychain = createMemoryProtector()
    const first = openVault(onDisk(folder), [keychain])
    await first.vault.initialize('os-keychain')
    await first.vault.addKeyWrapper('passphrase', right)
    const sealed = first.vault.seal(token, 'a')
    writeFileSync(join(folder, 'vault.json'), '{"torn')
    const { vault } = openVault(onDisk(folder), [keychain])
    expect(await vault.start()).toMatchObject({ kind: 'unlocked', wraps: ['os-keychain'] })
    expect(vault.open(sealed, 'a').reveal()).toBe(token.reveal())
  })

  it('stays locked for good when no generation can be read, run after run, and never takes that for a new vault', async () => {
    const folder = tempFolder()
    const keychain = createMemoryProtector()
    await openVault(onDisk(folder), [keychain]).vault.initialize('os-keychain')
    for (const name of ['vault.json', 'vault.prev.json']) writeFileSync(join(folder, name), '{"torn')
    for (let run = 0; run < 3; run += 1) {
      const { vault } = openVault(onDisk(folder), [keychain])
      expect(await vault.start()).toMatchObject({
        kind: 'locked',
        code: 'data_damaged',
        needsPassphrase: false,
      })
      await expect(vault.initialize('os-keychain')).rejects.toMatchObject({ code: 'data_damaged' })
    }
    expect(readFileSync(join(folder, 'set-aside', readdirSync(join(folder, 'set-aside'))[0]!), 'utf8')).toBe(
      '{"torn',
    )
  })

  it('is locked, not missing, while its keychain takes its time at the start', async () => {
    const store = createMemoryRecordStore()
    const keychain = createMemoryProtector()
    await openVault(store, [keychain]).vault.initialize('os-keychain')
    const gate = Promise.withResolvers<void>()
    const slow = {
      ...keychain,
      unwrap: (wrapped: unknown) => gate.promise.then(() => keychain.unwrap(wrapped)),
    }
    const { vault } = openVault(store, [slow])
    const starting = vault.start()
    await expect.poll(() => vault.state()).toMatchObject({ kind: 'locked', code: 'vault_locked' })
    expect(vault.state()).toMatchObject({ reason: 'The keychain is being asked for the key.' })
    gate.resolve()
    expect(await starting).toMatchObject({ kind: 'unlocked' })
  })

  it('leaves a file of a later version as it is', async () => {
    const later = { version: 2, whatever: true }
    const { vault, store } = openVault(createMemoryRecordStore({ vault: later }))
    expect(await vault.start()).toMatchObject({ kind: 'locked', code: 'data_damaged' })
    await expect(vault.initialize('passphrase', right)).rejects.toMatchObject({ code: 'data_damaged' })
    expect(await store.read('vault')).toEqual(later)
  })

  it('reports a key wrapper that this host does not have', async () => {
    const first = openVault(createMemoryRecordStore(), [createMemoryProtector('safe-storage')])
    await first.vault.initialize('safe-storage')
    const { vault } = openVault(first.store, [createMemoryProtector('os-keychain')])
    expect(await vault.start()).toMatchObject({ kind: 'locked', code: 'keychain_unavailable' })
  })
})

describe('a keychain that hangs', () => {
  it('is given up after ten seconds, and the vault can be asked again', async () => {
    const keychain = createMemoryProtector()
    const first = openVault(createMemoryRecordStore(), [keychain])
    await first.vault.initialize('os-keychain')
    await first.vault.addKeyWrapper('passphrase', right)

    keychain.mood = 'hangs'
    const { vault, clock } = openVault(first.store, [keychain])
    const starting = vault.start()
    await expect.poll(() => clock.waiting).toBe(1)
    clock.advance(10_000)
    expect(await starting).toMatchObject({ kind: 'locked', code: 'keychain_timeout', needsPassphrase: true })

    expect(await vault.unlock(right)).toMatchObject({ kind: 'unlocked' })
    expect(clock.waiting).toBe(0)
  })

  it('is no reason to give a passphrase up: a slow machine may take as long as it takes to work on it', async () => {
    const clock = createFakeClock()
    // Ten minutes pass during the derivation.
    const slowly =
      <Input, Output>(work: (input: Input) => Promise<Output>) =>
      async (input: Input): Promise<Output> => {
        await Promise.resolve()
        clock.advance(600_000)
        return work(input)
      }
    const vault = createVault({
      store: createMemoryRecordStore(),
      keyWrappers: [],
      passphrase: (passphrase) => {
        const protector = passphrases(passphrase)
        return { ...protector, wrap: slowly(protector.wrap), unwrap: slowly(protector.unwrap) }
      },
      clock,
      logger: createMemoryLogger(),
    })
    expect(await vault.initialize('passphrase', right)).toMatchObject({ kind: 'unlocked' })
    vault.lock()
    expect(await vault.unlock(right)).toMatchObject({ kind: 'unlocked' })
  })

  it('shows as unusable with a reason when it is probed', async () => {
    const keychain = createMemoryProtector()
    keychain.mood = 'hangs'
    const { vault, clock } = openVault(createMemoryRecordStore(), [keychain])
    const starting = vault.start()
    await expect.poll(() => clock.waiting).toBe(1)
    clock.advance(10_000)
    expect((await starting).protectors[0]).toMatchObject({
      usable: false,
      reason: expect.stringContaining('10 seconds') as string,
    })
  })
})

describe('sealing', () => {
  it('gives each value a nonce of its own and opens only for what it was sealed as', async () => {
    const { vault } = openVault()
    await vault.initialize('passphrase', right)
    const sealed = vault.seal(token, 'connection:a:refresh')
    expect(vault.seal(token, 'connection:a:refresh')).not.toBe(sealed)
    expect(sealed).not.toContain(Buffer.from(token.reveal()).toString('base64url'))
    expect(JSON.parse(JSON.stringify(sealed))).toBe(sealed)
    for (const aad of ['connection:b:refresh', 'connection:a:access', '']) {
      expect(() => vault.open(sealed, aad)).toThrow(expect.objectContaining({ code: 'data_damaged' }))
    }
    expect(vault.open(sealed, 'connection:a:refresh').reveal()).toBe(token.reveal())
  })

  it('opens nothing that was changed by a single character', async () => {
    const { vault } = openVault()
    await vault.initialize('passphrase', right)
    const sealed = vault.seal(token, 'a')
    for (let at = 0; at < sealed.length; at += 1) {
      const swapped = sealed[at] === 'A' ? 'B' : 'A'
      const forged = sealed.slice(0, at) + swapped + sealed.slice(at + 1)
      // The last character of base64url may contain unused bits.
      if (
        Buffer.from(forged.split('.')[2] ?? '', 'base64url').equals(
          Buffer.from(sealed.split('.')[2] ?? '', 'base64url'),
        ) &&
        at > 21
      )
        continue
      expect(() => vault.open(forged, 'a')).toThrow(expect.objectContaining({ code: 'data_damaged' }))
    }
    for (const junk of ['', 'kw1..', 'kw2.AAAA.BBBB', 'kw1.AAAAAAAAAAAAAAAA.'])
      expect(() => vault.open(junk, 'a')).toThrow(expect.objectContaining({ code: 'data_damaged' }))
  })

  it('keeps empty and long and non-ASCII secrets whole', async () => {
    const { vault } = openVault()
    await vault.initialize('passphrase', right)
    for (const text of ['', 'ü\u{1f511}\0', 'x'.repeat(100_000)])
      expect(vault.open(vault.seal(new Secret(text), 'a'), 'a').reveal()).toBe(text)
  })

  it('tells two secrets apart by twelve hex digits that differ from vault to vault', async () => {
    const one = openVault()
    const two = openVault()
    await one.vault.initialize('passphrase', right)
    await two.vault.initialize('passphrase', right)
    expect(one.vault.fingerprint(token)).toMatch(/^[0-9a-f]{12}$/)
    expect(one.vault.fingerprint(token)).toBe(one.vault.fingerprint(new Secret(token.reveal())))
    expect(one.vault.fingerprint(token)).not.toBe(one.vault.fingerprint(right))
    expect(one.vault.fingerprint(token)).not.toBe(two.vault.fingerprint(token))
  })
})

describe('locking', () => {
  it('takes effect at once and is told to whoever listens; unlocking on demand brings everything back', async () => {
    const keychain = createMemoryProtector()
    const { vault } = openVault(createMemoryRecordStore(), [keychain])
    const seen: VaultState['kind'][] = []
    const stop = vault.onChange((state) => seen.push(state.kind))
    await vault.initialize('os-keychain')
    const sealed = vault.seal(token, 'a')
    vault.lock()
    expect(() => vault.open(sealed, 'a')).toThrow(expect.objectContaining({ code: 'vault_locked' }))
    expect(() => vault.fingerprint(token)).toThrow(expect.objectContaining({ code: 'vault_locked' }))
    await vault.unlock()
    expect(vault.open(sealed, 'a').reveal()).toBe(token.reveal())
    stop()
    vault.lock()
    vault.lock()
    expect(seen).toEqual(['unlocked', 'locked', 'unlocked'])
  })

  it('wins over an unlock that was under way', async () => {
    const keychain = createMemoryProtector()
    const { vault } = openVault(createMemoryRecordStore(), [keychain])
    await vault.initialize('os-keychain')
    vault.lock()
    const unlocking = vault.unlock()
    vault.lock()
    expect(await unlocking).toMatchObject({ kind: 'locked' })
    expect(vault.state()).toMatchObject({ kind: 'locked', code: 'vault_locked' })
  })

  it('during a migration wipes the key without the migration wrapping the wiped one', async () => {
    const keychain = createMemoryProtector()
    const { vault, store } = openVault(createMemoryRecordStore(), [keychain])
    await vault.initialize('os-keychain')
    const sealed = vault.seal(token, 'a')
    const migrating = vault.migrate('passphrase', right)
    // Now scrypt runs on another thread, and its result will wrap the key.
    await new Promise(setImmediate)
    vault.lock()
    await migrating
    expect(vault.state()).toMatchObject({ kind: 'locked', wraps: ['passphrase'], needsPassphrase: true })

    const next = openVault(store, [keychain])
    await next.vault.unlock(right)
    expect(next.vault.open(sealed, 'a').reveal()).toBe(token.reveal())
  })
})

describe('changing key wrappers', () => {
  it('moves from keychain to passphrase and back, and the one before no longer opens it', async () => {
    const keychain = createMemoryProtector()
    const { vault, store } = openVault(createMemoryRecordStore(), [keychain])
    await vault.initialize('os-keychain')
    const sealed = vault.seal(token, 'a')
    expect(await vault.migrate('passphrase', right)).toMatchObject({
      kind: 'unlocked',
      wraps: ['passphrase'],
    })
    expect(keychain.entries.size).toBe(0)

    const next = openVault(store, [keychain])
    expect(await next.vault.start()).toMatchObject({ kind: 'locked', needsPassphrase: true })
    await next.vault.unlock(right)
    expect(next.vault.open(sealed, 'a').reveal()).toBe(token.reveal())
    expect(await next.vault.migrate('os-keychain')).toMatchObject({ wraps: ['os-keychain'] })
    expect(await openVault(store, [keychain]).vault.start()).toMatchObject({ kind: 'unlocked' })
  })

  it.each([
    ['locked', 'keychain_unavailable'],
    ['gives another key', 'data_damaged'],
  ] as const)('keeps the old protector when the new one %s', async (mood, code) => {
    const keychain = createMemoryProtector()
    const { vault, store } = openVault(createMemoryRecordStore(), [keychain])
    await vault.initialize('passphrase', right)
    keychain.mood = mood
    await expect(vault.migrate('os-keychain')).rejects.toMatchObject({ code })
    const next = openVault(store, [keychain])
    await next.vault.start()
    expect(await next.vault.unlock(right)).toMatchObject({ kind: 'unlocked' })
  })

  it('keeps the old key wrapper, and leaves no entry behind, if the disk is full', async () => {
    const keychain = createMemoryProtector()
    const store = createMemoryRecordStore()
    const { vault } = openVault(store, [keychain])
    await vault.initialize('passphrase', right)
    store.failNext(new KeywayError('disk_full'))
    await expect(vault.migrate('os-keychain')).rejects.toMatchObject({ code: 'disk_full' })
    expect(vault.state()).toMatchObject({ kind: 'unlocked', wraps: ['passphrase'] })
    expect(keychain.entries.size).toBe(0)
  })

  it('unlocks with either of two key wrappers, and refuses to remove the last', async () => {
    const keychain = createMemoryProtector()
    const { vault, store } = openVault(createMemoryRecordStore(), [keychain])
    await vault.initialize('os-keychain')
    expect(await vault.addKeyWrapper('passphrase', right)).toMatchObject({
      wraps: ['os-keychain', 'passphrase'],
    })
    await expect(vault.addKeyWrapper('passphrase', other)).rejects.toMatchObject({ code: 'invalid_request' })

    keychain.mood = 'locked'
    const next = openVault(store, [keychain])
    expect(await next.vault.start()).toMatchObject({ code: 'keychain_unavailable', needsPassphrase: true })
    expect(await next.vault.unlock(right)).toMatchObject({ kind: 'unlocked' })
    expect(await next.vault.removeKeyWrapper('os-keychain')).toMatchObject({ wraps: ['passphrase'] })
    await expect(next.vault.removeKeyWrapper('passphrase')).rejects.toMatchObject({ code: 'invalid_request' })
    await expect(next.vault.removeKeyWrapper('os-keychain')).rejects.toMatchObject({
      code: 'invalid_request',
    })
  })

  it('changes the passphrase only for who knows the present one, and the old one opens no generation on disk', async () => {
    const folder = tempFolder()
    const store = createRecordStore({
      folder,
      clock: createFakeClock(),
      logger: createMemoryLogger(),
      onCorruptFile: () => undefined,
    })
    const { vault } = openVault(store)
    await vault.initialize('passphrase', right)
    await expect(vault.changePassphrase({ current: other, next: other })).rejects.toMatchObject({
      code: 'wrong_passphrase',
    })
    await expect(vault.changePassphrase({ current: right, next: new Secret('short') })).rejects.toMatchObject(
      {
        code: 'invalid_request',
      },
    )
    const before = readFileSync(join(folder, 'vault.json'), 'utf8')
    await vault.changePassphrase({ current: right, next: other })
    const oldSalt = /"salt":"([^"]+)"/.exec(before)?.[1]
    expect(oldSalt).toBeDefined()
    for (const name of ['vault.json', 'vault.prev.json'])
      expect(readFileSync(join(folder, name), 'utf8')).not.toContain(oldSalt)

    const next = openVault(store)
    await next.vault.start()
    await expect(next.vault.unlock(right)).rejects.toMatchObject({ code: 'wrong_passphrase' })
    expect(await next.vault.unlock(other)).toMatchObject({ kind: 'unlocked' })
  })

  it('needs an unlocked vault', async () => {
    const { vault } = openVault()
    await vault.initialize('passphrase', right)
    vault.lock()
    const attempts = [
      vault.addKeyWrapper('passphrase', right),
      vault.removeKeyWrapper('passphrase'),
      vault.migrate('passphrase', other),
      vault.changePassphrase({ current: right, next: other }),
    ]
    for (const attempt of attempts) await expect(attempt).rejects.toMatchObject({ code: 'vault_locked' })
  })
})
