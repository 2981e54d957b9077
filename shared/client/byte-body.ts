// A body of bytes goes by the streamed form of the request proxy: the method is the request's own, the
// address stands in a header.
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
 * invalid_request
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
    // fetch gives these no body; text can be described instead.
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
    // Harmless for what is no stream.
    duplex: 'half',
  }
}

/** By name, as each realm has types of its own. */
function isBytes(data: unknown): data is ByteBody {
  if (typeof data !== 'object' || data === null) return false
  const name = Object.prototype.toString.call(data).slice(8, -1)
  return ArrayBuffer.isView(data) || PLATFORM_BODIES.has(name) || Symbol.asyncIterator in data
}

/** A header holds ASCII, as an address does. */
const ascii = (url: string): string => url.toWellFormed().replaceAll(/[^\u0021-\u007E]/gu, encodeURIComponent)

/** The bytes of UTF-8 as the characters that a header may hold; Keyway reads them back. */
const latin1 = (text: string): string =>
  encodeURIComponent(text.toWellFormed()).replaceAll(/%([0-9A-F]{2})/g, (_whole, hex: string) =>
    String.fromCodePoint(Number.parseInt(hex, 16)),
  )
