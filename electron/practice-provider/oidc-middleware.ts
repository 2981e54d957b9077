// Middleware around oidc-provider: sees each response before it is sent, records it, changes its format, or
// injects a fault.
import type { EventEmitter } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type Provider from 'oidc-provider'
import type { KoaContextWithOIDC } from 'oidc-provider'
import { defaultScope } from './accounts.ts'
import type { PracticeBehaviour } from './behaviour.ts'
import { oidcRoutes } from './endpoints.ts'
import { type PracticeFault, injectFault } from './faults.ts'
import type { RevokedTokenType, VisitLog, VisitNote } from './visits.ts'

/** One request that oidc-provider is processing. */
export type Exchange = { visit: VisitNote; spoiler: Exclude<PracticeFault, { kind: 'delay' }> | null }

/** The current exchanges, by Koa's request object. */
export type Exchanges = WeakMap<IncomingMessage, Exchange>

/** The internal error detail of oidc-provider for a reused refresh token; no client sees it. */
export const reuseDetail = 'refresh token already used'

export type MiddlewareParts = { behaviour: () => PracticeBehaviour; exchanges: Exchanges; log: VisitLog }

export function wrapMiddleware(provider: Provider, parts: MiddlewareParts): void {
  provider.use(async (ctx, next) => {
    const asked = ctx as unknown as KoaContextWithOIDC
    giveDefaultScope(asked)
    await next()
    const exchange = parts.exchanges.get(ctx.req)
    if (exchange === undefined) return
    noteOutcome(asked, exchange.visit, parts.log)
    applyBehaviour(asked, exchange.visit, parts.behaviour())
    if (exchange.spoiler === null) return
    const answer = typeof ctx.body === 'string' ? ctx.body : JSON.stringify(ctx.body ?? '')
    ctx.respond = false
    await injectFault(ctx.res, exchange.spoiler, answer)
  })

  provider.on('grant.error', (ctx, problem) => {
    if (problem.error_detail !== reuseDetail) return
    const exchange = parts.exchanges.get(ctx.req)
    if (exchange?.visit.grantType === 'refresh_token') parts.log.reused(exchange.visit)
  })
  provider.on('registration_create.success', () => parts.log.registered())
  // With a listener, neither oidc-provider nor Koa prints to the console; their errors are kept for the
  // statistics.
  provider.on('server_error', (_ctx, failure) => parts.log.failed(failure))
  const app: EventEmitter = provider
  app.on('error', (failure: unknown) => {
    if (!isCutConnection(failure)) parts.log.failed(failure)
  })
}

/** oidc-provider rejects a request without a scope; many real servers have a default. */
function giveDefaultScope(ctx: KoaContextWithOIDC): void {
  if (ctx.method !== 'GET' || ctx.path !== oidcRoutes.authorization) return
  if (ctx.query['scope'] !== undefined || ctx.query['request_uri'] !== undefined) return
  ctx.query = { ...ctx.query, scope: defaultScope }
}

function noteOutcome(ctx: KoaContextWithOIDC, visit: VisitNote, log: VisitLog): void {
  const body = asRecord(ctx.body)
  if (typeof body?.['error'] === 'string') visit.error = body['error']
  const succeeded = ctx.status === 200
  if (visit.endpoint === 'revocation' && succeeded) log.revoked(visit, revokedTokenType(ctx))
  if (visit.endpoint === 'token' && visit.grantType === 'refresh_token' && succeeded)
    log.refreshed(visit, ctx.oidc.entities.RotatedRefreshToken === undefined ? 'kept' : 'rotated')
}

function revokedTokenType(ctx: KoaContextWithOIDC): RevokedTokenType {
  const { RefreshToken, AccessToken, ClientCredentials } = ctx.oidc.entities
  if (RefreshToken !== undefined) return 'refresh_token'
  return AccessToken === undefined && ClientCredentials === undefined ? 'unknown' : 'access_token'
}

function applyBehaviour(ctx: KoaContextWithOIDC, visit: VisitNote, behaviour: PracticeBehaviour): void {
  const body = asRecord(ctx.body)
  if (body === null || ctx.status !== 200) return
  if (visit.endpoint === 'device-authorization')
    ctx.body = { ...body, interval: behaviour.deviceIntervalSeconds }
  if (visit.endpoint !== 'token') return
  const answer = shapeTokenResponse(body, behaviour, visit.grantType)
  ctx.body = answer.body
  ctx.status = answer.status
  ctx.type = answer.type
}

const asRecord = (body: unknown): Record<string, unknown> | null =>
  typeof body === 'object' && body !== null && !Buffer.isBuffer(body)
    ? (body as Record<string, unknown>)
    : null

/** A client that disconnected, or a fault that closed the connection, is not a defect of the provider. */
function isCutConnection(failure: unknown): boolean {
  const code = failure instanceof Error && 'code' in failure ? failure.code : null
  return code === 'ECONNRESET' || code === 'EPIPE' || code === 'ERR_STREAM_PREMATURE_CLOSE'
}

// The non-conformant formats of successful responses at real token endpoints.

export type PracticeTokenResponse = { body: Record<string, unknown> | string; status: number; type: string }

/** A token response of oidc-provider in the format of the current behavior. Pure. */
function shapeTokenResponse(
  given: Record<string, unknown>,
  behaviour: PracticeBehaviour,
  grantType: string | null,
): PracticeTokenResponse {
  const answer = { ...given }
  shapeExpiry(answer, behaviour.expiresIn)
  if (behaviour.tokenType === 'omitted') delete answer['token_type']
  if (behaviour.tokenType === 'lowercase') answer['token_type'] = String(answer['token_type']).toLowerCase()
  if (grantType === 'refresh_token' && behaviour.refreshTokenOnRefresh === 'omitted')
    delete answer['refresh_token']

  const status = behaviour.tokenAnswerStatus
  if (behaviour.tokenAnswerFormat === 'json') return { body: answer, status, type: 'application/json' }
  const pairs = Object.entries(answer).map(([name, value]): [string, string] => [name, String(value)])
  return {
    body: new URLSearchParams(pairs).toString(),
    status,
    type: 'application/x-www-form-urlencoded',
  }
}

function shapeExpiry(answer: Record<string, unknown>, shape: PracticeBehaviour['expiresIn']): void {
  const seconds = answer['expires_in']
  if (shape === 'omitted') delete answer['expires_in']
  if (shape === 'string') answer['expires_in'] = String(seconds)
  if (shape === 'milliseconds') answer['expires_in'] = Number(seconds) * 1000
}
