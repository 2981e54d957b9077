/** As much of fetch as the client needs, so that it depends on no platform. */
export type FetchLike = (
  url: string,
  init: { method: string; headers: Record<string, string>; redirect: 'manual'; body?: string },
) => Promise<ResponseLike>

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
