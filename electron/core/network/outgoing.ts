// Every outgoing request leaves through here: discovery, exchange, refresh, revocation, probe and proxied
// calls see the same corporate proxy and the same certificate authorities. There is no way to switch
// certificate checks off.
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls'
import { X509Certificate } from 'node:crypto'
import type { Dispatcher } from 'undici'
import { KeywayError } from '../../../shared/contract/errors.ts'
import type { HttpFetch } from '../ports.ts'
import { chooseProxy, type Environment, type Lookup, type ProxyChoice, type Routes } from './types.ts'

export type OutgoingSettings = {
  /** http(s)://host:port for everything; null: HTTP_PROXY, HTTPS_PROXY and NO_PROXY of the environment. */
  proxyUrl: string | null
  /** PEM certificate authorities to trust beside the system's; null: none. */
  extraCa: string | null
}

export type Outgoing = {
  /**
   * A fetch that trusts the provider's own authorities too. The HTTP library is loaded at the first request,
   * not at start-up.
   */
  fetchFor(extraCa: string | null): HttpFetch
  /**
   * What is behind it, for streaming; a promise only until it is made. `lookup` replaces name resolution
   * (other connections for each function).
   */
  routesFor(extraCa: string | null, lookup?: Lookup): Routes | Promise<Routes>
  /**
   * True when requests to this address leave through a corporate proxy, which then resolves the name itself.
   */
  usesProxy(url: string): boolean
  /** After the settings changed: new connections follow the new ones. */
  reset(): Promise<void>
  close(): Promise<void>
}

type Deps = { settings: () => OutgoingSettings; environment: Environment }

export function createOutgoing({ settings, environment }: Deps): Outgoing {
  let known = new Map<string | Lookup, Routes | Promise<Routes>>()
  const proxyFor = (): ProxyChoice => chooseProxy(settings().proxyUrl, environment)

  const make = async (extraCa: string | null, lookup: Lookup | undefined): Promise<Routes> => {
    const choice = proxyFor()
    const authorities = [settings().extraCa, extraCa].flatMap((pem) =>
      pem === null ? [] : certificatesIn(pem),
    )
    const { createRoutes } = await import('./routes.ts')
    return createRoutes({ proxyFor: choice, trust: () => trusting(authorities), lookup })
  }
  const routesFor: Outgoing['routesFor'] = (extraCa, lookup) => {
    const key = lookup ?? extraCa ?? ''
    const mine = known
    const found = mine.get(key)
    if (found !== undefined) return found
    const making = make(extraCa, lookup)
    mine.set(key, making)
    making.then(
      (routes) => mine.set(key, routes),
      () => mine.delete(key),
    )
    return making
  }
  const reset = async (): Promise<void> => {
    const old = [...known.values()]
    known = new Map()
    await Promise.allSettled(old.map(async (each) => (await each).close()))
  }
  return {
    routesFor,
    fetchFor: (extraCa) => async (url, init) => {
      const [{ fetch }, routes] = await Promise.all([import('undici'), routesFor(extraCa)])
      // All that fetch does with a dispatcher is to dispatch.
      const dispatcher: Pick<Dispatcher, 'dispatch'> = routes
      // undici's own types and the global ones name the same interfaces twice.
      const answer: unknown = await fetch(url, { ...(init as object), dispatcher: dispatcher as Dispatcher })
      return answer as Response
    },
    usesProxy: (url) => proxyFor()(new URL(url)) !== null,
    reset,
    close: reset,
  }
}

/** Node's own list, the system's, and what the person added. */
function trusting(added: readonly string[]): SecureContext {
  const all = new Set([...getCACertificates('default'), ...getCACertificates('system'), ...added])
  return createSecureContext({ ca: [...all] })
}

const BEGIN = '-----BEGIN CERTIFICATE-----'
const END = '-----END CERTIFICATE-----'

/**
 * The certificates in a PEM text. @throws KeywayError invalid_request when there is none or one cannot be
 * read.
 */
export function certificatesIn(pem: string): string[] {
  const found = pem
    .split(BEGIN)
    .slice(1)
    .flatMap((rest) => (rest.includes(END) ? [`${BEGIN}${rest.slice(0, rest.indexOf(END))}${END}`] : []))
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
