import { readFileSync, readdirSync, statSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Conf from 'conf'
import { describe, expect, it } from 'vitest'
import type { CorruptFile } from '../../../electron/core/ports.ts'
import { createConfKv } from '../../../electron/headless/headless.ts'
import { type ConfLike, createGuardedKv } from '../../../electron/core/storage/document.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { systemError } from '../../support/faulty-file-ops.ts'
import { createMemoryLogger } from '../../support/memory-ports.ts'
import { tempFolder } from '../../support/temp-folder.ts'

function openKv(folder: string, library?: () => ConfLike) {
  const damages: CorruptFile[] = []
  const deps = {
    folder,
    name: 'providers',
    clock: createFakeClock(),
    logger: createMemoryLogger(),
    onCorruptFile: (damage: CorruptFile) => damages.push(damage),
  }
  return { kv: library ? createGuardedKv({ ...deps, open: library }) : createConfKv(deps), damages }
}

const onDisk = (folder: string, name = 'providers.json'): unknown =>
  JSON.parse(readFileSync(join(folder, name), 'utf8'))

describe('the key-value store on conf', () => {
  it('keeps what was set, in this run and the next, in the file format of conf', () => {
    const folder = tempFolder()
    const { kv } = openKv(folder)
    kv.set('github', { slug: 'github', scopes: ['repo'] })
    kv.set('gone', 1)
    kv.delete('gone')
    kv.delete('never-there')
    expect(openKv(folder).kv.entries()).toEqual([['github', { slug: 'github', scopes: ['repo'] }]])
    expect(new Conf({ cwd: folder, configName: 'providers' }).get('github')).toEqual({
      slug: 'github',
      scopes: ['repo'],
    })
  })

  it.skipIf(process.platform === 'win32')('keeps files to their owner', () => {
    const folder = tempFolder()
    const { kv } = openKv(folder)
    kv.set('a', 1)
    for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600)
  })

  it('takes a key for a name, whatever it looks like', () => {
    const folder = tempFolder()
    const { kv } = openKv(folder)
    kv.set('a', { b: 1 })
    kv.set('a.b', 2)
    kv.set('constructor', 3)
    expect(kv.get('a')).toEqual({ b: 1 })
    expect(openKv(folder).kv.entries()).toEqual([
      ['a', { b: 1 }],
      ['a.b', 2],
      ['constructor', 3],
    ])
    expect(kv.get('toString')).toBeUndefined()
    expect(() => kv.set('__proto__', {})).toThrow(expect.objectContaining({ code: 'invalid_request' }))
    expect(() => kv.set('u', undefined)).toThrow(expect.objectContaining({ code: 'invalid_request' }))
  })

  it.each([
    ['torn', '{"github": {"slug"'],
    ['emptied', ''],
    ['an array', '[1,2]'],
    ['null', 'null'],
    ['binary', '\0\u0001\0'],
  ])('sets a file that is %s aside and goes on with the last good copy', (_, junk) => {
    const folder = tempFolder()
    openKv(folder).kv.set('github', 'kept')
    writeFileSync(join(folder, 'providers.json'), junk)
    const { kv, damages } = openKv(folder)
    expect(kv.get('github')).toBe('kept')
    expect(damages).toMatchObject([{ file: join(folder, 'providers.json'), using: 'previous generation' }])
    expect(readFileSync(damages[0]!.setAsidePath, 'utf8')).toBe(junk)
    kv.set('gitlab', 'new')
    const again = openKv(folder)
    expect(again.kv.entries()).toEqual([
      ['github', 'kept'],
      ['gitlab', 'new'],
    ])
    expect(again.damages).toEqual([])
  })

  it('starts empty when file and copy are both damaged, keeps both aside, and says so', () => {
    const folder = tempFolder()
    openKv(folder).kv.set('github', 'kept')
    writeFileSync(join(folder, 'providers.json'), 'junk one')
    writeFileSync(join(folder, 'providers.last-good.json'), 'junk two')
    const { kv, damages } = openKv(folder)
    expect(kv.entries()).toEqual([])
    expect(damages).toMatchObject([{ using: 'nothing' }])
    kv.set('again', 1)
    const aside = readdirSync(join(folder, 'set-aside')).map((name) =>
      readFileSync(join(folder, 'set-aside', name), 'utf8'),
    )
    expect(aside.sort()).toEqual(['junk one', 'junk two'])
  })

  it('never refreshes the last good copy from a file that did not load', () => {
    const folder = tempFolder()
    openKv(folder).kv.set('github', 'kept')
    for (let start = 0; start < 3; start += 1) {
      writeFileSync(join(folder, 'providers.json'), 'junk')
      expect(openKv(folder).kv.get('github')).toBe('kept')
      expect(onDisk(folder, 'providers.last-good.json')).toEqual({ github: 'kept' })
    }
  })

  it('does not write over a file that was damaged while it ran', () => {
    const folder = tempFolder()
    const { kv, damages } = openKv(folder)
    kv.set('a', 1)
    writeFileSync(join(folder, 'providers.json'), 'somebody else wrote this')
    kv.set('b', 2)
    expect(damages).toMatchObject([{ using: 'copy in memory' }])
    expect(readFileSync(damages[0]!.setAsidePath, 'utf8')).toBe('somebody else wrote this')
    expect(onDisk(folder)).toEqual({ a: 1, b: 2 })
  })

  it('comes back from a file that was deleted', () => {
    const folder = tempFolder()
    openKv(folder).kv.set('a', 1)
    unlinkSync(join(folder, 'providers.json'))
    expect(openKv(folder).kv.get('a')).toBe(1)
  })

  const libraryThat = (folder: string, write: (path: string, document: unknown) => void) => (): ConfLike => ({
    get store() {
      return {}
    },
    set store(document) {
      write(join(folder, 'providers.json'), document)
    },
  })

  it.each([
    ['ENOSPC', 'disk_full'],
    ['EROFS', 'save_failed'],
    ['EACCES', 'save_failed'],
  ])('keeps the old value in memory and on disk when the write fails with %s', (reason, code) => {
    const folder = tempFolder()
    openKv(folder).kv.set('a', 'old')
    const { kv } = openKv(
      folder,
      libraryThat(folder, () => {
        throw systemError(reason)
      }),
    )
    expect(() => kv.set('a', 'new')).toThrow(expect.objectContaining({ code }))
    expect(() => kv.delete('a')).toThrow(expect.objectContaining({ code }))
    expect(kv.get('a')).toBe('old')
    expect(onDisk(folder)).toEqual({ a: 'old' })
  })

  it('puts the old file back when the library renamed half a file over it and called that a success', () => {
    const folder = tempFolder()
    openKv(folder).kv.set('a', 'old')
    const tears = libraryThat(folder, (path, document) =>
      writeFileSync(path, JSON.stringify(document).slice(0, 5)),
    )
    const { kv } = openKv(folder, tears)
    expect(() => kv.set('a', 'new')).toThrow(expect.objectContaining({ code: 'disk_full' }))
    expect(kv.get('a')).toBe('old')
    const again = openKv(folder)
    expect(again.kv.entries()).toEqual([['a', 'old']])
    expect(again.damages).toEqual([])
  })

  it('leaves no half file behind when the very first write is torn', () => {
    const folder = tempFolder()
    const tears = libraryThat(folder, (path) => writeFileSync(path, '{"a'))
    const { kv } = openKv(folder, tears)
    expect(() => kv.set('a', 'new')).toThrow(expect.objectContaining({ code: 'disk_full' }))
    const again = openKv(folder)
    expect(again.kv.entries()).toEqual([])
    expect(again.damages).toEqual([])
  })
})
