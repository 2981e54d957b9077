// Seeded secrets are driven through a whole run of the built host, failures included; afterwards they are
// looked for everywhere that something could have been left.
import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { createPracticeProvider } from '../../electron/practice-provider/provider.ts'
import { openWindowClient } from '../../scripts/demo/window-client.ts'
import { startConnectProxy } from '../support/connect-proxy.ts'
import { buildHost, startHost, untilReady } from '../support/host-process.ts'
import { formsOf, searchFolder, searchText, type Found, type Secrets } from '../support/leak-search.ts'
import { startRecordingRelay } from '../support/recording-relay.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { signInWithHttp } from '../support/user-agent.ts'

const seed = (name: string): string => `canary-${name}-${randomBytes(12).toString('base64url')}`

beforeAll(buildHost, 180_000)

test('the search finds a planted secret in every form that it knows', () => {
  const folder = tempFolder()
  const secret = 'canary "planted"/+~value'
  const forms = [...formsOf(secret)]
  expect(forms.length).toBeGreaterThan(10)
  const missed = forms.filter(([form, value]) => {
    writeFileSync(join(folder, 'log'), `before ${value} after`)
    return !searchFolder(folder, { planted: secret }).some((found) => found.form === form)
  })
  expect(missed).toEqual([])
  // Within a larger text that was encoded as a whole, wherever in it the secret stands.
  for (const before of ['', 'x', 'xy', 'xyz']) {
    const whole = Buffer.from(`${before}${secret}:and more`).toString('base64')
    expect(searchText(whole, { planted: secret }, 'a header')).not.toEqual([])
  }
  mkdirSync(join(folder, 'deeper'))
  writeFileSync(join(folder, 'deeper', 'a-plain-secret-as-name'), '')
  expect(searchFolder(folder, { planted: 'plain-secret' })).not.toEqual([])
})

test('no secret of a whole run is in a file, a log, an error, an event, a page of the window or the arguments', async () => {
  const run = await startRun()
  await useEverything(run)

  const secrets = { ...run.seeds, ...secretsOnTheWire(run.wire()) }
  const kinds = Object.keys(secrets).map((name) => name.replace(/ \d+$/, ''))
  expect(new Set(kinds)).toEqual(
    new Set([
      ...Object.keys(run.seeds),
      'code',
      'code verifier',
      'access token',
      'refresh token',
      'id token',
    ]),
  )

  const places = (): Found[] => [
    ...searchFolder(run.dataPath, secrets),
    ...searchText(run.host.output(), secrets, 'standard output and error'),
    ...run.seen.flatMap(({ text, where }) => searchText(text, secrets, where)),
  ]
  // The same search, where something is to be found: the wire itself, and what an app was rightly given.
  expect(searchText(run.wire(), secrets, 'the wire').map(({ secret }) => secret)).toContain('client secret')
  expect(run.seen.length).toBeGreaterThan(40)
  expect(run.seen.map(({ where }) => where)).toContain('an event of the window')
  expect(places()).toEqual([])

  run.host.kill('SIGTERM')
  expect(await run.host.ended).toBe(0)
  expect(places()).toEqual([])
}, 120_000)

type Run = Awaited<ReturnType<typeof startRun>>

async function startRun() {
  const dataPath = join(tempFolder(), 'data')
  const seeds: Record<string, string> & Record<'passphrase' | 'client secret' | 'app key', string> = {
    passphrase: seed('passphrase'),
    'wrong passphrase': seed('wrong-passphrase'),
    'client secret': seed('client-secret'),
    'wrong client secret': seed('wrong-client-secret'),
    'wrong app key': `kw_${randomBytes(32).toString('base64url')}`,
    'key in an address': `kw_${randomBytes(32).toString('base64url')}`,
    'misplaced password': seed('misplaced-password'),
    'code of a stranger': seed('code-of-a-stranger'),
    'pasted code': seed('pasted-code'),
    'pasted token': seed('pasted-token'),
    'bundle passphrase': seed('bundle-passphrase'),
    'app key': '',
  }
  const proxy = await startConnectProxy()
  const relay = await startRecordingRelay(proxy.url)
  onTestFinished(async () => {
    await relay.close()
    await proxy.close()
  })
  const host = startHost(
    ['--data', dataPath, '--port', '0', '--no-open', '--passphrase-stdin', '--log-level', 'debug'],
    { input: `${seeds.passphrase}\n`, environment: { http_proxy: relay.url } },
  )
  const { url, launchUrl } = await untilReady(host)
  const practice = await createPracticeProvider({
    clients: [
      {
        client_id: 'canary',
        client_secret: seeds['client secret'],
        redirect_uris: [`${url}/oauth2/callback`],
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
      },
    ],
  })
  onTestFinished(() => practice.close())
  const seen: { where: string; text: string }[] = []
  const see = (where: string, text: string): void => void seen.push({ where, text })
  const window = await openWindowClient(launchUrl)
  const stopped = new AbortController()
  onTestFinished(() => stopped.abort())
  void record(`${url}/ui/events`, window.session, stopped.signal, (text) =>
    see('an event of the window', text),
  )
  return {
    dataPath,
    host,
    practice,
    see,
    seeds,
    seen,
    url,
    window,
    wire: relay.heard,
    stopped: stopped.signal,
  }
}

async function record(
  url: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
  see: (text: string) => void,
): Promise<void> {
  try {
    const { body } = await fetch(url, { headers, signal })
    for await (const chunk of body ?? []) see(Buffer.from(chunk).toString('utf8'))
  } catch (error) {
    if (!signal.aborted && !(error instanceof TypeError)) throw error
  }
}

async function useEverything(run: Run): Promise<void> {
  const { seeds, window, see } = run
  const providerId = await register(run)
  const { app, key } = await window.call('apps.create', {
    name: 'Canary',
    grants: [{ target: { kind: 'all' }, token: true, proxy: true }],
  })
  seeds['app key'] = key
  see('the app as the window sees it', JSON.stringify(app))
  void record(`${run.url}/api/events`, { 'x-api-key': key }, run.stopped, (text) =>
    see('an event of the API', text),
  )

  await refusedCalls(run)
  await failedSignIns(run, providerId)
  const callbackUrl = await signIn(run, providerId)
  see('a replayed callback', await (await fetch(callbackUrl)).text())
  await wrongClientSecret(run, providerId)
  await troubles(run)

  await everythingToTakeAway(run, providerId)
  see('the window', JSON.stringify(await window.call('snapshot.get', undefined)))
  see('the activity', JSON.stringify(await window.call('activity.query', {})))
  see('the connections', await text(run, '/api/integration-connections'))
  const { connections } = await window.call('snapshot.get', undefined)
  const [connection] = connections
  see('the connection', await text(run, `/api/integrations/${connection?.id}/connection`))
  // Reconnected, so that what is left for the last search is a living grant.
  await signIn(run, providerId)
  see('the window at the end', JSON.stringify(await window.call('snapshot.get', undefined)))
}

async function register({ practice, seeds, see, window }: Run): Promise<string> {
  const registration = {
    slug: 'canary',
    name: 'Canary',
    clientId: 'canary',
    clientSecret: seeds['client secret'],
    scopes: ['openid', 'email', 'offline_access', 'files.read'],
    allowedHosts: [`127.0.0.1:${practice.port}`],
    privateHosts: [`127.0.0.1:${practice.port}`],
    spec: {
      discovery: { issuer: practice.issuer, kind: 'oidc' as const },
      authorize: { extraParams: { prompt: 'consent' } },
      api: { baseUrl: practice.issuer },
    },
  }
  await window
    .call('providers.create', { ...registration, slug: 'Not A Slug' })
    .catch((error: Error) => see('a refused registration', error.message))
  const provider = await window.call('providers.create', registration)
  see('the provider as the window sees it', JSON.stringify(provider))
  see('the provider, exported', JSON.stringify(await window.call('providers.export', { id: provider.id })))
  return provider.id
}

/** What goes wrong before anybody is connected. */
async function refusedCalls(run: Run): Promise<void> {
  const { seeds, see, url } = run
  const withKey = (key: string): RequestInit => ({ headers: { 'x-api-key': key } })
  see(
    'a wrong key',
    await (await fetch(`${url}/api/integration-connections`, withKey(seeds['wrong app key']!))).text(),
  )
  see(
    'a key in an address',
    await (await fetch(`${url}/api/apps/me?api_key=${seeds['key in an address']}`)).text(),
  )
  see('not connected', await token(run, {}))
  see('a misplaced password', await token(run, { password: seeds['misplaced password'] }))
  see('a password as a scope', await token(run, { scopes: [{ x: seeds['misplaced password'] }] }))
  const broken = {
    method: 'POST',
    headers: { 'x-api-key': seeds['app key'], 'content-type': 'application/json' },
  }
  const body = `{"provider":"canary","rejected":"${seeds['misplaced password']}"`
  see('broken JSON', await (await fetch(`${url}/api/integrations/token`, { ...broken, body })).text())
  const stranger = `${url}/oauth2/callback?code=${seeds['code of a stranger']}&state=made-up`
  see("a stranger's callback", await (await fetch(stranger)).text())
}

async function failedSignIns(run: Run, providerId: string): Promise<void> {
  const { practice, see, seeds, window } = run
  const denied = await start(run, providerId)
  const outcome = await signInWithHttp(denied.url, { account: 'ada@example.test', decision: 'deny' })
  see('a denied sign-in', JSON.stringify({ ...outcome, callbackUrl: '' }))

  const pasted = await start(run, providerId)
  const paste = { id: pasted.id, text: `${run.url}/oauth2/callback?code=${seeds['pasted code']}&state=other` }
  await window
    .call('flows.paste', paste)
    .then((flow) => see('a wrong paste', JSON.stringify(flow)))
    .catch((error: Error) => see('a refused paste', error.message))

  // A server that says back what it was sent.
  const words = { error: 'invalid_client', errorDescription: `secret ${seeds['client secret']} is wrong` }
  await practice.behave({ faults: [{ kind: 'status', status: 401, ...words }] })
  const refused = await start(run, providerId)
  const page = await signInWithHttp(refused.url, { account: 'ada@example.test' })
  const shown = page.kind === 'returned' ? page.body : page.kind
  expect(shown).toContain('invalid_client')
  see('a refused exchange', shown)
  await practice.behaveNormally()

  await window
    .call('connections.connect', { providerId, kind: 'refresh_token', token: seeds['pasted token']! })
    .then((flow) => see('a pasted token that is none', JSON.stringify(flow)))
    .catch((error: Error) => see('a refused pasted token', error.message))
}

async function start({ see, window }: Run, providerId: string): Promise<{ id: string; url: string }> {
  const flow = await window.call('connections.connect', { providerId, open: 'link-only' })
  see('a flow', JSON.stringify(flow))
  if (flow.kind !== 'waiting_for_browser') throw new Error(`The flow is ${flow.kind}`)
  return { id: flow.id, url: flow.authorizationUrl }
}

async function signIn(run: Run, providerId: string): Promise<string> {
  const { url } = await start(run, providerId)
  const outcome = await signInWithHttp(url, { account: 'ada@example.test' })
  if (outcome.kind !== 'returned') throw new Error(`The sign-in is ${outcome.kind}`)
  run.see('the result page', outcome.body)
  return outcome.callbackUrl
}

/**
 * The provider refuses the client, not the grant: while a dead token is proxied, so that a refresh is due.
 */
async function wrongClientSecret(run: Run, providerId: string): Promise<void> {
  const { practice, see, seeds, window } = run
  const change = (clientSecret: string): Promise<unknown> =>
    window.call('providers.update', { id: providerId, patch: { clientSecret } })
  await change(seeds['wrong client secret']!)
  practice.expireAccessTokens()
  see('a proxied call with a wrong client secret', await text(run, '/api/integrations/canary/request/api/me'))
  expect(practice.stats().visits.map(({ error }) => error)).toContain('invalid_client')
  see('the window then', JSON.stringify(await window.call('snapshot.get', undefined)))
  await change(seeds['client secret'])
}

/** What goes wrong with a connection, each followed by a call that an app would make. */
async function troubles(run: Run): Promise<void> {
  const { practice, see, seeds, window } = run
  expect(JSON.parse(await token(run, {}))).toMatchObject({ data: { account: expect.any(String) } })
  see('a proxied call', await text(run, '/api/integrations/canary/request/api/me'))
  expect(JSON.parse(await token(run, { rejected: true }))).toMatchObject({ data: {} })

  await practice.behave({ faults: [{ kind: 'html', status: 502, times: 1 }] })
  practice.expireAccessTokens()
  see('a proxied call with a dead token', await text(run, '/api/integrations/canary/request/api/me'))
  await practice.behave({ faults: [], outage: { kind: 'refused' } })
  see('a proxied call in an outage', await text(run, '/api/integrations/canary/request/api/me'))
  await practice.behaveNormally()

  see('locked', JSON.stringify(await window.call('vault.lock', undefined)))
  see('a call while locked', await token(run, {}))
  await window
    .call('vault.unlock', { passphrase: seeds['wrong passphrase']! })
    .catch((error: Error) => see('a wrong passphrase', error.message))
  see('unlocked', JSON.stringify(await window.call('vault.unlock', { passphrase: seeds.passphrase })))
  const path = `/proc/${run.host.pid}/cmdline`
  if (process.platform === 'linux') see('the arguments', readFileSync(path, 'utf8'))
}

/** What a person copies out of the window and sends to others. */
async function everythingToTakeAway({ seeds, see, url, window }: Run, providerId: string): Promise<void> {
  const { connections } = await window.call('snapshot.get', undefined)
  const id = connections[0]?.id ?? ''
  see('a test call', JSON.stringify(await window.call('connections.testCall', { id, url: '/api/me' })))
  see('a check of the provider', JSON.stringify(await window.call('providers.doctor', { id: providerId })))
  see('a support report', JSON.stringify(await window.call('connections.report', { id })))
  see('diagnostics', JSON.stringify(await window.call('diagnostics.collect', undefined)))
  see(
    'a bundle',
    JSON.stringify(await window.call('bundle.export', { passphrase: seeds['bundle passphrase']! })),
  )
  const { json } = await window.call('providers.export', { id: providerId })
  see('the provider as a file', json)
  see('the document of the API', await (await fetch(`${url}/openapi.json`)).text())
  see('the page of the window', await (await fetch(url, { headers: window.session })).text())
}

async function token({ seeds, url }: Run, body: object): Promise<string> {
  const response = await fetch(`${url}/api/integrations/token`, {
    method: 'POST',
    headers: { 'x-api-key': seeds['app key'], 'content-type': 'application/json' },
    body: JSON.stringify({ provider: 'canary', ...body }),
  })
  return response.text()
}

const text = async ({ seeds, url }: Run, path: string): Promise<string> =>
  (await fetch(`${url}${path}`, { headers: { 'x-api-key': seeds['app key'] } })).text()

/** What the provider gave and was given. */
function secretsOnTheWire(wire: string): Secrets {
  const patterns: ReadonlyArray<readonly [name: string, pattern: RegExp]> = [
    ['code', /[?&\n]code=([\w.~-]+)/g],
    ['code verifier', /[&\n]code_verifier=([\w.~-]+)/g],
    ['access token', /"access_token":"([^"]+)"/g],
    ['refresh token', /"refresh_token":"([^"]+)"/g],
    ['id token', /"id_token":"([^"]+)"/g],
  ]
  const found = patterns.flatMap(([name, pattern]) => {
    const values = new Set([...wire.matchAll(pattern)].map(([, value = '']) => value))
    return [...values].map((value, index) => [`${name} ${index + 1}`, value] as const)
  })
  return Object.fromEntries(found)
}
