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

/** What one file imports of its own project. A file that is only needed for its types runs nothing. */
export type Edges = { readonly values: ReadonlySet<string>; readonly types: ReadonlySet<string> }

/** Static and dynamic imports between these files, by path. */
export function importGraph(files: readonly SourceFile[]): ReadonlyMap<string, Edges> {
  const known = new Set(files.map(({ path }) => path))
  return new Map(
    files.map((file) => {
      const all = importsOf(file).flatMap(({ kind, name }) =>
        kind === 'file' && known.has(name) ? [name] : [],
      )
      const values = valueImportsOf(file)
      return [
        file.path,
        {
          values: new Set(all.filter((name) => values.has(name))),
          types: new Set(all.filter((name) => !values.has(name))),
        },
      ]
    }),
  )
}

/** Those of its own project that are loaded when the file runs. */
function valueImportsOf({ path, text }: SourceFile): Set<string> {
  const { program, module } = parseSync(path, text)
  const named = module.staticImports.flatMap(({ moduleRequest, entries }) =>
    entries.length > 0 && entries.every(({ isType }) => isType) ? [] : [moduleRequest.value],
  )
  for (const { entries } of module.staticExports) {
    for (const { moduleRequest, isType } of entries) {
      if (moduleRequest !== null && !isType) named.push(moduleRequest.value)
    }
  }
  new Visitor({
    ImportExpression: ({ source }) => {
      named.push(literal(source) ?? '')
    },
  }).visit(program)
  return new Set(named.map((name) => posix.join(dirname(path), name)))
}

/** Groups of files that import each other, type-only imports included (Tarjan's algorithm). */
export function circlesIn(graph: ReadonlyMap<string, Edges>): string[][] {
  const order = new Map<string, number>()
  const lowest = new Map<string, number>()
  const open: string[] = []
  const circles: string[][] = []
  const visit = (file: string): void => {
    order.set(file, order.size)
    lowest.set(file, order.get(file) ?? 0)
    open.push(file)
    const { values = new Set<string>(), types = new Set<string>() } = graph.get(file) ?? {}
    for (const next of [...values, ...types]) {
      if (!order.has(next)) visit(next)
      if (open.includes(next)) lowest.set(file, Math.min(lowest.get(file) ?? 0, lowest.get(next) ?? 0))
    }
    if (lowest.get(file) !== order.get(file)) return
    const group = open.splice(open.indexOf(file))
    if (group.length > 1 || values.has(file)) circles.push(group)
  }
  for (const file of graph.keys()) if (!order.has(file)) visit(file)
  return circles
}

/** Everything that is loaded with the file, itself included. */
export function reachOf(graph: ReadonlyMap<string, Edges>, from: string): string[] {
  const reached = new Set([from])
  for (const file of reached) for (const next of graph.get(file)?.values ?? []) reached.add(next)
  return [...reached]
}

function literal(node: { type: string; value?: unknown } | undefined): string | null {
  return node?.type === 'Literal' && typeof node.value === 'string' ? node.value : null
}
