import { toIsoMomentOrNull, type TokenAnswerBody } from '../../shared/contract/http-api.ts'
import type { VendedToken } from '../core/connections/tokens/types.ts'

/** What a token call answers; the secret leaves here. */
export function tokenAnswer(token: VendedToken, nowMs: number): TokenAnswerBody {
  return {
    data: {
      accessToken: token.accessToken.reveal(),
      tokenType: token.tokenType,
      expiresAt: toIsoMomentOrNull(token.expiresAt),
      expiresIn: secondsLeft(token, nowMs),
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

export function secondsLeft({ expiresAt }: VendedToken, nowMs: number): number | null {
  return expiresAt === null ? null : Math.max(0, Math.floor((expiresAt - nowMs) / 1000))
}
