// Handles every request: records it, applies a fault if one matches, then dispatches to the control
// endpoints, the pages, the API or oidc-provider.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { asKeywayError } from '../../shared/contract/errors.ts'
import { type ProtectedApi, respondJson } from './api.ts'
import type { BehaviourSwitch } from './behaviour.ts'
import type { InteractionRoutes } from './consent.ts'
import type { ControlRoutes } from './controls.ts'
import { endpointOf } from './endpoints.ts'
import { injectFault } from './faults.ts'
import type { Exchanges } from './oidc-middleware.ts'
import { practicePageHeaders } from './pages.ts'
import { readRequestBody, withBody } from './request-body.ts'
import type { VisitLog, VisitNote } from './visits.ts'

export type HandlerParts = {
  api: ProtectedApi
  behaviour: BehaviourSwitch
  closing: AbortSignal
  /** Null when no control token was given. */
  control: ControlRoutes | null
  exchanges: Exchanges
  homePage: () => string
  interactions: InteractionRoutes
  issuer: string
  log: VisitLog
  oidc: (req: IncomingMessage, res: ServerResponse) => Promise<void>
}

export function createRequestHandler(parts: HandlerParts) {
  return (req: IncomingMessage, res: ServerResponse): void => {
    handle(parts, req, res).catch((failure: unknown) => fail(parts, res, failure))
  }
}

async function handle(parts: HandlerParts, req: IncomingMessage, res: ServerResponse): Promise<void> {
  if (!isLoopbackName(req.headers.host)) {
    respondJson(res, 421, { error: 'host_refused', message: 'This server is for loopback only.' })
    return
  }
  const url = URL.parse(req.url ?? '/', parts.issuer)
  if (url === null) {
    respondJson(res, 400, { error: 'invalid_request', message: 'That is not an address.' })
    return
  }
  const { dateSkewMs } = parts.behaviour.now()
  if (dateSkewMs !== 0) res.setHeader('date', new Date(Date.now() + dateSkewMs).toUTCString())
  if (url.pathname.startsWith('/control/') && parts.control !== null) {
    await parts.control(req, res, url.pathname)
    return
  }
  await visit(parts, { req, res, url })
}

type Arrival = { req: IncomingMessage; res: ServerResponse; url: URL }

async function visit(parts: HandlerParts, { req, res, url }: Arrival): Promise<void> {
  const endpoint = endpointOf(url.pathname)
  // The body of a token request contains its grant type, which is needed before the request is processed.
  const body = endpoint === 'token' && req.method === 'POST' ? await readRequestBody(req, 64 * 1024) : null
  const facts =
    body === null ? { clientId: null, grantType: null } : tokenRequestFacts(body, req.headers.authorization)
  const note = parts.log.arrived({ endpoint, method: req.method ?? '', path: url.pathname, ...facts })
  res.once('close', () => parts.log.ended(note, res.writableFinished ? res.statusCode : null))

  const fault = parts.behaviour.takeFault({ endpoint, grantType: note.grantType })
  note.fault = fault?.kind ?? null
  if (fault?.kind === 'delay') await pause(fault.ms, undefined, { signal: parts.closing })
  const spoiler = fault === null || fault.kind === 'delay' ? null : fault
  if (spoiler?.when === 'before') {
    await injectFault(res, spoiler, null)
    return
  }
  const forwarded = body === null ? req : withBody(req, body)
  parts.exchanges.set(forwarded, { visit: note, spoiler })
  await dispatch(parts, { req: forwarded, res, url }, note)
}

async function dispatch(parts: HandlerParts, { req, res, url }: Arrival, note: VisitNote): Promise<void> {
  if (note.endpoint === 'api') return parts.api(req, res, url)
  if (note.endpoint === 'sign-in') return parts.interactions(req, res, url)
  if (url.pathname === '/' && req.method === 'GET') {
    res.writeHead(200, practicePageHeaders).end(parts.homePage())
    return
  }
  if (url.pathname === '/.well-known/oauth-protected-resource/api') {
    respondJson(res, 200, {
      resource: `${parts.issuer}/api`,
      authorization_servers: [parts.issuer],
      bearer_methods_supported: ['header'],
      resource_name: 'Practice API',
    })
    return
  }
  return parts.oidc(req, res)
}

/** Prevents a page of another site from reaching this server under its own name (DNS rebinding). */
function isLoopbackName(host: string | undefined): boolean {
  const name = host?.replace(/:\d+$/, '').toLowerCase()
  return name === '127.0.0.1' || name === 'localhost' || name === '[::1]'
}

function fail(parts: HandlerParts, res: ServerResponse, failure: unknown): void {
  // Work that was stopped because the provider closes or the client disconnected needs no response.
  if (parts.closing.aborted || res.destroyed) {
    res.destroy()
    return
  }
  const error = asKeywayError(failure)
  if (error.code === 'internal_error') parts.log.failed(failure)
  if (res.headersSent) res.destroy()
  else respondJson(res, error.status, error.toJSON())
}

// Client and grant type of a token request, read without validation. Secrets in it are not kept.

export type TokenRequestFacts = { clientId: string | null; grantType: string | null }

export function tokenRequestFacts(body: Buffer, authorization: string | undefined): TokenRequestFacts {
  const form = new URLSearchParams(body.toString('utf8'))
  return {
    grantType: form.get('grant_type'),
    clientId: form.get('client_id') ?? basicUser(authorization),
  }
}

/** The user name of HTTP Basic, form-decoded by RFC 6749 section 2.3.1. */
function basicUser(authorization: string | undefined): string | null {
  const [, encoded] = /^Basic +([A-Za-z0-9+/=]+) *$/i.exec(authorization ?? '') ?? []
  if (encoded === undefined) return null
  const [user] = Buffer.from(encoded, 'base64').toString('utf8').split(':')
  // Parsed as one field of a form, so that "+" and %XX are decoded and a stray % does no harm.
  return user === undefined ? null : new URLSearchParams(`id=${user.replaceAll('&', '%26')}`).get('id')
}
