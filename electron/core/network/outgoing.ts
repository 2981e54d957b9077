// All outgoing requests: discovery, exchange, refresh, revocation, probe and proxy requests use the same
// corporate proxy and certificate authorities. Certificate checks cannot be disabled.
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls'
import { X509Certificate } from 'node:crypto'
import type { Dispatcher } from 'undici'
import { KeywayError } from '../../../shared/contract/errors.ts'
import type { HttpFetch } from '../ports.ts'
import { chooseProxy, type Environment, type ProxyChoice } from './proxy-choice.ts'
import type { Lookup, Routes } from './types.ts'

export type OutgoingSettings = {
  /** For all requests, with user name and password if it needs them; null: the environment's. */
  proxyUrl: string | null
  /** PEM certificate authorities in addition to the system's; null: none. */
  extraCa: string | null
}

export type Outgoing = {
  /**
   * A fetch that also trusts the provider's own authorities. The HTTP library is loaded at the first request,
   * not at startup.
   */
  fetchFor(extraCa: string | null): HttpFetch
  /**
   * The underlying dispatcher, for streaming; a promise only until it exists. `lookup` replaces name
   * resolution, with separate connections per function.
   */
  routesFor(extraCa: string | null, lookup?: Lookup): Routes | Promise<Routes>
  /** To be called after the settings changed: new connections use the new ones. */
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
      // fetch uses only the dispatch method of a dispatcher.
      const dispatcher: Pick<Dispatcher, 'dispatch'> = routes
      // undici's types and the global ones declare the same interfaces separately.
      const answer: unknown = await fetch(url, { ...(init as object), dispatcher: dispatcher as Dispatcher })
      return answer as Response
    },
    reset,
    close: reset,
  }
}

/** The authorities of Node, of the system, and of the settings. */
function trusting(added: readonly string[]): SecureContext {
  const all = new Set([...getCACertificates('default'), ...getCACertificates('system'), ...added])
  return createSecureContext({ ca: [...all] })
}

const BEGIN = '-----BEGIN CERTIFICATE-----'
const END = '-----END CERTIFICATE-----'

/**
 * The certificates in a PEM text.
 * @throws KeywayError invalid_request if there is none or one cannot be read
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
