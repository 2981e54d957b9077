import type { SeenRequest } from './server-request.ts'
import type { ServerRules } from './server-rules.ts'

/** What is wrong with how the client proves itself, or null. */
export function wrongClientAuthentication(
  rule: NonNullable<ServerRules['client']>,
  request: SeenRequest,
): string | null {
  const { id = 'made-up-client', secret = null, auth = secret === null ? 'none' : 'any' } = rule
  const idName = rule.idName ?? 'client_id'
  const given = {
    basic: basicOf(request),
    id: request.params[idName],
    secret: request.params[rule.secretName ?? 'client_secret'],
  }
  const inBody = given.id === id && given.secret === (secret ?? undefined) && given.basic === null
  const raw = given.basic === `${id}:${secret ?? ''}` && given.secret === undefined
  const encoded = decoded(given.basic) === `${id}:${secret ?? ''}` && given.secret === undefined
  switch (auth) {
    case 'unregistered':
      return given.id === undefined && given.basic === null ? null : 'no client is known here'
    case 'none':
      return given.id === id && given.secret === undefined && given.basic === null
        ? null
        : 'a public client sends its id and no secret'
    case 'post':
      return inBody ? null : 'id and secret belong in the body'
    case 'basic':
      return encoded ? null : 'id and secret belong into Basic, form-encoded'
    case 'basic-raw':
      return raw ? null : 'id and secret belong into Basic as they are'
    case 'basic-empty':
      return given.basic === `${id}:` ? null : 'Basic with an empty password is wanted'
    case 'any':
      return inBody || raw || encoded ? null : 'the client is not known'
    default:
      return 'unknown rule'
  }
}

function basicOf({ headers }: SeenRequest): string | null {
  const value = /^Basic (.+)$/i.exec(headers['authorization'] ?? '')?.[1]
  return value === undefined ? null : Buffer.from(value, 'base64').toString('utf8')
}

/** RFC 6749 appendix B, backwards: whatever was escaped, and spaces as plus signs. */
function decoded(basic: string | null): string {
  if (basic === null) return ''
  const [user = '', password = ''] = basic
    .split(':')
    .map((part) => new URLSearchParams(`part=${part}`).get('part') ?? '')
  return `${user}:${password}`
}
