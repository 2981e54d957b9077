import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { rememberedPort } from '../../../electron/headless/command-line.ts'
import { tempFolder } from '../../support/temp-folder.ts'

test.each([
  ['{"port":7400}', 7400],
  ['{"port":80}', 7317],
  ['{"port":"7400"}', 7317],
  ['{}', 7317],
  ['null', 7317],
  ['{"port":74', 7317],
])('settings of %s are taken as port %i', (text, port) => {
  const folder = tempFolder()
  writeFileSync(join(folder, 'settings.json'), text)
  expect(rememberedPort(folder)).toBe(port)
})

test('without a folder it is the default', () => {
  expect(rememberedPort('/nowhere/keyway')).toBe(7317)
})
