// What the documents name is there: whoever follows a path finds a file.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { projectFiles, readProjectFile } from './source-tree.ts'

const root = join(import.meta.dirname, '..', '..', '..')
const documents = projectFiles(
  ['README.md', 'CONTRIBUTING.md', 'DECISIONS.md', 'SECURITY.md', 'docs'],
  /\.md$/,
)

/** Files and folders of this repository in code spans; what a build makes is not among them. */
const pathsIn = (text: string): string[] =>
  [...text.matchAll(/`((?:electron|renderer|shared|test|scripts|bench|docs)\/[\w./*-]+)`/g)].map(
    ([, path = '']) => path,
  )

test.each(documents)('each file and folder that %s names exists', (document) => {
  const missing = pathsIn(readProjectFile(document)).filter((path) => !existsSync(join(root, path)))
  expect(missing).toEqual([])
})

test.each(documents)('each link of %s to a file leads somewhere', (document) => {
  const links = [...readProjectFile(document).matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map(
    ([, target = '']) => join(root, document, '..', target),
  )
  expect(links.filter((path) => !existsSync(path))).toEqual([])
})

test('each test file that a document names exists', () => {
  const tests = projectFiles(['test'], /\.(test|spec)\.ts$/).map((path) => path.split('/').at(-1) ?? '')
  const missing = documents.flatMap((document) =>
    [...readProjectFile(document).matchAll(/`(?:[\w-]+\/)*([\w*-]+\.(?:test|spec)\.ts)`/g)]
      .map(([, name = '']) => name)
      .filter((name) => !tests.some((each) => matches(each, name)))
      .map((name) => `${document}: ${name}`),
  )
  expect(missing).toEqual([])
})

const matches = (name: string, pattern: string): boolean => {
  const [start = '', end = ''] = pattern.split('*')
  return pattern.includes('*') ? name.startsWith(start) && name.endsWith(end) : name === pattern
}

test('the walks in docs/architecture.md name their files', () => {
  expect(pathsIn(readProjectFile('docs/architecture.md')).length).toBeGreaterThan(60)
})
