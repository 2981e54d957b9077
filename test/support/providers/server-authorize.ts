import { createHmac } from 'node:crypto'
import { failed, type ServerParts, wrongWith } from './server-parts.ts'
import type { SeenRequest } from './server-request.ts'
import type { Reply } from './server-rules.ts'

/** The person says yes at once; a request that this server would not take is a 400 with the reason. */
export function answerAuthorize(parts: ServerParts, request: SeenRequest): Reply {
  const { rules, book, origin } = parts
  const rule = rules.authorize ?? {}
  const { params } = request
  const name = (standard: string): string => rules.names?.[standard] ?? standard
  const wrong = wrongWith(params, rule) ?? wrongClient(parts, params) ?? wrongPkce(parts, params)
  if (wrong !== null) return failed(parts, 'invalid_request', wrong)
  const redirectUri = params[name('redirect_uri')] ?? null
  const registered = rule.redirect ?? ((uri) => uri !== null)
  if (!registered(redirectUri))
    return failed(parts, 'redirect_uri_mismatch', `${redirectUri} is not registered`)
  const state = params['state']
  if ((state ?? '').length < (rule.minState ?? 0))
    return failed(parts, 'invalid_request', 'state is too short')
  const code = book.make('code')
  book.codes.set(code, {
    redirectUri,
    challenge: params['code_challenge'] ?? null,
    challengeMethod: params['code_challenge_method'] ?? rule.defaultMethod ?? 'plain',
    scope: params[name('scope')] ?? '',
    params,
    givenAtMs: performance.now(),
  })
  const shown = `${code}${rule.codeSuffix ?? ''}`
  if (redirectUri === null || redirectUri.startsWith('urn:')) return { body: { code: shown } }
  const target = new URL(redirectUri)
  const answer = {
    code: shown,
    ...(rule.echoesState === false || state === undefined ? {} : { state }),
    ...rule.callback?.(request, origin),
  }
  const secret = rules.client?.secret ?? ''
  for (const [key, value] of Object.entries(signed(answer, rule.hmac, secret)))
    target.searchParams.set(key, value)
  return { status: 302, headers: { location: target.href }, body: '' }
}

function wrongClient({ rules }: ServerParts, params: SeenRequest['params']): string | null {
  if (rules.client?.auth === 'unregistered') return null
  const name = rules.client?.idName ?? 'client_id'
  return params[name] === (rules.client?.id ?? 'made-up-client') ? null : `${name} is ${params[name]}`
}

function wrongPkce({ rules }: ServerParts, params: SeenRequest['params']): string | null {
  const rule = rules.authorize?.pkce ?? 'required'
  const challenge = params['code_challenge']
  if (rule === 'forbidden') return challenge === undefined ? null : 'code_challenge is not known here'
  if (rule === 'ignored') return null
  if (challenge === undefined) return 'code_challenge is missing'
  if (rule === 'hex') return /^[0-9a-f]{64}$/.test(challenge) ? null : 'code_challenge is not hexadecimal'
  if (rule === 'plain') return params['code_challenge_method'] === 'plain' ? null : 'only plain is known'
  return null
}

function signed(
  answer: Readonly<Record<string, string>>,
  name: string | undefined,
  secret: string,
): Readonly<Record<string, string>> {
  if (name === undefined) return answer
  const text = Object.entries(answer)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${value}`)
    .join('&')
  return { ...answer, [name]: createHmac('sha256', secret).update(text).digest('hex') }
}
