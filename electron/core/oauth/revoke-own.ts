// The revocation requests that are not RFC 7009: bearer POST, DELETE, JSON, query token, a header of its own.
import type { RevocationSpec } from '../../../shared/contract/provider-token-spec.ts'
import { namedSecrets } from '../../../shared/domain/secret-names.ts'
import { readPath } from '../../../shared/domain/json-path.ts'
import { fillMap, fillTemplate } from '../../../shared/domain/template.ts'
import { readTokenBody } from '../../../shared/domain/token-body.ts'
import { errorInSuccess, errorOf } from '../../../shared/domain/token-error.ts'
import { authMethods, basicHeader } from './client-authentication.ts'
import type { RefreshRequest, ResolvedProvider } from './oauth-client.ts'
import type { OAuthDeps } from './oauth-deps.ts'
import { fillProviderUrl, withSecrets } from './provider-values.ts'
import type { TokenToRevoke } from './revoke.ts'
import type { Server } from './servers.ts'
import { shapeRequest } from './shape-request.ts'
import { scrub } from './token-outcome.ts'
import { sendWire, type WireReply } from './wire.ts'

export type Revoked = { done: boolean; message: string }

type Ask = {
  provider: ResolvedProvider
  server: Server
  rule: RevocationSpec
  token: TokenToRevoke
  tokens: RefreshRequest
  signal: AbortSignal
}

export async function ownRevocation(deps: OAuthDeps, ask: Ask): Promise<Revoked> {
  const { provider, server, rule, token, tokens, signal } = ask
  const url =
    rule.url === null ? server.need('revocation') : fillProviderUrl(provider, rule.url, server.values)
  const values = withSecrets(provider, server.values, tokens)
  const { headers, parameters } = authentication(ask, values)
  const body =
    Object.keys(rule.body).length === 0 ? { [rule.tokenParam]: token.value } : fillMap(rule.body, values)
  const request = shapeRequest(
    { url, headers: { accept: 'application/json', 'user-agent': deps.userAgent }, parameters: [] },
    {
      method: rule.method,
      format: rule.format,
      omit: [],
      add: rule.format === 'none' ? {} : { ...parameters, ...body },
      rename: {},
      headers,
    },
  )
  const reply = await sendWire({ fetch: deps.fetchFor(provider), clock: deps.clock, signal }, request)
  return judgeRevocation(provider, reply, [tokens.accessToken.reveal(), tokens.refreshToken?.reveal() ?? ''])
}

function authentication(
  { provider, rule, tokens }: Ask,
  values: Readonly<Record<string, string>>,
): { headers: Record<string, string>; parameters: Record<string, string> } {
  const { client } = provider.spec
  const secret = provider.clientSecret?.reveal() ?? ''
  const basic = { authorization: basicHeader(provider.spec.client.basicEncoding, provider.clientId, secret) }
  if (rule.auth === 'bearer') {
    return { headers: { authorization: `Bearer ${tokens.accessToken.reveal()}` }, parameters: {} }
  }
  if (rule.auth === 'header') {
    const value = fillTemplate(rule.authHeader ?? '', values)
    return { headers: value === null || value === '' ? {} : { authorization: value }, parameters: {} }
  }
  if (rule.auth === 'none') return { headers: {}, parameters: {} }
  const [method] = authMethods(provider, { supported: ['client_secret_post'] })
  if (
    rule.auth === 'client_secret_basic' ||
    method === 'client_secret_basic' ||
    method === 'basic_empty_secret'
  ) {
    return { headers: basic, parameters: {} }
  }
  const withSecret = method === 'client_secret_post' ? { [client.secretParam]: secret } : {}
  return { headers: {}, parameters: { [client.idParam]: provider.clientId, ...withSecret } }
}

/** Success is what the server says, not that it answered: also inside a 200. */
export function judgeRevocation(
  provider: ResolvedProvider,
  reply: WireReply,
  secrets: readonly string[],
): Revoked {
  const { token } = provider.spec
  const read = readTokenBody(reply.text)
  const body = read.kind === 'object' ? read.body : {}
  const fine = reply.status >= 200 && reply.status < 300
  // Some answers are not of the token endpoint's shape; only one that has the field can deny success with it.
  const speaks = token.success === null || readPath(body, token.success.path) !== undefined
  const inside =
    fine && speaks && read.kind === 'object' ? errorInSuccess(body, token, { hasToken: false }) : null
  const error = fine ? inside : (errorOf(body, token) ?? { code: `HTTP ${reply.status}`, description: null })
  if (error === null) return { done: true, message: `The grant was ended at ${provider.name}.` }
  const words = scrub([error.code, error.description].filter((part) => part !== null).join(': '), [
    ...secrets,
    ...namedSecrets(body),
    provider.clientSecret?.reveal() ?? '',
  ])
  return { done: false, message: `${provider.name} did not end the grant (${words}).` }
}
