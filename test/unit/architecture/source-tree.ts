// The checkout as the architecture tests see it: its source files, and what each of them imports, read by a
// real parser.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { parseSync, Visitor } from 'vite'

const root = join(import.meta.dirname, '..', '..', '..')

export type SourceFile = { path: string; text: string }

/** A file of this project (path from the root), or a module by its name. */
export type Import = { kind: 'file' | 'module'; name: string }

export const readProjectFile = (path: string): string => readFileSync(join(root, path), 'utf8')

/** Files that git knows or would add, below the folders, with these endings; as posix paths from the root. */
export function projectFiles(folders: readonly string[], ending: RegExp): string[] {
  const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '--', ...folders], {
    cwd: root,
    encoding: 'utf8',
  })
  return listed.split('\n').filter((path) => ending.test(path) && existsSync(join(root, path)))
}

export const sourceFiles = (folders: readonly string[]): SourceFile[] =>
  projectFiles(folders, /\.(ts|tsx|mts|mjs)$/).map((path) => ({ path, text: readProjectFile(path) }))

/**
 * Every module that the file names: static, dynamic, re-exported, `import type`, `import('…').T` and require.
 */
export function importsOf({ path, text }: SourceFile): Import[] {
  const { program, module, errors } = parseSync(path, text)
  if (errors.length > 0) throw new Error(`${path} cannot be parsed: ${errors[0]?.message}`)
  const named = [
    ...module.staticImports.map(({ moduleRequest }) => moduleRequest.value),
    ...module.staticExports.flatMap(({ entries }) =>
      entries.flatMap(({ moduleRequest }) => (moduleRequest === null ? [] : [moduleRequest.value])),
    ),
  ]
  new Visitor({
    ImportExpression: ({ source }) => {
      named.push(literal(source) ?? `(computed in ${path})`)
    },
    TSImportType: ({ source }) => {
      named.push(source.value)
    },
    CallExpression: ({ callee, arguments: given }) => {
      if (callee.type === 'Identifier' && callee.name === 'require') named.push(literal(given[0]) ?? '')
    },
  }).visit(program)
  return [...new Set(named)].map((name) =>
    name.startsWith('.')
      ? { kind: 'file', name: posix.join(dirname(path), name.replace(/\?.*$/, '')) }
      : { kind: 'module', name },
  )
}

function literal(node: { type: string; value?: unknown } | undefined): string | null {
  return node?.type === 'Literal' && typeof node.value === 'string' ? node.value : null
}
