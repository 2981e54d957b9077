import { expect, test } from 'vitest'
import { z } from 'zod'
import { readProjectFile } from './source-tree.ts'

const lock = z
  .object({
    packages: z.record(
      z.string(),
      z.object({
        optionalDependencies: z.record(z.string(), z.string()).optional(),
        resolved: z.string().optional(),
      }),
    ),
  })
  .parse(JSON.parse(readProjectFile('package-lock.json')))

/** npm's own way of looking: beside the package, then one folder up after the other. */
function isLocked(from: string, name: string): boolean {
  for (let folder = from; ;) {
    if (`${folder === '' ? '' : `${folder}/`}node_modules/${name}` in lock.packages) return true
    if (folder === '') return false
    const above = folder.lastIndexOf('/node_modules/')
    folder = above === -1 ? '' : folder.slice(0, above)
  }
}

test('every optional dependency has its entry, so that npm ci works on other platforms than the one that locked', () => {
  const optional = Object.entries(lock.packages).flatMap(([from, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).map((name) => ({ from, name })),
  )
  expect(optional.length).toBeGreaterThan(50)
  expect(
    optional
      .filter(({ from, name }) => !isLocked(from, name))
      .map(({ from, name }) => `${name}, wanted by ${from}`),
  ).toEqual([])
})

test('the lock file names no registry, so that npm ci uses the one that is configured', () => {
  const addresses = Object.values(lock.packages).flatMap(({ resolved }) => resolved ?? [])
  expect(addresses).toEqual([])
})
