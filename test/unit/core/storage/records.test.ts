import { mkdirSync, readFileSync, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { CorruptFile } from '../../../../electron/core/ports.ts'
import { createRecordStore } from '../../../../electron/core/storage/records.ts'
import { type FileOps, nodeFileOps } from '../../../../electron/core/storage/durable-file.ts'
import { createFakeClock } from '../../../support/fake-clock.ts'
import { systemError, watchFileOps } from '../../../support/faulty-file-ops.ts'
import { createMemoryLogger } from '../../../support/memory-ports.ts'
import { tempFolder } from '../../../support/temp-folder.ts'

function openStore(folder: string, ops: FileOps = nodeFileOps) {
  const damages: CorruptFile[] = []
  const store = createRecordStore({
    folder,
    clock: createFakeClock(),
    logger: createMemoryLogger(),
    onCorruptFile: (damage) => damages.push(damage),
    ops,
  })
  return { store, damages }
}

const setAsideIn = (folder: string): string[] =>
  readdirSync(join(folder, 'set-aside')).map((name) => readFileSync(join(folder, 'set-aside', name), 'utf8'))

describe('a record store', () => {
  it('gives back what was put, in this run and the next', async () => {
    const folder = join(tempFolder(), 'connections')
    const { store } = openStore(folder)
    await store.put('a', { n: 1, text: 'ünï\u2028\n' })
    await store.put('b', [1, null, 'x'])
    await store.put('a', { n: 2 })
    expect(await store.read('a')).toEqual({ n: 2 })
    expect(await store.read('nobody')).toBeNull()

    const again = openStore(folder)
    expect(await again.store.loadAll()).toEqual([
      { id: 'a', value: { n: 2 } },
      { id: 'b', value: [1, null, 'x'] },
    ])
    expect(again.damages).toEqual([])
  })

  it.skipIf(process.platform === 'win32')('keeps files to their owner', async () => {
    const folder = join(tempFolder(), 'connections')
    const { store } = openStore(folder)
    await store.put('a', 1)
    await store.put('a', 2)
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600)
  })

  it('writes the new file whole and syncs it before the old one gives way, and syncs the folder before it says done', async () => {
    const { ops, steps } = watchFileOps()
    const folder = join(tempFolder(), 'records')
    const { store } = openStore(folder, ops)
    await store.put('a', 1)
    const first = steps.length
    await store.put('a', 2)
    expect(steps.slice(first)).toEqual([
      'open a.json.tmp',
      'write a.json.tmp',
      'sync a.json.tmp',
      'close a.json.tmp',
      'rename a.prev.json',
      'rename a.json',
      'open records',
      'sync records',
      'close records',
    ])
  })

  it.each([
    ['torn', (text: string) => text.slice(0, text.length / 2)],
    ['emptied', () => ''],
    ['edited by hand', (text: string) => text.replace('second', 'forged')],
    ['filled with zeros', (text: string) => '\0'.repeat(text.length)],
    ['valid JSON of another program', () => '{"value":"second"}'],
  ])('uses the generation before a file that is %s, and sets the file aside as it was', async (_, damage) => {
    const folder = tempFolder()
    const { store } = openStore(folder)
    await store.put('a', 'first')
    await store.put('a', 'second')
    const file = join(folder, 'a.json')
    const damaged = damage(readFileSync(file, 'utf8'))
    writeFileSync(file, damaged)

    const again = openStore(folder)
    expect(await again.store.loadAll()).toEqual([{ id: 'a', value: 'first' }])
    expect(again.damages).toMatchObject([{ file, using: 'previous generation' }])
    expect(readFileSync(again.damages[0]!.setAsidePath, 'utf8')).toBe(damaged)
    expect(again.damages[0]!.setAsidePath).toContain('2026-11-21T12-00')

    await again.store.put('a', 'third')
    expect(await openStore(folder).store.read('a')).toBe('third')
    expect(setAsideIn(folder)).toEqual([damaged])
  })

  it('keeps a second copy of a new record, so that damage before its first change costs nothing', async () => {
    const folder = tempFolder()
    await openStore(folder).store.put('a', 'only')
    writeFileSync(join(folder, 'a.json'), 'junk')
    expect(await openStore(folder).store.read('a')).toBe('only')
  })

  it('notices two records whose files were swapped', async () => {
    const folder = tempFolder()
    const { store } = openStore(folder)
    await store.put('mine', 'my grant')
    await store.put('yours', 'your grant')
    for (const generation of ['json', 'prev.json']) {
      const [mine = '', yours = ''] = ['mine', 'yours'].map((id) => join(folder, `${id}.${generation}`))
      renameSync(mine, join(folder, 'between'))
      renameSync(yours, mine)
      renameSync(join(folder, 'between'), yours)
    }
    await expect(openStore(folder).store.read('mine')).rejects.toMatchObject({ code: 'data_damaged' })
  })

  it('never takes a record with no readable generation for one that was not there, not even after a restart', async () => {
    const folder = tempFolder()
    const { store } = openStore(folder)
    await store.put('a', 'first')
    await store.put('a', 'second')
    for (const name of ['a.json', 'a.prev.json']) writeFileSync(join(folder, name), 'junk')

    const second = openStore(folder)
    expect(await second.store.loadAll()).toEqual([])
    expect(second.damages).toMatchObject([{ using: 'nothing' }])
    expect(setAsideIn(folder)).toEqual(['junk', 'junk'])

    const third = openStore(folder)
    await expect(third.store.read('a')).rejects.toMatchObject({ code: 'data_damaged' })
    expect(third.damages).toMatchObject([{ using: 'nothing', setAsidePath: second.damages[0]!.setAsidePath }])

    await third.store.put('a', 'entered again')
    expect(await openStore(folder).store.read('a')).toBe('entered again')
    await third.store.remove('a')
    expect(await openStore(folder).store.read('a')).toBeNull()
  })

  it('does not write over a file that was damaged while it ran', async () => {
    const folder = tempFolder()
    const { store, damages } = openStore(folder)
    await store.put('a', 'first')
    writeFileSync(join(folder, 'a.json'), 'somebody else wrote this')
    await store.put('a', 'second')
    expect(setAsideIn(folder)).toEqual(['somebody else wrote this'])
    expect(damages).toMatchObject([{ using: 'copy in memory' }])
    expect(await store.read('a')).toBe('second')
  })

  it('uses the kept generation when a crash fell between the two renames, and calls that no damage', async () => {
    const folder = tempFolder()
    const { store } = openStore(folder)
    await store.put('a', 'first')
    // The second rename fails, and so does restoring the first one.
    const { ops } = watchFileOps((_, name, path) => {
      if (name === 'rename' && path.endsWith('a.json')) throw systemError('EIO')
    })
    await expect(openStore(folder, ops).store.put('a', 'second')).rejects.toMatchObject({
      code: 'save_failed',
    })
    expect(readdirSync(folder)).toEqual(['a.prev.json'])
    const again = openStore(folder)
    expect(await again.store.loadAll()).toEqual([{ id: 'a', value: 'first' }])
    expect(again.damages).toEqual([])
    await again.store.put('a', 'third')
    expect(await openStore(folder).store.read('a')).toBe('third')
  })

  it.each([
    ['ENOSPC', 'disk_full'],
    ['EDQUOT', 'disk_full'],
    ['EROFS', 'save_failed'],
    ['EACCES', 'save_failed'],
    ['EIO', 'save_failed'],
  ])('keeps the old record when a step of a write fails with %s, and says %s', async (reason, code) => {
    const folder = tempFolder()
    const { store } = openStore(folder)
    await store.put('a', 'old')
    const onceAt = (failing: number) => (step: number) => step === failing
    const fromThenOn = (failing: number) => (step: number) => step >= failing
    for (const fails of [onceAt, fromThenOn]) {
      for (let failing = 0; failing < 6; failing += 1) {
        const { ops } = watchFileOps((step) => {
          if (fails(failing)(step)) throw systemError(reason)
        })
        const attempt = openStore(folder, ops)
        await expect(attempt.store.put('a', 'new')).rejects.toMatchObject({ code, details: { reason } })
        expect(await attempt.store.read('a')).toBe('old')
        const again = openStore(folder)
        expect(await again.store.loadAll()).toEqual([{ id: 'a', value: 'old' }])
        expect(again.damages).toEqual([])
      }
    }
    await openStore(folder).store.put('a', 'newer')
    expect(await openStore(folder).store.read('a')).toBe('newer')
  })

  it('asks again when the disk takes only a part of a write, so a nearly full disk cannot tear a file', async () => {
    const folder = tempFolder()
    const short: FileOps = {
      ...nodeFileOps,
      write: (handle, data) => nodeFileOps.write(handle, data.subarray(0, 7)),
    }
    await openStore(folder, short).store.put('a', 'a value longer than seven bytes')
    expect(await openStore(folder).store.read('a')).toBe('a value longer than seven bytes')
  })

  it('writes one record in the order of the calls, and lets another record pass a slow one', async () => {
    const folder = tempFolder()
    let release = (): void => undefined
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    const slow: FileOps = {
      ...nodeFileOps,
      open: async (path, flags, mode) => {
        if (path.includes('slow.json')) await held
        return nodeFileOps.open(path, flags, mode)
      },
    }
    const { store } = openStore(folder, slow)
    const order: string[] = []
    const writes = [1, 2, 3].map((n) => store.put('slow', n).then(() => order.push(`slow ${n}`)))
    await store.put('quick', 1)
    order.push('quick')
    release()
    await Promise.all(writes)
    expect(order).toEqual(['quick', 'slow 1', 'slow 2', 'slow 3'])
    expect(await store.read('slow')).toBe(3)
  })

  it('writes the value as it was when put was called', async () => {
    const { store } = openStore(tempFolder())
    const value = { n: 1 }
    const writing = store.put('a', value)
    value.n = 2
    await writing
    expect(await store.read('a')).toEqual({ n: 1 })
  })

  it('goes on after a failed write of the same record', async () => {
    const folder = tempFolder()
    let fails = true
    const { ops } = watchFileOps(() => {
      if (!fails) return
      fails = false
      throw systemError('ENOSPC')
    })
    const { store } = openStore(folder, ops)
    const results = await Promise.allSettled([store.put('a', 1), store.put('a', 2)])
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled'])
    expect(await store.read('a')).toBe(2)
  })

  it('removes a record so that no generation comes back, and removing nothing is fine', async () => {
    const folder = tempFolder()
    const { store } = openStore(folder)
    await store.put('a', 1)
    await store.put('a', 2)
    await store.remove('a')
    await store.remove('never-there')
    expect(await openStore(folder).store.loadAll()).toEqual([])
    expect(readdirSync(folder)).toEqual([])
  })

  it.each(['', 'A', 'a/b', '../a', 'a.b', 'a\0', 'ä', 'x'.repeat(65), 'con', 'lpt1', '.', '..'])(
    'refuses the id %j, so no id names a file outside',
    async (id) => {
      const { store } = openStore(tempFolder())
      await expect(store.read(id)).rejects.toMatchObject({ code: 'invalid_request' })
      await expect(store.put(id, 1)).rejects.toMatchObject({ code: 'invalid_request' })
      await expect(store.remove(id)).rejects.toMatchObject({ code: 'invalid_request' })
    },
  )

  it('clears what a killed writer left, and nothing that is not its own', () => {
    const folder = tempFolder()
    writeFileSync(join(folder, 'a.json.0123456789ab.kwtmp'), 'half')
    writeFileSync(join(folder, 'notes.txt'), 'mine')
    mkdirSync(join(folder, 'set-aside'))
    openStore(folder)
    expect(readdirSync(folder).sort()).toEqual(['notes.txt', 'set-aside'])
  })

  it('loads ten thousand records without holding up the event loop', async () => {
    const folder = tempFolder()
    const { store } = openStore(folder)
    await store.put('template', { token: 'x'.repeat(2000) })
    const ids = Array.from({ length: 10_000 }, (_, n) => `id-${n}`)
    // Only the record's id differs, so the files are created without ten thousand fsyncs.
    const { encodeRecord } = await import('../../../../electron/core/storage/records.ts')
    for (const id of ids)
      writeFileSync(join(folder, `${id}.json`), encodeRecord(id, { token: 'x'.repeat(2000) }))
    let turns = 0
    let loading = true
    const count = (): void => {
      turns += 1
      if (loading) setImmediate(count)
    }
    setImmediate(count)
    const all = await store.loadAll()
    loading = false
    expect(all).toHaveLength(10_001)
    expect(turns).toBeGreaterThan(200)
  })
})
