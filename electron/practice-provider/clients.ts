// The preregistered clients. Their secrets are fictional and the same at every start, so that a provider
// registered in Keyway keeps working after a restart; they protect nothing.
import type { ClientMetadata } from 'oidc-provider'

export type PracticeClient = {
  readonly clientId: string
  /** Null for the public client. */
  readonly clientSecret: string | null
  readonly authMethod: 'client_secret_basic' | 'client_secret_post' | 'none'
  readonly redirectUris: readonly string[]
}

export type PracticeClients = {
  /** Confidential, secret in the Authorization header. */
  readonly basic: PracticeClient
  /** Confidential, secret in the body. */
  readonly post: PracticeClient
  /** Public and native: no secret, PKCE required, any loopback port. */
  readonly native: PracticeClient
}

/** The client's name on the sign-in page. */
const names = {
  basic: 'Keyway (confidential client)',
  post: 'Keyway (confidential client, secret in the body)',
  native: 'Keyway (native client)',
} as const satisfies Record<keyof PracticeClients, string>

const CALLBACK_PATH = '/oauth2/callback'
const defaultRedirectUri = `http://127.0.0.1:7317${CALLBACK_PATH}`

export function preregisteredClients(furtherRedirectUris: readonly string[]): PracticeClients {
  const redirectUris = unique([defaultRedirectUri, ...furtherRedirectUris])
  const loopback = [`http://localhost${CALLBACK_PATH}`, `http://[::1]${CALLBACK_PATH}`]
  return {
    basic: {
      clientId: 'rehearsal-basic',
      clientSecret: 'made-up-secret-of-the-basic-client',
      authMethod: 'client_secret_basic',
      redirectUris,
    },
    post: {
      clientId: 'rehearsal-post',
      clientSecret: 'made-up-secret-of-the-post-client',
      authMethod: 'client_secret_post',
      redirectUris,
    },
    native: {
      clientId: 'rehearsal-native',
      clientSecret: null,
      authMethod: 'none',
      redirectUris: unique([...redirectUris, ...loopback]),
    },
  }
}

/** The same clients as client metadata of RFC 7591. */
export function clientMetadata(clients: PracticeClients): ClientMetadata[] {
  return [
    { ...metadataOf(clients.basic), client_name: names.basic },
    { ...metadataOf(clients.post), client_name: names.post },
    { ...metadataOf(clients.native), client_name: names.native, application_type: 'native' },
  ]
}

function metadataOf(client: PracticeClient): ClientMetadata {
  const grantTypes = ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code']
  return {
    client_id: client.clientId,
    ...(client.clientSecret === null ? {} : { client_secret: client.clientSecret }),
    token_endpoint_auth_method: client.authMethod,
    redirect_uris: [...client.redirectUris],
    response_types: ['code'],
    grant_types: client.clientSecret === null ? grantTypes : [...grantTypes, 'client_credentials'],
  }
}

const unique = (values: readonly string[]): string[] => [...new Set(values)]
