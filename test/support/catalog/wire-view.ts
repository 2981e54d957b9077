// One request as it would be seen on the wire, taken apart far enough to be compared without regard to order
// or spelling of escapes.
import type { Json, Texts } from './record.ts'

export type WireView = {
  method: string
  /** Without its query. */
  url: string
  query: Texts
  headers: Texts
  format: 'form' | 'json' | 'none'
  fields: Readonly<Record<string, Json>>
}

/**
 * What a request must be. `SOMETHING` stands for a value that only has to be there; a header with null must
 * be absent.
 */
export type Demand = Omit<WireView, 'headers'> & { headers: Readonly<Record<string, string | null>> }

export const SOMETHING = '\u0000something'

export function viewOf(address: string, init: RequestInit = {}): WireView {
  const { url, query } = splitUrl(address)
  const headers = Object.fromEntries(new Headers(init.headers).entries())
  return {
    method: init.method ?? 'GET',
    url,
    query,
    headers,
    ...bodyOf(init.body, headers['content-type'] ?? ''),
  }
}

export function splitUrl(address: string): { url: string; query: Texts } {
  const parsed = new URL(address)
  const names = [...parsed.searchParams.keys()]
  if (new Set(names).size !== names.length) throw new Error(`a parameter comes twice: ${parsed.search}`)
  return { url: `${parsed.origin}${parsed.pathname}`, query: Object.fromEntries(parsed.searchParams) }
}

function bodyOf(body: RequestInit['body'], type: string): Pick<WireView, 'format' | 'fields'> {
  if (body === null || body === undefined || body === '') return { format: 'none', fields: {} }
  if (typeof body !== 'string') throw new Error('a body that is no text')
  if (type === 'application/json') return { format: 'json', fields: JSON.parse(body) as Record<string, Json> }
  if (type !== 'application/x-www-form-urlencoded') throw new Error(`an unknown content type: ${type}`)
  return { format: 'form', fields: Object.fromEntries(new URLSearchParams(body)) }
}

/** Every way in which `actual` is not what was demanded, in words. */
export function differences(what: string, demand: Demand, actual: WireView | undefined): string[] {
  if (actual === undefined) return [`${what}: nothing was sent`]
  const headers = Object.entries(demand.headers).flatMap(([name, value]) =>
    unequal(`${what}: header ${name}`, value ?? undefined, actual.headers[name.toLowerCase()]),
  )
  return [
    ...unequal(`${what}: method`, demand.method, actual.method),
    ...unequal(`${what}: address`, demand.url, actual.url),
    ...unequal(`${what}: body format`, demand.format, actual.format),
    ...unequalFields(`${what}: query`, demand.query, actual.query),
    ...unequalFields(`${what}: field`, demand.fields, actual.fields),
    ...headers,
  ]
}

function unequalFields(
  what: string,
  demanded: Readonly<Record<string, Json>>,
  actual: Readonly<Record<string, Json>>,
): string[] {
  const names = [...new Set([...Object.keys(demanded), ...Object.keys(actual)])]
  return names.flatMap((name) => unequal(`${what} ${name}`, demanded[name], actual[name]))
}

export function unequal(what: string, demanded: Json | undefined, actual: Json | undefined): string[] {
  if (demanded === SOMETHING && actual !== undefined && actual !== '') return []
  if (JSON.stringify(demanded) === JSON.stringify(actual)) return []
  const shown = (value: Json | undefined): string =>
    value === undefined ? 'nothing' : value === SOMETHING ? 'something' : JSON.stringify(value)
  return [`${what} is ${shown(actual)}, demanded is ${shown(demanded)}`]
}
