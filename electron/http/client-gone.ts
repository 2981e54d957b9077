import type { ServerResponse } from 'node:http'

// Nobody reads it; without one, each abort would make an error with a stack, at a tenth of what a whole call costs.
const REASON = 'the answer is over'

/** Aborts when the answer is over, whether it was sent or the caller went away: nobody waits any more. */
export function clientGone(response: ServerResponse): AbortSignal {
  const gone = new AbortController()
  if (response.destroyed) gone.abort(REASON)
  else response.once('close', () => gone.abort(REASON))
  return gone.signal
}
