// From the standard form request that the library builds to the one a server wants. Pure.
import type { WireRequest } from './wire.ts'

export type Shaping = {
  method: 'POST' | 'GET' | 'DELETE'
  format: 'form' | 'json' | 'query' | 'none'
  /** Standard names taken out. */
  omit: readonly string[]
  /** Put in after that, under standard names; replaces what is there. */
  add: Readonly<Record<string, string>>
  /** Standard name → the server's name. */
  rename: Readonly<Record<string, string>>
  /** Lower-case names or not; they win over the library's. */
  headers: Readonly<Record<string, string>>
}

export type StandardRequest = {
  url: string
  headers: Readonly<Record<string, string>>
  parameters: ReadonlyArray<readonly [name: string, value: string]>
}

export function shapeRequest(request: StandardRequest, shaping: Shaping): WireRequest {
  const parameters = shapeParameters(request.parameters, shaping)
  const headers = mergeHeaders(request.headers, shaping.headers)
  delete headers['content-type']
  const { method } = shaping
  if (shaping.format === 'none') return { method, url: request.url, headers, body: null }
  if (method === 'GET' || shaping.format === 'query') {
    return { method, url: withQuery(request.url, parameters), headers, body: null }
  }
  if (shaping.format === 'json') {
    headers['content-type'] = 'application/json'
    return { method, url: request.url, headers, body: JSON.stringify(asObject(parameters)) }
  }
  headers['content-type'] = 'application/x-www-form-urlencoded'
  return { method, url: request.url, headers, body: new URLSearchParams(parameters).toString() }
}

/** Omits, adds, renames, in this order. */
export function shapeParameters(
  parameters: StandardRequest['parameters'],
  { omit, add, rename }: Pick<Shaping, 'omit' | 'add' | 'rename'>,
): Array<[string, string]> {
  const kept = parameters.filter(([name]) => !omit.includes(name) && !Object.hasOwn(add, name))
  return [...kept, ...Object.entries(add)].map(([name, value]) => [
    Object.hasOwn(rename, name) ? (rename[name] ?? name) : name,
    value,
  ])
}

/** Adds to a query without touching what stands there; spaces as %20, which every server reads. */
export function withQuery(url: string, parameters: ReadonlyArray<readonly [string, string]>): string {
  if (parameters.length === 0) return url
  const target = new URL(url)
  for (const [name, value] of parameters) target.searchParams.append(name, value)
  target.search = target.search.replaceAll('+', '%20')
  return target.href
}

function mergeHeaders(
  base: Readonly<Record<string, string>>,
  over: Readonly<Record<string, string>>,
): Record<string, string> {
  const merged = [...Object.entries(base), ...Object.entries(over)]
  return Object.fromEntries(merged.map(([name, value]) => [name.toLowerCase(), value]))
}

/** A name that comes several times (resource) becomes a list. */
function asObject(parameters: ReadonlyArray<readonly [string, string]>): Record<string, string | string[]> {
  const object: Record<string, string | string[]> = {}
  for (const [name, value] of parameters) {
    const before = object[name]
    object[name] = before === undefined ? value : [...(Array.isArray(before) ? before : [before]), value]
  }
  return object
}
