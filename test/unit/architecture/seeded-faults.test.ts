import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../../../scripts/build/parts.ts'
import { seededFaults } from '../../faults/faults.ts'
import { readProjectFile } from './source-tree.ts'

test('every seeded fault still fits the source it changes, and its tests are there', () => {
  const misfits = seededFaults.filter(
    ({ file, find, replace, tests }) =>
      !existsSync(join(root, file)) ||
      readProjectFile(file).split(find).length !== 2 ||
      find === replace ||
      tests.length === 0 ||
      tests.some((path) => !existsSync(join(root, path))),
  )
  expect(misfits.map(({ name }) => name)).toEqual([])
})

test('there are at least twenty seeded faults, each with a name of its own', () => {
  expect(new Set(seededFaults.map(({ name }) => name)).size).toBe(seededFaults.length)
  expect(seededFaults.length).toBeGreaterThanOrEqual(20)
})
