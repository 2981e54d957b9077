import { parseSync, Visitor } from 'vite'
import { expect, test } from 'vitest'
import { projectFiles, sourceFiles, type SourceFile } from './source-tree.ts'

const product = sourceFiles(['electron', 'renderer', 'shared', 'scripts'])
const tests = sourceFiles(['test'])

test('no source file is longer than 400 lines', () => {
  const long = product.filter(({ text }) => text.trimEnd().split('\n').length > 400)
  expect(long.map(({ path }) => path)).toEqual([])
})

test('files are named in kebab-case after their one idea, never after a drawer for anything', () => {
  const names = projectFiles(['electron', 'renderer', 'shared', 'scripts', 'test'], /\.(ts|tsx|mjs)$/).map(
    (path) => ({
      path,
      words: (path.split('/').at(-1) ?? '').replace(
        /(\.d|\.test|\.spec|\.config|\.vite\.config)?\.(tsx?|mjs)$/,
        '',
      ),
    }),
  )
  expect(
    names.filter(({ words }) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z]+)?$/.test(words)).map(({ path }) => path),
  ).toEqual([])
  const drawers = /(^|-)(utils?|helpers?|manager)(-|$)/
  expect(names.filter(({ words }) => drawers.test(words)).map(({ path }) => path)).toEqual([])
})

// Spelled with a gap in each, so that this file does not break its own rule.
const unfinished = new RegExp(
  [
    'TO[D]O',
    'FIX[M]E',
    'XX[X]',
    '@ts-[i]gnore',
    'as [a]ny\\b',
    '[se]lint-[d]isable',
    '\\b(it|test|describe)\\.(onl[y]|tod[o]|ski[p])\\(',
  ].join('|'),
)

test('nothing is left undone or silenced', () => {
  const lines = [...product, ...tests].flatMap(({ path, text }) =>
    text
      .split('\n')
      .flatMap((line, index) => (unfinished.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [])),
  )
  expect(lines).toEqual([])
})

test('an exported function takes no bare boolean, whose meaning a caller could not see', () => {
  expect(
    booleanParameters({ path: 'a.ts', text: 'export function open(path: string, force: boolean) {}' }),
  ).toHaveLength(1)
  expect(
    booleanParameters({ path: 'a.ts', text: 'export const open = (force = true) => force' }),
  ).toHaveLength(1)
  expect(
    booleanParameters({ path: 'a.ts', text: 'export function open({ force }: { force: boolean }) {}' }),
  ).toEqual([])
  expect(product.flatMap(booleanParameters)).toEqual([])
})

type Parameter = {
  type: string
  typeAnnotation?: unknown
  left?: { typeAnnotation?: unknown }
  right?: { value?: unknown }
}

function booleanParameters({ path, text }: SourceFile): string[] {
  const found: string[] = []
  const look = (name: string, parameters: readonly Parameter[]): void => {
    if (parameters.some(isBoolean)) found.push(`${path}: ${name}`)
  }
  new Visitor({
    ExportNamedDeclaration: ({ declaration }) => {
      if (declaration?.type === 'FunctionDeclaration') {
        look(declaration.id?.name ?? '', declaration.params as Parameter[])
      }
      if (declaration?.type !== 'VariableDeclaration') return
      for (const { id, init } of declaration.declarations) {
        if (init?.type === 'ArrowFunctionExpression' && id.type === 'Identifier') {
          look(id.name, init.params as Parameter[])
        }
      }
    },
  }).visit(parseSync(path, text).program)
  return found
}

function isBoolean(parameter: Parameter): boolean {
  if (parameter.type === 'AssignmentPattern' && typeof parameter.right?.value === 'boolean') return true
  const annotation = (parameter.typeAnnotation ?? parameter.left?.typeAnnotation) as
    { typeAnnotation?: { type?: string } } | null | undefined
  return annotation?.typeAnnotation?.type === 'TSBooleanKeyword'
}
