import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openActivityJournal } from '../../electron/core/audit-log/audit-log.ts'
import type { CorruptFile } from '../../electron/core/ports.ts'
import { openDataFolder } from '../../electron/core/storage/data-folder.ts'
import { createRecordStore } from '../../electron/core/storage/records.ts'
import { createLogger } from '../../electron/core/logging/logger.ts'
import { createPassphraseKeyWrappers } from '../../electron/core/vault/passphrase-wrapper.ts'
import { createVault } from '../../electron/core/vault/vault.ts'
import { createConfKv } from '../../electron/headless/headless.ts'
import { Secret } from '../../shared/contract/secret.ts'
import { aProvider } from '../support/builders.ts'
import { realClock } from '../support/fake-clock.ts'
import { createMemoryLogger } from '../support/memory-ports.ts'
import { openTestKeyway } from '../support/open-test-keyway.ts'
import { canMountDisks, mountSmallDisk, type SmallDisk } from '../support/small-disk.ts'

const possible = canMountDisks()
if (!possible)
  process.stderr.write(
    '\nNOT RUN: the tests on a really full and a really read-only disk need root on Linux to mount one. ' +
      'The same failures are injected step by step in test/unit/core/storage.\n\n',
  )

const passphrase = new Secret('correct horse')

function openAll(disk: SmallDisk) {
  const damages: CorruptFile[] = []
  const folder = join(disk.path, 'keyway')
  mkdirSync(folder, { recursive: true })
  const common = {
    clock: realClock,
    logger: createMemoryLogger(),
    onCorruptFile: (damage: CorruptFile) => damages.push(damage),
  }
  const vault = createVault({
    store: createRecordStore({ folder: join(folder, 'vault'), ...common }),
    keyWrappers: [],
    passphrase: createPassphraseKeyWrappers({ cost: { N: 1024, r: 8, p: 1 } }),
    ...common,
  })
  const journal = openActivityJournal({ folder: join(folder, 'activity'), ...common })
  onTestFinished(() => journal.close())
  return {
    damages,
    vault,
    journal,
    records: createRecordStore({ folder: join(folder, 'connections'), ...common }),
    settings: createConfKv({ folder, name: 'settings', ...common }),
  }
}
type All = ReturnType<typeof openAll>

async function writeFirst({ records, settings, vault, journal }: All): Promise<string> {
  await records.put('a', { value: 'old', padding: 'x'.repeat(2000) })
  settings.set('theme', 'old')
  await vault.initialize('passphrase', passphrase)
  journal.append({ kind: 'vend', outcome: 'ok' })
  await journal.flush()
  return vault.seal(new Secret('kept'), 'a')
}

async function expectEveryWriteToFail(all: All, code: 'disk_full' | 'save_failed'): Promise<void> {
  const { records, settings, vault, journal } = all
  await expect(records.put('a', { value: 'new', padding: 'y'.repeat(9000) })).rejects.toMatchObject({ code })
  await expect(records.put('b', { padding: 'y'.repeat(9000) })).rejects.toMatchObject({ code })
  expect(() => settings.set('theme', 'n'.repeat(9000))).toThrow(expect.objectContaining({ code }))
  await expect(vault.migrate('passphrase', new Secret('z'.repeat(30)))).rejects.toMatchObject({ code })
  for (let n = 0; n < 50; n += 1) journal.append({ kind: 'vend', outcome: 'ok', note: 'n'.repeat(300) })
  await expect(journal.flush()).rejects.toMatchObject({ code })
}

async function expectNothingLost(all: All, sealed: string): Promise<void> {
  expect(await all.records.read('a')).toMatchObject({ value: 'old' })
  expect(await all.records.read('b')).toBeNull()
  expect(all.settings.get('theme')).toBe('old')
  await all.vault.unlock(passphrase)
  expect(all.vault.open(sealed, 'a').reveal()).toBe('kept')
  expect(await all.journal.verify()).toMatchObject({ ok: true })
  expect(all.damages).toEqual([])
}

describe.skipIf(!possible)('a full disk', () => {
  it('costs nothing that was saved, says disk_full, and is gone on with once there is space', async () => {
    const disk = mountSmallDisk(512 * 1024)
    const all = openAll(disk)
    const sealed = await writeFirst(all)
    disk.fill()
    await expectEveryWriteToFail(all, 'disk_full')
    await expectNothingLost(all, sealed)
    await all.journal.close()
    const restarted = openAll(disk)
    await expectNothingLost(restarted, sealed)

    disk.free()
    await restarted.journal.close()
    await all.records.put('a', { value: 'new' })
    all.settings.set('theme', 'new')
    await all.vault.migrate('passphrase', new Secret('another passphrase'))
    expect(await all.records.read('a')).toEqual({ value: 'new' })
    const again = openAll(disk)
    expect(again.settings.get('theme')).toBe('new')
    expect(await again.vault.unlock(new Secret('another passphrase'))).toMatchObject({ kind: 'unlocked' })
    expect(await again.journal.verify()).toMatchObject({ ok: true })
    expect(again.damages).toEqual([])
  })

  it.each([4096, 8192, 12_288, 16_384, 24_576])(
    'with %d bytes left does not let conf put half a file in place of a whole one',
    (left) => {
      const disk = mountSmallDisk(512 * 1024)
      const { settings } = openAll(disk)
      settings.set('theme', 'old')
      disk.fill(left)
      expect(() => settings.set('big', 'n'.repeat(60_000))).toThrow(
        expect.objectContaining({ code: 'disk_full' }),
      )
      expect(settings.entries()).toEqual([['theme', 'old']])
      const again = openAll(disk)
      expect(again.settings.entries()).toEqual([['theme', 'old']])
      expect(again.damages).toEqual([])
      disk.free()
      settings.set('big', 'n'.repeat(60_000))
      expect(openAll(disk).settings.get('big')).toHaveLength(60_000)
    },
  )

  it('makes no vault that is not wholly saved', async () => {
    const disk = mountSmallDisk(64 * 1024)
    const { vault } = openAll(disk)
    disk.fill()
    await expect(vault.initialize('passphrase', passphrase)).rejects.toMatchObject({ code: 'disk_full' })
    expect(await openAll(disk).vault.start()).toMatchObject({ kind: 'uninitialised' })
    disk.free()
    expect(await vault.initialize('passphrase', passphrase)).toMatchObject({ kind: 'unlocked' })
  })

  it('does not disturb the log, which says afterwards what is missing', () => {
    const disk = mountSmallDisk(64 * 1024)
    const lines: string[] = []
    const file = join(disk.path, 'keyway.log')
    const logger = createLogger({ file, clock: realClock, mirror: (line) => lines.push(line) })
    logger.info('first')
    disk.fill()
    for (let n = 0; n < 100; n += 1) logger.info('x'.repeat(500))
    disk.free()
    logger.info('last')
    logger.close()
    expect(lines).toHaveLength(102)
    expect(existsSync(file)).toBe(true)
  })
})

describe.skipIf(!possible)('a read-only disk', () => {
  it('says save_failed, costs nothing, and everything is readable', async () => {
    const disk = mountSmallDisk(512 * 1024)
    const all = openAll(disk)
    const sealed = await writeFirst(all)
    await all.journal.close()
    disk.makeReadOnly()
    const { records, settings, vault } = all
    await expect(records.put('a', { value: 'new' })).rejects.toMatchObject({ code: 'save_failed' })
    await expect(records.remove('a')).rejects.toMatchObject({ code: 'save_failed' })
    expect(() => settings.set('theme', 'new')).toThrow(expect.objectContaining({ code: 'save_failed' }))
    expect(() => settings.delete('theme')).toThrow(expect.objectContaining({ code: 'save_failed' }))
    await expect(vault.migrate('passphrase', passphrase)).rejects.toMatchObject({ code: 'save_failed' })
    await expect(
      openDataFolder({ path: join(disk.path, 'keyway'), clock: realClock, logger: createMemoryLogger() }),
    ).rejects.toMatchObject({ code: 'save_failed' })
    await expectNothingLost(all, sealed)

    disk.makeWritable()
    await records.put('a', { value: 'new' })
    settings.set('theme', 'new')
    expect(await openAll(disk).records.read('a')).toEqual({ value: 'new' })
  })
})

describe.skipIf(!possible)('starting on a full disk', () => {
  it('opens what is there, serves it, and says what it cannot write', async () => {
    const disk = mountSmallDisk(512 * 1024)
    const folder = join(disk.path, 'keyway')
    const first = await openTestKeyway(folder)
    first.keyway.providers.create(aProvider())
    await first.close()
    disk.fill()
    const { keyway, close } = await openTestKeyway(folder)
    expect(keyway.snapshot()).toMatchObject({ vault: { kind: 'unlocked' }, providers: [{}], damages: [] })
    await expect(
      Promise.resolve().then(() => keyway.providers.create(aProvider({ slug: 'second' }))),
    ).rejects.toMatchObject({ code: 'disk_full' })
    await close()
    disk.free()
    const after = await openTestKeyway(folder)
    expect(after.keyway.snapshot().providers).toHaveLength(1)
    await after.close()
  })
})
