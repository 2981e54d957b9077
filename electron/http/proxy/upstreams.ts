// Connections to the APIs behind the proxy: kept alive, apart for each set of authorities and for whether private addresses are allowed, so
// that a socket opened with one connection's leave is never used by another that has none.
import { isIP } from 'node:net'
import { KeywayError } from '../../../shared/contract/errors.ts'
import type { TargetUrl } from '../../../shared/domain/proxy-target.ts'
import type { Outgoing } from '../../core/network/outgoing.ts'
import type { Lookup, Routes } from '../../core/network/types.ts'
import type { Clock } from '../../core/ports.ts'
import { createPinnedLookup, resolveBySystem, type Resolve } from './pinned-lookup.ts'
import { isPrivateAddress } from '../../core/network/private-addresses.ts'
import { createProxiedNames } from './proxied-names.ts'

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
      if (!privateAllowed && isWrittenOutPrivate(url.hostname)) throw privateTarget(url)
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

function isWrittenOutPrivate(hostname: string): boolean {
  const bare = hostname.replace(/^\[|\]$/g, '')
  return isIP(bare) !== 0 && isPrivateAddress(bare)
}

export function privateTarget(url: Pick<TargetUrl, 'host'>): KeywayError {
  return new KeywayError('target_not_allowed', {
    message: `${url.host} is an address in a private network, which this connection may not be used with.`,
    nextStep: "Add the host to the provider's private hosts if it is meant.",
    details: { host: url.host },
  })
}
