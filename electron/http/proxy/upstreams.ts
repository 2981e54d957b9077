// Connections to the APIs behind the proxy: kept alive, apart for each set of authorities and for whether private addresses are allowed, so
// that a socket opened with one connection's leave is never used by another that has none.
import { isIP } from 'node:net'
import { KeywayError } from '../../../shared/contract/errors.ts'
import type { TargetUrl } from '../../../shared/domain/proxy-target.ts'
import type { Lookup, Outgoing, Routes } from '../../core/network/outgoing.ts'
import { createPinnedLookup, resolveBySystem, type Resolve } from './pinned-lookup.ts'
import { isPrivateAddress } from '../../core/network/private-addresses.ts'

export type Upstreams = {
  /** @throws KeywayError target_not_allowed for a private address that is written out */
  routesFor(
    url: TargetUrl,
    leave: { policy: { extraCa: string | null }; privateAllowed: boolean },
  ): Routes | Promise<Routes>
}

export function createUpstreams(outgoing: Outgoing, resolve: Resolve = resolveBySystem): Upstreams {
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
      return outgoing.routesFor(extraCa, lookup)
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
