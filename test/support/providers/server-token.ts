import { createHash } from 'node:crypto'
import { wrongClientAuthentication } from './server-client.ts'
import { failed, type Issued, type ServerParts, wrongWith } from './server-parts.ts'
import type { SeenRequest } from './server-request.ts'
import type { Fields, Reply } from './server-rules.ts'

export function answerToken(parts: ServerParts, request: SeenRequest): Reply {
  const { rules } = parts
  const params = standardNames(parts, request.params)
  const grant = grantOf(parts, params)
  const isRefresh = grant === 'refresh_token'
  const method = (isRefresh ? rules.refresh?.method : undefined) ?? rules.token?.method ?? 'POST'
  if (request.method !== method) return { status: 405, body: '' }
  const format = method === 'GET' ? 'query' : (rules.token?.format ?? 'form')
  if (request.format !== format) return { status: 415, body: '<html>Unsupported media type</html>' }
  if (isRefresh && rules.refresh?.path !== undefined && request.path !== rules.refresh.path)
    return { status: 404, body: '' }
  const wrongHeader = wrongWith(request.headers, { required: rules.token?.headers ?? {} })
  if (wrongHeader !== null) return failed(parts, 'invalid_request', wrongHeader)
  const wrongAuth = wrongClientAuthentication(rules.client ?? {}, request)
  if (wrongAuth !== null) return failed(parts, 'invalid_client', wrongAuth)
  const wrong = wrongWith(request.params, (isRefresh ? rules.refresh : rules.token) ?? {})
  if (wrong !== null) return failed(parts, 'invalid_request', wrong)
  if (grant === 'authorization_code') return exchange(parts, params)
  if (grant === 'refresh_token') return refresh(parts, params)
  if (grant === 'client_credentials') return give(parts, grant, null)
  if (grant.endsWith('device_code')) return poll(parts, grant)
  return failed(parts, 'unsupported_grant_type', grant)
}

function exchange(parts: ServerParts, params: Readonly<Record<string, string>>): Reply {
  const { rules, book } = parts
  const issued = book.codes.get(params['code'] ?? '')
  book.codes.delete(params['code'] ?? '')
  if (issued === undefined) return failed(parts, 'invalid_grant', 'the code is not known')
  if (performance.now() - issued.givenAtMs > (rules.authorize?.codeLifetimeMs ?? Infinity))
    return failed(parts, 'invalid_grant', 'the code has lapsed')
  const redirect = params['redirect_uri'] ?? null
  const ignored = rules.token?.forbidden?.includes('redirect_uri') === true
  if (!ignored && redirect !== issued.redirectUri) {
    return failed(parts, 'invalid_grant', `redirect_uri is ${redirect} instead of ${issued.redirectUri}`)
  }
  if (!verified(rules.authorize?.pkce ?? 'required', issued, params['code_verifier'])) {
    return failed(parts, 'invalid_grant', 'the code_verifier does not fit')
  }
  return give(parts, 'authorization_code', issued)
}

function verified(rule: string, issued: Issued, verifier: string | undefined): boolean {
  if (rule === 'forbidden') return verifier === undefined
  if (rule === 'ignored') return true
  const hash = createHash('sha256').update(verifier ?? '')
  if (rule === 'hex') return hash.digest('hex') === issued.challenge
  return issued.challengeMethod === 'S256'
    ? hash.digest('base64url') === issued.challenge
    : verifier === issued.challenge
}

function refresh(parts: ServerParts, params: Readonly<Record<string, string>>): Reply {
  const { rules, book } = parts
  const token = params['refresh_token'] ?? ''
  const grace = rules.refresh?.grace === true ? book.spent.get(token) : undefined
  const issued = book.refresh.get(token) ?? grace
  if (issued === undefined || book.revoked.has(token)) {
    if (book.spent.has(token)) book.reused.push(token)
    return failed(parts, 'invalid_grant', 'the refresh token is not known')
  }
  if (rules.refresh?.rotates !== false) {
    book.refresh.delete(token)
    book.spent.set(token, issued)
  }
  return give(parts, 'refresh_token', issued)
}

function give(parts: ServerParts, grant: string, issued: Issued | null): Reply {
  const { rules, book, origin } = parts
  const padding = 'x'.repeat(rules.padding ?? 0)
  const access = book.make('access') + padding
  book.access.add(access)
  const fields: Fields = { access_token: access, token_type: 'Bearer', expires_in: 3600 }
  const repeats = grant !== 'refresh_token' || rules.refresh?.rotates !== false
  if (issued !== null && repeats && mayRefresh(parts, issued)) {
    const token = book.make('refresh') + padding
    book.refresh.set(token, issued)
    fields['refresh_token'] = token
  }
  if (issued !== null && issued.scope !== '') fields['scope'] = issued.scope
  const shaped = rules.reply?.(fields, { grant, origin }) ?? fields
  return isReply(shaped) ? shaped : { body: shaped }
}

function mayRefresh({ rules }: ServerParts, issued: Issued): boolean {
  const needs = rules.refresh?.needs
  if (rules.refresh?.none === true) return false
  if (needs?.param !== undefined && issued.params[needs.param[0]] !== needs.param[1]) return false
  return needs?.scope === undefined || issued.scope.split(/[ ,]/).includes(needs.scope)
}

function poll(parts: ServerParts, grant: string): Reply {
  const { rules, book } = parts
  book.polls += 1
  if (book.polls <= (rules.device?.pending ?? 0)) return failed(parts, 'authorization_pending', '')
  if (rules.device?.error !== undefined) return failed(parts, rules.device.error, '')
  const issued: Issued = {
    redirectUri: null,
    challenge: null,
    challengeMethod: null,
    scope: '',
    params: {},
    givenAtMs: performance.now(),
  }
  return give(parts, grant, issued)
}

export function answerDevice(parts: ServerParts, request: SeenRequest): Reply {
  const wrong = wrongClientAuthentication(parts.rules.client ?? {}, request)
  if (wrong !== null) return failed(parts, 'invalid_client', wrong)
  const scopeName = parts.rules.device?.scopeName ?? 'scope'
  if (request.params[scopeName] === undefined)
    return failed(parts, 'invalid_request', `${scopeName} is missing`)
  const fields: Fields = {
    device_code: parts.book.make('device'),
    user_code: 'ABCD-1234',
    verification_uri: `${parts.origin}/activate`,
    expires_in: 600,
    interval: 5,
  }
  return { body: parts.rules.device?.reply?.(fields) ?? fields }
}

function grantOf({ rules }: ServerParts, params: Readonly<Record<string, string>>): string {
  if (rules.token?.withoutGrantType !== true) return params['grant_type'] ?? ''
  return 'refresh_token' in params ? 'refresh_token' : 'authorization_code'
}

function standardNames(
  { rules }: ServerParts,
  params: SeenRequest['params'],
): Readonly<Record<string, string>> {
  const standard = Object.fromEntries(Object.entries(rules.names ?? {}).map(([name, own]) => [own, name]))
  return Object.fromEntries(Object.entries(params).map(([name, value]) => [standard[name] ?? name, value]))
}

function isReply(shaped: Reply | Fields): shaped is Reply {
  return 'body' in shaped && ('status' in shaped || 'headers' in shaped)
}
