// Presets made wrong on purpose, one thing at a time, and what the comparison must say about it.

/** A sparse spec as it stands in the preset's file. */
type Spec = {
  [section: string]: { [field: string]: unknown }
}

export type Mutation = { slug: string; what: string; mutate(spec: Spec): void; notices: RegExp }

function at(spec: Spec, section: string): { [field: string]: unknown } {
  spec[section] ??= {}
  return spec[section]
}

function change(section: string, field: string, value: unknown): Mutation['mutate'] {
  return (spec) => {
    at(spec, section)[field] = value
  }
}

function drop(section: string, field: string): Mutation['mutate'] {
  return (spec) => {
    delete at(spec, section)[field]
  }
}

export const mutations: readonly Mutation[] = [
  {
    slug: 'linear',
    what: 'a wrong scope separator',
    mutate: drop('scopes', 'separator'),
    notices:
      /authorization: query scope is "read made\.up:one made\.up:two", demanded is "read,made\.up:one,made\.up:two"/,
  },
  {
    slug: 'strava',
    what: 'a wrong scope separator',
    mutate: drop('scopes', 'separator'),
    notices: /query scope is "read activity:read made/,
  },
  {
    slug: 'hubspot',
    what: 'a wrong separator of the second scopes',
    mutate: change('scopes', 'secondary', { param: 'optional_scope', separator: ',' }),
    notices: /query optional_scope/,
  },
  {
    slug: 'slack',
    what: 'a missing second scope list',
    mutate: drop('scopes', 'secondary'),
    notices: /query user_scope is nothing/,
  },
  {
    slug: 'google',
    what: 'a missing parameter',
    mutate: change('authorize', 'extraParams', { prompt: 'consent' }),
    notices: /query access_type is nothing/,
  },
  {
    slug: 'atlassian',
    what: 'a wrong body format',
    mutate: drop('token', 'format'),
    notices: /exchange: body format is "form", demanded is "json"[\s\S]*refresh: body format/,
  },
  {
    slug: 'square',
    what: 'a wrong body format',
    mutate: drop('token', 'format'),
    notices: /exchange: body format/,
  },
  {
    slug: 'notion',
    what: 'a secret in the body instead of Basic',
    mutate: change('client', 'auth', 'client_secret_post'),
    notices: /exchange: header authorization is nothing/,
  },
  {
    slug: 'box',
    what: 'a secret in Basic instead of the body',
    mutate: change('client', 'auth', 'client_secret_basic'),
    notices: /exchange: field client_secret is nothing/,
  },
  {
    slug: 'reddit',
    what: 'no Basic without a secret',
    mutate: drop('client', 'basicWithEmptySecret'),
    notices: /without secret.*exchange: header authorization/,
  },
  {
    slug: 'tiktok',
    what: 'the standard name of the client id',
    mutate: drop('client', 'idParam'),
    notices: /query client_key is nothing/,
  },
  {
    slug: 'tiktok',
    what: 'a challenge in base64url',
    mutate: drop('authorize', 'pkce'),
    notices: /PKCE: the challenge/,
  },
  {
    slug: 'x',
    what: 'no PKCE',
    mutate: change('authorize', 'pkce', 'off'),
    notices: /query code_challenge is nothing/,
  },
  {
    slug: 'webflow',
    what: 'PKCE where it is unknown',
    mutate: drop('authorize', 'pkce'),
    notices: /query code_challenge is ".*demanded is nothing/,
  },
  {
    slug: 'xero',
    what: 'PKCE for an app with a secret',
    mutate: drop('authorize', 'pkceWithSecret'),
    notices: /with secret.*query code_challenge/,
  },
  {
    slug: 'linkedin',
    what: 'the usual address for a native app',
    mutate: drop('endpoints', 'nativeAuthorization'),
    notices: /without secret.*authorization: address/,
  },
  {
    slug: 'clickup',
    what: 'scopes where there are none',
    mutate: drop('scopes', 'none'),
    notices: /query scope is "made\.up:one/,
  },
  {
    slug: 'openrouter',
    what: 'the standard name of the redirect address',
    mutate: drop('authorize', 'paramNames'),
    notices: /query callback_url is nothing/,
  },
  {
    slug: 'openrouter',
    what: 'a state that does not come back',
    mutate: drop('authorize', 'stateInRedirectUri'),
    notices: /query callback_url/,
  },
  {
    slug: 'basecamp',
    what: 'a grant type that the server does not know',
    mutate: drop('token', 'omitParams'),
    notices: /exchange: field grant_type/,
  },
  {
    slug: 'basecamp',
    what: 'a refresh without its type',
    mutate: drop('refresh', 'params'),
    notices: /refresh: field type is nothing/,
  },
  {
    slug: 'zendesk',
    what: 'missing lifetimes',
    mutate: drop('token', 'extraParams'),
    notices: /exchange: field expires_in is nothing[\s\S]*refresh: field expires_in is nothing/,
  },
  {
    slug: 'gitlab',
    what: 'a refresh without its redirect address',
    mutate: drop('refresh', 'sendRedirectUri'),
    notices: /refresh: field redirect_uri is nothing/,
  },
  {
    slug: 'microsoft',
    what: 'a refresh without its scopes',
    mutate: drop('refresh', 'sendScope'),
    notices: /refresh: field scope is nothing/,
  },
  {
    slug: 'figma',
    what: 'a refresh at the wrong address',
    mutate: drop('refresh', 'url'),
    notices: /refresh: address/,
  },
  {
    slug: 'github',
    what: 'a missing header',
    mutate: drop('api', 'headers'),
    notices: /identity: header accept/,
  },
  {
    slug: 'reddit',
    what: 'a host of another kind',
    mutate: change('api', 'baseUrl', 'https://www.reddit.com'),
    notices: /API address/,
  },
  {
    slug: 'withings',
    what: 'a reply without its envelope',
    mutate: drop('token', 'envelope'),
    notices: /exchange: retry/,
  },
  {
    slug: 'slack',
    what: 'a forgotten second token',
    mutate: drop('token', 'secondToken'),
    notices: /exchange: second token is null/,
  },
  {
    slug: 'square',
    what: 'an end read from another field',
    mutate: change('token', 'paths', { expiresIn: 'refresh_token_expires_at', accountId: 'merchant_id' }),
    notices: /exchange: seconds to live is \d+, demanded is \d+/,
  },
  {
    slug: 'xero',
    what: 'no organisation to choose',
    mutate: change('account', 'resource', null),
    notices: /resources: nothing was sent/,
  },
  {
    slug: 'quickbooks',
    what: 'the life of the refresh token read from another field',
    mutate: change('token', 'refreshExpiresIn', 'refresh_token_expires_in'),
    notices: /seconds to renew is 20000000, demanded is 1000000/,
  },
  {
    slug: 'instagram',
    what: 'no exchange for the longer token',
    mutate: drop('token', 'postExchange'),
    notices: /second exchange: nothing was sent/,
  },
  {
    slug: 'threads',
    what: 'a refresh of the usual kind',
    mutate: drop('refresh', 'style'),
    notices: /refresh: /,
  },
  {
    slug: 'dropbox',
    what: 'a revocation of the usual kind',
    mutate: (spec) => void delete spec['revocation'],
    notices: /revocation: header authorization/,
  },
  {
    slug: 'github',
    what: 'a revocation by POST',
    mutate: change('revocation', 'method', 'POST'),
    notices: /revocation: method/,
  },
  {
    slug: 'oura',
    what: 'a revocation of the usual kind',
    mutate: (spec) => void delete spec['revocation'],
    notices: /revocation: method is "POST"/,
  },
  {
    slug: 'shopify',
    what: 'a token in the usual header',
    mutate: drop('api', 'tokenHeader'),
    notices: /token header/,
  },
  {
    slug: 'zoho',
    what: 'a server that the answer names, ignored',
    mutate: drop('authorize', 'tokenHostFromCallback'),
    notices: /exchange: address is "https:\/\/accounts\.zoho\.com/,
  },
  {
    slug: 'zoho',
    what: 'any host believed',
    mutate: change('api', 'dynamicHostPattern', '.*'),
    notices: /is believed/,
  },
  {
    slug: 'monday',
    what: 'a question to GraphQL that was not asked',
    mutate: (spec) => void delete at(spec, 'account')['request'],
    notices: /identity: nothing was sent/,
  },
  {
    slug: 'quickbooks',
    what: 'metadata at the usual place',
    mutate: change('discovery', 'url', null),
    notices: /discovery/,
  },
  {
    slug: 'auth0',
    what: 'a template parameter that goes nowhere',
    mutate: drop('authorize', 'extraParams'),
    notices: /query audience is nothing/,
  },
  {
    slug: 'oidc',
    what: 'offline access that was not asked for as the standard says',
    mutate: drop('refresh', 'needsParam'),
    notices: /query prompt is nothing/,
  },
  {
    slug: 'twitch',
    what: 'device scopes under the usual name',
    mutate: drop('device', 'scopeParam'),
    notices: /device code: field scopes is nothing/,
  },
  {
    slug: 'twitch',
    what: 'waiting that is not understood',
    mutate: drop('token', 'errorInSuccess'),
    notices: /device flow: outcome/,
  },
  {
    slug: 'twitch',
    what: 'no hourly check',
    mutate: (spec) => void delete at(spec, 'account')['validation'],
    notices: /validation/,
  },
  {
    slug: 'mastodon',
    what: 'no registration by the server itself',
    mutate: drop('client', 'registrationRequest'),
    notices: /failed/,
  },
  {
    slug: 'bluesky',
    what: 'parameters in the browser instead of pushed',
    mutate: change('authorize', 'par', 'never'),
    notices: /authorization: query/,
  },
  {
    slug: 'bluesky',
    what: 'tokens that are not bound to a key',
    mutate: (spec) => void Object.assign(spec, { dpop: 'off' }),
    notices: /there is no proof/,
  },
]
