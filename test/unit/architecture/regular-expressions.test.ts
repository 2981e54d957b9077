// Every regular expression in what ships takes time that grows with its input and no faster, or says how long
// its input can be.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseSync, Visitor } from 'vite'
import { beforeAll, expect, test, vi } from 'vitest'
import { readProjectFile, sourceFiles, type SourceFile } from './source-tree.ts'

type Found = { where: string; source: string; flags: string; cap: number | null }

/** Above it, even a square is felt. */
const LONGEST_CAP = 256
const CAP = /\/\/ input <= (\d+) characters/

/** Literals, and what stands in `RegExp(…)`; null as its source when that is made while the program runs. */
function expressionsOf({ path, text }: SourceFile): Array<Found | { where: string; source: null }> {
  const { program, errors } = parseSync(path, text)
  if (errors.length > 0) throw new Error(`${path} cannot be parsed: ${errors[0]?.message}`)
  const lines = text.split('\n')
  const found: Array<Found | { where: string; source: null }> = []
  const note = (start: number, source: string | null, flags: string): void => {
    const line = text.slice(0, start).split('\n').length
    const where = `${path}:${line}`
    const said = CAP.exec(lines[line - 1] ?? '') ?? CAP.exec(lines[line - 2] ?? '')
    found.push(
      source === null
        ? { where, source }
        : { where, source, flags, cap: said === null ? null : Number(said[1]) },
    )
  }
  const constructed = (node: Constructed): void => {
    if (node.callee.type !== 'Identifier' || node.callee.name !== 'RegExp') return
    const [source, flags] = node.arguments
    note(
      node.start,
      typeof source?.value === 'string' ? source.value : null,
      typeof flags?.value === 'string' ? flags.value : '',
    )
  }
  new Visitor({
    Literal: (node) => {
      if ('regex' in node) note(node.start, node.regex.pattern, node.regex.flags)
    },
    NewExpression: (node) => constructed(node as unknown as Constructed),
    CallExpression: (node) => constructed(node as unknown as Constructed),
  }).visit(program)
  return found
}

type Constructed = {
  start: number
  callee: { type: string; name?: string }
  arguments: Array<{ value?: unknown } | undefined>
}

const FOLDERS = ['electron', 'shared', 'renderer']
const all = sourceFiles(FOLDERS).flatMap(expressionsOf)

/**
 * What recheck found linear, kept in the repository: a check takes up to some seconds, and its fuzzer draws
 * at random, so that a verdict may differ from run to run. Only expressions that are not in it are checked; a
 * run outside of CI adds what it found linear.
 */
const root = join(import.meta.dirname, '..', '..', '..')
const file = join(root, 'test', 'fixtures', 'linear-expressions.json')
const { version } = JSON.parse(readProjectFile('node_modules/recheck/package.json')) as { version: string }

const readKnown = (): Set<string> => new Set(JSON.parse(readFileSync(file, 'utf8')) as string[])

let check: (source: string, flags: string) => { status: string; complexity?: { summary: string } }

beforeAll(async () => {
  // The other ones want Java or a binary for this machine.
  process.env['RECHECK_BACKEND'] = 'pure'
  const { checkSync } = await import('recheck')
  check = (source, flags) => checkSync(source, flags, { timeout: 120_000 })
})

/** What is wrong with it; null when nothing is. */
function problemOf({ source, flags, cap }: Omit<Found, 'where'>, known = new Set<string>()): string | null {
  if (cap !== null) return cap <= LONGEST_CAP ? null : `a cap of ${cap} is no cap`
  const key = `${version} /${source}/${flags}`
  if (known.has(key)) return null
  const { status, complexity } = check(source, flags)
  if (status === 'safe') known.add(key)
  return status === 'safe' ? null : (complexity?.summary ?? status)
}

test('every regular expression is linear, or names the cap of its input', { timeout: 900_000 }, () => {
  const known = readKnown()
  expect(all.length).toBeGreaterThan(250)
  const problems = all.flatMap((one) => {
    if (one.source === null) return []
    const problem = problemOf(one, known)
    return problem === null ? [] : [`${one.where} /${one.source}/${one.flags}: ${problem}`]
  })
  if (process.env['CI'] === undefined)
    writeFileSync(file, `${JSON.stringify([...known].toSorted(), null, 2)}\n`)
  expect(problems).toEqual([])
})

test('one that is put together is so once, when its file is loaded, and is linear too; patterns that come as data run in re2js', async () => {
  const computed = all.filter(({ source }) => source === null)
  const files = [...new Set(computed.map(({ where }) => where.replace(/:\d+$/, '')))]
  // Other tests of this worker may have loaded them already.
  vi.resetModules()
  const made: RegExp[] = []
  const own = globalThis.RegExp
  globalThis.RegExp = new Proxy(own, {
    construct(target, given, self) {
      const one = Reflect.construct(target, given, self) as RegExp
      made.push(one)
      return one
    },
  })
  try {
    for (const path of files) await import(/* @vite-ignore */ join(root, path))
  } finally {
    globalThis.RegExp = own
  }
  // Fewer would mean that some are made later, of what comes then.
  expect(made.length).toBeGreaterThanOrEqual(computed.length)
  const known = readKnown()
  const problems = made.map(({ source, flags }) => problemOf({ source, flags, cap: null }, known))
  expect(problems.filter((problem) => problem !== null)).toEqual([])
}, 300_000)

test('only the service loads that engine; the window and what it shares do not', () => {
  const users = sourceFiles(FOLDERS).filter(({ text }) => /from 're2js'/.test(text))
  expect(users.map(({ path }) => path)).toEqual(['electron/core/providers/data-patterns.ts'])
})

test.each([
  ['(a+)+$', 'a literal that doubles with each character'],
  ['^\\s*x', 'blanks counted anew from every line break', 'm'],
  ['\\/+$', 'a long row of slashes'],
  ['^(.*)=(.*);(.*)$', 'three ways to part a line'],
])('the audit sees %s (%s)', (source, _why, flags = '') => {
  expect(problemOf({ source, flags, cap: null })).not.toBeNull()
  expect(problemOf({ source, flags, cap: 80 })).toBeNull()
  expect(problemOf({ source, flags, cap: 5000 })).not.toBeNull()
})

test('the search finds literals, constructors and caps wherever they stand', () => {
  const text = [
    'const one = /a+/g',
    '// input <= 80 characters',
    "const two = new RegExp('b+', 'u')",
    'const three = (x: string) => RegExp(x).test(x) // input <= 9 characters',
    '',
    'const four = `${"s".replace(/c/, "")}`',
  ].join('\n')
  expect(expressionsOf({ path: 'made-up.ts', text })).toEqual([
    { where: 'made-up.ts:1', source: 'a+', flags: 'g', cap: null },
    { where: 'made-up.ts:3', source: 'b+', flags: 'u', cap: 80 },
    { where: 'made-up.ts:4', source: null },
    { where: 'made-up.ts:6', source: 'c', flags: '', cap: null },
  ])
})
