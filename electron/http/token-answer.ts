// The answer to a token call, prepared once a second for each token: at full speed only `expiresIn` ever changes.
import { toIsoMomentOrNull, type TokenAnswerBody } from '../../shared/contract/http-api.ts'
import type { VendedToken } from '../core/connections/token-service.ts'

const prepared = new WeakMap<VendedToken, { second: number; text: string }>()

export function tokenAnswerText(token: VendedToken, nowMs: number): string {
  const second = token.expiresAt === null ? 0 : Math.floor((token.expiresAt - nowMs) / 1000)
  const known = prepared.get(token)
  if (known !== undefined && known.second === second) return known.text
  const text = JSON.stringify(tokenAnswerBody(token, nowMs))
  prepared.set(token, { second, text })
  return text
}

export function tokenAnswerBody(token: VendedToken, nowMs: number): TokenAnswerBody {
  return {
    data: {
      accessToken: token.accessToken.reveal(),
      tokenType: token.tokenType,
      expiresAt: toIsoMomentOrNull(token.expiresAt),
      expiresIn: token.expiresAt === null ? null : Math.max(0, Math.floor((token.expiresAt - nowMs) / 1000)),
      scopes: [...token.scopes],
      account: token.account,
      connectionId: token.connectionId,
      provider: token.providerSlug,
      ...(token.header === null
        ? {}
        : { header: { name: token.header.name, value: token.header.value.reveal() } }),
      ...(token.maxLifetimeReached ? { maxLifetimeReached: true } : {}),
    },
  }
}
