import { expect, test } from 'vitest'
import { desktopFolders } from '../../../electron/desktop/folders.ts'

const folders = (argv: readonly string[], environment: Record<string, string> = {}) =>
  desktopFolders(['/opt/electron', '/src', ...argv], { platform: 'linux', home: '/home/ada', environment })

test('the desktop keeps its data where the headless host does, and leaves its profile to Electron', () => {
  expect(folders([])).toEqual({ data: '/home/ada/.local/share/keyway', profile: null })
})

test('a chosen folder holds the profile too, so that two of them are two Keyways', () => {
  const chosen = { data: '/data/k', profile: '/data/k/window' }
  expect(folders([], { KEYWAY_DATA: '/data/k' })).toEqual(chosen)
  expect(folders(['--data', '/data/k'])).toEqual(chosen)
  expect(folders(['--data=/data/k', '--hidden'], { KEYWAY_DATA: '/other' })).toEqual(chosen)
})

test("Electron's own switch says where everything goes", () => {
  expect(folders(['--user-data-dir=/tmp/u'], { KEYWAY_DATA: '/other' })).toEqual({
    data: '/tmp/u',
    profile: null,
  })
})
