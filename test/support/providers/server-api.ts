import { wrongClientAuthentication } from './server-client.ts'
import { failed, type ServerParts, wrongWith } from './server-parts.ts'
import type { SeenRequest } from './server-request.ts'
import type { Reply } from './server-rules.ts'

/** Takes a live token in this provider's own header, and the headers that it demands. */
export function answerApi(parts: ServerParts, request: SeenRequest, key: string): Reply {
  const { rules, book, origin } = parts
  const header = rules.apiHeader ?? ((token: string) => ['authorization', `Bearer ${token}`] as const)
  const known = [...book.access].some((token) => {
    const [name, value] = header(token)
    return request.headers[name] === value && !book.revoked.has(token)
  })
  if (!known) return { status: 401, body: { error: 'invalid_token' } }
  const wrong = wrongWith(request.headers, { required: rules.apiRequired ?? {} })
  if (wrong !== null) return { status: 400, body: { error: wrong } }
  const answer = rules.api?.[key]?.(request, origin) ?? {}
  const shaped = !Array.isArray(answer) && 'body' in answer && ('status' in answer || 'headers' in answer)
  return shaped ? (answer as Reply) : { body: answer }
}

export function answerRevoke(parts: ServerParts, request: SeenRequest): Reply {
  const { rules, book } = parts
  const rule = rules.revoke
  if (rule === undefined) return { status: 404, body: '' }
  if (request.method !== (rule.method ?? 'POST')) return { status: 405, body: '' }
  if (request.format !== (rule.format ?? 'form')) return { status: 415, body: '' }
  const bearer = /^Bearer (.+)$/.exec(request.headers['authorization'] ?? '')?.[1]
  const wrong = wrongCredential(parts, request, bearer)
  if (wrong !== null) return failed(parts, 'invalid_client', wrong)
  const token = rule.param === undefined ? bearer : request.params[rule.param]
  if (token === undefined || !(book.access.has(token) || book.refresh.has(token))) {
    return failed(parts, 'invalid_request', 'the token is not known')
  }
  book.revoked.add(token)
  return rule.reply ?? { body: '' }
}

function wrongCredential(
  { rules, book }: ServerParts,
  request: SeenRequest,
  bearer: string | undefined,
): string | null {
  const auth = rules.revoke?.auth ?? 'client'
  if (auth === 'none') return null
  if (auth === 'bearer')
    return bearer !== undefined && book.access.has(bearer) ? null : 'a live token is wanted'
  if (auth === 'client') return wrongClientAuthentication(rules.client ?? {}, request)
  return auth.test(request.headers['authorization'] ?? '') ? null : 'the Authorization header does not fit'
}
