import type { Clock, HttpFetch, Logger } from '../ports.ts'
import type { ResolvedProvider } from './oauth-client.ts'

export type OAuthDeps = {
  /** The one way out for a provider's requests (its own authorities, corporate proxy); null: for an address that is no provider yet. */
  fetchFor(provider: Pick<ResolvedProvider, 'extraCa'> | null): HttpFetch
  clock: Clock
  logger: Logger
  /** Sent with every request; {user_agent} in templates. */
  userAgent: string
  /** {app_name} in templates. Default: Keyway. */
  appName?: string
  /** {contact_email} in templates, for services that want one in the User-Agent. Default: none. */
  contactEmail?: string
  /** Where Keyway's own client-id metadata document is published, if it is: offered to servers that take such ids. Default: none. */
  clientMetadataUrl?: string
}

export const TOKEN_DEADLINE_MS = 15_000
/**
 * A refresh is given longer than any caller waits: one that is given up just before its answer comes has used up a rotating refresh token
 * and lost the new one.
 */
export const REFRESH_DEADLINE_MS = 20_000
export const DISCOVERY_DEADLINE_MS = 10_000
export const REVOCATION_DEADLINE_MS = 3000
