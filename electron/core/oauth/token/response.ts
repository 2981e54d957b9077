// An understood reply as a standard server would have sent it, for the library to validate.
import { Secret, secretOrNull } from '../../../../shared/contract/secret.ts'
import { parseJson } from '../../../../shared/domain/exact-json.ts'
import { expiryOf } from '../../../../shared/domain/expiry.ts'
import { textOf } from '../../../../shared/domain/json-path.ts'
import type { ParsedReply, Tokens } from '../../../../shared/domain/token-response.ts'
import { openScopes, openText, openValues, secretTraces } from '../../secret-traces.ts'
import { skewOf, type HttpResponse } from '../transport/http-exchange.ts'
import type { TokenResponse } from '../types.ts'

/**
 * RFC 6749 5.1 and 5.2 whatever came: lower-case token type, numbers as numbers, errors as 400 with a JSON
 * body.
 */
export function normalizeResponse(
  reply: Pick<HttpResponse, 'status' | 'headers'>,
  parsed: ParsedReply,
  options: { withIdToken: boolean } = { withIdToken: true },
): Response {
  if (parsed.kind === 'tokens') {
    const { tokens } = parsed
    return jsonResponse(200, reply, {
      access_token: tokens.accessToken,
      token_type: isDpop(tokens.tokenType) ? 'dpop' : 'bearer',
      ...(tokens.lifetimeSeconds === null ? {} : { expires_in: tokens.lifetimeSeconds }),
      ...(tokens.refreshToken === null ? {} : { refresh_token: tokens.refreshToken }),
      ...(tokens.idToken === null || !options.withIdToken
        ? {}
        : { id_token: withTextSubject(tokens.idToken) }),
    })
  }
  if (parsed.kind === 'error') {
    return jsonResponse(400, reply, {
      error: parsed.code,
      ...(parsed.description === null ? {} : { error_description: parsed.description }),
    })
  }
  return jsonResponse(502, reply, {})
}

export function isDpop(tokenType: string): boolean {
  return tokenType.toLowerCase() === 'dpop'
}

/**
 * Only the nonce of a DPoP answer means anything to the library; a challenge would make it look away from the
 * body.
 */
export function jsonResponse(status: number, reply: Pick<HttpResponse, 'headers'>, body: object): Response {
  const nonce = reply.headers.get('dpop-nonce')
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json', ...(nonce === null ? {} : { 'dpop-nonce': nonce }) },
  })
}

/** One reply as the rest of the core sees it: expiry is receipt time plus lifetime, by the local clock. */
export function tokenResponseOf(
  tokens: Tokens,
  reply: Pick<HttpResponse, 'receivedAt' | 'clockSkewMs'>,
  about: {
    dpopKey: Readonly<Record<string, unknown>> | null
    values: Readonly<Record<string, string>>
    /**
     * What the reply and the request held that must not come out in a field that is shown or stored in the
     * clear.
     */
    secrets: readonly (string | undefined)[]
  },
): TokenResponse {
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
export function responseSecrets({ accessToken, refreshToken, idToken, second }: TokenResponse): string[] {
  const all = [accessToken, refreshToken, idToken, second?.accessToken ?? null, second?.refreshToken ?? null]
  return all.flatMap((token) => (token === null ? [] : [token.reveal()]))
}

/**
 * The claims of a JWT, unverified: for picking the rules to check it by, and for reading one that was checked
 * before. Empty when unreadable.
 */
export function idTokenClaims(jwt: string): Readonly<Record<string, unknown>> {
  try {
    const payload = parseJson(payloadText(jwt))
    return payload !== null && typeof payload === 'object' && !Array.isArray(payload)
      ? (payload as Record<string, unknown>)
      : {}
  } catch {
    return {}
  }
}

/**
 * The same token with its subject as text, for the library, which takes no other and reads numbers as
 * doubles. It checks the claims only: what vouches for a token from the token endpoint is the connection
 * (OIDC Core 3.1.3.7, 6).
 */
export function withTextSubject(jwt: string): string {
  const claims = idTokenClaims(jwt)
  const subject = textOf(claims['sub'])
  if (subject === null || !/"sub"\s*:\s*[-\d]/.test(payloadText(jwt))) return jwt
  const [header = '', , signature = ''] = jwt.split('.')
  const payload = Buffer.from(JSON.stringify({ ...claims, sub: subject })).toString('base64url')
  return [header, payload, signature].join('.')
}

const payloadText = (jwt: string): string =>
  Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString('utf8')
