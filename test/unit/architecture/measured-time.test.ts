// A test says what comes before what, how often, or how much; never how long it took. A measured time depends
// on what else the machine does, so that a bound on it fails without a defect or is too wide to find one.
import { parseSync, Visitor } from 'vite'
import { expect, test } from 'vitest'
import { sourceFiles, type SourceFile } from './source-tree.ts'

test('no test computes how long something took', () => {
  const tests = sourceFiles(['test/contract', 'test/e2e', 'test/integration', 'test/unit'])
  expect(tests.length).toBeGreaterThan(200)
  expect(tests.flatMap(measuredTimes)).toEqual([])
})

test.each([
  ['from a start', 'const t = performance.now(); work(); expect(performance.now() - t).toBeLessThan(9)'],
  ['by the wall clock', 'const t = Date.now(); work(); expect(Date.now() - t).toBeLessThan(9)'],
  ['between two readings', 'const a = Date.now(); let b; b = Date.now(); expect(b - a).toBeLessThan(9)'],
  ['between dates', 'const a = new Date(); expect(+new Date() - +a).toBeLessThan(9)'],
  ['with the high-resolution clock', 'const a = process.hrtime.bigint(); use(process.hrtime.bigint() - a)'],
  ['with its older form', 'const a = process.hrtime(); use(process.hrtime(a)[0])'],
  ['from what another said', 'expect(Date.parse(said) - Date.now()).toBeLessThan(9)'],
  ['against a moment', 'expect(Date.now()).toBeLessThan(deadline)'],
  ['in a list', 'const all = []; all.push(performance.now()); expect(all[1] - all[0]).toBeLessThan(9)'],
  ['in a list with gaps', 'all.push(Date.now()); expect((all[1] ?? 0) - (all[0] ?? 0)).toBeGreaterThan(9)'],
  ['by the console', "console.time('work')"],
])('a time measured %s is found', (_name, text) => {
  expect(measuredTimes({ path: 'a.test.ts', text })).not.toEqual([])
})

test.each([
  ['a moment ago', 'const hourAgo = Date.now() - 3_600_000; const dayAgo = Date.now() - 24 * HOUR'],
  ['a clock that runs ahead', 'const now = () => Date.now() + ahead'],
  ['an order', 'const order = [before, said, Date.now()]; expect(order).toEqual(order.toSorted())'],
])('%s is no measured time', (_name, text) => {
  expect(measuredTimes({ path: 'a.test.ts', text })).toEqual([])
})

type Node = {
  type: string
  start: number
  name?: string
  value?: unknown
  operator?: string
  argument?: Node
  expression?: Node
  left?: Node
  right?: Node
  callee?: Node
  object?: Node
  property?: Node
  arguments?: Node[]
}

function measuredTimes({ path, text }: SourceFile): string[] {
  const { program, errors } = parseSync(path, text)
  if (errors.length > 0) throw new Error(`${path} cannot be parsed: ${errors[0]?.message}`)
  const readings = new Set<string>()
  const keep = (name: string | undefined, value: unknown): void => {
    if (name !== undefined && isReading(value as Node | null, new Set())) readings.add(name)
  }
  new Visitor({
    VariableDeclarator: ({ id, init }) => keep((id as Node).name, init),
    AssignmentExpression: ({ left, right }) => keep((left as Node).name, right),
    CallExpression: (call) => {
      const { object, property } = (call as unknown as Node).callee ?? {}
      if (property?.name === 'push') keep(object?.name, call.arguments[0])
    },
  }).visit(program)

  const found: string[] = []
  const note = ({ start }: { start: number }): void => {
    const line = text.slice(0, start).split('\n').length
    found.push(`${path}:${line}: ${text.split('\n')[line - 1]?.trim()}`)
  }
  new Visitor({
    BinaryExpression: (node) => {
      const { left, right, operator } = node as unknown as Node
      const [isLeft, isRight] = [isReading(left, readings), isReading(right, readings)]
      const isDifference = operator === '-' && (isRight || (isLeft && !isConstant(right)))
      if (isDifference || (/^[<>]=?$/.test(operator ?? '') && (isLeft || isRight))) note(node)
    },
    CallExpression: (node) => {
      const call = node as unknown as Node
      const { object, property } = call.callee ?? {}
      const isHrtime = object?.name === 'process' && property?.name === 'hrtime'
      if (isHrtime && (call.arguments?.length ?? 0) > 0) note(node)
      if (object?.name === 'console' && property?.name === 'time') note(node)
      const isBound = /^toBe(Less|Greater)Than(OrEqual)?$|^toBeCloseTo$/.test(property?.name ?? '')
      if (isBound && isReading(object?.arguments?.[0], readings)) note(node)
    },
  }).visit(program)
  return found
}

/** A clock was read here, or what it said was kept under this name. */
function isReading(node: Node | null | undefined, readings: ReadonlySet<string>): boolean {
  if (node === null || node === undefined) return false
  if (node.type === 'Identifier') return readings.has(node.name ?? '')
  if (node.type === 'MemberExpression') return isReading(node.object, readings)
  if (node.type === 'LogicalExpression') return isReading(node.left, readings)
  if (node.type === 'ParenthesizedExpression') return isReading(node.expression, readings)
  if (node.type === 'UnaryExpression' || node.type === 'TSNonNullExpression') {
    return isReading(node.argument ?? node.expression, readings)
  }
  if (node.type === 'NewExpression') {
    return node.callee?.name === 'Date' && (node.arguments?.length ?? 0) === 0
  }
  if (node.type !== 'CallExpression') return false
  const { object, property } = node.callee ?? {}
  if (['getTime', 'valueOf', 'at'].includes(property?.name ?? '')) return isReading(object, readings)
  const isClock = /^(Date|performance)$/.test(object?.name ?? '') && property?.name === 'now'
  const isHrtime = object?.name === 'process' && /^(hrtime|uptime)$/.test(property?.name ?? '')
  const isBigHrtime = object?.property?.name === 'hrtime' && property?.name === 'bigint'
  return isClock || isHrtime || isBigHrtime
}

/** Numbers, and names that are written as constants. */
function isConstant(node: Node | undefined): boolean {
  if (node?.type === 'Literal') return typeof node.value === 'number'
  if (node?.type === 'Identifier') return /^[A-Z][A-Z0-9_]*$/.test(node.name ?? '')
  return node?.type === 'BinaryExpression' && isConstant(node.left) && isConstant(node.right)
}
