// Client for programs in JavaScript: calls the local API. Runs wherever there is a fetch.
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
  /** Base URL of the local API. Default: `http://127.0.0.1:7317`. */
  url?: string
  /** Default: the platform's fetch. */
  fetch?: FetchLike
}

export type TokenWish = {
  account?: string
  /** All of these must be granted; otherwise the call fails with `scope_missing` and a connectUrl. */
  scopes?: string[]
  /** Minimum remaining lifetime of the token, in seconds. */
  minValid?: number
  /** A token that an API has just refused: Keyway refreshes unless it has a newer one. */
  rejected?: string | true
}

export type Token = z.output<typeof tokenResponseSchema>['data']
export type Connection = z.output<
  typeof connectionListResponseSchema
>['_embedded']['inf:integration-connection'][number]

export type ApiRequest = {
  /** Default: POST with a body of bytes, otherwise GET. */
  method?: string
  /** Relative to the connection's base URL, or absolute on an allowed host. */
  url: string
  headers?: Record<string, string>
  /**
   * A string and any {@link ByteBody} are sent byte for byte, streams without buffering; anything else as
   * JSON. In JSON, an identifier beyond 2^53 must be a string, because JavaScript's numbers cannot hold it.
   * The content type is the one in `headers`, otherwise the body's own (Blob, FormData), otherwise
   * `text/plain` for a string and `application/json` for JSON.
   */
  data?: unknown
  account?: string
}

export type KeywayClient = {
  /**
   * Returns a valid access token; refreshes it when needed. Never opens a browser. @throws KeywayCallError
   * with code, and where they apply connectUrl and retryAt
   */
  token(provider: string, request?: TokenWish): Promise<Token>
  /**
   * Returns only the token, as `ctx.auth` of toolshed does, so that a client can replace it. @throws
   * KeywayCallError
   */
  getToken(provider: string, request?: TokenWish): Promise<string>
  /** The same as in jsworkflows: never throws; exactly one of the two members is set. */
  getOAuthToken(handle: string): Promise<{ token: string | null; error: string | null }>
  /**
   * Sends an API request through Keyway; the program never sees the token. Returns the API's own response,
   * whatever its status; redirects to other origins are returned, not followed. @throws KeywayCallError when
   * Keyway refuses the request or cannot reach the API
   */
  request(provider: string, request: ApiRequest): Promise<PlatformResponse>
  /** The connections that this app may see. @throws KeywayCallError */
  connections(): Promise<Connection[]>
  /**
   * Creates a link to a sign-in for the person's browser, valid for ten minutes and one use. @throws
   * KeywayCallError
   */
  connect(
    provider: string,
    request?: { account?: string; scopes?: string[]; returnUrl?: string },
  ): Promise<z.output<typeof connectLinkResponseSchema>>
}

const PAGE = 1000

/** Creates a client. Sends no request yet. */
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
      // Where there is a Response, the platform's fetch returned one; the types of this folder do not include
      // it.
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

/** One call with the app's key. @throws KeywayCallError `keyway_unreachable` */
function createExchange({ url, key, fetch = platformFetch() }: KeywayClientOptions) {
  const base = (url ?? 'http://127.0.0.1:7317').replace(/\/$/, '')
  return (
    path: string,
    { headers, ...init }: Omit<Parameters<FetchLike>[1], 'redirect'>,
  ): Promise<ResponseLike> =>
    fetch(`${base}${path}`, {
      ...init,
      // Sent as Authorization: HTTP clients drop that header when they follow a redirect to another origin.
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
