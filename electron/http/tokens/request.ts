// The two spellings of a token call, parsed into one.
import { KeywayError } from '../../../shared/contract/errors.ts'
import { integrationId, tokenBody, tokenQuery } from '../../../shared/contract/http-api.ts'
import { Secret } from '../../../shared/contract/secret.ts'
import { parseJson } from '../../../shared/domain/exact-json.ts'
import type { TokenOptions } from '../../core/connections/tokens/types.ts'
import { invalidRequest, parsed } from '../../core/invalid-request.ts'
import type { Wanted } from '../connections/selection.ts'
import type { Admission } from '../security/request-guard.ts'

export type TokenCall = { wanted: Wanted; ask: TokenOptions }

export const TOKEN_PATH = '/api/integrations/token'
const TOKEN_OF = /^\/api\/integrations\/([^/]+)\/token$/

/** `GET` and `POST` on the paths that ask for a token. */
export function isTokenCall(method: string | undefined, path: string): boolean {
  return method === 'GET' ? TOKEN_OF.test(path) : method === 'POST' && path === TOKEN_PATH
}

export function parseTokenQuery({ path, query }: Admission): TokenCall {
  const id = parsed(integrationId, TOKEN_OF.exec(path)?.[1] ?? '', 'path')
  const asked = parsed(tokenQuery, queryObject(query), 'query')
  return {
    wanted: { id, account: asked.account },
    ask: askOf({ ...asked, rejected: asked.rejected === true ? 'current' : undefined }),
  }
}

export function parseTokenBody(contentType: string | undefined, body: Buffer): TokenCall {
  if (!/^application\/(?:[\w.+-]+\+)?json *(?:;|$)/i.test(contentType ?? '')) {
    throw new KeywayError('unsupported_media_type')
  }
  const asked = parsed(tokenBody, jsonOf(body), 'body')
  const rejected =
    typeof asked.rejected === 'string'
      ? new Secret(asked.rejected)
      : asked.rejected === true
        ? 'current'
        : undefined
  return { wanted: { id: asked.provider, account: asked.account }, ask: askOf({ ...asked, rejected }) }
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
