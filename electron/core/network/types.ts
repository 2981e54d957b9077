// Selects the corporate proxy for an address: the one of the settings, or those of the environment with
// NO_PROXY.
import type { Dispatcher } from 'undici'

export type Environment = Readonly<Record<string, string | undefined>>

/** The proxy's address; null: direct. */
export type ProxyChoice = (url: URL) => string | null

/** `proxyUrl`: from the settings; null: HTTP_PROXY and HTTPS_PROXY. */
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
 * `example.com` and `.example.com` include subdomains, `*.example.com` means only those; a port restricts the
 * entry; `*` matches everything.
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

/** Resolves the address of a connection; the token proxy pins the address that it has checked. */
export type Lookup = (
  hostname: string,
  options: object,
  callback: (
    error: Error | null,
    address: string | { address: string; family: number }[],
    family?: number,
  ) => void,
) => void

/** Dispatches each request directly or through a corporate proxy. */
export type Routes = Pick<Dispatcher, 'dispatch'> & {
  /** Whether a corporate proxy is used, which then resolves the name. */
  isProxied(origin: string): boolean
  close(): Promise<void>
}
