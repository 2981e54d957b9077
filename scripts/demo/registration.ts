import type { PracticeProvider } from '../../electron/practice-provider/provider.ts'
import type { ProviderInputDraft } from '../../shared/contract/provider.ts'

/**
 * The practice provider as a person would register it: issuer, client and scopes; the endpoints come from
 * discovery.
 */
export function practiceRegistration({ issuer, port, clients }: PracticeProvider): ProviderInputDraft {
  return {
    slug: 'rehearsal',
    name: 'Rehearsal',
    clientId: clients.basic.clientId,
    clientSecret: clients.basic.clientSecret ?? '',
    scopes: ['openid', 'profile', 'email', 'offline_access', 'files.read'],
    // Its API runs on this machine, which must be allowed explicitly.
    allowedHosts: [`127.0.0.1:${port}`],
    privateHosts: [`127.0.0.1:${port}`],
    spec: {
      discovery: { issuer, kind: 'oidc' },
      // OpenID Connect Core 11: offline_access needs prompt=consent.
      authorize: { extraParams: { prompt: 'consent' } },
      api: { baseUrl: issuer, probe: { url: `${issuer}/api/me` } },
    },
  }
}
