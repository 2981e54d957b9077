// Reads the YAML that API clients export, with a library and within limits: no more aliases than a person
// writes, no more text than such files hold. Scalars stay strings except `true`, `false` and `null`, because
// numbers in these files are ids.
import { LineCounter, parseDocument } from 'yaml'

/** Position and reason of an error. The library's own messages quote the text, which may hold secrets. */
export class YamlProblem extends Error {
  readonly line: number | null
  constructor(line: number | null, message: string) {
    super(message)
    this.line = line
  }
}

const MOST_CHARACTERS = 2 * 1024 * 1024
const MOST_ALIASES = 50

/** The value as JSON would have it. @throws YamlProblem */
export function readYaml(text: string): unknown {
  if (text.length > MOST_CHARACTERS) throw new YamlProblem(null, 'YAML of more than 2 MB is not read here.')
  const lines = new LineCounter()
  try {
    const document = parseDocument(text, {
      schema: 'failsafe',
      customTags: ['bool', 'null'],
      lineCounter: lines,
      prettyErrors: false,
      logLevel: 'silent',
      // The library's check for duplicate keys compares every key with every other one.
      uniqueKeys: false,
    })
    const [error] = document.errors
    if (error !== undefined)
      throw new YamlProblem(lines.linePos(error.pos[0]).line, 'This is not whole YAML.')
    return document.toJS({ maxAliasCount: MOST_ALIASES }) as unknown
  } catch (error) {
    if (error instanceof RangeError) throw new YamlProblem(null, 'It is nested too deeply.')
    if (error instanceof ReferenceError)
      throw new YamlProblem(null, 'Its aliases name nothing, or multiply without end.')
    throw error
  }
}
