// Authenticates a request by its app key, which is accepted in a header only.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { KeywayError } from '../../../shared/contract/errors.ts'
import type { Keyway } from '../../core/keyway.ts'
import type { Clock } from '../../core/ports.ts'
import type { Authenticated, AuthenticateRequest, HttpContext } from '../server/context.ts'
import { hasBody } from '../server/request-body.ts'
import { sendFailure } from '../server/respond.ts'
import type { RequestContext, RequestHeaders } from './request-guard.ts'

const LONGEST_KEY = 200

type Verified = {
  key: string
  answer: Extract<Authenticated, { kind: 'ok' }>
  /** Of the permissions, when it was verified. */
  revision: number
  expiresAt: number | null
}

/**
 * A key that was verified is remembered on its connection, so that it need not be hashed for each request. It
 * counts until the key or any permission changes, the vault is locked or unlocked, or an app is paused; what
 * it may do is decided for each request all the same.
 */
export function createAuthentication(keyway: Keyway): { request: AuthenticateRequest; close: () => void } {
  const verified = new WeakMap<object, Verified>()
  let revision = 0
  const close = keyway.onPermissionsChanged(() => void (revision += 1))
  const verify: AuthenticateRequest = ({ socket }, requestContext) => {
    const answer = authenticate(requestContext, keyway)
    const key = keyFrom(requestContext.headers)
    if (answer.kind !== 'ok' || key === null || key === 'contradiction') return answer
    const { app, keyId } = answer.session
    const expiresAt = app.keys.find(({ id }) => id === keyId)?.expiresAt ?? null
    verified.set(socket, { key, answer, revision, expiresAt })
    return answer
  }
  return {
    request(request, requestContext) {
      const known = verified.get(request.socket)
      const isVerified =
        known?.revision === revision &&
        // An Origin is checked against the app each time.
        requestContext.origin === null &&
        keyFrom(requestContext.headers) === known.key &&
        (known.expiresAt === null || known.expiresAt > keyway.clock.now())
      return isVerified ? known.answer : verify(request, requestContext)
    },
    close,
  }
}

export function authenticate(requestContext: RequestContext, keyway: Keyway): Authenticated {
  const key = keyFrom(requestContext.headers)
  if (key === null) return { kind: 'missing' }
  if (key === 'contradiction') return { kind: 'wrong' }
  const session = keyway.apps.authenticate(key)
  if (session === null) {
    const failure = keyway.apps.rejectionOf?.(key) ?? null
    return failure === null ? { kind: 'wrong' } : { kind: 'held_back', failure }
  }
  // An Origin is good for the app that registered it, not for whichever key a page got hold of.
  if (requestContext.origin !== null && !session.app.origins.includes(requestContext.origin))
    return { kind: 'foreign_origin' }
  return { kind: 'ok', session }
}

function keyFrom({ apiKeys, authorizations }: RequestHeaders): string | null {
  const [only] = apiKeys
  if (only !== undefined && apiKeys.length === 1 && authorizations.length === 0)
    return only.length > LONGEST_KEY ? 'contradiction' : only
  const found = [...apiKeys, ...authorizations.map(bearer)].filter((key) => key !== null)
  const [first] = found
  if (first === undefined) return null
  // Two different keys: whoever sits in between might have checked the other one.
  if (first.length > LONGEST_KEY || found.some((key) => key !== first)) return 'contradiction'
  return first
}

function bearer(value: string): string | null {
  return /^bearer +([^\s]+) *$/i.exec(value)?.[1] ?? null
}

export function refusalOf(authenticated: Exclude<Authenticated, { kind: 'ok' }>): KeywayError {
  if (authenticated.kind === 'held_back') return authenticated.failure
  if (authenticated.kind === 'foreign_origin') return new KeywayError('origin_refused')
  return new KeywayError(
    'unauthorized',
    authenticated.kind === 'wrong' ? { message: 'The app key is not valid here (any more).' } : {},
  )
}

// Refusals of whoever sent no valid key.

type Refused = Exclude<Authenticated, { kind: 'ok' }>

/** The refusal, after the delay that guessing has earned its peer. */
export async function delayedRefusal(
  { guesses, closing, keyway }: HttpContext,
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
  await pause(keyway.clock, delay.waitMs, closing)
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

function pause(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  if (delayMs === 0) return Promise.resolve()
  return new Promise((resolve) => {
    const over = (): void => {
      cancel()
      signal.removeEventListener('abort', over)
      resolve()
    }
    const cancel = clock.after(delayMs, over)
    signal.addEventListener('abort', over)
  })
}
