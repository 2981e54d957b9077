// Selects the route to each origin once: direct, or through a corporate proxy. A separate file, because it
// loads the HTTP library.
import type { SecureContext } from 'node:tls'
import { Agent, buildConnector, type Dispatcher } from 'undici'
import { BoundedMap } from '../bounded-map.ts'
import { createProxyDispatcher, type ProxyDispatcher } from './proxies.ts'
import { tolerating } from './interim-responses.ts'
import type { Proxy, ProxyChoice } from './proxy-choice.ts'
import type { Lookup, Routes } from './types.ts'

export type RoutesDeps = {
  proxyFor: ProxyChoice
  /**
   * Called once, for the first https connection, because reading all authorities takes tens of milliseconds.
   */
  trust: () => SecureContext
  lookup: Lookup | undefined
}

type Route = { dispatch: Dispatcher['dispatch']; resolvesNames: boolean }

const CONNECT_TIMEOUT_MS = 10_000
/** Some APIs list every permission in a header; Node's own limit is 16 KB. */
const MAX_HEADER_BYTES = 64 * 1024
const MAX_REMEMBERED = 1000

export function createRoutes({ proxyFor, trust, lookup }: RoutesDeps): Routes {
  const tls = once(() => ({ secureContext: trust(), timeout: CONNECT_TIMEOUT_MS }))
  const direct = new Agent({
    allowH2: false,
    maxHeaderSize: MAX_HEADER_BYTES,
    connect: connector(tls, lookup),
  })
  const straight: Route = {
    dispatch: (request, handler) => direct.dispatch(request, handler),
    resolvesNames: false,
  }
  const proxies = new Map<string, ProxyDispatcher & Route>()
  const known = new BoundedMap<string, Route>(MAX_REMEMBERED)

  const through = (proxy: Proxy): Route => {
    const key = `${proxy.kind} ${proxy.name}`
    const found = proxies.get(key)
    if (found !== undefined) return found
    const route = createProxyDispatcher({ proxy, tls: tls(), lookup, maxHeaderSize: MAX_HEADER_BYTES })
    const made = { ...route, resolvesNames: proxy.resolvesNames }
    proxies.set(key, made)
    return made
  }
  const find = (origin: string): Route => {
    const proxy = proxyFor(new URL(origin))
    const route = proxy === null ? straight : through(proxy)
    known.set(origin, route)
    return route
  }

  return {
    dispatch(request, handler) {
      const origin = String(request.origin)
      return (known.get(origin) ?? find(origin)).dispatch(request, handler)
    },
    isProxied: (origin) => (known.get(origin) ?? find(origin)).resolvesNames,
    async close() {
      await Promise.all([direct.close(), ...[...proxies.values()].map((route) => route.close())])
    },
  }
}

type Tls = { secureContext: SecureContext; timeout: number }

function connector(tls: () => Tls, lookup: Lookup | undefined): buildConnector.connector {
  const options = { allowH2: false, ...(lookup === undefined ? {} : { lookup: lookup as never }) }
  const plain = buildConnector({ ...options, timeout: CONNECT_TIMEOUT_MS })
  const secure = once(() => buildConnector({ ...options, ...tls() }))
  // What a proxied response brings is passed on as it is; only requests of Keyway itself are tolerant.
  const taken = lookup === undefined ? tolerating : (done: buildConnector.Callback) => done
  return (to, done) => (to.protocol === 'https:' ? secure() : plain)(to, taken(done))
}

function once<Value extends object>(make: () => Value): () => Value {
  let made: Value | null = null
  return () => (made ??= make())
}
