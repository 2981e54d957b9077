import type { Configuration, DPoPOptions } from 'openid-client'
import type { PrivateJwk } from './dpop-keys.ts'
import type { Library } from './library.ts'
import type { ResolvedProvider } from './oauth-client.ts'
import type { Server } from './servers.ts'
import type { Shaping } from './shape-request.ts'
import type { TokenPurpose } from './token-shaping.ts'

export type GrantTools = {
  library: Library
  config: Configuration
  options: DPoPOptions | undefined
  /** False once the reply is known to have no id_token, so that none is insisted on. */
  expectIdToken: boolean
}

/** One request to a token endpoint, whatever the grant. */
export type TokenCall = {
  provider: ResolvedProvider
  server: Server
  /** Where it really goes; a separate refresh address is unknown to the library. */
  url: string
  purpose: TokenPurpose
  shaping: Shaping
  /** What was sent and must not come back in a message. */
  secrets: readonly string[]
  dpopKey: PrivateJwk | null
  withoutSecret?: boolean
  /** Monotonic milliseconds at which the whole call began: what came before (discovery) is part of the deadline. */
  startedAt?: number
  signal?: AbortSignal | undefined
  /** The library's grant. */
  run(tools: GrantTools): Promise<unknown>
}
