import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openDataFolder, readOwnerFacts } from '../../../../electron/core/storage/data-folder.ts'
import { createFakeClock } from '../../../support/fake-clock.ts'
import { createMemoryLogger } from '../../../support/memory-ports.ts'
import { tempFolder } from '../../../support/temp-folder.ts'

const open = (path: string, logger = createMemoryLogger()) =>
  openDataFolder({ path, clock: createFakeClock(1000), logger })

describe('the data folder', () => {
  it.skipIf(process.platform === 'win32')('is made for its owner alone', async () => {
    const path = join(tempFolder(), 'deep', 'keyway')
    const folder = await open(path)
    expect(statSync(path).mode & 0o777).toBe(0o700)
    for (const name of ['owner.lock', 'owner.json'])
      expect(statSync(join(path, name)).mode & 0o777).toBe(0o600)
    expect(folder.resolve('connections', 'a.json')).toBe(join(path, 'connections', 'a.json'))
    folder.close()
  })

  it.skipIf(process.platform === 'win32')('closes itself to other users and says so', async () => {
    const path = join(tempFolder(), 'keyway')
    mkdirSync(path)
    chmodSync(path, 0o755)
    const logger = createMemoryLogger()
    const folder = await open(path, logger)
    expect(statSync(path).mode & 0o777).toBe(0o700)
    expect(logger.lines).toMatchObject([{ level: 'warn', fields: { path, mode: '755' } }])
    folder.close()
  })

  it.skipIf(process.platform === 'win32')(
    'closes what came in it open: a copied or restored folder, its links left alone',
    async () => {
      const path = join(tempFolder(), 'keyway')
      const outside = join(tempFolder(), 'outside')
      mkdirSync(join(path, 'connections'), { recursive: true })
      const files = ['settings.json', 'keyway.log', 'connections/a.json'].map((name) => join(path, name))
      for (const file of [...files, outside]) writeFileSync(file, '{}')
      for (const file of [...files, outside]) chmodSync(file, 0o666)
      for (const folder of [path, join(path, 'connections')]) chmodSync(folder, 0o777)
      symlinkSync(outside, join(path, 'link'))
      const folder = await open(path)
      folder.close()
      expect(files.map((file) => statSync(file).mode & 0o777)).toEqual([0o600, 0o600, 0o600])
      expect(statSync(join(path, 'connections')).mode & 0o777).toBe(0o700)
      expect(statSync(outside).mode & 0o777).toBe(0o666)
    },
  )

  it.skipIf(process.platform === 'win32')('gets back the rights that its owner lacks', async () => {
    const path = join(tempFolder(), 'keyway')
    const before = process.umask(0o777)
    try {
      mkdirSync(path)
      expect(statSync(path).mode & 0o777).toBe(0)
    } finally {
      process.umask(before)
    }
    const folder = await open(path)
    folder.close()
    expect(statSync(path).mode & 0o777).toBe(0o700)
  })

  it.skipIf(process.getuid?.() !== 0)(
    "is taken by root alone when it is another user's, and never without a word",
    async () => {
      const path = join(tempFolder(), 'keyway')
      mkdirSync(path, { mode: 0o700 })
      chownSync(path, 12_345, 12_345)
      const logger = createMemoryLogger()
      const folder = await open(path, logger)
      folder.close()
      expect(logger.lines).toMatchObject([{ level: 'warn', fields: { uid: 12_345 } }])

      const getuid = process.getuid
      Object.defineProperty(process, 'getuid', { value: () => 1000, configurable: true })
      onTestFinished(() => {
        Object.defineProperty(process, 'getuid', { value: getuid, configurable: true })
      })
      await expect(open(path)).rejects.toMatchObject({ code: 'save_failed' })
    },
  )

  it('has one owner; a second taker learns who it is and where to reach it', async () => {
    const path = tempFolder()
    const first = await open(path)
    await expect(open(path)).rejects.toMatchObject({
      code: 'data_folder_busy',
      details: { holderPid: process.pid, since: 1000 },
    })
    await first.publish({ url: 'http://127.0.0.1:7317' })
    await expect(open(path)).rejects.toMatchObject({
      details: { holderPid: process.pid, url: 'http://127.0.0.1:7317', port: 7317 },
    })
    first.close()
    first.close()
    expect(readOwnerFacts(path)).toBeNull()
    const second = await open(path)
    second.close()
  })

  it('is not held up by the note of an owner that was killed, even when its pid lives on as another program', async () => {
    const path = tempFolder()
    writeFileSync(join(path, 'owner.json'), JSON.stringify({ pid: 1, since: 5, url: 'http://127.0.0.1:1' }))
    writeFileSync(join(path, 'owner.lock'), '')
    const folder = await open(path)
    expect(readOwnerFacts(path)).toEqual({ pid: process.pid, since: 1000 })
    folder.close()
  })

  it('opens over a lock file and a note that somebody filled with junk', async () => {
    const path = tempFolder()
    writeFileSync(join(path, 'owner.lock'), 'junk '.repeat(1000))
    writeFileSync(join(path, 'owner.json'), '{{{')
    const folder = await open(path)
    await expect(open(path)).rejects.toMatchObject({ code: 'data_folder_busy' })
    folder.close()
  })

  it('clears what a killed writer left', async () => {
    const path = tempFolder()
    const leftovers = ['vault.json.0123456789ab.kwtmp', 'settings.json.tmp-1234567890abcdef']
    for (const name of leftovers) writeFileSync(join(path, name), 'half')
    writeFileSync(join(path, 'settings.json'), '{}')
    const folder = await open(path)
    for (const name of leftovers) expect(existsSync(join(path, name))).toBe(false)
    expect(readFileSync(join(path, 'settings.json'), 'utf8')).toBe('{}')
    folder.close()
  })

  it('says save_failed when the folder cannot be made', async () => {
    const file = join(tempFolder(), 'a-file')
    writeFileSync(file, '')
    await expect(open(join(file, 'keyway'))).rejects.toMatchObject({ code: 'save_failed' })
  })
})
