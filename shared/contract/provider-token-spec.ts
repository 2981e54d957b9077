import { z } from 'zod'
import { jsonPath, paramNames, secretMap, secretTemplate, templateUrl } from './provider-template.ts'

const dateFormat = z.enum(['epoch_seconds', 'epoch_millis', 'iso8601'])

/** Locations of the fields of a token response, where they differ from RFC 6749 5.1. */
export const tokenPaths = z.strictObject({
  accessToken: jsonPath.optional(),
  refreshToken: jsonPath.optional(),
  expiresIn: jsonPath.optional(),
  tokenType: jsonPath.optional(),
  scope: jsonPath.optional(),
  idToken: jsonPath.optional(),
  accountLabel: jsonPath.optional(),
  accountId: jsonPath.optional(),
})

export const tokenSpec = z.strictObject({
  method: z.enum(['POST', 'GET']).default('POST'),
  format: z.enum(['form', 'json', 'query']).default('form'),
  /** Sent with the code exchange and with every refresh. */
  extraParams: secretMap.default({}),
  /** Sent with the code exchange only. */
  exchangeParams: secretMap.default({}),
  omitParams: z.array(z.string()).default([]),
  paramNames: paramNames.default({}),
  headers: secretMap.default({}),
  /** `if-sent`: only when the authorization request had one. */
  redirectUri: z.enum(['always', 'if-sent', 'never']).default('always'),
  paths: tokenPaths.prefault({}),
  /** Other names that the access token may have. */
  accessTokenAliases: z.array(jsonPath).default([]),
  /** A second token in the same response (bot and user): its own paths; refreshed separately. */
  secondToken: z
    .strictObject({
      accessToken: jsonPath,
      refreshToken: jsonPath.optional(),
      expiresIn: jsonPath.optional(),
      scope: jsonPath.optional(),
    })
    .nullable()
    .default(null),
  envelope: z.strictObject({ dataPath: jsonPath }).nullable().default(null),
  /** A field that states whether a 200 is a success. */
  success: z
    .strictObject({
      path: jsonPath,
      value: z.union([z.boolean(), z.number(), z.string()], 'True, false, a number or a text.'),
      errorPath: jsonPath,
    })
    .nullable()
    .default(null),
  /** A 200 with this field is an error. */
  errorInSuccess: z
    .strictObject({ errorPath: jsonPath, descriptionPath: jsonPath.optional() })
    .nullable()
    .default(null),
  /** The server's own error codes → the standard ones, e.g. bad_refresh_token → invalid_grant. */
  errorAliases: z.record(z.string(), z.string().max(60)).default({}),
  expiresAt: z.strictObject({ path: jsonPath, format: dateFormat }).nullable().default(null),
  expiresInUnit: z.enum(['seconds', 'milliseconds']).default('seconds'),
  issuedAt: z.strictObject({ path: jsonPath, format: dateFormat }).nullable().default(null),
  zeroExpiresInMeansNever: z.boolean().default(false),
  /**
   * Lifetime in seconds when the response does not state it; null: unknown, so expiry is detected by a
   * refused call.
   */
  defaultLifetimeSeconds: z.number().int().positive().nullable().default(null),
  refreshExpiresIn: jsonPath.nullable().default(null),
  refreshExpiresAt: z.strictObject({ path: jsonPath, format: dateFormat }).nullable().default(null),
  refreshHardExpiresIn: jsonPath.nullable().default(null),
  /**
   * A second request right after the exchange, whose response replaces the token (with one that expires
   * later).
   */
  postExchange: z
    .strictObject({ method: z.enum(['GET', 'POST']), url: templateUrl, params: secretMap })
    .nullable()
    .default(null),
  /** Alternative token endpoints; shown under Advanced. */
  alternatives: z.array(z.string()).default([]),
})

export const refreshSpec = z.strictObject({
  /** `sometimes`: depends on the app's kind or settings; see the note. */
  supported: z.enum(['yes', 'no', 'sometimes', 'unknown']).default('unknown'),
  style: z.enum(['standard', 'exchange-access-token']).default('standard'),
  method: z.enum(['POST', 'GET']).default('POST'),
  url: templateUrl.nullable().default(null),
  params: secretMap.default({}),
  omitParams: z.array(z.string()).default([]),
  headers: secretMap.default({}),
  sendScope: z.boolean().default(false),
  sendRedirectUri: z.boolean().default(false),
  rotates: z.enum(['yes', 'no', 'unknown']).default('unknown'),
  /** Seconds during which the previous refresh token is still accepted. */
  reuseGraceSeconds: z.number().int().nonnegative().default(0),
  minAgeSeconds: z.number().int().nonnegative().default(0),
  needsScope: z.string().nullable().default(null),
  /** Authorization parameter that is needed to receive a refresh token, as name=value. */
  needsParam: z.string().nullable().default(null),
  accessTokenLifetimeSeconds: z.number().int().positive().nullable().default(null),
  refreshTokenLifetimeSeconds: z.number().int().positive().nullable().default(null),
  /** Refresh at least this often, so that an unused authorization does not expire; null: off. */
  keepAliveSeconds: z.number().int().positive().nullable().default(null),
  note: z.string().nullable().default(null),
})

/**
 * A revocation request that differs from RFC 7009. Null in the provider means RFC 7009 where there is an
 * endpoint.
 */
export const revocationSpec = z.strictObject({
  url: templateUrl.nullable().default(null),
  method: z.enum(['POST', 'DELETE', 'GET']).default('POST'),
  auth: z.enum(['client', 'client_secret_basic', 'bearer', 'none', 'header']).default('client'),
  /** Template of an Authorization value, for `auth: header`. */
  authHeader: secretTemplate.nullable().default(null),
  format: z.enum(['form', 'json', 'query', 'none']).default('form'),
  tokenParam: z.string().default('token'),
  /**
   * Template of the body; {access_token} and {refresh_token} are filled in. Empty: only the token parameter.
   */
  body: secretMap.default({}),
  tokens: z.enum(['refresh-then-access', 'access', 'refresh']).default('refresh-then-access'),
  /**
   * Revoking one token revokes all authorizations of the account for this client; the window warns of it
   * first.
   */
  revokesAll: z.boolean().default(false),
})

export type TokenSpec = z.output<typeof tokenSpec>
export type RevocationSpec = z.output<typeof revocationSpec>
