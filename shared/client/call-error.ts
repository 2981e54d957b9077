import type { z } from 'zod'
import { KeywayError, toErrorBody } from '../contract/errors.ts'
import { errorResponseSchema } from '../contract/http-api.ts'
import { parseJsonOr } from '../domain/exact-json.ts'

/** Which of the four outcomes a failed call is, or `failed` for everything else. */
export type Outcome = 'retrying' | 'reconnect_needed' | 'config_error' | 'failed'

const OUTCOMES: Readonly<Record<string, Outcome>> = {
  retrying: 'retrying',
  not_connected: 'reconnect_needed',
  token_expired: 'reconnect_needed',
  scope_missing: 'reconnect_needed',
  config_error: 'config_error',
}

/** Keyway said no, with a code of its error table, a sentence and the next step. */
export class KeywayCallError extends Error {
  override readonly name = 'KeywayCallError'
  readonly code: string
  readonly status: number
  readonly nextStep: string
  /** The same call may succeed later without anybody changing anything. */
  readonly retryable: boolean
  readonly outcome: Outcome
  /** To be opened in a browser when a sign-in is needed; ten minutes, one use. */
  readonly connectUrl: string | null
  /** ISO 8601; when to ask again. */
  readonly retryAt: string | null
  /** The whole answer: the above, and facts of its own such as `accounts` or `field`. */
  readonly body: Readonly<Record<string, unknown>>

  constructor(status: number, body: z.output<typeof errorResponseSchema>) {
    super(body.message)
    this.code = body.code
    this.status = status
    this.nextStep = body.nextStep
    this.retryable = body.retryable
    this.outcome = OUTCOMES[body.code] ?? 'failed'
    this.connectUrl = body.connectUrl ?? null
    this.retryAt = body.retryAt ?? null
    this.body = body
  }
}

/** Whatever answered, as a failure; something that is no Keyway included. */
export async function readFailure(response: ResponseLike): Promise<KeywayCallError> {
  const parsed = errorResponseSchema.safeParse(await readResponseJson(response))
  if (parsed.success) return new KeywayCallError(response.status, parsed.data)
  return unexpectedResponse(response)
}

/** The answer's JSON; null where it is none. */
export async function readResponseJson(response: ResponseLike): Promise<unknown> {
  const text = await response.text().catch(() => '')
  return parseJsonOr(text) ?? null
}

export function unexpectedResponse({ status }: ResponseLike): KeywayCallError {
  return new KeywayCallError(status, {
    code: 'internal_error',
    error: 'internal_error',
    message: `The answer (HTTP ${status}) is not one of Keyway's.`,
    nextStep: 'Check the address: something else may listen there.',
    retryable: false,
  })
}

/** Nobody answered. What has a code already keeps it. */
export function asCallError(thrown: unknown): Error {
  if (thrown instanceof KeywayError) return thrown
  const failure = new KeywayError('keyway_unreachable', { cause: thrown })
  return Object.assign(new KeywayCallError(failure.status, toErrorBody(failure)), { cause: thrown })
}

/** As much of fetch as the client needs, so that it depends on no platform. */
export type FetchLike = (
  url: string,
  init: {
    method: string
    headers: Record<string, string>
    redirect: 'manual'
    body?: string | ByteBody
    /** Streams are sent while the answer may already come (the Fetch standard wants it said). */
    duplex?: 'half'
  },
) => Promise<ResponseLike>

/**
 * A body that is sent byte for byte, by its platform's own type: Uint8Array and other views, ArrayBuffer,
 * Blob, File, FormData, URLSearchParams, ReadableStream, or anything that yields Uint8Array (a Node stream, a
 * generator).
 */
export type ByteBody =
  | ArrayBufferView
  | ArrayBuffer
  | AsyncIterable<Uint8Array>
  | { readonly size: number; readonly type: string; arrayBuffer(): Promise<ArrayBuffer> }
  | { getReader(): unknown; readonly locked: boolean }
  | { append(name: string, value: string): void; getAll(name: string): unknown[] }

/** The platform's own Response where there is one: with its body as a stream, blob or form. */
export type PlatformResponse = typeof globalThis extends {
  Response: { prototype: infer Reply extends ResponseLike }
}
  ? Reply
  : ResponseLike

export type ResponseLike = {
  readonly ok: boolean
  readonly status: number
  readonly headers: { get(name: string): string | null }
  json(): Promise<unknown>
  text(): Promise<string>
}
