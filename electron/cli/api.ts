import type * as Http from 'node:http'
import type { IncomingMessage } from 'node:http'
import { createRequire } from 'node:module'
import { pipeline, type Readable } from 'node:stream'
import type { z } from 'zod'
import { type FetchLike, readFailure, type ResponseLike } from '../../shared/client/call-error.ts'
import { createKeywayClient, type KeywayClient } from '../../shared/client/keyway-client.ts'
import { KeywayError } from '../../shared/contract/errors.ts'
import type { Secret } from '../../shared/contract/secret.ts'
import { parseJson } from '../../shared/domain/exact-json.ts'

type Call = { method?: string; json?: unknown; headers?: Record<string, string> }

/**
 * The local API with one app's key, or without. Each call throws KeywayCallError (Keyway refused) or
 * KeywayError (no response).
 */
export type ServiceApi = {
  readonly client: KeywayClient
  /** The response, validated. */
  call<Schema extends z.ZodType>(schema: Schema, path: string, call?: Call): Promise<z.output<Schema>>
  /** Status and headers of the response, for calls without a body to read. */
  head(path: string, call?: Call): Promise<ResponseLike>
  /** The response as a stream, whatever its status. */
  stream(path: string, call: LoopbackCall): Promise<IncomingMessage>
}

export function createLocalApi(url: string, key: Secret | null): ServiceApi {
  const credentials = (): Record<string, string> =>
    key === null ? {} : { authorization: `Bearer ${key.reveal()}` }
  const head: ServiceApi['head'] = async (path, { method, json, headers = {} } = {}) => {
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
      if (!parsed.success) throw unexpectedServer()
      return parsed.data
    },
    stream: (path, call) =>
      sendToLoopback(`${url}${path}`, { ...call, headers: { ...call.headers, ...credentials() } }),
  }
}

// HTTP to the local server with node:http. It starts faster than fetch, streams in both directions, follows
// no redirect, and ignores proxy settings, which would send the key off this machine.

export type LoopbackCall = {
  method: string
  headers: Readonly<Record<string, string | string[]>>
  body?: string | Readable
  /** The call fails after this long without a byte. Absent: no limit while the connection is open. */
  silenceMs?: number
}

// Not an import statement: that would evaluate every export of node:http, one of which loads all of fetch and
// adds 35 ms to each command.
const { Agent, request } = createRequire(import.meta.url)('node:http') as typeof Http

/** Longer than any call may take: a person may have to approve it first. */
const CALL_SILENCE_MS = 120_000

/**
 * Resolves with status and headers; the body streams. @throws KeywayError `keyway_unreachable` |
 * `deadline_exceeded`
 */
function sendToLoopback(url: string, call: LoopbackCall): Promise<Http.IncomingMessage> {
  const { method, headers, body, silenceMs } = call
  const length = typeof body === 'string' ? { 'content-length': String(Buffer.byteLength(body)) } : {}
  return new Promise((resolve, reject) => {
    const agent = new Agent({ keepAlive: false })
    const outgoing = request(url, { method, headers: { ...headers, ...length }, agent }, resolve)
    outgoing.on('error', (cause) =>
      reject(
        cause instanceof KeywayError
          ? cause
          : new KeywayError('keyway_unreachable', { details: { url: new URL(url).origin }, cause }),
      ),
    )
    if (silenceMs !== undefined) {
      outgoing.setTimeout(silenceMs, () => outgoing.destroy(new KeywayError('deadline_exceeded')))
    }
    if (body === undefined || typeof body === 'string') outgoing.end(body)
    else {
      // When the server closes early, its response or the request's own error states the reason. Only errors
      // of reading the body count here.
      pipeline(body, outgoing, () => {
        if (body.errored !== null) reject(unreadable(body.errored))
      })
    }
  })
}

const unreadable = (cause: Error): KeywayError =>
  new KeywayError('invalid_request', {
    message: 'The body could not be read to its end.',
    nextStep: 'Look at the file or program that -d takes it from.',
    cause,
  })

/** The same with the interface that the client library expects. */
const loopbackFetch: FetchLike = async (url, { method, headers, body }) => {
  if (body !== undefined && typeof body !== 'string')
    throw new TypeError('Bytes are streamed by sendToLoopback.')
  const answer = await sendToLoopback(url, {
    method,
    headers,
    silenceMs: CALL_SILENCE_MS,
    ...(body === undefined ? {} : { body }),
  })
  const text = await readText(answer)
  const status = answer.statusCode ?? 0
  return {
    ok: status >= 200 && status < 300,
    status,
    headers: { get: (name) => [answer.headers[name.toLowerCase()] ?? null].flat().join(', ') || null },
    text: () => Promise.resolve(text),
    json: () => Promise.resolve(parse(text)),
  }
}

async function readText(answer: Http.IncomingMessage): Promise<string> {
  try {
    return Buffer.concat(await answer.toArray()).toString('utf8')
  } catch (cause) {
    throw new KeywayError('keyway_unreachable', { message: 'Keyway’s answer broke off.', cause })
  }
}

function parse(text: string): unknown {
  try {
    return parseJson(text)
  } catch {
    throw unexpectedServer()
  }
}

const unexpectedServer = (): KeywayError =>
  new KeywayError('internal_error', {
    message: 'What answers there is not Keyway, or another version of it.',
    nextStep: 'Check KEYWAY_URL: something else may listen there.',
  })
