import type { z } from 'zod'
import { KeywayError, toErrorBody } from '../contract/errors.ts'
import { errorResponseSchema } from '../contract/http-api.ts'
import { parseJsonOr } from '../domain/exact-json.ts'

/** Which of the four outcomes a failed call has; `failed` for everything else. */
export type Outcome = 'retrying' | 'reconnect_needed' | 'config_error' | 'failed'

const OUTCOMES: Readonly<Record<string, Outcome>> = {
  retrying: 'retrying',
  not_connected: 'reconnect_needed',
  token_expired: 'reconnect_needed',
  scope_missing: 'reconnect_needed',
  config_error: 'config_error',
}

/** A failed call: a code of Keyway's error table, a sentence and the next step. */
export class KeywayCallError extends Error {
  override readonly name = 'KeywayCallError'
  readonly code: string
  readonly status: number
  readonly nextStep: string
  /** True when the same call may succeed later without a change by anyone. */
  readonly retryable: boolean
  readonly outcome: Outcome
  /** URL to open in a browser when a sign-in is needed. Valid for ten minutes, for one use. */
  readonly connectUrl: string | null
  /** When to retry, as ISO 8601. */
  readonly retryAt: string | null
  /** The whole body: the members above and details of the code, such as `accounts` or `field`. */
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

/** Converts any failed response to an error, also one that is not from Keyway. */
export async function readFailure(response: ResponseLike): Promise<KeywayCallError> {
  const parsed = errorResponseSchema.safeParse(await readResponseJson(response))
  if (parsed.success) return new KeywayCallError(response.status, parsed.data)
  return unexpectedResponse(response)
}

/** The JSON of the response; null when it is not JSON. */
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

/** No response arrived. An error that has a code keeps it. */
export function asCallError(thrown: unknown): Error {
  if (thrown instanceof KeywayError) return thrown
  const failure = new KeywayError('keyway_unreachable', { cause: thrown })
  return Object.assign(new KeywayCallError(failure.status, toErrorBody(failure)), { cause: thrown })
}

/** The part of fetch that the client needs, so that it depends on no platform. */
export type FetchLike = (
  url: string,
  init: {
    method: string
    headers: Record<string, string>
    redirect: 'manual'
    body?: string | ByteBody
    /**
     * Set for streams: the response may arrive while the body is sent. The Fetch standard requires the
     * option.
     */
    duplex?: 'half'
  },
) => Promise<ResponseLike>

/**
 * A body that is sent byte for byte, in a type of its platform: Uint8Array and other views, ArrayBuffer,
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

/** The platform's own Response where it has one: with its body as a stream, blob or form. */
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
