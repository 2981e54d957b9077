// Requests through a corporate proxy: http and https proxies, SOCKS 4 and 5. What the proxy itself refuses is
// said with the proxy's name, so that the provider is not blamed. Loads the HTTP library.
import { lookup as systemLookup } from 'node:dns'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { SecureContext } from 'node:tls'
import { Agent, buildConnector, Pool, type Dispatcher } from 'undici'
import { KeywayError } from '../../../shared/contract/errors.ts'
import { tolerateContinue, tolerating } from './interim-responses.ts'
import type { Proxy } from './proxy-choice.ts'
import type { Lookup } from './types.ts'

export type ProxyDispatcher = { dispatch: Dispatcher['dispatch']; close(): Promise<void> }

type Options = {
  proxy: Proxy
  /** Certificates of the targets, and of an https proxy. */
  tls: { secureContext: SecureContext; timeout: number }
  lookup: Lookup | undefined
  maxHeaderSize: number
}

const CONNECT_TIMEOUT_MS = 10_000
/** How long a proxy may take to reach the target. */
const TUNNEL_TIMEOUT_MS = 15_000

export function createProxyDispatcher(options: Options): ProxyDispatcher {
  const isSocks = options.proxy.kind === 'socks4' || options.proxy.kind === 'socks5'
  return isSocks ? socksRoute(options) : httpRoute(options)
}

/** https by CONNECT; http in absolute form (RFC 9112 section 3.2.2). */
function httpRoute({ proxy, tls, maxHeaderSize }: Options): ProxyDispatcher {
  const origin = `${proxy.kind}://${proxy.name}`
  const connect = buildConnector({
    allowH2: false,
    ...(proxy.kind === 'https' ? tls : { timeout: CONNECT_TIMEOUT_MS }),
  })
  const toProxy: Dispatcher = new Pool(origin, {
    allowH2: false,
    maxHeaderSize,
    connect: (to, done) =>
      connect(to, (...[error, socket]) => {
        if (error === null) done(null, tolerateContinue(socket))
        else done(unreachable(proxy, error), null)
      }),
  })
  const authorization = basicOf(proxy)
  const tunnels = tunnelled(tls, maxHeaderSize, async (host, port) => {
    const opened: Promise<Dispatcher.ConnectData> = toProxy.connect({
      origin,
      path: `${host}:${port}`,
      headers: { host: `${host}:${port}`, ...authorization },
      signal: AbortSignal.timeout(TUNNEL_TIMEOUT_MS),
    })
    const { statusCode, socket } = await opened.catch((error: Error) => {
      throw error instanceof KeywayError ? error : unreachable(proxy, error)
    })
    if (statusCode >= 200 && statusCode < 300) return socket
    socket.on('error', () => undefined).destroy()
    throw refusal(proxy, statusCode)
  })
  return {
    dispatch(request, handler) {
      const target = new URL(String(request.origin))
      if (target.protocol === 'https:') return tunnels.dispatch(request, handler)
      const headers = withHeaders(request.headers, { host: target.host, ...authorization })
      const path = `${target.origin}${request.path}`
      return toProxy.dispatch({ ...request, origin, path, headers }, saysRefusal(handler, proxy))
    },
    close: async () => {
      await Promise.all([tunnels.close(), toProxy.close()])
    },
  }
}

function socksRoute({ proxy, tls, lookup, maxHeaderSize }: Options): ProxyDispatcher {
  const agent = tunnelled(tls, maxHeaderSize, async (host, port) => {
    const { SocksClient } = await import('socks')
    const { credentials } = proxy
    const destination = { host: proxy.resolvesNames ? host : await addressOf(host, lookup), port }
    try {
      const { socket } = await SocksClient.createConnection({
        command: 'connect',
        destination,
        proxy: {
          host: proxy.hostname,
          port: proxy.port,
          type: proxy.kind === 'socks4' ? 4 : 5,
          ...(credentials === null ? {} : { userId: credentials.user, password: credentials.password }),
        },
        timeout: CONNECT_TIMEOUT_MS,
      })
      return socket
    } catch (error) {
      throw socksFailure(proxy, error)
    }
  })
  return { dispatch: (request, handler) => agent.dispatch(request, handler), close: () => agent.close() }
}

/** An agent whose connections are opened by `open`; TLS to the target is added on top. */
function tunnelled(
  tls: Options['tls'],
  maxHeaderSize: number,
  open: (host: string, port: number) => Promise<Duplex>,
): Agent {
  const secure = buildConnector({ allowH2: false, ...tls })
  return new Agent({
    allowH2: false,
    maxHeaderSize,
    connect(to, done) {
      const port = Number(to.port) || (to.protocol === 'https:' ? 443 : 80)
      void connectThrough({ to, done, secure, opening: open(to.hostname, port) })
    },
  })
}

async function connectThrough({
  to,
  done,
  secure,
  opening,
}: {
  to: buildConnector.Options
  done: buildConnector.Callback
  secure: buildConnector.connector
  opening: Promise<Duplex>
}): Promise<void> {
  try {
    const socket = (await opening) as Socket
    if (to.protocol === 'https:') secure({ ...to, httpSocket: socket }, tolerating(done))
    else done(null, tolerateContinue(socket))
  } catch (error) {
    done(error as Error, null)
  }
}

/** A proxy that answers a forwarded request with 407 speaks for itself, not for the target. */
function saysRefusal(handler: Dispatcher.DispatchHandler, proxy: Proxy): Dispatcher.DispatchHandler {
  return {
    onRequestStart: (...given) => handler.onRequestStart?.(...given),
    onRequestUpgrade: (...given) => handler.onRequestUpgrade?.(...given),
    onResponseStart: (controller, status, headers, message) => {
      if (status === 407) controller.abort(refusal(proxy, status))
      else handler.onResponseStart?.(controller, status, headers, message)
    },
    onResponseData: (...given) => handler.onResponseData?.(...given),
    onResponseEnd: (...given) => handler.onResponseEnd?.(...given),
    onResponseError: (...given) => handler.onResponseError?.(...given),
    onBodySent: (chunk) => handler.onBodySent?.(chunk),
    onRequestSent: () => handler.onRequestSent?.(),
  }
}

function addressOf(host: string, lookup: Lookup = systemLookup): Promise<string> {
  return new Promise((resolve, reject) => {
    lookup(host, {}, (error, address) => {
      if (error !== null) reject(error)
      else if (typeof address === 'string') resolve(address)
      else resolve(address[0]?.address ?? host)
    })
  })
}

function basicOf({ credentials }: Proxy): Record<string, string> {
  if (credentials === null) return {}
  const { user, password } = credentials
  return { 'proxy-authorization': `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` }
}

function withHeaders(
  headers: Dispatcher.DispatchOptions['headers'],
  added: Record<string, string>,
): string[] | Record<string, string> {
  if (!Array.isArray(headers)) {
    const given = (headers ?? {}) as Record<string, string>
    const hasHost = Object.keys(given).some((name) => name.toLowerCase() === 'host')
    const { host = '', ...others } = added
    return { ...given, ...others, ...(hasHost ? {} : { host }) }
  }
  const flat = headers.map(String)
  const names = new Set(flat.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase()))
  const missing = Object.entries(added).filter(([name]) => name !== 'host' || !names.has('host'))
  return [...flat, ...missing.flat()]
}

// Failures of the proxy itself. All are KeywayErrors with `details.proxy`.

function checkAt({ source }: Proxy): string {
  return source === 'Settings' ? 'the proxy under Settings' : `${source} in the environment`
}

function unreachable(proxy: Proxy, cause: Error): KeywayError {
  const { code } = cause as NodeJS.ErrnoException
  const detail = typeof code === 'string' ? ` (${code})` : ''
  return new KeywayError('provider_unreachable', {
    message: `The proxy ${proxy.name} cannot be reached${detail}.`,
    nextStep: `Check ${checkAt(proxy)}, and whether the proxy runs.`,
    details: { proxy: proxy.name },
    cause,
  })
}

function refusal(proxy: Proxy, status: number): KeywayError {
  const details = { proxy: proxy.name, proxyStatus: status }
  if (status === 407) return badCredentials(proxy, details)
  return status >= 500
    ? new KeywayError('provider_unreachable', {
        message: `The proxy ${proxy.name} could not reach the server (HTTP ${status}).`,
        nextStep: `Try again later. If it stays so, check ${checkAt(proxy)} and NO_PROXY.`,
        details,
      })
    : new KeywayError('config_error', {
        message: `The proxy ${proxy.name} refuses connections to this server (HTTP ${status}).`,
        nextStep: `Ask whoever runs the proxy, or check ${checkAt(proxy)} and NO_PROXY.`,
        details,
      })
}

function badCredentials(proxy: Proxy, details: Record<string, unknown>): KeywayError {
  return new KeywayError('config_error', {
    message:
      proxy.credentials === null
        ? `The proxy ${proxy.name} asks for a user name and password.`
        : `The proxy ${proxy.name} refuses the user name and password.`,
    nextStep: `Set them in ${checkAt(proxy)}: http://user:password@${proxy.name}.`,
    details,
  })
}

/** The library's error holds the password in its options, so it is not kept as a cause. */
function socksFailure(proxy: Proxy, thrown: unknown): Error {
  const said = thrown instanceof Error ? thrown.message : ''
  const details = { proxy: proxy.name }
  if (/authentication|no accepted authentication/i.test(said)) return badCredentials(proxy, details)
  const [, why] = /rejected connection - (?:\(?)([A-Za-z]+)/.exec(said) ?? []
  if (why === undefined) return unreachable(proxy, new Error(said))
  return new KeywayError(why === 'NotAllowed' ? 'config_error' : 'provider_unreachable', {
    message: `The proxy ${proxy.name} could not reach the server (${why}).`,
    nextStep: `Check the address, ${checkAt(proxy)} and NO_PROXY.`,
    details,
  })
}
