// Sends a body of bytes through the streamed form of the request proxy: the method is the request's own, and
// a header holds the target URL.
import { KeywayError } from '../contract/errors.ts'
import { ACCOUNT_HEADER, TARGET_HEADER } from '../contract/http-api.ts'
import type { ByteBody, FetchLike } from './call-error.ts'

type Described = {
  method?: string
  url: string
  headers?: Record<string, string>
  data?: unknown
  account?: string
}

const PLATFORM_BODIES: ReadonlySet<string> = new Set([
  'ArrayBuffer',
  'Blob',
  'File',
  'FormData',
  'URLSearchParams',
  'ReadableStream',
])

/**
 * The call that streams the body; null for a request that is described as JSON. @throws KeywayError
 * `invalid_request`
 */
export function byteBody({
  method,
  url,
  headers = {},
  data,
  account,
}: Described): Omit<Parameters<FetchLike>[1], 'redirect'> | null {
  const isText = typeof data === 'string'
  if (!isText && !isBytes(data)) return null
  const named = method?.toUpperCase() ?? 'POST'
  if (named === 'GET' || named === 'HEAD') {
    // fetch sends no body with these methods; text can be described as JSON instead.
    if (isText) return null
    throw new KeywayError('invalid_request', { message: `method: ${named} carries no body of bytes.` })
  }
  const hasType = Object.keys(headers).some((name) => name.toLowerCase() === 'content-type')
  return {
    method: named,
    headers: {
      ...(isText && !hasType ? { 'content-type': 'text/plain; charset=utf-8' } : {}),
      ...headers,
      [TARGET_HEADER]: ascii(url),
      ...(account === undefined ? {} : { [ACCOUNT_HEADER]: latin1(account) }),
    },
    body: data,
    // No effect on a body that is not a stream.
    duplex: 'half',
  }
}

/** Compared by name, because each realm has its own types. */
function isBytes(data: unknown): data is ByteBody {
  if (typeof data !== 'object' || data === null) return false
  const name = Object.prototype.toString.call(data).slice(8, -1)
  return ArrayBuffer.isView(data) || PLATFORM_BODIES.has(name) || Symbol.asyncIterator in data
}

/** A header holds ASCII, and so does a URL. */
const ascii = (url: string): string => url.toWellFormed().replaceAll(/[^\u0021-\u007E]/gu, encodeURIComponent)

/** The bytes of the UTF-8 text as Latin-1 characters, which a header may hold; Keyway decodes them. */
const latin1 = (text: string): string =>
  encodeURIComponent(text.toWellFormed()).replaceAll(/%([0-9A-F]{2})/g, (_whole, hex: string) =>
    String.fromCodePoint(Number.parseInt(hex, 16)),
  )
