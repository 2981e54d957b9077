// Name resolution that checks and connects with the same answer: what DNS says a moment later (rebinding) no longer matters, because the
// socket is opened to exactly the addresses that were looked at here.
import { lookup as systemLookup } from 'node:dns'
import type { Lookup } from '../../core/network/types.ts'
import { isPrivateAddress } from '../../core/network/private-addresses.ts'

export type Address = { address: string; family: number }
export type Resolve = (
  hostname: string,
  done: (error: Error | null, addresses: readonly Address[]) => void,
) => void

/** The name resolves to private addresses only, and this connection may not go there. */
export class PrivateTargetError extends Error {
  override readonly name = 'PrivateTargetError'
  readonly code = 'ERR_PRIVATE_TARGET'
}

export const resolveBySystem: Resolve = (hostname, done) => {
  systemLookup(hostname, { all: true }, (error, addresses) => done(error, addresses))
}

export function createPinnedLookup(resolve: Resolve, privateTargets: 'allowed' | 'refused'): Lookup {
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
