import type { ServerResponse } from 'node:http'

/** Aborts when the answer is over, whether it was sent or the caller went away: nobody waits any more. */
export function clientGone(response: ServerResponse): AbortSignal {
  const gone = new AbortController()
  if (response.destroyed) gone.abort()
  else response.once('close', () => gone.abort())
  return gone.signal
}
