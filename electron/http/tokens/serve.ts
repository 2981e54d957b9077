// Serves a token to an app: selects the connection, authorizes, asks the core, and records who got what.
import type { ConnectionRecord } from '../../../shared/contract/connection.ts'
import { asKeywayError, KeywayError } from '../../../shared/contract/errors.ts'
import { toIsoMoment } from '../../../shared/contract/http/common.ts'
import { may } from '../../../shared/domain/app-policy.ts'
import type { TokenOptions, TokenResult, ServedToken } from '../../core/connections/tokens/types.ts'
import type { AppSession } from '../../core/keyway.ts'
import { chooseConnection, findConnection, type Wanted } from '../connections/selection.ts'
import { authorize } from '../security/authorize.ts'
import { connectionPermission } from '../security/connection-permission.ts'
import type { RunningRequest, HttpContext } from '../server/context.ts'
import { clientGone } from '../server/respond.ts'
import type { TokenCall } from './request.ts'

/** A token that was served, and what its request runs on until the answer has left. */
export type Served = { token: ServedToken; connection: ConnectionRecord }

/**
 * The straight path: one look-up, one authorization, and the token is at hand. Null when anything is in the
 * way; `serveToken` then waits, asks, or says what it is.
 */
export function serveAtHand(context: HttpContext, session: AppSession, wanted: Wanted): Served | null {
  const { keyway } = context
  const startedAt = keyway.clock.monotonicMs()
  const connection = findConnection(keyway, wanted)
  if (connection === null) return null
  // Whoever may be handed a token may also see the connection.
  if (may(session.app, TOKEN_USE, connection, keyway.clock.now()).kind !== 'allow') return null
  const token = keyway.tokens.ready(connection.id)
  if (token === null || isBound(token)) return null
  context.tokenUsage.note(session, token, keyway.clock.monotonicMs() - startedAt)
  return { token, connection }
}

const TOKEN_USE = { what: 'token' } as const

/** @throws KeywayError of whichever outcome is not `ok`, with connectUrl or retryAt where they help. */
export async function serveToken(
  context: HttpContext,
  request: RunningRequest,
  { wanted, ask, takesBound = false }: TokenCall,
): Promise<ServedToken> {
  const { keyway, running } = context
  const { session, response } = request
  const startedAt = keyway.clock.monotonicMs()
  let connection: ConnectionRecord | null = null
  try {
    connection = chooseConnection(keyway, session.app, wanted)
    request.permission = connectionPermission(keyway, connection, [])
    const use = await authorize(keyway, session, connection, { what: 'token' }, () => clientGone(response))
    request.permission = connectionPermission(keyway, connection, [use])
    running.check(request)
    const token = await tokenFor(context, connection, withGeneration(context, session, connection, ask))
    if (request.ended !== null) throw request.ended
    if (isBound(token) && !takesBound) throw boundToken(token)
    context.tokenUsage.note(session, token, keyway.clock.monotonicMs() - startedAt)
    return token
  } catch (thrown) {
    const failure = context.withConnectUrl(asKeywayError(thrown), {
      id: connection?.providerId ?? wanted.id,
      appId: session.app.id,
      connectionId: connection?.id ?? null,
      account: connection?.account ?? wanted.account ?? null,
      addScopes: ask.scopes ?? [],
    })
    noteRefusal(context, session, {
      connection,
      wanted,
      failure,
      durationMs: keyway.clock.monotonicMs() - startedAt,
    })
    throw failure
  }
}

const isBound = ({ tokenType }: ServedToken): boolean => tokenType.toLowerCase() === 'dpop'

/** Without the key, an API refuses the token (RFC 9449 7.1), so it is not handed out unasked. */
function boundToken({ tokenType, connectionId, account, providerSlug }: ServedToken): KeywayError {
  return new KeywayError('forbidden', {
    message:
      'This token is bound to a key of Keyway (DPoP), so an API takes it from Keyway only. Ask with tokenType DPoP to get it anyway.',
    nextStep: 'Send the request through the proxy, which proves the key.',
    details: { tokenType, connectionId, account, provider: providerSlug },
  })
}

/**
 * "The token I have was refused": the one that this app was handed last, which may not be the newest any
 * more.
 */
function withGeneration(
  { tokenUsage }: HttpContext,
  session: AppSession,
  connection: ConnectionRecord,
  ask: TokenOptions,
): TokenOptions {
  if (ask.rejected !== 'current') return ask
  const generation = tokenUsage.lastGeneration(session, connection.id)
  return generation === null ? ask : { ...ask, rejected: { generation } }
}

/** Without choosing, permission or record: for callers that did all three. */
export async function tokenFor(
  context: HttpContext,
  connection: ConnectionRecord,
  ask: TokenOptions,
): Promise<ServedToken> {
  const result = await context.keyway.tokens.get(connection.id, ask)
  if (result.kind !== 'ok') throw failureOf(result, context.keyway.clock.now())
  return result.token
}

function failureOf(result: Exclude<TokenResult, { kind: 'ok' }>, nowMs: number): KeywayError {
  const { failure } = result
  if (result.kind !== 'retrying') return failure
  return new KeywayError(failure.code, {
    message: failure.message,
    nextStep: failure.nextStep,
    details: {
      ...failure.details,
      retryAt: toIsoMoment(result.retryAt),
      retryAfterSeconds: Math.max(1, Math.ceil((result.retryAt - nowMs) / 1000)),
    },
    cause: failure.cause,
  })
}

function noteRefusal(
  { keyway }: HttpContext,
  { app }: AppSession,
  about: {
    connection: ConnectionRecord | null
    wanted: TokenCall['wanted']
    failure: KeywayError
    durationMs: number
  },
): void {
  const provider = keyway.providers.find(about.connection?.providerId ?? about.wanted.id)
  keyway.activity.append({
    kind: 'vend',
    outcome: about.failure.status === 403 ? 'refused' : 'failed',
    appId: app.id,
    appName: app.name,
    ...(about.connection === null
      ? {}
      : { connectionId: about.connection.id, account: about.connection.account }),
    ...(provider === null ? {} : { providerSlug: provider.slug }),
    status: about.failure.status,
    code: about.failure.code,
    durationMs: about.durationMs,
  })
}
