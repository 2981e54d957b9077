// Selects the route to each origin once: direct, or through a corporate proxy. A separate file, because it
// loads the HTTP library.
import type { SecureContext } from 'node:tls'
import { Agent, buildConnector, ProxyAgent, type Dispatcher } from 'undici'
import { BoundedMap } from '../bounded-map.ts'
import type { Lookup, ProxyChoice, Routes } from './types.ts'

export type RoutesDeps = {
  proxyFor: ProxyChoice
  /**
   * Called once, for the first https connection, because reading all authorities takes tens of milliseconds.
   */
  trust: () => SecureContext
  lookup: Lookup | undefined
}

type Route = { agent: Agent; kind: 'straight' } | { agent: ProxyAgent; kind: 'proxy' }

const CONNECT_TIMEOUT_MS = 10_000
/** Some APIs list every permission in a header; Node's own limit is 16 KB. */
const MAX_HEADER_BYTES = 64 * 1024
const MAX_REMEMBERED = 1000

export function createRoutes({ proxyFor, trust, lookup }: RoutesDeps): Routes {
  const options = { allowH2: false, maxHeaderSize: MAX_HEADER_BYTES }
  const tls = once(() => ({ secureContext: trust(), timeout: CONNECT_TIMEOUT_MS }))
  const direct = new Agent({ ...options, connect: connector(tls, lookup) })
  const straight: Route = { agent: direct, kind: 'straight' }
  const proxies = new Map<string, Route>()
  const ways = new BoundedMap<string, Route>(MAX_REMEMBERED)

  const through = (uri: string): Route => {
    const known = proxies.get(uri)
    if (known !== undefined) return known
    const agent = new ProxyAgent({ ...options, uri, requestTls: tls(), proxyTls: tls() })
    const way: Route = { agent, kind: 'proxy' }
    proxies.set(uri, way)
    return way
  }
  const find = (origin: string): Route => {
    const uri = proxyFor(new URL(origin))
    const way = uri === null ? straight : through(uri)
    ways.set(origin, way)
    return way
  }

  return {
    dispatch(request, handler) {
      const origin = String(request.origin)
      const { kind, agent } = ways.get(origin) ?? find(origin)
      if (kind === 'straight') return agent.dispatch(request, handler)
      // A proxy agent keeps only the last of several headers with one name, unless they are given as an
      // object.
      return agent.dispatch({ ...request, headers: byName(request.headers) }, handler)
    },
    isProxied: (origin) => (ways.get(origin) ?? find(origin)).kind === 'proxy',
    async close() {
      await Promise.all(
        [direct, ...[...proxies.values()].map(({ agent }) => agent)].map((each) => each.close()),
      )
    },
  }
}

type Tls = { secureContext: SecureContext; timeout: number }

function connector(tls: () => Tls, lookup: Lookup | undefined): buildConnector.connector {
  const options = { allowH2: false, ...(lookup === undefined ? {} : { lookup: lookup as never }) }
  const plain = buildConnector({ ...options, timeout: CONNECT_TIMEOUT_MS })
  const secure = once(() => buildConnector({ ...options, ...tls() }))
  return (to, done) => (to.protocol === 'https:' ? secure() : plain)(to, done)
}

function once<Value extends object>(make: () => Value): () => Value {
  let made: Value | null = null
  return () => (made ??= make())
}

function byName(
  headers: Dispatcher.DispatchOptions['headers'] = null,
): NonNullable<Dispatcher.DispatchOptions['headers']> | null {
  if (!Array.isArray(headers)) return headers
  const named: Record<string, string | string[]> = {}
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const name = String(headers[index]).toLowerCase()
    const value = String(headers[index + 1])
    const before = named[name]
    named[name] = before === undefined ? value : [before, value].flat()
  }
  return named
}
