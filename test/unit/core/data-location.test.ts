import { expect, test } from 'vitest'
import { dataLocation } from '../../../electron/core/storage/data-folder.ts'

const linux = { platform: 'linux', home: '/home/ada', environment: {} } as const

test('what is said on the command line counts most, then the environment, then the platform', () => {
  const environment = { KEYWAY_DATA: '/srv/keyway', XDG_DATA_HOME: '/home/ada/data' }
  expect(dataLocation('/tmp/a', { ...linux, environment })).toBe('/tmp/a')
  expect(dataLocation(undefined, { ...linux, environment })).toBe('/srv/keyway')
  expect(dataLocation(undefined, { ...linux, environment: { XDG_DATA_HOME: '/home/ada/data' } })).toBe(
    '/home/ada/data/keyway',
  )
  expect(dataLocation(undefined, linux)).toBe('/home/ada/.local/share/keyway')
})

test('a relative XDG_DATA_HOME is ignored, as its specification says', () => {
  expect(dataLocation(undefined, { ...linux, environment: { XDG_DATA_HOME: 'data' } })).toBe(
    '/home/ada/.local/share/keyway',
  )
})

test('macOS and Windows have their own places', () => {
  expect(dataLocation(undefined, { platform: 'darwin', home: '/Users/ada', environment: {} })).toBe(
    '/Users/ada/Library/Application Support/Keyway',
  )
  expect(
    dataLocation(undefined, {
      platform: 'win32',
      home: 'C:\\Users\\ada',
      environment: { APPDATA: 'C:\\Users\\ada\\AppData\\Roaming' },
    }),
  ).toBe('C:\\Users\\ada\\AppData\\Roaming\\Keyway')
})
