// The part of YAML that API clients write when they export: block mappings and sequences, plain and quoted scalars, text blocks and
// one-line lists. It refuses what it does not know (anchors, tags, directives) instead of reading it half.

type Line = { number: number; indent: number; text: string }

/** Where and why a text is not of this subset. */
export class YamlProblem extends Error {
  readonly line: number
  constructor(line: number, message: string) {
    super(message)
    this.line = line
  }
}

/** The value as JSON would have it; scalars stay texts, but for `true`, `false` and `null`. @throws YamlProblem */
export function parseYamlSubset(text: string): unknown {
  const lines = linesOf(text)
  const reader: Reader = { lines, at: 0, raw: text.split(/\r?\n/) }
  const [first] = lines
  if (first === undefined) return null
  const value = readBlock(reader, first.indent)
  const rest = lines[reader.at]
  if (rest !== undefined) throw new YamlProblem(rest.number, 'The indentation does not fit.')
  return value
}

type Reader = { lines: Line[]; at: number; raw: string[] }

function linesOf(text: string): Line[] {
  return text.split(/\r?\n/).flatMap((raw, index) => {
    const content = raw.trimEnd()
    const bare = content.trimStart()
    if (bare === '' || bare.startsWith('#') || bare === '---') return []
    const indent = content.length - bare.length
    if (content.slice(0, indent).includes('\t')) throw new YamlProblem(index + 1, 'Indented with a tab.')
    return [{ number: index + 1, indent, text: bare }]
  })
}

function readBlock(reader: Reader, indent: number): unknown {
  const line = reader.lines[reader.at]
  if (line === undefined) return null
  return isItem(line.text) ? readSequence(reader, indent) : readMapping(reader, indent)
}

const isItem = (text: string): boolean => text === '-' || text.startsWith('- ')

function readSequence(reader: Reader, indent: number): unknown[] {
  const items: unknown[] = []
  for (;;) {
    const line = reader.lines[reader.at]
    if (line === undefined || line.indent !== indent || !isItem(line.text)) return items
    const rest = line.text.slice(1).trimStart()
    if (rest === '') {
      reader.at += 1
      items.push(readNested(reader, indent))
    } else if (isItem(rest) || KEY.test(rest)) {
      // The item begins on the line of its dash; it is a block whose indent is that of its first key.
      const inner = indent + line.text.length - rest.length
      reader.lines[reader.at] = { ...line, indent: inner, text: rest }
      items.push(readBlock(reader, inner))
    } else {
      reader.at += 1
      items.push(readScalar(reader, { ...line, text: rest }, indent))
    }
  }
}

const KEY = /^("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s"'#&*!|>%@`[\]{},-][^:#]*|-[^\s:][^:#]*):(?:\s+(.*))?$/

function readMapping(reader: Reader, indent: number): Record<string, unknown> {
  const entries: [string, unknown][] = []
  for (;;) {
    const line = reader.lines[reader.at]
    if (line === undefined || line.indent < indent || (line.indent === indent && isItem(line.text)))
      return Object.fromEntries(entries)
    const match = line.indent === indent ? KEY.exec(line.text) : null
    if (match === null) throw new YamlProblem(line.number, 'A "name: value" is expected here.')
    const [, name = '', value = ''] = match
    reader.at += 1
    const isEmpty = value === '' || value.startsWith('#')
    entries.push([
      String(scalarOf(name.trim(), line.number)),
      isEmpty ? readNested(reader, indent) : readScalar(reader, { ...line, text: value }, indent),
    ])
  }
}

/** What stands below a name without a value: a deeper block, a sequence at the same depth, or nothing. */
function readNested(reader: Reader, indent: number): unknown {
  const next = reader.lines[reader.at]
  if (next === undefined || next.indent < indent) return null
  if (next.indent === indent) return isItem(next.text) ? readSequence(reader, indent) : null
  return readBlock(reader, next.indent)
}

function readScalar(reader: Reader, line: Line, indent: number): unknown {
  if (/^[|>][+-]?\d*[+-]?$/.test(line.text)) return readText(reader, line, indent)
  if (/^[&*!%@`]/.test(line.text)) throw new YamlProblem(line.number, 'Anchors and tags are not read here.')
  if (line.text === '{}') return {}
  if (line.text.startsWith('[')) {
    if (!line.text.endsWith(']')) throw new YamlProblem(line.number, 'A list must end on its line.')
    const inner = line.text.slice(1, -1).trim()
    return inner === '' ? [] : inner.split(',').map((item) => scalarOf(item.trim(), line.number))
  }
  if (line.text.startsWith('{')) throw new YamlProblem(line.number, 'One-line mappings are not read here.')
  return scalarOf(foldedText(reader, line, indent), line.number)
}

/** A plain or quoted text goes on in the lines below it that are indented deeper. */
function foldedText(reader: Reader, line: Line, indent: number): string {
  let text = line.text
  for (;;) {
    const next = reader.lines[reader.at]
    if (next === undefined || next.indent <= indent) return text
    text = text.endsWith('\\') ? text.slice(0, -1) + next.text : `${text} ${next.text}`
    reader.at += 1
  }
}

/** A text block: every line below that is indented deeper, kept as it is; folding is of no interest here. */
function readText(reader: Reader, line: Line, indent: number): string {
  const below: string[] = []
  let number = line.number
  for (; number < reader.raw.length; number += 1) {
    const raw = reader.raw[number] ?? ''
    if (raw.trim() !== '' && raw.length - raw.trimStart().length <= indent) break
    below.push(raw)
  }
  while ((reader.lines[reader.at]?.number ?? Number.POSITIVE_INFINITY) <= number) reader.at += 1
  const depth = Math.min(
    ...below.filter((raw) => raw.trim() !== '').map((raw) => raw.length - raw.trimStart().length),
  )
  return below
    .map((raw) => raw.slice(depth))
    .join('\n')
    .trimEnd()
}

function scalarOf(text: string, number: number): unknown {
  if (text.startsWith('"')) {
    const quoted = /^("(?:[^"\\]|\\.)*")\s*(?:#.*)?$/.exec(text)?.[1]
    if (quoted === undefined) throw new YamlProblem(number, 'A quoted text must end on its line.')
    return unescaped(quoted, number)
  }
  if (text.startsWith("'")) {
    const quoted = /^'((?:[^']|'')*)'\s*(?:#.*)?$/.exec(text)?.[1]
    if (quoted === undefined) throw new YamlProblem(number, 'A quoted text must end on its line.')
    return quoted.replaceAll("''", "'")
  }
  const plain = text.replace(/\s+#.*$/, '')
  if (plain === 'true' || plain === 'false') return plain === 'true'
  return plain === 'null' || plain === '~' ? null : plain
}

function unescaped(quoted: string, number: number): string {
  try {
    return JSON.parse(quoted) as string
  } catch {
    throw new YamlProblem(number, 'A quoted text has an escape that is not read here.')
  }
}
