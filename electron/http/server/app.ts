// Builds the local API over the core. It does not listen yet: listener.ts opens the listeners.
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { KeywayError } from '../../../shared/contract/errors.ts'
import type { Keyway } from '../../core/keyway.ts'
import { createOutgoing, type Outgoing } from '../../core/network/outgoing.ts'
import { withConnectUrl } from '../connections/links.ts'
import { createOneTimeTickets } from '../connections/tickets.ts'
import { createProxyRoute, isProxyCall, type ProxyRoute } from '../proxy/route.ts'
import type { Resolve } from '../proxy/upstream.ts'
import { createAuthentication } from '../security/app-key.ts'
import { answerPreflight, isPreflight } from '../security/cors.ts'
import { createGuessDelay } from '../security/guess-delay.ts'
import { type RequestContext, guard, keepRequestContext } from '../security/request-guard.ts'
import { createRunningRequests } from '../security/running-requests.ts'
import { createTokenRoute } from '../tokens/endpoint.ts'
import { isTokenCall } from '../tokens/request.ts'
import { createTokenUsageLog } from '../tokens/usage-log.ts'
import { answerOpenWindow, createWindowEntry, isOpenWindowCall, type WindowEntry } from '../window/entry.ts'
import type { LinkAsker } from '../window/sessions.ts'
import { markAuthenticated } from './connection-limits.ts'
import type { HttpContext, ServerAddress, Deadlines } from './context.ts'
import { DEADLINES, hasBody, limitBodyTime, sendsBody } from './request-body.ts'
import { answerHealth, logInternal, sendFailure } from './respond.ts'

export type ServerOptions = {
  /**
   * The core's way out, for proxied requests. Without it one is made from the settings and the environment.
   */
  outgoing?: Outgoing
  /** Serve the window to a browser (headless host): the folder of the built renderer. */
  windowFolder?: string
  /** Where the sessions of windows in a browser outlive a restart. Absent: nowhere. */
  windowSessionsFile?: string
  /** Brings the host's own window to the front, in place of one in a browser. */
  showWindow?: () => void
  /** Name resolution for proxied requests; the system's unless given. */
  resolve?: Resolve
  /** Others than the usual ones. */
  deadlines?: Partial<Deadlines>
}

export type LocalApi = {
  readonly handle: RequestListener
  readonly address: ServerAddress
  /** Loads everything that is otherwise loaded with the first request that needs it. */
  ready(): Promise<void>
  /**
   * A link that lets one browser in, once, within minutes. Null without a window folder or before listening.
   */
  launchUrl(asker: LinkAsker): string | null
  /** Ends open event streams and what waits; calls that come from now on are told that Keyway is closing. */
  stop(): void
  /** Lets go of what was loaded. To be called when no request is under way any more. Twice is fine. */
  close(): Promise<void>
}

export function createServer(keyway: Keyway, options: ServerOptions = {}): LocalApi {
  const closing = new AbortController()
  const { outgoing, release } =
    options.outgoing === undefined ? ownOutgoing(keyway) : { outgoing: options.outgoing, release: null }
  const authentication = createAuthentication(keyway)
  const context: HttpContext = {
    openWindow() {
      if (options.showWindow !== undefined) {
        options.showWindow()
        return { shown: true }
      }
      if (window === null || context.address.url === null) return null
      keyway.presence.linkMade()
      const url = window.launchUrl('shell')
      return url === null ? null : { url }
    },
    keyway,
    outgoing,
    address: { url: null },
    tickets: createOneTimeTickets(keyway.clock),
    guesses: createGuessDelay(keyway.clock),
    tokenUsage: createTokenUsageLog(keyway),
    withConnectUrl: (failure, call) => withConnectUrl(context, failure, call),
    deadlines: { ...DEADLINES, ...options.deadlines },
    running: createRunningRequests(keyway, authentication.request),
    authenticate: authentication.request,
    closing: closing.signal,
  }
  const window =
    options.windowFolder === undefined
      ? null
      : createWindowEntry(context, options.windowFolder, options.windowSessionsFile ?? null)
  const framework = lazily(() => loadFramework(context, window))
  const handler: Handler = async (request, response) => {
    const { routing } = await framework()
    routing(request, response)
  }
  const proxy = createProxyRoute(context, options.resolve === undefined ? {} : { resolve: options.resolve })
  return {
    handle: createRouter(context, handler, proxy),
    address: context.address,
    ready: async () => void (await framework()),
    launchUrl: (asker) => window?.launchUrl(asker) ?? null,
    stop: () => closing.abort(),
    async close() {
      closing.abort()
      context.running.close()
      authentication.close()
      await (await framework.started())?.close()
      await release?.()
    },
  }
}

async function loadFramework(context: HttpContext, window: WindowEntry | null) {
  const [{ createFramework }, { apiRoutes }] = await Promise.all([
    import('./framework.ts'),
    import('../routes/api-routes.ts'),
  ])
  return createFramework(context, window === null ? apiRoutes : [...apiRoutes, window.routes])
}

function ownOutgoing(keyway: Keyway): { outgoing: Outgoing; release: () => Promise<void> } {
  const outgoing = createOutgoing({
    settings: () => ({ ...keyway.settings.get(), proxyUrl: keyway.settings.proxyUrl() }),
    environment: process.env,
  })
  const stop = keyway.settings.onChange(() => void outgoing.reset())
  return {
    outgoing,
    async release() {
      stop()
      await outgoing.close()
    },
  }
}

type Lazy<Value> = (() => Promise<Value>) & { started(): Promise<Value> | null }

function lazily<Value>(make: () => Promise<Value>): Lazy<Value> {
  let made: Promise<Value> | null = null
  const get = (): Promise<Value> => {
    made ??= make()
    return made
  }
  return Object.assign(get, { started: () => made })
}

// The router. Every request is checked by the guard first. Token calls and proxied requests are answered
// directly; the framework handles the others.

/** Handles a request when the framework is there; loads it the first time. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>

function createRouter(context: HttpContext, framework: Handler, proxy: ProxyRoute): RequestListener {
  const tokens = createTokenRoute(context)

  const route = (
    request: IncomingMessage,
    response: ServerResponse,
    requestContext: RequestContext,
  ): void => {
    const { path, origin } = requestContext
    if (isTokenCall(request.method, path)) {
      tokens(request, response, requestContext)
      return
    }
    const isProxied = isProxyCall(request.method, path)
    // Uploads that are handed on have a time of their own.
    if (!isProxied && sendsBody(requestContext.headers))
      limitBodyTime(request, response, context.deadlines.bodyMs)
    const wantedMethod = request.headers['access-control-request-method']
    if (origin !== null && isPreflight(request.method, wantedMethod, requestContext)) {
      answerPreflight(response, origin, request.headers['access-control-request-headers'])
    } else if (isProxied) proxy.answer(request, response, requestContext)
    else if (isOpenWindowCall(request, path)) answerOpenWindow(response, requestContext, context.openWindow)
    else if (path === '/healthz' && (request.method === 'GET' || request.method === 'HEAD'))
      answerHealth(context, response)
    else {
      keepRequestContext(request, requestContext)
      // Known at once, not only when the framework looks: requests may wait behind this one already.
      const authenticated = context.authenticate(request, requestContext)
      if (authenticated.kind === 'ok') markAuthenticated(request.socket, authenticated.session.app.id)
      framework(request, response).catch((error: unknown) =>
        logInternal(context, sendFailure(response, error)),
      )
    }
  }

  return (request, response) => {
    try {
      if (context.closing.aborted) throw new KeywayError('shutting_down')
      const requestContext = guard(request, context.keyway)
      route(request, response, requestContext)
    } catch (error) {
      if (hasBody(request)) response.shouldKeepAlive = false
      logInternal(context, sendFailure(response, error))
    }
  }
}
