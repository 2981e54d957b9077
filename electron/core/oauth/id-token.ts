import { parseJson } from '../../../shared/domain/exact-json.ts'
import { textOf } from '../../../shared/domain/json-path.ts'

/** The claims of a JWT, unverified: for picking the rules to check it by, and for reading one that was checked before. Empty when unreadable. */
export function claimsOf(jwt: string): Readonly<Record<string, unknown>> {
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
 * The same token with its subject as text, for the library, which takes no other and reads numbers as doubles. It checks the
 * claims only: what vouches for a token from the token endpoint is the connection (OIDC Core 3.1.3.7, 6).
 */
export function withTextSubject(jwt: string): string {
  const claims = claimsOf(jwt)
  const subject = textOf(claims['sub'])
  if (subject === null || !/"sub"\s*:\s*[-\d]/.test(payloadText(jwt))) return jwt
  const [header = '', , signature = ''] = jwt.split('.')
  const payload = Buffer.from(JSON.stringify({ ...claims, sub: subject })).toString('base64url')
  return [header, payload, signature].join('.')
}

const payloadText = (jwt: string): string =>
  Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString('utf8')
