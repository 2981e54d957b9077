// Behind a corporate proxy it is the proxy that resolves names, so none can be pinned. What this machine's own resolver calls private is
// refused all the same; what it does not know (many such networks resolve nothing but their own) is the proxy's to decide.
import type { Clock } from '../../core/ports.ts'
import type { Resolve } from './pinned-lookup.ts'
import { isPrivateAddress } from '../../core/network/private-addresses.ts'

export type ProxiedNames = { isPrivate(hostname: string): Promise<boolean> }

const KEPT_MS = 60_000
/** A resolver that reaches nobody may take much longer to say so. */
const PATIENCE_MS = 1000
const MOST_NAMES = 1000

export function createProxiedNames(resolve: Resolve, clock: Clock): ProxiedNames {
  const known = new Map<string, { isPrivate: Promise<boolean>; until: number }>()
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
      if (known.size >= MOST_NAMES) known.clear()
      const isPrivate = ask(hostname)
      known.set(hostname, { isPrivate, until: now + KEPT_MS })
      return isPrivate
    },
  }
}
