// Disconnecting at the provider: RFC 7009, or the request that the provider has instead. Refresh token first, three seconds in all, and no
// more is claimed than the server said.
import type { OAuthClient, RefreshRequest, ResolvedProvider } from './oauth-client.ts'
import { withinDeadline } from './deadline.ts'
import { REVOCATION_DEADLINE_MS, type OAuthDeps } from './oauth-deps.ts'
import { ownRevocation, type Revoked } from './revoke-own.ts'
import { standardRevocation } from './revoke-standard.ts'
import type { Servers } from './servers.ts'

export type TokenToRevoke = { kind: 'refresh_token' | 'access_token'; value: string }

type Tools = { deps: OAuthDeps; servers: Servers }

export function createRevoke({ deps, servers }: Tools): OAuthClient['revoke'] {
  return async (provider, tokens) => {
    try {
      const { clock } = deps
      return await withinDeadline({ clock, timeoutMs: REVOCATION_DEADLINE_MS }, (signal) =>
        revokeAll({ deps, servers }, provider, tokens, signal),
      )
    } catch (error) {
      const reason = error instanceof Error ? error.message.replace(/\.$/, '') : 'unknown reason'
      return { revoked: 'failed', message: `${provider.name} was not told: ${reason}.` }
    }
  }
}

async function revokeAll(
  { deps, servers }: Tools,
  provider: ResolvedProvider,
  tokens: RefreshRequest,
  signal: AbortSignal,
): ReturnType<OAuthClient['revoke']> {
  const own = provider.spec.revocation
  const server = await servers.find(provider, {
    need: own?.url == null ? ['revocation'] : [],
    values: tokens.values,
    discovery: 'when-needed',
    signal,
  })
  if (own?.url == null && server.endpoint('revocation') === null) {
    return { revoked: 'not_supported', message: `${provider.name} has no way to end a grant from outside.` }
  }
  const secrets = [tokens.accessToken.reveal(), tokens.refreshToken?.reveal() ?? '']
  const toRevoke = order(tokens, own?.tokens ?? 'refresh-then-access')
  let decided: Revoked | null = null
  for (const token of toRevoke) {
    const result =
      own === null
        ? await standardRevocation(deps, { provider, server, token, secrets, signal })
        : await ownRevocation(deps, { provider, server, rule: own, token, tokens, signal })
    // The first token decides: with the refresh token gone, what is left of the access token ends by itself; with only the access token
    // gone, the authorization lives on in the refresh token.
    decided ??= result
  }
  if (decided === null) return { revoked: 'failed', message: 'There was no token to end.' }
  return { revoked: decided.done ? 'at_provider' : 'failed', message: decided.message }
}

function order(tokens: RefreshRequest, which: 'refresh-then-access' | 'access' | 'refresh'): TokenToRevoke[] {
  const refresh: TokenToRevoke[] =
    tokens.refreshToken === null ? [] : [{ kind: 'refresh_token', value: tokens.refreshToken.reveal() }]
  const access: TokenToRevoke[] = [{ kind: 'access_token', value: tokens.accessToken.reveal() }]
  if (which === 'access') return access
  return which === 'refresh' && refresh.length > 0 ? refresh : [...refresh, ...access]
}
