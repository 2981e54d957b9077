import { withinDeadline } from './deadline.ts'
import type { OAuthClient } from './oauth-client.ts'
import { DISCOVERY_DEADLINE_MS, type OAuthDeps } from './oauth-deps.ts'
import { fillProviderUrl, templateValues } from './provider-values.ts'
import { sendWire } from './wire.ts'

/** A provider that wants to be asked from time to time whether a token still counts. Only a clear no is a no. */
export function createValidate(deps: OAuthDeps): OAuthClient['validate'] {
  return async (provider, credential, signal) => {
    const rule = provider.spec.account.validation
    if (rule === null) return 'unknown'
    const { clock } = deps
    try {
      const url = fillProviderUrl(provider, rule.url, templateValues(deps, provider, credential.values))
      const authorization = `${rule.scheme} ${credential.accessToken.reveal()}`
      const headers = { accept: 'application/json', 'user-agent': deps.userAgent, authorization }
      const reply = await withinDeadline({ clock, timeoutMs: DISCOVERY_DEADLINE_MS, signal }, (inner) =>
        sendWire(
          { fetch: deps.fetchFor(provider), clock, signal: inner },
          { method: 'GET', url, headers, body: null },
        ),
      )
      if (reply.status === 401) return 'invalid'
      return reply.status >= 200 && reply.status < 300 ? 'valid' : 'unknown'
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'unknown'
      deps.logger.info('a token could not be validated', { provider: provider.slug, reason })
      return 'unknown'
    }
  }
}
