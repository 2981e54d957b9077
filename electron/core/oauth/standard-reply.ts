// An understood reply as a standard server would have sent it, for the library to validate.
import type { ParsedReply } from '../../../shared/domain/token-response.ts'
import { withTextSubject } from './id-token.ts'
import type { WireReply } from './wire.ts'

/** RFC 6749 5.1 and 5.2 whatever came: lower-case token type, numbers as numbers, errors as 400 with a JSON body. */
export function standardReply(
  reply: Pick<WireReply, 'status' | 'headers'>,
  parsed: ParsedReply,
  options: { withIdToken: boolean } = { withIdToken: true },
): Response {
  if (parsed.kind === 'tokens') {
    const { tokens } = parsed
    return json(200, reply, {
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
    return json(400, reply, {
      error: parsed.code,
      ...(parsed.description === null ? {} : { error_description: parsed.description }),
    })
  }
  return json(502, reply, {})
}

export function isDpop(tokenType: string): boolean {
  return tokenType.toLowerCase() === 'dpop'
}

/** Only the nonce of a DPoP answer means anything to the library; a challenge would make it look away from the body. */
export function json(status: number, reply: Pick<WireReply, 'headers'>, body: object): Response {
  const nonce = reply.headers.get('dpop-nonce')
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json', ...(nonce === null ? {} : { 'dpop-nonce': nonce }) },
  })
}
