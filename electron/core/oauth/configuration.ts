import type { Configuration, CustomFetch } from 'openid-client'
import { clientAuthentication, type AuthMethod } from './client-authentication.ts'
import { allowLoopbackHttp, type Library } from './library.ts'
import type { ResolvedProvider } from './oauth-client.ts'
import type { Server } from './servers.ts'
import { NO_CLIENT_ID } from './token-shaping.ts'

export type ConfigurationInput = {
  provider: ResolvedProvider
  server: Server
  method: AuthMethod
  fetch: CustomFetch
  /** What the library's clock is to be moved by, so that a wrong local clock does not make id_tokens or proofs invalid. */
  skewSeconds?: number
  /** Instead of the server's own, where the provider's rules allow another. */
  issuer?: string | null
}

/** The library's view of one provider for one call. Cheap; holds the secret no longer than the call. */
export function buildConfiguration(library: Library, input: ConfigurationInput): Configuration {
  const { provider, server, method } = input
  const metadata = { ...server.metadata, ...(input.issuer == null ? {} : { issuer: input.issuer }) }
  const client = { [library.clockSkew]: input.skewSeconds ?? 0 }
  const config = new library.Configuration(
    metadata,
    provider.clientId === '' ? NO_CLIENT_ID : provider.clientId,
    client,
    clientAuthentication(library, provider, method),
  )
  // Deadlines are kept outside, by the core's own clock.
  config.timeout = 0
  config[library.customFetch] = input.fetch
  allowLoopbackHttp(library, config)
  return config
}
