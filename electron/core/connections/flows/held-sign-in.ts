import type { ResolvedProvider, TokenAnswer } from '../../oauth/oauth-client.ts'
import type { SignIn } from '../connection-record.ts'

export type Resource = { id: string; label: string; url: string | null }

/** Everything a sign-in brought, from the exchange until it is stored or dropped. */
export type HeldSignIn = {
  provider: ResolvedProvider
  answer: TokenAnswer
  sign: SignIn
  redirectUri: string | null
  /** The connection it goes into; null for a new one. */
  connectionId: string | null
  account: string | null
  resources: readonly Resource[]
}
