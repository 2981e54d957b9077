// The configuration of oidc-provider. Every default that would print a notice is replaced: own keys, store,
// pages, lifetimes and policies.
import { generateKeyPair, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import type { ClientMetadata, Configuration, interactionPolicy, JWKS } from 'oidc-provider'
import { type AccountStore, accountClaims, resourceScopes, scopeNames } from './accounts.ts'
import type { PracticeBehaviour } from './behaviour.ts'
import { confirmCode, deviceDone, typeCode } from './device-pages.ts'
import { oidcRoutes } from './endpoints.ts'
import { practicePageHeaders, problemPage } from './pages.ts'
import type { TokenStore } from './token-store.ts'

const HOUR = 3600
const DAY = 24 * HOUR

export type ConfigurationParts = {
  accounts: AccountStore
  behaviour: () => PracticeBehaviour
  clients: ClientMetadata[]
  jwks: JWKS
  /** Whether tokens for this resource may be requested (RFC 8707). */
  isKnownResource: (resource: string) => boolean
  policy: interactionPolicy.DefaultPolicy
  /** The error that oidc-provider throws for an unknown resource. */
  refuseResource: () => Error
  /** The error that oidc-provider throws for reuse of a code or refresh token. */
  refuseReuse: () => Error
  store: TokenStore
}

export function oidcConfiguration(parts: ConfigurationParts): Configuration {
  return {
    adapter: (kind) => parts.store.adapter(kind, parts.refuseReuse),
    claims: { email: ['email', 'email_verified'], profile: ['name', 'preferred_username'], openid: ['sub'] },
    clientBasedCORS: () => false,
    clients: parts.clients,
    // Tokens expire exactly on time; the default accepts them 15 seconds longer.
    clockTolerance: 0,
    // OpenID Connect requires profile and e-mail only at userinfo when there is an access token. Most
    // providers also include them in the id token, which identifies the account without another request.
    conformIdTokenClaims: false,
    cookies: { keys: [makeCookieKey()] },
    // A grant outlasts its browser session, as with every provider that issues refresh tokens.
    expiresWithSession: () => false,
    features: features(parts),
    findAccount(_ctx, sub) {
      const account = parts.accounts.byId(sub)
      return account === null
        ? undefined
        : { accountId: account.id, claims: () => ({ ...accountClaims(account) }) }
    },
    interactions: { policy: parts.policy, url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    jwks: parts.jwks,
    renderError(ctx, out) {
      ctx.set(practicePageHeaders)
      ctx.body = problemPage(out)
    },
    responseTypes: ['code'],
    routes: oidcRoutes,
    scopes: scopeNames,
    ...tokenPolicy(parts),
  }
}

function tokenPolicy(parts: ConfigurationParts): Partial<Configuration> {
  const accessTokenSeconds = (): number => parts.behaviour().accessTokenSeconds
  return {
    issueRefreshToken(_ctx, client, source) {
      const policy = parts.behaviour().issueRefreshTokens
      if (policy === 'never' || !client.grantTypeAllowed('refresh_token')) return false
      return policy === 'always' || source.scopes.has('offline_access')
    },
    // Using up a token while the response omits its successor would revoke every grant at the second refresh.
    rotateRefreshToken() {
      const { rotateRefreshTokens, refreshTokenOnRefresh } = parts.behaviour()
      return rotateRefreshTokens && refreshTokenOnRefresh === 'given'
    },
    ttl: {
      AccessToken: accessTokenSeconds,
      AuthorizationCode: 60,
      ClientCredentials: accessTokenSeconds,
      DeviceCode: () => 10 * 60,
      Grant: () => 30 * DAY,
      IdToken: () => HOUR,
      Interaction: () => HOUR,
      RefreshToken: () => parts.behaviour().refreshTokenSeconds,
      Session: () => 14 * DAY,
    },
  }
}

function features(parts: ConfigurationParts): NonNullable<Configuration['features']> {
  return {
    clientCredentials: { enabled: true },
    deviceFlow: {
      enabled: true,
      deviceInfo: () => ({}),
      successSource: deviceDone,
      userCodeConfirmSource: (ctx, _form, client, _info, code) => confirmCode(ctx, client, code),
      userCodeInputSource: (ctx, _form, _out, problem) => typeCode(ctx, problem),
    },
    devInteractions: { enabled: false },
    dPoP: {
      enabled: true,
      nonceSecret: makeNonceSecret(),
      requireNonce: () => parts.behaviour().requireDpopNonce,
    },
    // A client may introspect and revoke its own tokens.
    introspection: {
      enabled: true,
      allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId,
    },
    revocation: { enabled: true, allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId },
    pushedAuthorizationRequests: { enabled: true },
    registration: { enabled: true, initialAccessToken: false },
    registrationManagement: { enabled: true, rotateRegistrationAccessToken: false },
    resourceIndicators: {
      enabled: true,
      defaultResource: (_ctx, _client, oneOf) => oneOf,
      getResourceServerInfo(_ctx, resource) {
        if (!parts.isKnownResource(resource)) throw parts.refuseResource()
        return { scope: resourceScopes, audience: resource, accessTokenFormat: 'opaque' }
      },
      // A token without a resource parameter is for userinfo when openid was requested (the library's
      // default).
      useGrantedResource: () => false,
    },
    rpInitiatedLogout: { enabled: false },
  }
}

// Keys are generated at the start; without them oidc-provider would use published development keys and print
// a notice.

const makeKeyPair = promisify(generateKeyPair)

/** One RS256 key, which every OpenID client must support (OpenID Connect Core 15.1), and one ES256 key. */
export async function makeSigningKeys(): Promise<JWKS> {
  const [rsa, ec] = await Promise.all([
    makeKeyPair('rsa', { modulusLength: 2048 }),
    makeKeyPair('ec', { namedCurve: 'P-256' }),
  ])
  return {
    keys: [
      { ...rsa.privateKey.export({ format: 'jwk' }), kid: 'rehearsal-rs256', use: 'sig', alg: 'RS256' },
      { ...ec.privateKey.export({ format: 'jwk' }), kid: 'rehearsal-es256', use: 'sig', alg: 'ES256' },
    ] as JWKS['keys'],
  }
}

const makeCookieKey = (): string => randomBytes(32).toString('base64url')

/** 32 bytes, as oidc-provider requires for its DPoP nonces. */
const makeNonceSecret = (): Buffer => randomBytes(32)
