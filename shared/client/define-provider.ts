// Typed helpers for describing a provider in a file that the command line applies.
import type { ProviderInputDraft } from '../contract/provider.ts'

/**
 * Returns its argument; the compiler checks it. `${NAME}` in id and secret is filled from the environment
 * when the file is applied.
 */
export function defineProvider(provider: ProviderInputDraft): ProviderInputDraft {
  return provider
}

/** The same in the format of lecca. */
export type OAuth2ConnectionDraft = {
  /** `<app-id>_connection_oauth2`, or any slug. */
  id: string
  name: string
  description?: string
  authorizeUrl: string
  tokenUrl: string
  getClientId: () => string | undefined
  getClientSecret?: () => string | undefined
  scopes: string[]
  scopeDelimiter?: ' ' | ',' | '+'
  extraAuthParams?: Record<string, string>
  extraAuthHeaders?: Record<string, string>
  pkce?: boolean
}

/** @throws TypeError that names the connection when the client id is missing */
export function createOAuth2Connection(draft: OAuth2ConnectionDraft): ProviderInputDraft {
  const clientId = draft.getClientId()
  if (clientId === undefined || clientId === '') throw new TypeError(`${draft.id}: the client id is not set.`)
  const clientSecret = draft.getClientSecret?.()
  return {
    slug: slugFrom(draft.id),
    name: draft.name,
    clientId,
    ...(clientSecret === undefined ? {} : { clientSecret }),
    scopes: draft.scopes,
    spec: {
      endpoints: { authorization: draft.authorizeUrl, token: draft.tokenUrl },
      scopes: { separator: draft.scopeDelimiter ?? ' ' },
      authorize: {
        extraParams: draft.extraAuthParams ?? {},
        ...(draft.pkce === undefined ? {} : { pkce: draft.pkce ? 'S256' : 'off' }),
      },
      token: { headers: draft.extraAuthHeaders ?? {} },
    },
  }
}

function slugFrom(id: string): string {
  return id
    .replace(/_connection_oauth2$/, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
}
