// Converts a parsed token response: into a standard one for the library to validate, and into a TokenResponse
// for the core.
import { Secret, secretOrNull } from '../../../../shared/contract/secret.ts'
import { parseJson } from '../../../../shared/domain/exact-json.ts'
import { expiryOf } from '../../../../shared/domain/expiry.ts'
import { textOf } from '../../../../shared/domain/json-path.ts'
import type { ParsedReply, Tokens } from '../../../../shared/domain/token-response.ts'
import { openScopes, openText, openValues, secretTraces } from '../../secret-traces.ts'
import { skewOf, type HttpResponse } from '../transport/http-exchange.ts'
import type { TokenResponse } from '../types.ts'

/**
 * The response in the form of RFC 6749 5.1 and 5.2: token type in lower case, numbers as numbers, errors as
 * 400 with a JSON body.
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
 * Only the nonce of a DPoP response matters to the library. With a challenge header it would ignore the body.
 */
export function jsonResponse(status: number, reply: Pick<HttpResponse, 'headers'>, body: object): Response {
  const nonce = reply.headers.get('dpop-nonce')
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json', ...(nonce === null ? {} : { 'dpop-nonce': nonce }) },
  })
}

/** The token response for the core. Expiry is the time of receipt plus the lifetime, by the local clock. */
export function tokenResponseOf(
  tokens: Tokens,
  reply: Pick<HttpResponse, 'receivedAt' | 'clockSkewMs'>,
  about: {
    dpopKey: Readonly<Record<string, unknown>> | null
    values: Readonly<Record<string, string>>
    /**
     * Secrets of the request and response that must not appear in a field that is shown or stored
     * unencrypted.
     */
    secrets: readonly (string | undefined)[]
  },
): TokenResponse {
  const traces = secretTraces(about.secrets)
  const { receivedAt, clockSkewMs } = reply
  const bound = isDpop(tokens.tokenType)
  return {
    accessToken: new Secret(tokens.accessToken),
    // Non-standard types ("user", "bot") are sent as Bearer like any other.
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
    // Without a Date header, the time of issue is the best estimate of the server's clock.
    clockSkewMs: clockSkewMs ?? (tokens.issuedAt === null ? null : skewOf(tokens.issuedAt, receivedAt)),
  }
}

/** The tokens of a response, for {@link secretTraces}. */
export function responseSecrets({ accessToken, refreshToken, idToken, second }: TokenResponse): string[] {
  const all = [accessToken, refreshToken, idToken, second?.accessToken ?? null, second?.refreshToken ?? null]
  return all.flatMap((token) => (token === null ? [] : [token.reveal()]))
}

/**
 * The claims of a JWT, not verified: to select the rules for its validation, or to read a token that was
 * validated before. Empty if the JWT cannot be read.
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
 * The same token with its subject as text. The library accepts no other type and reads numbers as doubles. It
 * checks the claims only; TLS authenticates a token from the token endpoint (OIDC Core 3.1.3.7, 6).
 */
function withTextSubject(jwt: string): string {
  const claims = idTokenClaims(jwt)
  const subject = textOf(claims['sub'])
  if (subject === null || !/"sub"\s*:\s*[-\d]/.test(payloadText(jwt))) return jwt
  const [header = '', , signature = ''] = jwt.split('.')
  const payload = Buffer.from(JSON.stringify({ ...claims, sub: subject })).toString('base64url')
  return [header, payload, signature].join('.')
}

const payloadText = (jwt: string): string =>
  Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString('utf8')
