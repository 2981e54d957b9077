// Opens a connect link in a browser: authorized by a ticket or an app key, it redirects to the provider.
// Without either it shows a page only.
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { AppRecord } from '../../../shared/contract/app.ts'
import { KeywayError } from '../../../shared/contract/errors.ts'
import type { ConnectInput, Flow } from '../../../shared/contract/flow.ts'
import { toIsoMoment } from '../../../shared/contract/http-api.ts'
import type { ProviderView } from '../../../shared/contract/provider.ts'
import { checkReturnUrl, type ConnectTicket, ticketFits } from '../../../shared/domain/callback-url.ts'
import type { FlowStarter, Keyway } from '../../core/keyway.ts'
import { pageHeaders } from '../pages/page.ts'
import { flowPage, openKeywayPage, usedLinkPage } from '../pages/result-page.ts'
import { mayManageConnection } from '../security/authorize.ts'
import { requestContextOf } from '../security/request-guard.ts'
import type { HttpContext } from '../server/context.ts'
import { sessionOrNull } from '../server/framework.ts'
import { wantsPage } from '../server/respond.ts'
import { chooseProvider, chooseToConnect, mayReachProvider, sees } from './selection.ts'
export type LinkCall = {
  /** Connection id, provider id or slug. */
  id: string
  ticket: string | undefined
  returnUrl: string | undefined
  account: string | undefined
}

type StartOptions = Omit<ConnectTicket, 'expiresAt'>

export async function startFromLink(
  context: HttpContext,
  request: FastifyRequest,
  reply: FastifyReply,
  call: LinkCall,
): Promise<void> {
  const { purpose } = requestContextOf(request.raw).headers
  // A browser that looks ahead must not use the ticket up, nor start what nobody has clicked.
  if (purpose !== null && /prefetch|prerender|preview/i.test(purpose)) return void reply.code(503).send()
  const options = startOptions(context, request, call)
  if (options === 'used') return answerPage(request, reply, new KeywayError('expired_link'), usedLinkPage())
  if (options === 'nobody') {
    const name = context.keyway.providers.find(call.id)?.name ?? 'your account'
    return answerPage(request, reply, new KeywayError('unauthorized'), openKeywayPage(name))
  }
  const { flow, url } = await context.keyway.flows.startForLink(
    connectInputOf(options),
    starterOf(context.keyway, options),
  )
  if (url !== null) void reply.redirect(url, 302)
  else if (wantsPage(request)) void reply.headers(pageHeaders()).send(flowPage(flow))
  else void reply.send(flowState(flow))
}

function starterOf(keyway: Keyway, { appId, providerId, connectionId }: StartOptions): FlowStarter {
  const app = keyway.apps.list().find(({ id }) => id === appId)
  if (appId === null) return { appId, managesConnection: true }
  const connection = connectionId === null ? null : { id: connectionId, providerId }
  return {
    appId,
    managesConnection: app !== undefined && mayManageConnection(keyway, app, { providerId, connection }),
  }
}

function startOptions(
  context: HttpContext,
  request: FastifyRequest,
  call: LinkCall,
): StartOptions | 'nobody' | 'used' {
  const { keyway } = context
  const session = sessionOrNull(request)
  if (session !== null) {
    const chosen = chooseProvider(keyway, session.app, call.id)
    return {
      appId: session.app.id,
      providerId: chosen.provider.id,
      ...chooseToConnect(keyway, session.app, chosen, call.account),
      addScopes: [],
      returnUrl: allowedReturnUrl(call.returnUrl, session.app.origins),
    }
  }
  if (call.ticket === undefined) return 'nobody'
  const provider = keyway.providers.find(keyway.connections.record(call.id)?.providerId ?? call.id)
  const ticket = context.tickets.look(call.ticket)
  if (provider === null || ticket === null || !ticketFits(ticket, provider.id, keyway.clock.now()))
    return 'used'
  const app = keyway.apps.list().find(({ id }) => id === ticket.appId)
  // Removing or pausing an app, or taking its grant away, ends what it started.
  if (
    ticket.appId !== null &&
    (app === undefined || app.paused || !mayStillStart(keyway, app, ticket, provider))
  )
    return 'used'
  const returnUrl = ticket.returnUrl ?? allowedReturnUrl(call.returnUrl, app?.origins ?? [])
  context.tickets.take(call.ticket)
  return { ...ticket, returnUrl }
}

function mayStillStart(
  keyway: Keyway,
  app: Pick<AppRecord, 'manage' | 'grants' | 'paused'>,
  { connectionId, providerId }: ConnectTicket,
  provider: ProviderView,
): boolean {
  return connectionId === null
    ? mayReachProvider(keyway, app, provider)
    : sees(keyway, app, { id: connectionId, providerId })
}

/** @throws KeywayError invalid_request */
export function allowedReturnUrl(
  returnUrl: string | undefined,
  origins: readonly string[],
  field: 'return_url' | 'returnUrl' = 'return_url',
): string | null {
  if (returnUrl === undefined) return null
  const checked = checkReturnUrl(returnUrl, origins)
  if (checked.kind === 'ok') return checked.url
  throw new KeywayError('invalid_request', {
    message: `${field}: ${checked.reason}`,
    nextStep: 'Use a loopback address, or register the origin for the app under Apps.',
    details: { field },
  })
}

export function connectInputOf(options: StartOptions): ConnectInput {
  return {
    providerId: options.providerId,
    connectionId: options.connectionId,
    account: options.account,
    addScopes: [...options.addScopes],
    kind: null,
    redirect: 'auto',
    open: 'link-only',
    browser: null,
    loginHint: null,
    prompt: null,
    returnUrl: options.returnUrl,
  }
}

function answerPage(request: FastifyRequest, reply: FastifyReply, failure: KeywayError, text: string): void {
  if (!wantsPage(request)) throw failure
  void reply.code(failure.status).headers(pageHeaders()).send(text)
}

/** What an app may see of a running sign-in. */
export function flowState(flow: Flow) {
  return {
    flow: {
      id: flow.id,
      state: flow.kind,
      provider: flow.providerSlug,
      connectionId: flow.connectionId,
      account: flow.account,
      ...(flow.kind === 'showing_code'
        ? {
            userCode: flow.userCode,
            verificationUri: flow.verificationUri,
            expiresAt: toIsoMoment(flow.expiresAt),
          }
        : {}),
      ...(flow.kind === 'failed' ? { code: flow.failure.code, message: flow.failure.message } : {}),
    },
  }
}
