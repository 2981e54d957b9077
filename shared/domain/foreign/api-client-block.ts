// The OAuth 2.0 settings of an API client (Postman, Insomnia, Bruno): three spellings of the same fields.
import { parseScopes } from '../../contract/scope-list.ts'
import { textOf } from '../json-path.ts'
import type { ForeignClient } from './provider.ts'

export type Block = Readonly<Record<string, unknown>>
export type Variables = ReadonlyMap<string, string>

/**
 * `{{name}}`, `{{ _.name }}` and `<<name>>` are filled from the file's own variables; unknown names stay as
 * they are.
 */
function withVariables(text: string, variables: Variables): string {
  return text.replaceAll(
    /\{\{\s*(?:_\.)?([^{}\s]+)\s*\}\}|<<([^<>\s]+)>>/g,
    (whole, name?: string, other?: string) => {
      const value = variables.get(name ?? other ?? '')
      return value === undefined || value.includes('{{') ? whole : value
    },
  )
}

const FLOWS: Readonly<Record<string, ForeignClient['flow']>> = {
  authorization_code: 'authorization_code',
  authorization_code_with_pkce: 'authorization_code',
  client_credentials: 'client_credentials',
  device_code: 'device_code',
  device_authorization: 'device_code',
}

/** The client that a block describes; null when it cannot be registered (empty, or not OAuth 2.0). */
export function clientOfBlock(name: string, block: Block, variables: Variables): ForeignClient | null {
  const text = reader(block, variables)
  const authorizationUrl = text('authUrl', 'authorizationUrl', 'authorization_url', 'authorizationEndpoint')
  const tokenUrl = text('accessTokenUrl', 'access_token_url', 'tokenUrl', 'token_url')
  const clientId = text('clientId', 'client_id')
  if (authorizationUrl === undefined && tokenUrl === undefined && clientId === undefined) return null
  const grant = text('grant_type', 'grantType', 'flow') ?? 'authorization_code'
  const extra = extraParams(block, variables)
  const audience = text('audience')
  const resource = text('resource')
  const spokenFor = {
    ...(audience === undefined ? {} : { audience }),
    ...(resource === undefined ? {} : { resource }),
  }
  return {
    name,
    authorizationUrl,
    tokenUrl,
    refreshUrl: text('refreshTokenUrl', 'refresh_token_url'),
    deviceUrl: text('deviceAuthorizationUrl', 'device_authorization_url'),
    clientId,
    clientSecret: text('clientSecret', 'client_secret'),
    scopes: parseScopes(text('scope', 'scopes')) ?? [],
    auth: authOf(block, text),
    pkce: grant === 'authorization_code_with_pkce' ? methodOf(text) : pkceOf(block, text),
    flow: FLOWS[grant],
    authorizationParams: { ...spokenFor, ...extra.authorization },
    tokenParams: { ...spokenFor, ...extra.token },
    refreshParams: extra.refresh,
    tokenHeaders: extra.tokenHeaders,
    notes: [...notesOf(block, grant, text), ...extra.notes],
  }
}

type Text = (...names: string[]) => string | undefined

function reader(block: Block, variables: Variables): Text {
  return (...names) => {
    const found = names
      .map((name) => textOf(block[name])?.trim())
      .find((value) => value !== undefined && value !== '')
    return found === undefined ? undefined : withVariables(found, variables)
  }
}

function authOf(block: Block, text: Text): ForeignClient['auth'] {
  const placed = text('client_authentication', 'credentialsPlacement', 'credentials_placement', 'placement')
  if (placed === 'header' || placed === 'basic_auth_header') return 'client_secret_basic'
  if (placed === 'body' || block['credentialsInBody'] === true) return 'client_secret_post'
  return block['credentialsInBody'] === false ? 'client_secret_basic' : undefined
}

function pkceOf(block: Block, text: Text): ForeignClient['pkce'] {
  const uses = block['usePkce'] ?? block['pkce']
  return uses === true || uses === 'true' ? methodOf(text) : undefined
}

function methodOf(text: Text): ForeignClient['pkce'] {
  return text('challengeAlgorithm', 'pkceMethod', 'pkce_method') === 'plain' ? 'plain' : 'S256'
}

function notesOf(block: Block, grant: string, text: Text): string[] {
  const redirect = text('redirect_uri', 'redirectUrl', 'callbackUrl', 'callback_url')
  const has = (...names: string[]): boolean => text(...names) !== undefined
  const prefix = text('headerPrefix', 'tokenPrefix', 'tokenHeaderPrefix', 'token_header_prefix')
  const place = text('addTokenTo', 'tokenPlacement', 'token_placement')
  return [
    ...(Object.hasOwn(FLOWS, grant)
      ? []
      : [`The flow "${grant.slice(0, 60)}" does not exist in Keyway; sign in through the browser instead.`]),
    ...(redirect === undefined
      ? []
      : [`It came home to ${redirect.slice(0, 200)}; register the address that Keyway shows as well.`]),
    ...(has('accessToken', 'refreshToken', 'access_token', 'refresh_token')
      ? [
          'The tokens in the file were left out: sign in once more, or paste the refresh token when you connect.',
        ]
      : []),
    ...(has('username', 'password') ? ['User name and password were left out.'] : []),
    ...(place === 'queryParams' || place === 'query' || place === 'url'
      ? ['It put the token into addresses; Keyway sends it in a header.']
      : []),
    ...(prefix === undefined || prefix.toLowerCase() === 'bearer'
      ? []
      : [`It sent the token as "${prefix.slice(0, 60)} …": set that header under Advanced.`]),
    ...(block['disabled'] === true ? ['It was switched off there.'] : []),
    ...shapeless(block),
  ]
}

/** What a text is expected of, such as an audience, and the file has something else. */
const TEXTS = [
  'audience',
  'resource',
  'scope',
  'scopes',
  'clientId',
  'client_id',
  'clientSecret',
  'client_secret',
]

function shapeless(block: Block): string[] {
  return TEXTS.filter((name) => typeof block[name] === 'object' && block[name] !== null).map(
    (name) => `The setting "${name}" is not a text, so it was left out.`,
  )
}

type Extra = {
  authorization: Record<string, string>
  token: Record<string, string>
  refresh: Record<string, string>
  tokenHeaders: Record<string, string>
  notes: string[]
}

/** `authRequestParams` and similar fields of Postman, `additionalParameters` of Bruno. */
function extraParams(block: Block, variables: Variables): Extra {
  const bruno: Block = isBlock(block['additionalParameters']) ? block['additionalParameters'] : {}
  const extra: Extra = { authorization: {}, token: {}, refresh: {}, tokenHeaders: {}, notes: [] }
  const lists = [
    ['authorization', block['authRequestParams'] ?? bruno['authorization']],
    ['token', block['tokenRequestParams'] ?? bruno['token']],
    ['refresh', block['refreshRequestParams'] ?? bruno['refresh']],
  ] as const
  for (const [phase, list] of lists) {
    for (const item of Array.isArray(list) ? (list as unknown[]) : []) {
      if (!isBlock(item) || item['enabled'] === false) continue
      const name = item['key'] ?? item['name']
      const { value } = item
      if (typeof name !== 'string' || typeof value !== 'string') continue
      add(extra, phase, {
        name,
        value: withVariables(value, variables),
        where: item['send_as'] ?? item['sendIn'],
      })
    }
  }
  return extra
}

function add(
  extra: Extra,
  phase: 'authorization' | 'token' | 'refresh',
  { name, value, where }: { name: string; value: string; where: unknown },
): void {
  if (where === 'request_header' || where === 'headers') {
    if (phase === 'token') extra.tokenHeaders[name] = value
    else extra.notes.push(`The header "${name.slice(0, 60)}" of the ${phase} request was left out.`)
    return
  }
  extra[phase][name] = value
}

export function isBlock(value: unknown): value is Block {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
