import { z } from 'zod'
import {
  isSafeUrl,
  jsonPath,
  misplacedMessage,
  misplacedSecrets,
  paramNames,
  secretJson,
  secretMap,
  secretTemplate,
  stringMap,
  templateString,
  templateUrl,
} from './provider-template.ts'
import { refreshSpec, revocationSpec, tokenSpec } from './provider-token-spec.ts'

/** The request that tells the account's identity: sent once after the sign-in, and by the probe. */
export const accountSpec = z.strictObject({
  request: z
    .strictObject({
      method: z.enum(['GET', 'POST']).default('GET'),
      url: templateUrl,
      headers: secretMap.default({}),
      /** JSON body, or form body when the content type says so; string leaves are templates. */
      body: secretJson.nullable().default(null),
    })
    .nullable()
    .default(null),
  labelPath: jsonPath.nullable().default(null),
  idPath: jsonPath.nullable().default(null),
  /** A list to choose from after the sign-in (site, tenant); the choice becomes {resource.x}. */
  resource: z
    .strictObject({
      url: templateUrl,
      itemsPath: jsonPath,
      idPath: jsonPath,
      labelPath: jsonPath,
      urlPath: jsonPath.nullable().default(null),
      bindAs: z.string().regex(/^[A-Za-z]\w*$/),
    })
    .nullable()
    .default(null),
  /** The provider requires a periodic validation of the token. */
  validation: z
    .strictObject({ url: templateUrl, everySeconds: z.number().int().min(60), scheme: z.string() })
    .nullable()
    .default(null),
})

/** A request that changes nothing and succeeds with the default scopes. It verifies the token. */
export const probeSpec = z.strictObject({
  method: z.enum(['GET', 'POST']).default('GET'),
  url: templateUrl,
  headers: stringMap.default({}),
  /** The body as sent; its content type is in `headers`. */
  body: z.string().max(2000).nullable().default(null),
})

export const apiSpec = z.strictObject({
  /** Template: the base URL of relative proxy paths. */
  baseUrl: templateString.nullable().default(null),
  /**
   * More hosts that proxied requests may go to, in addition to that of `baseUrl`; `*.example.com` matches
   * subdomains.
   */
  hosts: z
    .array(z.string().regex(/^(?:\*\.)?[A-Za-z0-9{}._-]+(?::\d+)?$/))
    .max(50)
    .default([]),
  /** Patterns that a host from a response, callback or identity must match before it is used. */
  dynamicHostPattern: z.string().nullable().default(null),
  headers: stringMap.default({}),
  /**
   * Header and value template, e.g. `X-Shop-Token: {access_token}`; null is `Authorization: Bearer
   * {access_token}`.
   */
  tokenHeader: secretTemplate.nullable().default(null),
  /** Null: the identity request when it is a GET, otherwise userinfo. */
  probe: probeSpec.nullable().default(null),
})

// The behavior of a provider, as data. Each deviation of a real service is a field here; no code knows a
// provider's name. Strings marked "template" may hold {name} (a template parameter), {token.x}, {callback.x},
// {identity.x}, {resource.x} and the runtime values {client_id}, {user_agent}, {app_name}, {contact_email}.
// {client_secret}, {access_token}, {refresh_token} and {id_token} are filled only in the fields whose schema
// is marked for secrets (provider-template.ts): bodies and headers of requests to the provider.

/** Yes, no, or not verified; "unknown" is shown as such. */
export const known = z.enum(['yes', 'no', 'unknown'])

export const templateParameter = z.strictObject({
  name: z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,39}$/),
  label: z.string().min(1).max(80),
  required: z.boolean().default(true),
  default: z.string().max(300).nullable().default(null),
  example: z.string().max(300).nullable().default(null),
  /** Anchored regular expression. Any other value is refused, also one from a response or callback. */
  pattern: z.string().max(300).nullable().default(null),
  suggestions: z.array(z.string()).default([]),
})

export const discoverySpec = z.strictObject({
  /** Template: the OIDC issuer. Null: the endpoints are typed. */
  issuer: templateUrl.nullable().default(null),
  /** URL of the metadata when it is not at the issuer's well-known path. */
  url: templateUrl.nullable().default(null),
  kind: z.enum(['oidc', 'oauth2', 'oidc-then-oauth2']).default('oidc-then-oauth2'),
  /**
   * Issuer to accept instead of the configured one, with `{tenantid}` taken from the id_token (shared
   * tenants).
   */
  issuerPattern: z.string().nullable().default(null),
  issuerTrailingSlash: z.boolean().default(false),
  /**
   * The issuer that the first id_token named, where no issuer is configured. Later ones are compared with it.
   */
  learnedIssuer: z.string().max(2000).nullable().default(null),
})

export const endpointsSpec = z.strictObject({
  authorization: templateUrl.nullable().default(null),
  /** Used instead of `authorization` for a client without a secret. */
  nativeAuthorization: templateUrl.nullable().default(null),
  token: templateUrl.nullable().default(null),
  revocation: templateUrl.nullable().default(null),
  deviceAuthorization: templateUrl.nullable().default(null),
  userinfo: templateUrl.nullable().default(null),
  introspection: templateUrl.nullable().default(null),
  pushedAuthorization: templateUrl.nullable().default(null),
  registration: templateUrl.nullable().default(null),
})

export const clientSpec = z.strictObject({
  /**
   * Client authentication at the token endpoint. `auto`: by the metadata when there is a secret, otherwise
   * none. `private_key_jwt`: Keyway makes a key pair, and its public key is registered at the provider.
   */
  auth: z
    .enum([
      'auto',
      'client_secret_basic',
      'client_secret_post',
      'none',
      'private_key_jwt',
      'client_secret_jwt',
    ])
    .default('auto'),
  /** The algorithm of the key pair for `private_key_jwt`; another one makes a new key. */
  signingAlgorithm: z.enum(['ES256', 'RS256', 'PS256', 'EdDSA']).default('ES256'),
  /** The `aud` of client assertions. `auto`: the issuer, then the token endpoint if the server refuses. */
  assertionAudience: z.enum(['auto', 'issuer', 'token_endpoint']).default('auto'),
  /** Method when the registration has a secret although `auth` is none (both kinds of app exist). */
  authWithSecret: z.enum(['client_secret_basic', 'client_secret_post']).nullable().default(null),
  publicPossible: known.default('unknown'),
  /** Basic with an empty password for a client without a secret. */
  basicWithEmptySecret: z.boolean().default(false),
  /** RFC 6749 2.3.1 form-encodes id and secret before Basic; `raw` for servers that do not decode. */
  basicEncoding: z.enum(['form', 'raw']).default('form'),
  /** The server refuses a secret from a public client. */
  mustNotSendSecret: z.boolean().default(false),
  secretNotConfidential: z.boolean().default(false),
  secretIsApiKey: z.boolean().default(false),
  /** A desktop use needs another kind of app or another client id than a web app; the wizard shows this. */
  separatePublicClient: z.boolean().default(false),
  idParam: z.string().default('client_id'),
  secretParam: z.string().default('client_secret'),
  /** There is no client to register (the person types no id). */
  noRegistration: z.boolean().default(false),
  dynamicRegistration: z.boolean().default(false),
  metadataDocument: z.boolean().default(false),
  /** Registration by the server's own API, per instance (as in Mastodon). */
  registrationRequest: z
    .strictObject({
      url: templateUrl,
      format: z.enum(['form', 'json']),
      fields: stringMap,
      clientIdPath: z.string(),
      clientSecretPath: z.string(),
    })
    .nullable()
    .default(null),
})

/** A scope in a rule. */
const scopeName = z
  .string()
  .min(1)
  .max(300)
  .regex(/^[^\s*]*(?:\*[^\s*]*){0,2}$/)

export const scopeSpec = z.strictObject({
  separator: z.enum([' ', ',', '+']).default(' '),
  responseSeparator: z.enum([' ', ',', '+']).nullable().default(null),
  param: z.string().default('scope'),
  /** The server has no scope parameter, or uses the settings of the app. */
  none: z.boolean().default(false),
  fixedOnApp: z.boolean().default(false),
  secondary: z
    .strictObject({ param: z.string(), separator: z.enum([' ', ',', '+']) })
    .nullable()
    .default(null),
  /** Callback parameter that lists the granted scopes. */
  grantedInCallback: z.string().nullable().default(null),
  userMayDrop: z.boolean().default(false),
  dropsUnknownSilently: z.boolean().default(false),
  /** New consent adds to the previous authorization instead of replacing it. */
  additive: z.boolean().default(false),
  /** Requested scope → the name under which the server reports it as granted. */
  aliases: z.record(z.string(), z.string()).default({}),
  /** Groups of names for the same scope. */
  equivalent: z.array(z.array(scopeName).min(2).max(20)).max(100).default([]),
  /**
   * Granted scope → the scopes that it includes. `*` stands for any text: in a value alone for all such
   * scopes, in both for the same text (`*:write` includes `*:read`).
   */
  implies: z.record(scopeName, z.array(scopeName).max(100)).default({}),
  /** Beginnings of names that may be left out (`https://graph.microsoft.com/`). */
  prefixes: z.array(scopeName).max(20).default([]),
  /** `Files.Read` and `files.read` are the same scope. */
  ignoreCase: z.boolean().default(false),
  /** Scopes that are granted without being named in the response. */
  notReported: z.array(scopeName).max(50).default([]),
  /** Last part of a scope that asks for everything the app is set up with (`.default`). */
  allSuffix: scopeName.nullable().default(null),
  /** What the known scopes mean, for the wizard. */
  meanings: stringMap.default({}),
})

export const authorizeSpec = z.strictObject({
  pkce: z.enum(['S256', 'S256-hex', 'plain', 'off']).default('S256'),
  pkceRequired: z.boolean().default(false),
  /**
   * Method for a registration that has a secret, where the server distinguishes the two kinds of client;
   * null: the same method.
   */
  pkceWithSecret: z.enum(['S256', 'S256-hex', 'plain', 'off']).nullable().default(null),
  extraParams: stringMap.default({}),
  /** Shown in the wizard; sent when filled in. */
  optionalParams: z.array(z.string()).default([]),
  omitParams: z.array(z.string()).default([]),
  paramNames: paramNames.default({}),
  stateMinLength: z.number().int().min(0).max(512).default(0),
  /** The server does not return `state`, so it is sent in the query of the redirect URI. */
  stateInRedirectUri: z.boolean().default(false),
  responseMode: z.enum(['default', 'query', 'form_post']).default('default'),
  /**
   * RFC 9126. `auto`: used when the metadata requires or offers it. Where it is only offered and the server
   * refuses it, the sign-in continues without it.
   */
  par: z.enum(['auto', 'always', 'never']).default('auto'),
  nonce: z.enum(['auto', 'off']).default('auto'),
  /** Callback parameters to keep as {callback.x}. */
  callbackParams: z.array(z.string()).default([]),
  callbackHmac: z
    .strictObject({ param: z.string(), algorithm: z.literal('HMAC-SHA256'), key: z.literal('client_secret') })
    .nullable()
    .default(null),
  /** Callback parameter that must equal the named template parameter's host. */
  callbackHostMustMatch: z.string().nullable().default(null),
  /** Callback parameter that names the token host (data-center redirects), and the pattern it must match. */
  tokenHostFromCallback: z.strictObject({ param: z.string(), pattern: z.string() }).nullable().default(null),
  stripCodeSuffix: z.string().nullable().default(null),
  codeLifetimeSeconds: z.number().int().positive().nullable().default(null),
  /** Value of redirect_uri, or `omit`, for which the server shows the code to copy. */
  outOfBandRedirectUri: z.string().nullable().default(null),
})

export const redirectSpec = z.strictObject({
  loopback: known.default('unknown'),
  anyPort: known.default('unknown'),
  customScheme: known.default('unknown'),
  httpsRequired: known.default('unknown'),
  hosts: z.array(z.enum(['127.0.0.1', 'localhost', '[::1]'])).default(['127.0.0.1']),
  onePerApp: z.boolean().default(false),
  /**
   * An https page of the person's own, registered instead of Keyway's address. The person pastes the URL it
   * receives.
   */
  uri: z.string().refine(isSafeUrl, 'An https address.').nullable().default(null),
  note: z.string().nullable().default(null),
})

export const deviceSpec = z.strictObject({
  withoutSecret: z.boolean().default(false),
  scopeParam: z.string().nullable().default(null),
  errorAliases: stringMap.default({}),
})

/** RFC 9449. `always`: the person or the server requires it. */
export const dpopSpec = z.enum(['off', 'auto', 'always'])

/** The whole behavior of a provider. Everything has a default, so `{}` is a plain RFC 6749 + 7636 server. */
export const providerSpec = z.strictObject({
  templateParameters: z.array(templateParameter).max(10).default([]),
  discovery: discoverySpec.prefault({}),
  endpoints: endpointsSpec.prefault({}),
  client: clientSpec.prefault({}),
  scopes: scopeSpec.prefault({}),
  authorize: authorizeSpec.prefault({}),
  redirect: redirectSpec.prefault({}),
  device: deviceSpec.prefault({}),
  token: tokenSpec.prefault({}),
  refresh: refreshSpec.prefault({}),
  revocation: revocationSpec.nullable().default(null),
  account: accountSpec.prefault({}),
  api: apiSpec.prefault({}),
  dpop: dpopSpec.default('off'),
  /** RFC 8707 resource indicators sent at authorization, token and refresh. */
  resources: z.array(templateString).max(10).default([]),
})

/** Names that Keyway fills in; a template parameter must not have such a name. */
const RUNTIME_NAMES: ReadonlySet<string> = new Set([
  'client_id',
  'client_secret',
  'access_token',
  'refresh_token',
  'id_token',
  'user_agent',
  'app_name',
  'contact_email',
  'redirect_uri',
  'scope',
])

/**
 * A spec as it may be registered or changed now. {@link providerSpec} also accepts what older versions
 * stored: it can still be read, and is refused where it would be used.
 */
export const providerSpecInput = providerSpec.superRefine((spec, context) => {
  for (const { path, placeholder } of misplacedSecrets(providerSpec, spec)) {
    context.addIssue({ code: 'custom', path: [...path], message: misplacedMessage(placeholder) })
  }
  for (const [index, { name }] of spec.templateParameters.entries()) {
    if (!RUNTIME_NAMES.has(name)) continue
    const message = `"${name}" is a value that Keyway fills by itself; choose another name.`
    context.addIssue({ code: 'custom', path: ['templateParameters', index, 'name'], message })
  }
})

export type ProviderSpec = z.output<typeof providerSpec>
export type ProviderSpecInput = z.input<typeof providerSpec>
export type TemplateParameter = z.output<typeof templateParameter>
