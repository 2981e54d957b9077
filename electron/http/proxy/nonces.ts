/**
 * The nonces that APIs want in DPoP proofs (RFC 9449 8.2): what came with the last answer goes into the next proof, or every request would
 * first be refused.
 */
export type Nonces = {
  last(connectionId: string, origin: string): string | null
  note(connectionId: string, origin: string, nonce: string): void
}

const MOST = 1000

export function createNonces(): Nonces {
  const known = new Map<string, string>()
  return {
    last: (connectionId, origin) => known.get(`${connectionId} ${origin}`) ?? null,
    note(connectionId, origin, nonce) {
      if (known.size >= MOST) known.clear()
      known.set(`${connectionId} ${origin}`, nonce)
    },
  }
}
