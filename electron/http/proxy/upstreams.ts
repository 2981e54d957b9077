// Connections to the APIs behind the proxy: kept alive, apart for each set of authorities and for whether private addresses are allowed, so
// that a socket opened with one connection's leave is never used by another that has none.
import { isIP } from 'node:net'
import type { Dispatcher } from 'undici'
import { KeywayError } from '../../../shared/contract/errors.ts'
import type { Lookup, Outgoing } from '../../core/network/outgoing.ts'
import { createPinnedLookup, resolveBySystem, type Resolve } from './pinned-lookup.ts'
import { isPrivateAddress } from './private-addresses.ts'

export type Upstreams = {
  /** @throws KeywayError target_not_allowed for a private address that is written out */
  dispatcherFor(url: URL, options: { extraCa: string | null; privateAllowed: boolean }): Promise<Dispatcher>
}

export function createUpstreams(outgoing: Outgoing, resolve: Resolve = resolveBySystem): Upstreams {
  const lookups = new Map<string, Lookup>()
  const lookupFor = (extraCa: string | null, privateTargets: 'allowed' | 'refused'): Lookup => {
    const key = `${privateTargets} ${extraCa ?? ''}`
    const known = lookups.get(key) ?? createPinnedLookup(resolve, privateTargets)
    lookups.set(key, known)
    return known
  }
  return {
    dispatcherFor(url, { extraCa, privateAllowed }) {
      const bare = url.hostname.replace(/^\[|\]$/g, '')
      // A written-out address is never looked up, so it is checked here.
      if (!privateAllowed && isIP(bare) !== 0 && isPrivateAddress(bare)) throw privateTarget(url)
      return outgoing.dispatcherFor(extraCa, lookupFor(extraCa, privateAllowed ? 'allowed' : 'refused'))
    },
  }
}

export function privateTarget(url: URL): KeywayError {
  return new KeywayError('target_not_allowed', {
    message: `${url.host} is an address in a private network, which this connection may not be used with.`,
    nextStep: "Add the host to the provider's private hosts if it is meant.",
    details: { host: url.host },
  })
}
