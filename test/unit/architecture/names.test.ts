// One word for one thing: docs/glossary.md has the words.
import { expect, test } from 'vitest'
import retired from './retired-words.json' with { type: 'json' }
import { sourceFiles } from './source-tree.ts'

const product = sourceFiles(['electron', 'renderer', 'shared'])

/** Names that two files export, and why both may. */
const exportedTwice: Readonly<Record<string, string>> = {}

test('an exported name means one thing in the whole tree', () => {
  const files = new Map<string, Set<string>>()
  for (const { path, text } of product) {
    const exports = text.matchAll(/^export (?:async )?(?:function|const|class|type|interface|enum) (\w+)/gm)
    for (const [, name = ''] of exports) files.set(name, (files.get(name) ?? new Set()).add(path))
  }
  const twice = [...files].filter(([name, paths]) => paths.size > 1 && !Object.hasOwn(exportedTwice, name))
  expect(twice.map(([name, paths]) => `${name}: ${[...paths].join(', ')}`)).toEqual([])
})

test('a word that was replaced does not come back', () => {
  expect(retired.words.length).toBeGreaterThan(0)
  const pattern = new RegExp(`\\b(?:${retired.words.join('|')})\\b`, 'i')
  const lines = product.flatMap(({ path, text }) =>
    text
      .split('\n')
      .flatMap((line, index) =>
        pattern.test(line) ? [`${path}:${index + 1}: ${pattern.exec(line)?.[0]}`] : [],
      ),
  )
  expect(lines).toEqual([])
})
