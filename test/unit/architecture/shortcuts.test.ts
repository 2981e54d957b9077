// Speed comes from doing less, never from going around Node: what is undocumented may change at any time.
import { expect, test } from 'vitest'
import { sourceFiles } from './source-tree.ts'

const product = sourceFiles(['electron', 'renderer', 'shared'])

/** Spelled so that neither a comment nor a longer name is taken for one. */
const shortcuts: ReadonlyArray<readonly [name: string, pattern: RegExp]> = [
  [
    'an undocumented field of an object of Node',
    /\.\s*_(?!embedded\b|links\b)[a-zA-Z]\w*|\['_(?!embedded'|links')\w+'\]/,
  ],
  ['a private symbol of an object of Node', /getOwnPropertySymbols/],
  ['an internal module of Node', /process\.binding|internalBinding/],
  ['forced garbage collection', /expose[-_]gc|\bglobal(?:This)?\.gc\b|setFlagsFromString/],
  ['the umask, which is the whole process\u2019s', /process\.umask/],
]

test.each(shortcuts)('no source file uses %s', (_name, pattern) => {
  expect(placesOf(product, pattern)).toEqual([])
})

test('no stream of a request loses a listener that Node or somebody else put there', () => {
  const http = product.filter(({ path }) => path.startsWith('electron/http/'))
  expect(placesOf(http, /\.off\('data'|removeAllListeners\(/)).toEqual([])
})

function placesOf(files: typeof product, pattern: RegExp): string[] {
  return files.flatMap(({ path, text }) =>
    text
      .split('\n')
      .flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [])),
  )
}
