// Checks a DPoP proof at the protected API (RFC 9449 section 4.3).
import { createHash } from 'node:crypto'
import { EmbeddedJWK, calculateJwkThumbprint, errors, jwtVerify } from 'jose'
import { z } from 'zod'

const PROOF_WINDOW_MS = 300_000

const claimsSchema = z.object({
  htm: z.string(),
  htu: z.string(),
  jti: z.string().min(1),
  iat: z.number(),
  ath: z.string(),
})

export type DpopRequest = { method: string; url: string; accessToken: string; proof: string }

/** Gives the thumbprint of the key that signed the proof, or why the proof does not count. */
export type DpopCheck = (request: DpopRequest) => Promise<{ thumbprint: string } | { refusal: string }>

export function createDpopCheck(): DpopCheck {
  const seen = new Map<string, number>()

  function isReplay(jti: string): boolean {
    const now = Date.now()
    for (const [old, at] of seen) {
      if (at > now - 2 * PROOF_WINDOW_MS) break
      seen.delete(old)
    }
    if (seen.has(jti)) return true
    seen.set(jti, now)
    return false
  }

  return async ({ method, url, accessToken, proof }) => {
    try {
      const { payload, protectedHeader } = await jwtVerify(proof, EmbeddedJWK, {
        typ: 'dpop+jwt',
        algorithms: ['ES256', 'Ed25519', 'EdDSA'],
      })
      const claims = claimsSchema.safeParse(payload)
      if (!claims.success || protectedHeader.jwk === undefined)
        return { refusal: 'The DPoP proof is incomplete.' }
      const { htm, htu, jti, iat, ath } = claims.data
      if (htm !== method) return { refusal: 'The DPoP proof is for another method.' }
      if (withoutQuery(htu) !== withoutQuery(url))
        return { refusal: 'The DPoP proof is for another address.' }
      if (Math.abs(Date.now() - iat * 1000) > PROOF_WINDOW_MS)
        return { refusal: 'The DPoP proof is not recent.' }
      if (ath !== createHash('sha256').update(accessToken).digest('base64url'))
        return { refusal: 'The DPoP proof is for another token.' }
      if (isReplay(jti)) return { refusal: 'The DPoP proof was used before.' }
      return { thumbprint: await calculateJwkThumbprint(protectedHeader.jwk) }
    } catch (failure) {
      if (failure instanceof errors.JOSEError) return { refusal: 'The DPoP proof is not valid.' }
      throw failure
    }
  }
}

function withoutQuery(address: string): string | null {
  if (!URL.canParse(address)) return null
  const { origin, pathname } = new URL(address)
  return origin + pathname
}
