import { Secret, secretOrNull } from '../../../shared/contract/secret.ts'
import { expiryOf } from '../../../shared/domain/expiry.ts'
import type { Tokens } from '../../../shared/domain/token-response.ts'
import { openScopes, openText, openValues, secretTraces } from '../secret-traces.ts'
import type { TokenAnswer } from './oauth-client.ts'
import { isDpop } from './standard-reply.ts'
import { skewOf, type WireReply } from './wire.ts'

/** One reply as the rest of the core sees it: expiry is receipt time plus lifetime, by the local clock. */
export function tokenAnswer(
  tokens: Tokens,
  reply: Pick<WireReply, 'receivedAt' | 'clockSkewMs'>,
  about: {
    dpopKey: Readonly<Record<string, unknown>> | null
    values: Readonly<Record<string, string>>
    /** What the reply and the request held that must not come out in a field that is shown or stored in the clear. */
    secrets: readonly (string | undefined)[]
  },
): TokenAnswer {
  const traces = secretTraces(about.secrets)
  const { receivedAt, clockSkewMs } = reply
  const bound = isDpop(tokens.tokenType)
  return {
    accessToken: new Secret(tokens.accessToken),
    // Odd types ("user", "bot") are carried as Bearer like any other.
    tokenType: bound ? 'DPoP' : 'Bearer',
    refreshToken: secretOrNull(tokens.refreshToken),
    idToken: secretOrNull(tokens.idToken),
    receivedAt,
    expiresAt: expiryOf(receivedAt, tokens.lifetimeSeconds),
    lifetimeSeconds: tokens.lifetimeSeconds,
    refreshTokenExpiresAt: expiryOf(receivedAt, tokens.refreshLifetimeSeconds),
    scopes: openScopes(tokens.scopes, traces),
    values: openValues(about.values, traces),
    accountId: openText(tokens.accountId, traces),
    accountLabel: openText(tokens.accountLabel, traces),
    dpopKey: about.dpopKey,
    second:
      tokens.second === null
        ? null
        : {
            accessToken: new Secret(tokens.second.accessToken),
            refreshToken: secretOrNull(tokens.second.refreshToken),
            expiresAt: expiryOf(receivedAt, tokens.second.lifetimeSeconds),
            scopes: openScopes(tokens.second.scopes, traces),
          },
    // Without a Date header the time of issue is the next best sight of the server's clock.
    clockSkewMs: clockSkewMs ?? (tokens.issuedAt === null ? null : skewOf(tokens.issuedAt, receivedAt)),
  }
}

/** The tokens of an answer, for {@link secretTraces}. */
export function answerSecrets({ accessToken, refreshToken, idToken, second }: TokenAnswer): string[] {
  const all = [accessToken, refreshToken, idToken, second?.accessToken ?? null, second?.refreshToken ?? null]
  return all.flatMap((token) => (token === null ? [] : [token.reveal()]))
}
