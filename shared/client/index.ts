export { createKeywayClient } from './keyway-client.ts'
export type {
  ApiRequest,
  Connection,
  KeywayClient,
  KeywayClientOptions,
  Token,
  TokenWish,
} from './keyway-client.ts'
export { KeywayCallError, type Outcome } from './call-error.ts'
export { createOAuth2Connection, defineProvider, type OAuth2ConnectionDraft } from './define-provider.ts'
export type { ByteBody, FetchLike, PlatformResponse, ResponseLike } from './call-error.ts'
