// Connections to the APIs, kept alive. They are separate for each set of authorities and for whether private
// addresses are allowed, so that a socket opened with one connection's permission is never used by another.
import { lookup as systemLookup } from 'node:dns'
import { KeywayError } from '../../../shared/contract/errors.ts'
import type { TargetUrl } from '../../../shared/domain/proxy-target.ts'
import { BoundedMap } from '../../core/bounded-map.ts'
import type { Outgoing } from '../../core/network/outgoing.ts'
import { isPrivateAddress, isPrivateHost } from '../../core/network/private-addresses.ts'
import type { Lookup, Routes } from '../../core/network/types.ts'
import type { Clock } from '../../core/ports.ts'

export type Upstreams = {
  /** @throws KeywayError target_not_allowed for a private address that is written out */
  routesFor(
    url: TargetUrl,
    leave: { policy: { extraCa: string | null }; privateAllowed: boolean },
  ): Routes | Promise<Routes>
}

export function createUpstreams(
  outgoing: Outgoing,
  clock: Clock,
  resolve: Resolve = resolveBySystem,
): Upstreams {
  const names = createProxiedNames(resolve, clock)
  const check = (routes: Routes, url: TargetUrl): Routes | Promise<Routes> => {
    if (!routes.isProxied(url.origin)) return routes
    return names.isPrivate(url.hostname).then((isPrivate) => {
      if (isPrivate) throw privateTarget(url)
      return routes
    })
  }
  const open = new Map<string | null, Lookup>()
  const guarded = new Map<string | null, Lookup>()
  return {
    routesFor(url, { policy: { extraCa }, privateAllowed }) {
      // A written-out address is never looked up, so it is checked here.
      if (!privateAllowed && isPrivateHost(url.hostname)) throw privateTarget(url)
      const lookups = privateAllowed ? open : guarded
      const lookup =
        lookups.get(extraCa) ?? createPinnedLookup(resolve, privateAllowed ? 'allowed' : 'refused')
      lookups.set(extraCa, lookup)
      const routes = outgoing.routesFor(extraCa, lookup)
      if (privateAllowed) return routes
      return routes instanceof Promise ? routes.then((ready) => check(ready, url)) : check(routes, url)
    },
  }
}

function privateTarget(url: Pick<TargetUrl, 'host'>): KeywayError {
  return new KeywayError('target_not_allowed', {
    message: `${url.host} is an address in a private network, which this connection may not be used with.`,
    nextStep: `Add ${url.host} to the provider's private hosts, if it is in your own network.`,
    details: { field: 'url', host: url.host, missing: 'private' },
  })
}

// Name resolution that checks and connects with the same answer: what DNS says a moment later (rebinding) no
// longer matters, because the socket is opened to exactly the addresses that were looked at here.

export type Address = { address: string; family: number }
export type Resolve = (
  hostname: string,
  done: (error: Error | null, addresses: readonly Address[]) => void,
) => void

/** The name resolves to private addresses only, and this connection may not go there. */
class PrivateTargetError extends Error {
  override readonly name = 'PrivateTargetError'
  readonly code = 'ERR_PRIVATE_TARGET'
}

const resolveBySystem: Resolve = (hostname, done) => {
  systemLookup(hostname, { all: true }, (error, addresses) => done(error, addresses))
}

function createPinnedLookup(resolve: Resolve, privateTargets: 'allowed' | 'refused'): Lookup {
  return (hostname, options, callback) => {
    resolve(hostname, (error, addresses) => {
      if (error !== null) {
        callback(error, '')
        return
      }
      const usable =
        privateTargets === 'allowed'
          ? addresses
          : addresses.filter(({ address }) => !isPrivateAddress(address))
      const [first] = usable
      if (first === undefined) callback(new PrivateTargetError(`${hostname} has no public address`), '')
      else if ((options as { all?: boolean }).all === true) callback(null, [...usable])
      else callback(null, first.address, first.family)
    })
  }
}

// Behind a corporate proxy it is the proxy that resolves names, so none can be pinned. What this machine's
// own resolver calls private is refused all the same; what it does not know (many such networks resolve
// nothing but their own) is the proxy's to decide.

export type ProxiedNames = { isPrivate(hostname: string): Promise<boolean> }

const KEPT_MS = 60_000
/** A resolver that reaches nobody may take much longer to say so. */
const PATIENCE_MS = 1000
const MOST_NAMES = 1000

function createProxiedNames(resolve: Resolve, clock: Clock): ProxiedNames {
  const known = new BoundedMap<string, { isPrivate: Promise<boolean>; until: number }>(MOST_NAMES)
  const ask = (hostname: string): Promise<boolean> =>
    new Promise((done) => {
      const cancel = clock.after(PATIENCE_MS, () => done(false))
      resolve(hostname, (error, addresses) => {
        cancel()
        const isKnown = error === null && addresses.length > 0
        done(isKnown && addresses.every(({ address }) => isPrivateAddress(address)))
      })
    })
  return {
    isPrivate(hostname) {
      const now = clock.monotonicMs()
      const found = known.get(hostname)
      if (found !== undefined && now < found.until) return found.isPrivate
      const isPrivate = ask(hostname)
      known.set(hostname, { isPrivate, until: now + KEPT_MS })
      return isPrivate
    },
  }
}

/** Why the API could not be reached, in Keyway's words. */
export function upstreamFailure(error: Error, url: TargetUrl): KeywayError {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if (at instanceof PrivateTargetError) return privateTarget(url)
    // A proxy's own failure already says what it is.
    if (at instanceof KeywayError) return at
    const { code } = at as NodeJS.ErrnoException
    if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT') {
      return new KeywayError('deadline_exceeded', {
        message: `${url.host} did not answer in time.`,
        cause: error,
      })
    }
    if (typeof code === 'string' && /CERT|SIGNED|ERR_TLS/.test(code)) {
      return new KeywayError('config_error', {
        message: `The certificate of ${url.host} is not trusted (${code}).`,
        nextStep: 'Add its certificate authority to the provider or under Settings, if you know it.',
        cause: error,
      })
    }
  }
  return new KeywayError('provider_unreachable', {
    message: `${url.host} could not be reached.`,
    cause: error,
  })
}
