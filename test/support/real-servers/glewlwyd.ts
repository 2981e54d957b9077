// Glewlwyd (Debian: glewlwyd, sqlite3) with a database of its own: OpenID Connect with nearly every
// extension.
import { execFileSync, spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { onTestFinished, vi } from 'vitest'
import { findProgram } from '../../../scripts/machine/find-program.ts'
import { tempFolder } from '../temp-folder.ts'
import { type Person, redirectUri } from './circle.ts'

const SCHEMA = '/usr/share/doc/glewlwyd/database/init.sqlite3.sql.gz'
const MODULES = '/usr/lib/glewlwyd'
const password = 'made-up-password'

/** What Glewlwyd needs that is not on this machine. */
export const missingForGlewlwyd = (): string[] => [
  ...['glewlwyd', 'sqlite3'].filter((name) => findProgram(name) === null),
  ...(existsSync(SCHEMA) ? [] : [SCHEMA]),
]

export type Glewlwyd = {
  issuer: string
  /** Signs in as Ada and allows what the client asks for. */
  person: Person
  /** Allows a device. */
  allowDevice: (about: { userCode: string }) => Promise<void>
  addClient: (client: Record<string, unknown>) => Promise<void>
}

/** @param parameters Of its OpenID Connect plugin, besides the usual ones. */
export async function startGlewlwyd(parameters: Record<string, unknown> = {}): Promise<Glewlwyd> {
  const folder = tempFolder()
  const origin = `http://127.0.0.1:${await freePort()}`
  const database = join(folder, 'database')
  execFileSync('sqlite3', [database], { input: gunzipSync(readFileSync(SCHEMA)) })
  const configuration = join(folder, 'glewlwyd.conf')
  writeFileSync(configuration, configurationOf(origin, folder, database))
  const child = spawn('glewlwyd', [`--config-file=${configuration}`], { stdio: 'ignore' })
  const ended = new Promise<void>((resolve) => void child.once('close', () => resolve()))
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  await vi.waitFor(() => fetch(`${origin}/config`), { timeout: 20_000, interval: 50 })
  const admin = await openSession(origin, 'admin', 'password')
  const issuer = `${origin}/api/oidc`
  await admin('POST', '/api/mod/plugin/', {
    module: 'oidc',
    name: 'oidc',
    display_name: 'OpenID Connect',
    order_rank: 0,
    parameters: { iss: issuer, ...usualParameters(), ...parameters },
  })
  const ada = { username: 'ada', name: 'Ada', email: 'ada@example.test', scope: ['openid'], enabled: true }
  await admin('POST', '/api/user/', { ...ada, password })
  return {
    issuer,
    person: async (url) => {
      const browser = await openSession(origin, 'ada', password)
      // A pushed request names the client too.
      const client = new URL(url).searchParams.get('client_id') ?? ''
      await browser('PUT', `/api/auth/grant/${client}`, { scope: 'openid' })
      const location = (await browser('GET', `${url.slice(origin.length)}&g_continue`)).headers.get(
        'location',
      )
      if (location === null || !URL.canParse(location)) throw new Error(`stopped at ${location}`)
      return new URL(location)
    },
    allowDevice: async ({ userCode }) => {
      const browser = await openSession(origin, 'ada', password)
      await browser('GET', `/api/oidc/device?code=${userCode}&g_continue`)
    },
    addClient: async (client) => {
      const usual = { name: 'Keyway', redirect_uri: [redirectUri], enabled: true, scope: [] }
      await admin('POST', '/api/client/', { ...usual, ...client })
    },
  }
}

/** Glewlwyd takes no port 0. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

function configurationOf(origin: string, folder: string, database: string): string {
  const values = {
    bind_address: '127.0.0.1',
    external_url: origin,
    login_url: 'login.html',
    api_prefix: 'api',
    log_mode: 'file',
    log_level: 'INFO',
    log_file: join(folder, 'log'),
    cookie_same_site: 'empty',
    session_key: 'session',
    admin_session_authentication: 'cookie',
    profile_session_authentication: 'cookie',
    admin_scope: 'g_admin',
    profile_scope: 'g_profile',
    user_module_path: `${MODULES}/user`,
    client_module_path: `${MODULES}/client`,
    user_auth_scheme_module_path: `${MODULES}/scheme`,
    plugin_module_path: `${MODULES}/plugin`,
    hash_algorithm: 'SHA512',
  }
  const lines = Object.entries(values).map(([name, value]) => `${name}="${value}"`)
  const stored = `database = { type = "sqlite3"; path = "${database}"; };`
  return [`port=${new URL(origin).port}`, 'cookie_secure=0', ...lines, stored, ''].join('\n')
}

function usualParameters(): Record<string, unknown> {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const key = { ...privateKey.export({ format: 'jwk' }), kid: 'made-up', alg: 'RS256' }
  return {
    'jwks-private': JSON.stringify({ keys: [key] }),
    'jwks-show': true,
    'jwt-type': 'rsa',
    'jwt-key-size': '256',
    'access-token-duration': 3600,
    'refresh-token-duration': 1_209_600,
    'code-duration': 600,
    'refresh-token-one-use': 'always',
    'allow-non-oidc': true,
    'auth-type-code-enabled': true,
    'auth-type-refresh-enabled': true,
    'auth-type-client-enabled': true,
    'auth-type-device-enabled': true,
    'device-authorization-expiration': 600,
    'device-authorization-interval': 1,
    'pkce-allowed': true,
    'introspection-revocation-allowed': true,
    'introspection-revocation-allow-target-client': true,
    'register-client-allowed': true,
    'register-client-auth-scope': [],
    'request-parameter-allow': true,
    'request-maximum-exp': 3600,
    'client-jwks-parameter': 'jwks',
    'name-claim': 'mandatory',
    'email-claim': 'mandatory',
    'allowed-scope': ['openid'],
    'subject-type': 'public',
    'oauth-as-iss-id': true,
  }
}

type Session = {
  (method: string, path: string, body?: object): Promise<Response>
  cookie: string
}

/** Somebody who is signed in to Glewlwyd. */
async function openSession(origin: string, username: string, secret: string): Promise<Session> {
  const send = async (cookie: string, method: string, path: string, body?: object): Promise<Response> => {
    const response = await fetch(`${origin}${path}`, {
      method,
      redirect: 'manual',
      headers: { cookie, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    if (response.status < 400) return response
    throw new Error(`${method} ${path}: HTTP ${response.status} ${await response.text()}`)
  }
  const signedIn = await send('', 'POST', '/api/auth/', { username, password: secret })
  const cookie = signedIn.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  return Object.assign((method: string, path: string, body?: object) => send(cookie, method, path, body), {
    cookie,
  })
}
