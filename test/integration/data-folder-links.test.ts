// Links in the data folder: none is followed, so that nothing outside of it is read as Keyway's, emptied or
// written on.
import { execFileSync } from 'node:child_process'
import {
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openKeyway } from '../../electron/core/open-keyway.ts'
import { makeFolder } from '../support/edited-folder.ts'
import { openDeps, openTestKeyway } from '../support/open-test-keyway.ts'
import { tempFolder } from '../support/temp-folder.ts'

/** Moved out of the folder, with a link in its place. */
function linkAway(folder: string, name: string): string {
  const outside = join(tempFolder(), name.replaceAll('/', '-'))
  renameSync(join(folder, name), outside)
  symlinkSync(outside, join(folder, name))
  return outside
}

const contentOf = (path: string): string =>
  existsSync(join(path, '.')) && readdirSync(path, { withFileTypes: true }).length >= 0
    ? readdirSync(path)
        .toSorted()
        .map((name) => `${name}:${readFileSync(join(path, name), 'utf8')}`)
        .join()
    : ''

test.each([
  'providers.json',
  'settings.json',
  'apps.json',
  'integrity.json',
  'keyway.log',
  'vault/vault.json',
])('%s as a link stops the start in words, and what it leads to is as it was', async (name) => {
  const { path } = await makeFolder()
  if (!existsSync(join(path, name))) writeFileSync(join(path, name), '{}')
  const outside = linkAway(path, name)
  const before = readFileSync(outside, 'utf8')
  await expect(openKeyway(openDeps(path))).rejects.toMatchObject({
    code: 'folder_link',
    message: expect.stringContaining('symbolic link'),
    details: { file: join(path, name) },
  })
  expect(readFileSync(outside, 'utf8')).toBe(before)
  // The file itself in its place, and it goes on.
  rmSync(join(path, name))
  renameSync(outside, join(path, name))
  await (await openTestKeyway(path)).close()
})

test.each(['activity', 'connections', 'vault'])('the folder %s as a link: the same', async (name) => {
  const { path } = await makeFolder()
  const outside = linkAway(path, name)
  const before = contentOf(outside)
  await expect(openKeyway(openDeps(path))).rejects.toMatchObject({ code: 'folder_link' })
  expect(contentOf(outside)).toBe(before)
})

test('the lock as a link to a file of somebody else empties nothing', async () => {
  const { path } = await makeFolder()
  const outside = join(tempFolder(), 'precious')
  writeFileSync(outside, 'precious text')
  rmSync(join(path, 'owner.lock'), { force: true })
  symlinkSync(outside, join(path, 'owner.lock'))
  await expect(openKeyway(openDeps(path))).rejects.toMatchObject({ code: 'folder_link' })
  expect(readFileSync(outside, 'utf8')).toBe('precious text')
})

test('a part of the log as a link is not written on', async () => {
  const { path } = await makeFolder()
  const segment = readdirSync(join(path, 'activity')).find((name) => name.endsWith('.jsonl')) ?? ''
  const outside = linkAway(path, join('activity', segment))
  const before = readFileSync(outside, 'utf8')
  await expect(openKeyway(openDeps(path))).rejects.toMatchObject({ code: 'folder_link' })
  expect(readFileSync(outside, 'utf8')).toBe(before)
})

test('a connection as a link counts as one that cannot be read: its own copy is used', async () => {
  const { path, connectionId } = await makeFolder()
  const outside = linkAway(path, join('connections', `${connectionId}.json`))
  const before = readFileSync(outside, 'utf8')
  const opened = await openTestKeyway(path)
  onTestFinished(() => opened.close())
  expect(opened.keyway.snapshot().damages).toMatchObject([{ using: 'previous generation' }])
  expect(opened.keyway.connections.list().map(({ id }) => id)).toEqual([connectionId])
  expect(readFileSync(outside, 'utf8')).toBe(before)
})

test.skipIf(process.platform === 'win32')('a pipe in the place of a file keeps nobody waiting', async () => {
  const { path, providerId } = await makeFolder()
  rmSync(join(path, 'providers.json'))
  execFileSync('mkfifo', [join(path, 'providers.json')])
  const opened = await openTestKeyway(path)
  onTestFinished(() => opened.close())
  expect(opened.keyway.providers.list().map(({ id }) => id)).toEqual([providerId])
})

test('a link that Keyway has nothing to do with is left alone, and the folder itself may be one', async () => {
  const { path } = await makeFolder()
  const link = join(tempFolder(), 'link')
  symlinkSync(path, link)
  symlinkSync(tempFolder(), join(path, 'mine'))
  await (await openTestKeyway(link)).close()
  expect(existsSync(join(path, 'mine'))).toBe(true)
})
