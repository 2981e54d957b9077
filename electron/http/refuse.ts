// Refusals of whoever sent no valid key.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { KeywayError } from '../../shared/contract/errors.ts'
import { refusalOf, type Authenticated } from './authenticate.ts'
import { hasBody } from './body-reader.ts'
import type { HttpContext } from './http-context.ts'
import { sendFailure } from './send.ts'

type Refused = Exclude<Authenticated, { kind: 'ok' }>

/** The refusal, after the delay that guessing has earned its peer. */
export async function delayedRefusal(
  { guesses, closing }: HttpContext,
  request: IncomingMessage,
  refused: Refused,
): Promise<KeywayError> {
  if (refused.kind !== 'wrong') return refusalOf(refused)
  const delay = guesses.wrong(request.socket.remoteAddress ?? 'local socket')
  if (delay === null) {
    return new KeywayError('rate_limited', {
      message: 'Too many calls with a wrong key.',
      details: { retryAfterSeconds: 1 },
    })
  }
  await pause(delay.waitMs, closing)
  delay.done()
  return refusalOf(refused)
}

export async function refuse(
  context: HttpContext,
  request: IncomingMessage,
  response: ServerResponse,
  refused: Refused,
): Promise<void> {
  // A body that nobody will read must not keep the connection busy.
  if (hasBody(request)) response.shouldKeepAlive = false
  sendFailure(response, await delayedRefusal(context, request, refused))
}

function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  if (delayMs === 0) return Promise.resolve()
  return new Promise((resolve) => {
    const over = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', over)
      resolve()
    }
    const timer = setTimeout(over, delayMs)
    signal.addEventListener('abort', over)
  })
}
