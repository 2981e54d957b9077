// Reads a file of definitions. A .ts or .js file is run, as the person asked; `keyway` and lecca's toolkit in it stand for the two
// functions that describe a provider, which here only hand on what they are given, so that it can be checked whole.
import { readFileSync } from 'node:fs'
import { createRequire, registerHooks } from 'node:module'
import { extname, resolve } from 'node:path'
import { readJson } from '../../../shared/domain/json-problem.ts'
import { refused } from '../read-arguments.ts'

const STANDS_FOR: ReadonlySet<string> = new Set(['keyway', 'keyway/client', '@lecca-io/toolkit'])
const STAND_IN_URL = 'keyway-definitions:client'
const STAND_IN =
  'export const defineProvider = (definition) => definition\nexport const createOAuth2Connection = (definition) => definition\n'

/** What the file exports, unchecked. @throws KeywayError invalid_request */
export function loadFile(path: string): Record<string, unknown> {
  const text = readText(path)
  if (extname(path) === '.json') return { default: parseJson(path, text) }
  if (!/^\.[cm]?[jt]s$/.test(extname(path))) throw refused(`${path}: A .ts, .js or .json file is needed.`)
  const file = resolve(path)
  const hooks = registerHooks({
    resolve(specifier, context, next) {
      if (STANDS_FOR.has(specifier)) return { url: STAND_IN_URL, format: 'module', shortCircuit: true }
      return next(specifier, context)
    },
    load(url, context, next) {
      if (url === STAND_IN_URL) return { format: 'module', source: STAND_IN, shortCircuit: true }
      return next(url, context)
    },
  })
  try {
    const load = createRequire(import.meta.url)
    const exported: unknown = load(file)
    return typeof exported === 'object' && exported !== null ? { ...exported } : {}
  } catch (error) {
    // The first line only: what follows quotes the file.
    const [reason = ''] = (error instanceof Error ? `${error.name}: ${error.message}` : 'it throws').split(
      '\n',
    )
    throw refused(`${path} cannot be run: ${reason}`)
  } finally {
    hooks.deregister()
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw refused(`${path} cannot be read (${(error as NodeJS.ErrnoException).code}).`)
  }
}

function parseJson(path: string, text: string): unknown {
  const read = readJson(text)
  if (read.ok) return read.value
  throw refused(`${path} is not JSON at line ${read.line}, column ${read.column}.`)
}
