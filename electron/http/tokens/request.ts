// Parses both forms of a token call.
import { KeywayError } from '../../../shared/contract/errors.ts'
import { integrationId } from '../../../shared/contract/http/common.ts'
import { tokenBody, tokenQuery } from '../../../shared/contract/http/token.ts'
import { Secret } from '../../../shared/contract/secret.ts'
import { parseJson } from '../../../shared/domain/exact-json.ts'
import type { TokenOptions } from '../../core/connections/tokens/types.ts'
import { invalidRequest, parsed } from '../../core/invalid-request.ts'
import type { Wanted } from '../connections/selection.ts'
import type { RequestContext } from '../security/request-guard.ts'

/** `takesBound`: the app asked by name for a token that is bound to a key of Keyway. */
export type TokenCall = { wanted: Wanted; ask: TokenOptions; takesBound?: boolean }

const TOKEN_PATH = '/api/integrations/token'
const PREFIX = '/api/integrations/'
const SUFFIX = '/token'

/** `GET` and `POST` on the paths that ask for a token. */
export function isTokenCall(method: string | undefined, path: string): boolean {
  return method === 'GET' ? isTokenPath(path) : method === 'POST' && path === TOKEN_PATH
}

const idInTokenPath = (path: string): string => path.slice(PREFIX.length, -SUFFIX.length)

/** As {@link plainTokenBody}, for a path without a query. */
export function plainTokenQuery({ path, query }: RequestContext): Wanted | null {
  return query === '' ? { id: idInTokenPath(path) } : null
}

export function parseTokenQuery({ path, query }: RequestContext): TokenCall {
  const id = parsed(integrationId, idInTokenPath(path), 'path')
  const asked = parsed(tokenQuery, queryObject(query), 'query')
  return {
    wanted: { id, account: asked.account },
    ask: askOf({ ...asked, rejected: asked.rejected === true ? 'current' : undefined }),
    takesBound: asked.tokenType !== undefined,
  }
}

function isTokenPath(path: string): boolean {
  const end = path.length - SUFFIX.length
  return (
    end > PREFIX.length &&
    path.startsWith(PREFIX) &&
    path.endsWith(SUFFIX) &&
    path.indexOf('/', PREFIX.length) === end
  )
}

const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json *(?:;|$)/i

/** @throws KeywayError unsupported_media_type | invalid_request */
export function readJsonBody(contentType: string | null, body: Buffer): unknown {
  if (contentType !== 'application/json' && !JSON_TYPE.test(contentType ?? '')) {
    throw new KeywayError('unsupported_media_type')
  }
  return jsonOf(body)
}

/**
 * A body that names a provider and nothing else, not checked: what is found by its name needs no schema. Null
 * for any other body.
 */
export function plainTokenBody(body: unknown): Wanted | null {
  if (typeof body !== 'object' || body === null || Object.keys(body).length !== 1) return null
  const { provider } = body as { provider?: unknown }
  return typeof provider === 'string' ? { id: provider } : null
}

export function parseTokenBody(body: unknown): TokenCall {
  const asked = parsed(tokenBody, body, 'body')
  const rejected =
    typeof asked.rejected === 'string'
      ? new Secret(asked.rejected)
      : asked.rejected === true
        ? 'current'
        : undefined
  return {
    wanted: { id: asked.provider, account: asked.account },
    ask: askOf({ ...asked, rejected }),
    takesBound: asked.tokenType !== undefined,
  }
}

function askOf(asked: {
  minValid?: number | undefined
  scopes?: string[] | undefined
  rejected: TokenOptions['rejected'] | undefined
}): TokenOptions {
  return {
    ...(asked.minValid === undefined ? {} : { minValidSeconds: asked.minValid }),
    ...(asked.scopes === undefined ? {} : { scopes: asked.scopes }),
    ...(asked.rejected === undefined ? {} : { rejected: asked.rejected }),
  }
}

export function jsonOf(body: Buffer): unknown {
  try {
    return parseJson(body.toString('utf8'))
  } catch (error) {
    if (error instanceof SyntaxError) throw invalidRequest('body', [{ path: [], message: 'It is not JSON.' }])
    throw error
  }
}

/**
 * The query as an object; a parameter that comes twice is refused, for two readers would take different ones.
 */
function queryObject(query: string): Record<string, string> {
  const found: Record<string, string> = {}
  for (const [name, value] of new URLSearchParams(query)) {
    if (Object.hasOwn(found, name)) {
      throw invalidRequest('query', [{ path: [name], message: 'It may be given only once.' }])
    }
    Object.defineProperty(found, name, { value, enumerable: true, configurable: true, writable: true })
  }
  return found
}
