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
 * A body that is sent byte for byte, by its platform's own type: Uint8Array and other views, ArrayBuffer, Blob, File, FormData,
 * URLSearchParams, ReadableStream, or anything that yields Uint8Array (a Node stream, a generator).
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
