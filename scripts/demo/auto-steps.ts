// The main task, step by step. Each step is checked against the requests that the provider recorded, not
// against what Keyway reports.
import { setTimeout as pause } from 'node:timers/promises'
import type { PracticeProvider } from '../../electron/practice-provider/provider.ts'
import type { ConnectionView } from '../../shared/contract/connection.ts'
import { createLocalApi, type LocalApi, type TokenData } from './local-api.ts'
import type { Person } from './person.ts'
import { practiceRegistration } from './registration.ts'
import { openWindowClient, type WindowClient } from './window-client.ts'

export type Scene = {
  url: string
  newLaunchUrl: () => string
  practice: PracticeProvider
  person: Person
  /** Prints one line per completed step. */
  say: (step: string, fact: string) => void
}

const ACCOUNT = 'ada@example.test'
const CALLERS = 25
const PATIENCE_MS = 15_000

/** @throws Error at the first step with an unexpected result. */
export async function runMainJob(scene: Scene): Promise<void> {
  const window = await openWindowClient(scene.newLaunchUrl())
  const providerId = await register(scene, window)
  const { key } = await window.call('apps.create', {
    name: 'Demo app',
    grants: [{ target: { kind: 'all' }, token: true, proxy: true }],
  })
  const api = createLocalApi({ url: scene.url, key, provider: 'rehearsal' })
  await connect(scene, window, { providerId, api })
  const first = await requestToken(scene, api)
  await proxy(scene, api)
  const second = await forceRefresh(scene, api, first)
  await disconnect(scene, window, { api, token: second })
}

async function register({ url, practice, say }: Scene, window: WindowClient): Promise<string> {
  const provider = await window.call('providers.create', practiceRegistration(practice))
  check(provider.redirectUri === `${url}/oauth2/callback`, `the redirect URI is ${provider.redirectUri}`)
  check(provider.hasClientSecret, 'the client secret was not kept')
  check(!JSON.stringify(provider).includes(practice.clients.basic.clientSecret ?? ''), 'the secret came back')
  say(
    'register',
    `provider "${provider.name}" at ${practice.issuer}; its way home is ${provider.redirectUri}`,
  )
  return provider.id
}

async function connect(
  { practice, person, say, newLaunchUrl }: Scene,
  window: WindowClient,
  { providerId, api }: { providerId: string; api: LocalApi },
): Promise<void> {
  const refusal = await api.refusal()
  check(refusal.code === 'not_connected', `before signing in the API said ${refusal.code}`)
  check(refusal.connectUrl !== undefined, 'it gave no connectUrl')

  const flow = await window.call('connections.connect', { providerId, open: 'link-only' })
  if (flow.kind !== 'waiting_for_browser') throw new Error(`The sign-in is ${flow.kind}.`)
  const page = await person.signIn(flow.authorizationUrl, ACCOUNT)
  const connection = await eventually(window, ({ lastOutcome }) => lastOutcome.status === 'ok')
  const grants = practice.grants().filter(({ account }) => account === ACCOUNT)
  check(grants.length === 1, `the provider holds ${grants.length} grants`)
  check(connection.hasRefreshToken, 'no refresh token came')
  const seen = await person.look(newLaunchUrl(), ACCOUNT)
  say(
    'connect',
    `signed in as ${connection.identity.label ?? connection.account} with ${person.name}; result page "${page}"${
      seen === null ? '' : '; the window shows the account'
    }`,
  )
}

async function requestToken({ practice, say }: Scene, api: LocalApi): Promise<TokenData> {
  const served = await api.token()
  const me = await callProvider(practice, served.accessToken)
  check(me.status === 200 && me.email === ACCOUNT, `the provider answered the token with HTTP ${me.status}`)
  say('token', `good for ${served.expiresIn} s; the provider answers it with ${me.email}`)
  return served
}

async function proxy({ practice, say }: Scene, api: LocalApi): Promise<void> {
  const before = practice.stats().apiCalls
  const { status, body } = await api.proxied('/api/me')
  check(status === 200 && JSON.stringify(body).includes(ACCOUNT), `the proxied call answered HTTP ${status}`)
  check(practice.stats().apiCalls === before + 1, 'the call did not reach the provider exactly once')
  say('proxied call', 'GET /api/me through Keyway: 200, and the app saw no token')
}

async function forceRefresh({ practice, say }: Scene, api: LocalApi, first: TokenData): Promise<TokenData> {
  practice.expireAccessTokens({ account: ACCOUNT })
  const before = practice.stats()
  const all = await Promise.all(
    Array.from({ length: CALLERS }, () => api.token({ rejected: first.accessToken })),
  )
  const [second] = all
  if (second === undefined || new Set(all.map(({ accessToken }) => accessToken)).size !== 1) {
    throw new Error('The callers were not all given the same token.')
  }
  check(second.accessToken !== first.accessToken, 'the refused token was handed out again')
  const after = practice.stats()
  check(
    after.refreshes === before.refreshes + 1,
    `the provider counted ${after.refreshes - before.refreshes}`,
  )
  check(after.reuseDetections === 0, 'a used-up refresh token was sent')
  check((await callProvider(practice, second.accessToken)).status === 200, 'the new token does not work')
  say('forced refresh', `${CALLERS} callers at once, 1 refresh at the provider, the refresh token rotated`)
  return second
}

async function disconnect(
  { practice, say }: Scene,
  window: WindowClient,
  { api, token }: { api: LocalApi; token: TokenData },
): Promise<void> {
  const status = await api.disconnect(token.connectionId)
  check(status === 204, `disconnecting answered HTTP ${status}`)
  const { revocations } = practice.stats()
  check(revocations.refresh_token === 1, `the provider counted ${revocations.refresh_token} revocations`)
  const refused = (await callProvider(practice, token.accessToken)).status
  check(refused === 401, `the provider still answers the token with HTTP ${refused}`)
  const { connections } = await window.call('snapshot.get', undefined)
  check(connections.length === 0, 'the connection is still shown')
  check((await api.refusal()).code === 'not_connected', 'the API does not say that nothing is connected')
  say('disconnect', 'revoked at the provider, which now answers the token with 401; removed here')
}

async function eventually(
  window: WindowClient,
  wanted: (connection: ConnectionView) => boolean,
): Promise<ConnectionView> {
  const until = performance.now() + PATIENCE_MS
  while (performance.now() < until) {
    const { connections, flows } = await window.call('snapshot.get', undefined)
    const found = connections.find(wanted)
    if (found !== undefined) return found
    const failed = flows.find(({ kind }) => kind === 'failed')
    if (failed?.kind === 'failed') throw new Error(`The sign-in failed: ${failed.failure.message}`)
    await pause(50)
  }
  throw new Error('The connection did not become healthy in time.')
}

async function callProvider(
  practice: PracticeProvider,
  accessToken: string,
): Promise<{ status: number; email: unknown }> {
  const response = await fetch(practice.url('/api/me'), {
    headers: { authorization: `Bearer ${accessToken}` },
  })
  const body: unknown = await response.json()
  return {
    status: response.status,
    email: typeof body === 'object' && body !== null && 'email' in body ? body.email : null,
  }
}

function check(happened: boolean, otherwise: string): asserts happened {
  if (!happened) throw new Error(`That did not happen as it should: ${otherwise}.`)
}
