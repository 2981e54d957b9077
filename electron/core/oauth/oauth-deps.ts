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
export const DISCOVERY_DEADLINE_MS = 10_000
export const REVOCATION_DEADLINE_MS = 3000
