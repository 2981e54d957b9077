// The size of files and folders, and what imports what: floors beside the ceilings, because a concern spread
// over many small files is as hard to follow as one large file.
import { dirname } from 'node:path'
import { expect, test } from 'vitest'
import { circlesIn, importGraph, reachOf, sourceFiles, type Edges, type SourceFile } from './source-tree.ts'

const product = sourceFiles(['electron', 'renderer', 'shared']).filter(
  ({ path }) => /\.tsx?$/.test(path) && !path.endsWith('.d.ts') && !path.startsWith('shared/presets/data/'),
)
const graph = importGraph(product)
const lengthOf = ({ text }: SourceFile): number => text.trimEnd().split('\n').length

/** Files under 40 lines that one other file imports, and why each stays on its own. */
const smallOnPurpose: Readonly<Record<string, string>> = {
  'electron/desktop/folders.ts': 'has to run before anything that asks Electron for a folder is loaded',
  'electron/headless/home-folder.ts': 'has to run before anything that asks for the home folder is loaded',
  'electron/http/routes/api-routes.ts': 'the list of all routes: the first file to read in this folder',
  'renderer/features/shell/set-up-screens.ts': 'the entry of a chunk that is loaded on demand',
  'renderer/features/shell/watch-screens.ts': 'the entry of a chunk that is loaded on demand',
  'renderer/lib/text/presence.ts': 'one file of texts for each area of the window',
}

test('no file under 40 lines has one importer only, but for those with a reason', () => {
  const importers = countImporters(graph)
  const small = product
    .filter(({ path }) => !path.endsWith('.tsx') && !/\/(main|index|preload)\.ts$/.test(path))
    .filter((file) => lengthOf(file) < 40 && importers.get(file.path) === 1)
    .map(({ path }) => path)
  expect(small.toSorted()).toEqual(Object.keys(smallOnPurpose).toSorted())
})

test('half of all files have 80 lines or more', () => {
  const lengths = product.map(lengthOf).toSorted((a, b) => a - b)
  expect(lengths[Math.floor(lengths.length / 2)]).toBeGreaterThanOrEqual(80)
})

test('no folder has more than 28 source files; the components of the window are grouped apart', () => {
  const counts = new Map<string, number>()
  for (const { path } of product) counts.set(dirname(path), (counts.get(dirname(path)) ?? 0) + 1)
  const full = [...counts].filter(
    ([folder, count]) => count > 28 && !folder.startsWith('renderer/components'),
  )
  expect(full).toEqual([])
})

test('no two files import each other, not even for types, and no longer circle exists', () => {
  const made = [
    { path: 'a/a.ts', text: "import { b } from './b.ts'" },
    { path: 'a/b.ts', text: "import { c } from './c.ts'" },
    { path: 'a/c.ts', text: "import type { A } from './a.ts'" },
    { path: 'a/d.ts', text: "import './a.ts'" },
  ]
  expect(circlesIn(importGraph(made)).map((circle) => circle.toSorted())).toEqual([
    ['a/a.ts', 'a/b.ts', 'a/c.ts'],
  ])
  expect(circlesIn(graph)).toEqual([])
})

test('a token request loads 25 files at most, its endpoint included', () => {
  const reached = reachOf(graph, 'electron/http/tokens/endpoint.ts')
  expect(reached).toContain('electron/http/security/app-key.ts')
  expect(reached.length).toBeLessThanOrEqual(25)
})

function countImporters(edges: ReadonlyMap<string, Edges>): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { values, types } of edges.values()) {
    for (const imported of [...values, ...types]) counts.set(imported, (counts.get(imported) ?? 0) + 1)
  }
  return counts
}
