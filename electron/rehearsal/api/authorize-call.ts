// Whether a call to the protected API comes with a token that works: Bearer (RFC 6750) or DPoP (RFC 9449).
import type { IncomingMessage } from 'node:http'
import type Provider from 'oidc-provider'
import type { RehearsalAccount, AccountBook } from '../accounts.ts'
import { createDpopCheck } from './dpop-proof.ts'

export type Caller = {
  /** Null for a token of the client itself (client credentials). */
  account: RehearsalAccount | null
  clientId: string
  scopes: string[]
  tokenType: 'Bearer' | 'DPoP'
}

export type CallDecision =
  | { kind: 'allowed'; caller: Caller }
  /** `challenge` is the WWW-Authenticate value; `error` is null when no token came at all. */
  | { kind: 'refused'; error: string | null; description: string; challenge: string }

export type CallAuthorizer = (req: IncomingMessage, path: string) => Promise<CallDecision>

export type CallAuthorizerParts = { accounts: AccountBook; issuer: string; provider: Provider }

export function createCallAuthorizer({ accounts, issuer, provider }: CallAuthorizerParts): CallAuthorizer {
  const checkProof = createDpopCheck()
  const resource = `${issuer}/api`

  function refuse(scheme: 'Bearer' | 'DPoP', error: string | null, description: string): CallDecision {
    const words = [
      `realm="rehearsal"`,
      ...(error === null ? [] : [`error="${error}"`, `error_description="${description}"`]),
      ...(scheme === 'DPoP' ? ['algs="ES256 Ed25519 EdDSA"'] : []),
      `resource_metadata="${issuer}/.well-known/oauth-protected-resource/api"`,
    ]
    return { kind: 'refused', error, description, challenge: `${scheme} ${words.join(', ')}` }
  }

  return async (req, path) => {
    const [, scheme, value] = /^(Bearer|DPoP) +([\x21-\x7e]+) *$/i.exec(req.headers.authorization ?? '') ?? []
    if (scheme === undefined || value === undefined)
      return refuse('Bearer', null, 'An access token is needed.')

    const token = await findToken(provider, value)
    const wanted = token?.jkt === undefined ? 'Bearer' : 'DPoP'
    if (token === undefined)
      return refuse('Bearer', 'invalid_token', 'The access token is unknown, expired or revoked.')
    if (scheme.toLowerCase() !== wanted.toLowerCase())
      return refuse(wanted, 'invalid_token', `This access token goes with the ${wanted} scheme.`)
    if (token.aud !== undefined && token.aud !== resource)
      return refuse(wanted, 'invalid_token', 'The access token is for another resource.')
    if (token.jkt !== undefined) {
      const proof = req.headers['dpop']
      const check =
        typeof proof === 'string'
          ? await checkProof({
              method: req.method ?? 'GET',
              url: issuer + path,
              accessToken: value,
              proof,
            })
          : { refusal: 'A DPoP proof is needed.' }
      if ('refusal' in check) return refuse('DPoP', 'invalid_dpop_proof', check.refusal)
      if (check.thumbprint !== token.jkt)
        return refuse('DPoP', 'invalid_token', 'The DPoP proof is of another key.')
    }
    return {
      kind: 'allowed',
      caller: {
        account: 'accountId' in token ? accounts.byId(token.accountId) : null,
        clientId: token.clientId ?? '',
        scopes: [...token.scopes],
        tokenType: wanted,
      },
    }
  }
}

/** A token counts only while its grant does: one may be issued in the same moment in which the grant ends. */
async function findToken(provider: Provider, value: string) {
  const token = await provider.AccessToken.find(value)
  if (token === undefined) return provider.ClientCredentials.find(value)
  return (await provider.Grant.find(token.grantId)) === undefined ? undefined : token
}
