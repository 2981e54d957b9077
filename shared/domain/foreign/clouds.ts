// Google's client file (client_secret.json) and the remotes of rclone.conf.
import { parseScopes } from '../../contract/scope-list.ts'
import { textOf } from '../json-path.ts'
import { type Block, isBlock } from './api-client-block.ts'
import { iniSections } from './mail.ts'
import type { ForeignClient } from './provider.ts'

/** A file that is known and holds no client that can be registered. */
export class UnusableFile extends Error {
  override readonly name = 'UnusableFile'
}

/**
 * `{installed: {…}}` or `{web: {…}}`, as the Google Cloud console hands it out; null for other JSON.
 * @throws UnusableFile for the key of a service account
 */
export function googleClients(value: unknown): ForeignClient[] | null {
  if (!isBlock(value)) return null
  if (value['type'] === 'service_account' && 'private_key' in value) {
    throw new UnusableFile(
      'This is the key of a service account, which has no sign-in. Create an OAuth client of the type "Desktop app" instead.',
    )
  }
  const clients = (['installed', 'web'] as const).flatMap((kind) => {
    const block = value[kind]
    return isBlock(block) && textOf(block['client_id']) !== null ? [googleClient(kind, block)] : []
  })
  return clients.length === 0 ? null : clients
}

function googleClient(kind: 'installed' | 'web', block: Block): ForeignClient {
  const text = (name: string): string | undefined => textOf(block[name]) ?? undefined
  const redirects = Array.isArray(block['redirect_uris'])
    ? block['redirect_uris'].flatMap((uri) => textOf(uri) ?? [])
    : []
  return {
    name: text('project_id') === undefined ? 'Google' : `Google ${text('project_id')}`,
    authorizationUrl: text('auth_uri'),
    tokenUrl: text('token_uri'),
    clientId: text('client_id'),
    clientSecret: text('client_secret'),
    scopes: [],
    auth: text('client_secret') === undefined ? undefined : 'client_secret_post',
    pkce: 'S256',
    // Without it, Google gives no refresh token.
    authorizationParams: { access_type: 'offline' },
    notes: [
      'The file names no scopes: enter those that you need.',
      ...(kind === 'installed'
        ? []
        : ['This is a web client: add the redirect URI that Keyway shows in the Google Cloud console.']),
      ...(redirects.length === 0
        ? []
        : [`Its own redirect URIs were left out: ${redirects.join(', ').slice(0, 300)}.`]),
    ],
  }
}

type Backend = { authorization: string; token: string; scopes?: (scope: string) => readonly string[] }

const google: Backend = {
  authorization: 'https://accounts.google.com/o/oauth2/auth',
  token: 'https://oauth2.googleapis.com/token',
  scopes: (scope) => (parseScopes(scope) ?? []).map((name) => googleScope(name)),
}

/** rclone's `drive.readonly` is the end of Google's own name. */
const googleScope = (name: string): string =>
  name.includes('://') ? name : `https://www.googleapis.com/auth/${name}`

/** The services that rclone signs in to with OAuth, by its `type`, with its built-in addresses. */
const BACKENDS: Readonly<Record<string, Backend>> = {
  drive: google,
  'google photos': google,
  'google cloud storage': google,
  onedrive: {
    authorization: 'https://login.microsoftonline.com/common/oauth2/v2.0/authorize',
    token: 'https://login.microsoftonline.com/common/oauth2/v2.0/token',
  },
  dropbox: {
    authorization: 'https://www.dropbox.com/oauth2/authorize',
    token: 'https://api.dropboxapi.com/oauth2/token',
  },
  box: {
    authorization: 'https://app.box.com/api/oauth2/authorize',
    token: 'https://app.box.com/api/oauth2/token',
  },
  pcloud: {
    authorization: 'https://my.pcloud.com/oauth2/authorize',
    token: 'https://api.pcloud.com/oauth2_token',
  },
  yandex: { authorization: 'https://oauth.yandex.com/authorize', token: 'https://oauth.yandex.com/token' },
}

const ENCRYPTED = /^RCLONE_ENCRYPT_V\d+:/m

/** Null when no section is a remote of rclone. @throws UnusableFile for an encrypted file */
export function rcloneClients(content: string): ForeignClient[] | null {
  if (ENCRYPTED.test(content.slice(0, 1000))) {
    throw new UnusableFile(
      'This rclone configuration is encrypted. Run "rclone config show" and paste what it prints.',
    )
  }
  const remotes = iniSections(content).filter(({ values }) => values.has('type'))
  const withOAuth = remotes.filter(({ values }) => isOAuth(values))
  if (withOAuth.length === 0) return null
  const others = remotes.filter((remote) => !withOAuth.includes(remote)).map(({ name }) => name)
  const left =
    others.length === 0 ? [] : [`Remotes without OAuth were left out: ${others.join(', ').slice(0, 300)}.`]
  return withOAuth.map(({ name, values }) => rcloneClient(name, values, left))
}

/** `token` holds JSON where rclone signed in; a backend that it knows needs no token yet. */
const isOAuth = (values: ReadonlyMap<string, string>): boolean =>
  Object.hasOwn(BACKENDS, values.get('type') ?? '') || (values.get('token') ?? '').startsWith('{')

function rcloneClient(
  name: string,
  values: ReadonlyMap<string, string>,
  left: readonly string[],
): ForeignClient {
  const type = values.get('type') ?? ''
  const backend = Object.hasOwn(BACKENDS, type) ? BACKENDS[type] : undefined
  const given = (field: string): string | undefined => {
    const value = values.get(field)
    return value === undefined || value === '' ? undefined : value
  }
  const scope = given('scope') ?? given('access_scopes')
  return {
    name,
    authorizationUrl: given('auth_url') ?? backend?.authorization,
    tokenUrl: given('token_url') ?? backend?.token,
    clientId: given('client_id'),
    clientSecret: given('client_secret'),
    scopes: scope === undefined ? [] : (backend?.scopes?.(scope) ?? parseScopes(scope) ?? []),
    flow: given('client_credentials') === 'true' ? 'client_credentials' : undefined,
    authorizationParams: backend === google ? { access_type: 'offline' } : {},
    notes: [
      ...(given('client_id') === undefined
        ? ["It uses rclone's own client, which works in rclone only. Register a client of your own."]
        : []),
      ...(backend === undefined
        ? [`Keyway does not know the addresses of "${type.slice(0, 60)}": enter them.`]
        : []),
      ...(given('token') === undefined
        ? []
        : ['Its token was left out: sign in once more, or paste the refresh token when you connect.']),
      ...(given('service_account_file') === undefined && given('service_account_credentials') === undefined
        ? []
        : ['It uses a service account, which has no sign-in.']),
      ...left,
    ],
  }
}
