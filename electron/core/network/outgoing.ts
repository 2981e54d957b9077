// Every outgoing request leaves through here: discovery, exchange, refresh, revocation, probe and proxied calls see the same corporate proxy
// and the same certificate authorities. There is no way to switch certificate checks off.
import { getCACertificates } from 'node:tls'
import { X509Certificate } from 'node:crypto'
import type { Dispatcher } from 'undici'
import { KeywayError } from '../../../shared/contract/errors.ts'
import type { HttpFetch } from '../ports.ts'

export type NetworkSettings = {
  /** http(s)://host:port for everything; null: HTTP_PROXY, HTTPS_PROXY and NO_PROXY of the environment. */
  proxyUrl: string | null
  /** PEM certificate authorities to trust beside the system's; null: none. */
  extraCa: string | null
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

export type Outgoing = {
  /** A fetch that trusts the provider's own authorities too. The HTTP library is loaded at the first request, not at start-up. */
  fetchFor(extraCa: string | null): HttpFetch
  /** The dispatcher behind it, for streaming. `lookup` replaces name resolution (a different dispatcher for each function). */
  dispatcherFor(extraCa: string | null, lookup?: Lookup): Promise<Dispatcher>
  /** True when requests to this address leave through a corporate proxy, which then resolves the name itself. */
  usesProxy(url: string): boolean
  /** After the settings changed: new connections follow the new ones. */
  reset(): Promise<void>
  close(): Promise<void>
}

type Deps = { settings: () => NetworkSettings; environment: Readonly<Record<string, string | undefined>> }

const CONNECT_TIMEOUT_MS = 10_000

export function createOutgoing({ settings, environment }: Deps): Outgoing {
  let dispatchers = new Map<string | Lookup, Promise<Dispatcher>>()
  const dispatcherFor: Outgoing['dispatcherFor'] = (extraCa, lookup) => {
    const key = lookup ?? extraCa ?? ''
    const known = dispatchers.get(key)
    if (known !== undefined) return known
    const made = makeDispatcher({
      ...settings(),
      environment,
      authorities: [settings().extraCa, extraCa],
      lookup,
    })
    dispatchers.set(key, made)
    made.catch(() => dispatchers.delete(key))
    return made
  }
  const reset = async () => {
    const old = [...dispatchers.values()]
    dispatchers = new Map()
    await Promise.allSettled(old.map(async (each) => (await each).close()))
  }
  return {
    dispatcherFor,
    fetchFor: (extraCa) => async (url, init) => {
      const [{ fetch }, dispatcher] = await Promise.all([import('undici'), dispatcherFor(extraCa)])
      // undici's own types and the global ones name the same interfaces twice.
      const answer: unknown = await fetch(url, { ...(init as object), dispatcher })
      return answer as Response
    },
    usesProxy: (url) => proxyFor(url, settings().proxyUrl, environment) !== null,
    reset,
    close: reset,
  }
}

type Wanted = {
  proxyUrl: string | null
  environment: Deps['environment']
  authorities: Array<string | null>
  lookup: Lookup | undefined
}

async function makeDispatcher({ proxyUrl, environment, authorities, lookup }: Wanted): Promise<Dispatcher> {
  const { EnvHttpProxyAgent } = await import('undici')
  const tls = { ca: trusted(authorities), timeout: CONNECT_TIMEOUT_MS }
  const connect = lookup === undefined ? tls : { ...tls, lookup: lookup as never }
  return new EnvHttpProxyAgent({
    connect,
    requestTls: tls,
    proxyTls: tls,
    allowH2: false,
    httpProxy: proxyUrl ?? variable(environment, 'http_proxy') ?? '',
    httpsProxy: proxyUrl ?? variable(environment, 'https_proxy') ?? '',
    noProxy: variable(environment, 'no_proxy') ?? '',
  })
}

/** Node's own list, the system's, and what the person added. */
function trusted(added: ReadonlyArray<string | null>): string[] {
  const own = added.flatMap((pem) => (pem === null ? [] : certificatesIn(pem)))
  return [...new Set([...getCACertificates('default'), ...getCACertificates('system'), ...own])]
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g

/** The certificates in a PEM text. @throws KeywayError invalid_request when there is none or one cannot be read. */
export function certificatesIn(pem: string): string[] {
  const found = pem.match(CERTIFICATE) ?? []
  try {
    if (found.length === 0) throw new Error('no certificate in the text')
    return found.map((each) => new X509Certificate(each).toString())
  } catch (cause) {
    throw new KeywayError('invalid_request', {
      message: 'The extra certificate authorities cannot be read.',
      nextStep: 'Give PEM text with one or more BEGIN CERTIFICATE blocks.',
      details: { field: 'extraCa' },
      cause,
    })
  }
}

function variable(environment: Deps['environment'], name: string): string | undefined {
  const value = environment[name] ?? environment[name.toUpperCase()]
  return value === '' ? undefined : value
}

function proxyFor(address: string, proxyUrl: string | null, environment: Deps['environment']): string | null {
  const url = new URL(address)
  if (bypasses(url, variable(environment, 'no_proxy') ?? '')) return null
  const ofEnvironment =
    url.protocol === 'https:'
      ? (variable(environment, 'https_proxy') ?? variable(environment, 'http_proxy'))
      : variable(environment, 'http_proxy')
  return proxyUrl ?? ofEnvironment ?? null
}

function bypasses(url: URL, noProxy: string): boolean {
  return noProxy
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .some((entry) => {
      if (entry === '*') return true
      const [, host = entry, port] = /^(.+?)(?::(\d+))?$/.exec(entry) ?? []
      if (
        port !== undefined &&
        port !== (url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port)
      )
        return false
      const suffix = host.replace(/^\*?\./, '')
      return url.hostname === suffix || url.hostname.endsWith(`.${suffix}`)
    })
}
