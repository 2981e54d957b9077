// Which corporate proxy an address is reached through: the one of the settings for everything, or those of
// the environment, and NO_PROXY.
import type { Dispatcher } from 'undici'

export type Environment = Readonly<Record<string, string | undefined>>

/** The proxy's address; null: straight. */
export type ProxyChoice = (url: URL) => string | null

/** `proxyUrl`: the one of the settings; null: HTTP_PROXY and HTTPS_PROXY. */
export function chooseProxy(proxyUrl: string | null, environment: Environment): ProxyChoice {
  const http = proxyUrl ?? variable(environment, 'http_proxy')
  const https = proxyUrl ?? variable(environment, 'https_proxy') ?? http
  const exceptions = (variable(environment, 'no_proxy') ?? '').split(/[\s,]+/).filter((entry) => entry !== '')
  return (url) => {
    const proxy = url.protocol === 'https:' ? https : http
    return proxy === null || exceptions.some((entry) => covers(entry, url)) ? null : proxy
  }
}

function variable(environment: Environment, name: string): string | null {
  const value = environment[name] ?? environment[name.toUpperCase()]
  return value === undefined || value === '' ? null : value
}

/**
 * `example.com` and `.example.com` take subdomains too, `*.example.com` takes only them; a port narrows; `*`
 * is everything.
 */
function covers(entry: string, url: URL): boolean {
  const { name, port } = split(entry.toLowerCase())
  const actualPort = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port
  if (port !== null && port !== actualPort) return false
  if (name === '*') return true
  const hostname = url.hostname.replace(/^\[|\]$|\.$/g, '')
  if (name.startsWith('*.')) return hostname.endsWith(name.slice(1))
  const suffix = name.replace(/^\./, '')
  return hostname === suffix || hostname.endsWith(`.${suffix}`)
}

function split(entry: string): { name: string; port: string | null } {
  const bracketed = /^\[(.+)\](?::(\d+))?$/.exec(entry)
  if (bracketed !== null) return { name: bracketed[1] ?? '', port: bracketed[2] ?? null }
  // More than one colon: an IPv6 address without brackets.
  const [, name = entry, port = null] = /^([^:]+):(\d+)$/.exec(entry) ?? []
  return { name: name.replace(/\.$/, ''), port }
}

/** How a connection finds its address; the proxy pins the one it has checked. */
export type Lookup = (
  hostname: string,
  options: object,
  callback: (
    error: Error | null,
    address: string | { address: string; family: number }[],
    family?: number,
  ) => void,
) => void

/** Sends each request on its way: straight, or through a corporate proxy. */
export type Routes = Pick<Dispatcher, 'dispatch'> & {
  /** Through a corporate proxy, which then resolves the name itself. */
  isProxied(origin: string): boolean
  close(): Promise<void>
}
