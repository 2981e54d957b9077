// The client for programs in JavaScript: four calls over the local API. Runs wherever there is a fetch.
import type { z } from 'zod'
import {
  connectionListResponseSchema,
  connectLinkResponseSchema,
  tokenResponseSchema,
} from '../contract/http-api.ts'
import {
  readResponseJson,
  asCallError,
  type FetchLike,
  KeywayCallError,
  unexpectedResponse,
  type PlatformResponse,
  readFailure,
  type ResponseLike,
} from './call-error.ts'
import { byteBody } from './byte-body.ts'

export type KeywayClientOptions = {
  /** The app key, `kw_…`. */
  key: string
  /** Default `http://127.0.0.1:7317`. */
  url?: string
  /** Default: the platform's own. */
  fetch?: FetchLike
}

export type TokenWish = {
  account?: string
  /** All must be granted, else the call fails with `scope_missing` and a connectUrl. */
  scopes?: string[]
  /** Seconds that the token must still be good for. */
  minValid?: number
  /** The token that an API has just refused: Keyway refreshes unless it has a newer one. */
  rejected?: string | true
}

export type Token = z.output<typeof tokenResponseSchema>['data']
export type Connection = z.output<
  typeof connectionListResponseSchema
>['_embedded']['inf:integration-connection'][number]

export type ApiRequest = {
  /** Default: POST with a body of bytes, else GET. */
  method?: string
  /** Relative to the connection's base address, or absolute on an allowed host. */
  url: string
  headers?: Record<string, string>
  /**
   * A string and any {@link ByteBody} are sent byte for byte, streams as they come; anything else as JSON,
   * where an identifier beyond 2^53 has to be a string, as JavaScript's numbers hold no more. The type is the
   * one in `headers`, else the body's own (Blob, FormData), else `text/plain` for a string and
   * `application/json` for JSON.
   */
  data?: unknown
  account?: string
}

export type KeywayClient = {
  /**
   * A token that works right now. Never opens a browser. @throws KeywayCallError (code, connectUrl, retryAt)
   */
  token(provider: string, request?: TokenWish): Promise<Token>
  /** Just the token, in toolshed's shape: a client can stand in for `ctx.auth`. @throws KeywayCallError */
  getToken(provider: string, request?: TokenWish): Promise<string>
  /** The same in jsworkflows' shape: never throws; exactly one of the two is set. */
  getOAuthToken(handle: string): Promise<{ token: string | null; error: string | null }>
  /**
   * Sends an API request through Keyway; the program never sees the token. The answer is the API's own,
   * whatever its status, with redirects to other origins handed back. @throws KeywayCallError when Keyway
   * itself refuses or cannot reach the API
   */
  request(provider: string, request: ApiRequest): Promise<PlatformResponse>
  /** The connections that this app may know about. @throws KeywayCallError */
  connections(): Promise<Connection[]>
  /** A link for the person's browser: ten minutes, one use. @throws KeywayCallError */
  connect(
    provider: string,
    request?: { account?: string; scopes?: string[]; returnUrl?: string },
  ): Promise<z.output<typeof connectLinkResponseSchema>>
}

const PAGE = 1000

/** Does not call anything yet. */
export function createKeywayClient(options: KeywayClientOptions): KeywayClient {
  const exchange = createExchange(options)
  const send = (path: string, body?: unknown): Promise<ResponseLike> =>
    exchange(path, {
      method: body === undefined ? 'GET' : 'POST',
      headers: body === undefined ? {} : { 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  const call = async <Schema extends z.ZodType>(
    schema: Schema,
    path: string,
    body?: unknown,
  ): Promise<z.output<Schema>> => {
    const response = await send(path, body)
    if (!response.ok) throw await readFailure(response)
    const answer = schema.safeParse(await readResponseJson(response))
    if (!answer.success) throw unexpectedResponse(response)
    return answer.data
  }
  const token: KeywayClient['token'] = async (provider, request = {}) =>
    (await call(tokenResponseSchema, '/api/integrations/token', { provider, ...request })).data

  return {
    token,
    getToken: async (provider, request) => (await token(provider, request)).accessToken,
    async getOAuthToken(handle) {
      try {
        return { token: (await token(handle)).accessToken, error: null }
      } catch (error) {
        return { token: null, error: error instanceof KeywayCallError ? error.code : String(error) }
      }
    },
    async request(provider, request) {
      const path = `/api/integrations/${encodeURIComponent(provider)}/request`
      const bytes = byteBody(request)
      const response = await (bytes === null ? send(path, request) : exchange(`${path}/`, bytes))
      if (response.headers.get('keyway-upstream') === null) throw await readFailure(response)
      // Where there is a Response, the platform's fetch gave one; this room's own library knows of none.
      const reply: unknown = response
      return reply as PlatformResponse
    },
    async connections() {
      const found: Connection[] = []
      for (;;) {
        const path = `/api/integration-connections?start=${found.length}&count=${PAGE}`
        const { _embedded: embedded, total } = await call(connectionListResponseSchema, path)
        const page = embedded['inf:integration-connection']
        found.push(...page)
        if (page.length === 0 || found.length >= total) return found
      }
    },
    connect: (provider, request = {}) =>
      call(
        connectLinkResponseSchema,
        `/api/integrations/${encodeURIComponent(provider)}/connect-link`,
        request,
      ),
  }
}

/** One call with the app's key. @throws KeywayCallError keyway_unreachable */
function createExchange({ url, key, fetch = platformFetch() }: KeywayClientOptions) {
  const base = (url ?? 'http://127.0.0.1:7317').replace(/\/$/, '')
  return (
    path: string,
    { headers, ...init }: Omit<Parameters<FetchLike>[1], 'redirect'>,
  ): Promise<ResponseLike> =>
    fetch(`${base}${path}`, {
      ...init,
      // As a bearer: clients drop that header themselves should they ever follow a redirect to another
      // origin.
      headers: { ...headers, authorization: `Bearer ${key}` },
      redirect: 'manual',
    }).catch((error: unknown) => {
      throw asCallError(error)
    })
}

function platformFetch(): FetchLike {
  const { fetch } = globalThis as { fetch?: FetchLike }
  if (fetch === undefined) throw new TypeError('There is no fetch here; give one in the options.')
  return fetch
}
