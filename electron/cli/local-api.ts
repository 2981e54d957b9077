import type { IncomingMessage } from 'node:http'
import type { z } from 'zod'
import { createKeywayClient, type KeywayClient } from '../../shared/client/keyway-client.ts'
import { readFailure } from '../../shared/client/keyway-call-error.ts'
import type { ResponseLike } from '../../shared/client/fetch-like.ts'
import type { Secret } from '../../shared/contract/secret.ts'
import { loopbackFetch, notKeyway, sendToLoopback, type LoopbackCall } from './loopback-http.ts'

type Call = { method?: string; json?: unknown; headers?: Record<string, string> }

/** The local API with one app's key, or none. Each call throws KeywayCallError (Keyway said no) or KeywayError (it could not be asked). */
export type LocalApi = {
  readonly client: KeywayClient
  /** The answer, checked. */
  call<Schema extends z.ZodType>(schema: Schema, path: string, call?: Call): Promise<z.output<Schema>>
  /** The answer's head, where that is what counts. */
  head(path: string, call?: Call): Promise<ResponseLike>
  /** An answer as it comes, whatever its status. */
  stream(path: string, call: LoopbackCall): Promise<IncomingMessage>
}

export function createLocalApi(url: string, key: Secret | null): LocalApi {
  const credentials = (): Record<string, string> =>
    key === null ? {} : { authorization: `Bearer ${key.reveal()}` }
  const head: LocalApi['head'] = async (path, { method, json, headers = {} } = {}) => {
    const response = await loopbackFetch(`${url}${path}`, {
      method: method ?? (json === undefined ? 'GET' : 'POST'),
      headers: {
        ...credentials(),
        ...headers,
        ...(json === undefined ? {} : { 'content-type': 'application/json' }),
      },
      redirect: 'manual',
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    })
    if (!response.ok) throw await readFailure(response)
    return response
  }
  return {
    client: createKeywayClient({ url, key: key?.reveal() ?? '', fetch: loopbackFetch }),
    head,
    async call(schema, path, call) {
      const parsed = schema.safeParse(await (await head(path, call)).json())
      if (!parsed.success) throw notKeyway()
      return parsed.data
    },
    stream: (path, call) =>
      sendToLoopback(`${url}${path}`, { ...call, headers: { ...call.headers, ...credentials() } }),
  }
}
