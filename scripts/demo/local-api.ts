// The local API as an app on this machine uses it: a key and JSON.
import { z } from 'zod'

const tokenResponse = z.object({
  data: z.object({
    accessToken: z.string(),
    expiresIn: z.number().nullable(),
    account: z.string(),
    connectionId: z.string(),
  }),
})
export type TokenData = z.output<typeof tokenResponse>['data']

const failure = z.looseObject({ code: z.string(), connectUrl: z.string().optional() })

export type LocalApi = {
  token(options?: { rejected?: string }): Promise<TokenData>
  /** Requests a token that must be refused; returns the failure's code. */
  refusal(): Promise<z.output<typeof failure>>
  /** A request sent through Keyway. */
  proxied(path: string): Promise<{ status: number; body: unknown }>
  disconnect(connectionId: string): Promise<number>
}

export function createLocalApi({
  url,
  key,
  provider,
}: {
  url: string
  key: string
  provider: string
}): LocalApi {
  const headers = { 'x-api-key': key, 'content-type': 'application/json' }
  const askForToken = (body: object): Promise<Response> =>
    fetch(`${url}/api/integrations/token`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ provider, ...body }),
    })
  return {
    async token(options = {}) {
      const response = await askForToken(options)
      if (response.status !== 200) throw new Error(`The token call answered HTTP ${response.status}.`)
      return tokenResponse.parse(await response.json()).data
    },
    async refusal() {
      const response = await askForToken({})
      if (response.ok) throw new Error('A token was handed out that should not exist.')
      return failure.parse(await response.json())
    },
    async proxied(path) {
      const response = await fetch(`${url}/api/integrations/${provider}/request${path}`, { headers })
      return { status: response.status, body: await response.json() }
    },
    async disconnect(connectionId) {
      const response = await fetch(`${url}/api/integrations/${connectionId}/connection`, {
        method: 'DELETE',
        headers: { 'x-api-key': key },
      })
      return response.status
    },
  }
}
