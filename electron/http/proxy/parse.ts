// Parses both forms of a proxied request.
import { isUtf8 } from 'node:buffer'
import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { KeywayError } from '../../../shared/contract/errors.ts'
import { accountQuery, integrationId, requestBody, TARGET_HEADER } from '../../../shared/contract/http-api.ts'
import { parseJsonAsWritten } from '../../../shared/domain/exact-json.ts'
import { invalidRequest, parsed } from '../../core/invalid-request.ts'
import type { Wanted } from '../connections/selection.ts'
import type { RequestContext, RequestHeaders } from '../security/request-guard.ts'
import { jsonOf } from '../tokens/request.ts'

export type ProxiedCall = {
  wanted: Wanted
  method: string
  /** Relative or absolute, as asked for; not yet checked. */
  target: string
  /** Names and values in turn, not yet filtered. */
  headers: readonly string[]
  /** A buffer can be sent again. */
  body: Buffer | Readable | null
  /** Of the body; null when it is streamed without a length. */
  bodyBytes: number | null
}

const JSON_FORM = /^\/api\/integrations\/([^/]+)\/request$/
/** Without anything after `request`, with or without a slash, it is the base address as it is registered. */
const PATH_FORM = /^\/api\/integrations\/([^/]+)\/request(\/.*)?$/s
/** The schema takes each of these; what it says about others, it says itself. */
const ORDINARY_ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/
/** CONNECT never gets here; TRACE would show the caller the credentials (RFC 9110 9.3.8). */
const NOT_PROXIED: ReadonlySet<string> = new Set(['CONNECT', 'TRACE'])

export function isProxyCall(method: string | undefined, path: string): boolean {
  return isJsonForm(method, path) || (PATH_FORM.test(path) && !NOT_PROXIED.has(method ?? ''))
}

export function isJsonForm(method: string | undefined, path: string): boolean {
  return method === 'POST' && JSON_FORM.test(path)
}

export function parsePathForm(
  request: IncomingMessage,
  { path, query, headers }: RequestContext,
  body: Buffer | Readable | null,
): ProxiedCall {
  const [, id = '', rest] = PATH_FORM.exec(path) ?? []
  const { upgrade } = request.headers
  // Other upgrades (h2c) are offers, which may be ignored (RFC 9110 7.8); this one is meant.
  if (upgrade !== undefined && /\bwebsocket\b/i.test(upgrade)) throw noWebSocket()
  if (headers.accounts.length > 1)
    throw invalidRequest('headers', [{ path: ['keyway-account'], message: 'It may be given only once.' }])
  const target = targetIn(headers, `${rest === '/' ? '' : (rest ?? '')}${query}`)
  const account = accountIn(headers)
  const length = request.headers['content-length']
  return {
    wanted: { id: ORDINARY_ID.test(id) ? id : parsed(integrationId, id, 'path'), account },
    method: request.method ?? 'GET',
    target,
    headers: request.rawHeaders,
    body,
    bodyBytes: body === null ? 0 : length === undefined ? null : Number(length),
  }
}

/**
 * The header names an address that a path cannot: another host's, or one that a client would write in another
 * way.
 */
function targetIn({ targets: [named, ...more] }: RequestHeaders, path: string): string {
  if (named === undefined) return path
  const refuse = (message: string): KeywayError =>
    invalidRequest('headers', [{ path: [TARGET_HEADER], message }])
  if (more.length > 0) throw refuse('It may be given only once.')
  if (path !== '') throw refuse('With it nothing may stand after /request/ in the path.')
  const url = requestBody.shape.url.safeParse(named)
  if (!url.success)
    throw refuse('A path, or the whole address on an allowed host, in at most 8000 characters.')
  return url.data
}

function noWebSocket(): KeywayError {
  return new KeywayError('invalid_request', {
    message:
      'A WebSocket cannot be opened through Keyway: after the first request it would be beyond every grant.',
    nextStep: 'Ask for a token and connect to the API directly, if the app may have one.',
    details: { field: 'upgrade' },
  })
}

export function parseJsonForm(
  contentType: string | undefined,
  { path, headers }: RequestContext,
  raw: Buffer,
): ProxiedCall {
  if (!/^application\/(?:[\w.+-]+\+)?json *(?:;|$)/i.test(contentType ?? '')) {
    throw new KeywayError('unsupported_media_type')
  }
  const asked = parsed(requestBody, jsonOf(raw), 'body')
  const account = asked.account ?? accountIn(headers)
  const { body, type } = bodyOf(dataAsWritten(raw))
  const flat = Object.entries(asked.headers).flatMap(([name, value]) =>
    [value].flat().flatMap((each) => [name, String(each)]),
  )
  const hasType = Object.keys(asked.headers).some((name) => name.toLowerCase() === 'content-type')
  return {
    wanted: { id: parsed(integrationId, JSON_FORM.exec(path)?.[1], 'path'), account },
    method: asked.method,
    target: asked.url,
    headers: type === null || hasType ? flat : [...flat, 'content-type', type],
    body,
    bodyBytes: body?.length ?? 0,
  }
}

/** Header bytes come as Latin-1; whoever writes a name in another script sends UTF-8. */
function accountIn({ accounts: [sent] }: RequestHeaders): string | undefined {
  if (sent === undefined) return undefined
  const bytes = Buffer.from(sent, 'latin1')
  const named = isUtf8(bytes) ? bytes.toString('utf8') : sent
  return parsed(accountQuery, { account: named }, 'headers').account
}

/** Numbers go on as the caller wrote them, not as a double has them. */
function dataAsWritten(raw: Buffer): unknown {
  return (parseJsonAsWritten(raw.toString('utf8')) as { data?: unknown }).data
}

function bodyOf(data: unknown): { body: Buffer | null; type: string | null } {
  if (data === undefined || data === null) return { body: null, type: null }
  if (typeof data === 'string') return { body: Buffer.from(data), type: 'text/plain; charset=utf-8' }
  return { body: Buffer.from(textOf(data)), type: 'application/json' }
}

/**
 * What could be read cannot always be written: reading takes any depth, writing goes as deep as the stack.
 */
function textOf(data: unknown): string {
  try {
    return JSON.stringify(data)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw invalidRequest('body', [{ path: ['data'], message: 'It is nested too deeply.' }])
  }
}

// Some APIs let a request say that it means another method than it has. A grant for POST must not become one
// for DELETE that way.

/** Of headers, query parameters and form fields, in lower case, with `_` as `-`. */
const OVERRIDE = /^(?:x-)?(?:http-)?method(?:-override)?$/
const METHOD_NAME = /^(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|QUERY|MERGE|MOVE|COPY|LINK|UNLINK|PURGE)$/

/**
 * The methods that the API may take this request for beside its own, in capitals. Looks at headers, query,
 * and a body that is at hand; not into a body that is streamed.
 */
export function overriddenMethods(call: Pick<ProxiedCall, 'headers' | 'body'>, query: string): string[] {
  const found: string[] = []
  const { headers, body } = call
  let type = ''
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const name = headers[index] ?? ''
    const value = headers[index + 1] ?? ''
    // Nearly every header is ruled out by its length or its letters.
    if (/method/i.test(name) && isOverride(name)) found.push(value)
    else if (name.length === 12 && name.toLowerCase() === 'content-type') type = value
  }
  if (/method|%/i.test(query)) found.push(...methodsIn(new URLSearchParams(query)))
  if (Buffer.isBuffer(body) && body.length > 0) found.push(...methodsInBody(body, type))
  return found.map((method) => method.trim().toUpperCase())
}

/** `_method`, `$method` and `X_HTTP_Method_Override` are spellings of the same. */
function isOverride(name: string): boolean {
  return OVERRIDE.test(
    name
      .trim()
      .toLowerCase()
      .replaceAll('_', '-')
      .replace(/^[-$]+/, ''),
  )
}

/** `?method=photos.search` is another thing. */
function methodsIn(fields: Iterable<[name: string, value: unknown]>): string[] {
  const found: string[] = []
  for (const [name, value] of fields) {
    if (typeof value === 'string' && isOverride(name) && METHOD_NAME.test(value.trim().toUpperCase()))
      found.push(value)
  }
  return found
}

function methodsInBody(body: Buffer, type: string): string[] {
  if (/form-urlencoded/i.test(type)) return methodsIn(new URLSearchParams(body.toString('latin1')))
  const text = body.includes('ethod') || body.includes('ETHOD') ? body.toString('utf8') : ''
  if (text === '') return []
  if (/json/i.test(type)) return methodsIn(Object.entries(objectIn(text)))
  if (!/multipart\//i.test(type)) return []
  const parts = text.split(/\r?\n\r?\n/)
  return methodsIn(
    parts.flatMap((head, index): Array<[string, string]> => {
      const [, quoted, bare] = /\bname=(?:"([^"]*)"|([^\s;]+))[^\r\n]*$/im.exec(head) ?? []
      const value = /^[^\r\n]*/.exec(parts[index + 1] ?? '')?.[0] ?? ''
      return [[quoted ?? bare ?? '', value]]
    }),
  )
}

function objectIn(text: string): Record<string, unknown> {
  try {
    const value = parseJsonAsWritten(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}
