// Makes the data folders under test/fixtures/data-folders with the code of the version that is to have
// written them:
//   git archive <commit> | tar x -C <checkout>; ln -s <here>/node_modules <checkout>/node_modules
//   node test/support/data-folders/make-folders.mjs <checkout> test/fixtures/data-folders/<commit>
//   (an older version has some of the imported files elsewhere; its own copy of this script names them)
// Each folder gets a `<name>.contents.json` beside it: what is in it, as that version itself read it.
// Everything in it is made up.
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const PASSPHRASE = 'made up for the fixtures'
const DAY_MS = 24 * 60 * 60_000
const LIFETIME_SECONDS = 50 * 365 * 24 * 60 * 60

const [checkout = '', target = ''] = process.argv.slice(2)
const old = (path) => import(pathToFileURL(resolve(checkout, path)).href)
const { openKeyway } = await old('electron/core/open-keyway.ts')
const { createConfKv } = await old('electron/headless/headless.ts')
const { createKeyringProtector } = await old('electron/headless/keyring-protector.ts')
const { createPassphraseProtectors } = await old('electron/core/vault/passphrase-wrapper.ts')
const { Secret } = await old('shared/contract/secret.ts')
const { appInput } = await old('shared/contract/app.ts')
const { connectInput } = await old('shared/contract/flow.ts')
const { providerInput } = await old('shared/contract/provider.ts')
const caFile = new URL('../certificates/authority.pem', import.meta.url)
const { presets } = await old('shared/presets/presets.ts')

/**
 * Later versions refuse hidden characters in names, the slugs of routes, and providers without addresses;
 * f12d23b took all three.
 */
const takesHidden = providerInput.safeParse({ slug: 'probe', name: 'a\u202Eb' }).success
const nameOf = (text) =>
  takesHidden ? text : text.replaceAll(/[\u200B-\u200F\u202A-\u202E\u2066-\u2069]/g, '')

const addresses = takesHidden
  ? {}
  : {
      spec: {
        endpoints: {
          authorization: 'https://provider.example.test/authorize',
          token: 'https://provider.example.test/token',
        },
      },
    }

const sha256 = (text) => createHash('sha256').update(text).digest('hex')

/** The machine's time, moved to another day at will. */
function movableClock(startsAt) {
  let offset = startsAt - Date.now()
  return {
    now: () => Date.now() + offset,
    monotonicMs: () => performance.now(),
    after(delayMs, task) {
      const timer = setTimeout(() => task(), delayMs)
      timer.unref()
      return () => clearTimeout(timer)
    },
    move: (byMs) => (offset += byMs),
  }
}

const tokenReply = (count) =>
  JSON.stringify({
    access_token: `made-up-access-${count}`,
    refresh_token: `made-up-refresh-${count}`,
    token_type: 'Bearer',
    expires_in: LIFETIME_SECONDS,
  })

/**
 * Rotates at each refresh, names an account by a number that no double holds, and gives tokens that outlive
 * the fixtures.
 */
async function startProvider() {
  let count = 0
  const server = createServer((request, response) => {
    request.resume()
    request.on('end', () => {
      response.setHeader('content-type', 'application/json')
      if (request.url !== '/me') count += 1
      response.end(request.url === '/me' ? '{"id":948493988897554433,"login":"ada"}' : tokenReply(count))
    })
  })
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => server.close() }
}

const open = (dataFolder, clock, { protectors = [] } = {}) =>
  openKeyway({
    dataFolder,
    clock,
    host: { kind: 'headless', platform: 'linux', version: '0.0.0-fixture' },
    protectors,
    openKv: createConfKv,
    browser: { open: async () => ({ opened: false, reason: 'none here' }), installed: async () => [] },
    presets,
    environment: {},
    passphraseProtectors: createPassphraseProtectors({ cost: { N: 1024, r: 8, p: 1 } }),
  })

async function connect(keyway, draft) {
  const flow = await keyway.connections.connect(connectInput.parse(draft))
  if (flow.kind !== 'done') throw new Error(`not connected: ${JSON.stringify(flow)}`)
  return flow.connectionId
}

/**
 * Everything that a person had before: two starts on different days, so that the activity has several parts.
 */
async function makeFull(folder, provider) {
  const clock = movableClock(Date.parse('2026-11-20T09:00:00Z'))
  const keys = {}
  const first = await open(folder, clock)
  await first.vault.initialise('passphrase', new Secret(PASSPHRASE))
  const { providers, apps, ui } = first.keyway
  const endpoints = { authorization: `${provider.url}/authorize`, token: `${provider.url}/token` }
  const acme = providers.create(
    providerInput.parse({
      slug: takesHidden ? 'connect' : 'files',
      name: nameOf('Ac\u200Dme \u202Eemca\u202C'),
      clientId: 'made-up-client',
      clientSecret: 'made-up-client-secret',
      scopes: ['read', 'write'],
      allowedHosts: ['files.example.test', '*.cdn.example.test'],
      privateHosts: ['127.0.0.1:7399'],
      spec: {
        endpoints,
        api: { baseUrl: 'https://api.example.test/v1' },
        account: { request: { url: `${provider.url}/me` }, idPath: 'id', labelPath: 'login' },
      },
    }),
  )
  const bare = providers.create(
    providerInput.parse({ slug: 'bare', name: nameOf('\u0646\u0627\u0645\u200C\u0647'), ...addresses }),
  )
  const github = providers.create(
    providerInput.parse({ slug: 'github', preset: 'github', name: 'GitHub', clientId: 'made-up-github' }),
  )
  const rotated = await connect(first.keyway, {
    providerId: acme.id,
    account: nameOf('w\u202Ekro\u202C \u{1F469}\u200D\u{1F4BB}'),
    kind: 'refresh_token',
    token: 'made-up-pasted',
  })
  await first.keyway.connections.refresh(rotated)
  await first.keyway.connections.refresh(rotated)
  await connect(first.keyway, {
    providerId: bare.id,
    account: 'pasted',
    kind: 'access_token',
    token: 'made-up-pasted-access',
  })
  await connect(first.keyway, {
    providerId: github.id,
    account: nameOf('octo\u2066cat\u2069'),
    kind: 'access_token',
    token: 'made-up-github-access',
  })
  const grant = (more) => ({ target: { kind: 'all' }, ...more })
  const make = (draft) => {
    const { app, key } = apps.create(appInput.parse(draft))
    keys[app.id] = key
    return app
  }
  make({
    name: nameOf('Script \u200Dwith a joiner'),
    grants: [grant({ token: true })],
    origins: ['https://app.example.test'],
  })
  make({
    name: nameOf('\u202Etneg\u202C'),
    grants: [
      grant({
        target: { kind: 'connection', connectionId: rotated },
        methods: ['GET'],
        hosts: ['api.example.test'],
        paths: ['/v1/**'],
      }),
      grant({ target: { kind: 'provider', providerId: acme.id }, token: true, approval: 'ask' }),
    ],
    authProviders: [{ provider: 'github', scopes: ['repo'] }],
  })
  const manager = make({ name: 'Manager', manage: true, approve: true })
  const next = apps.rotateKey(manager.id, 10_080)
  keys[manager.id] = next.key
  const paused = make({ name: 'Paused', grants: [grant({ expiresAt: Date.parse('2076-01-01') })] })
  apps.update(paused.id, { paused: true })
  await ui['settings.update']({
    port: 7411,
    proxyUrl: 'http://proxy.example.test:8080',
    extraCa: readFileSync(caFile, 'utf8'),
    reminderMinutes: 77,
    activityDays: 3650,
    autoLockMinutes: 30,
    theme: 'dark',
  })
  await first.close()

  for (const day of [1, 2]) {
    clock.move(DAY_MS)
    const again = await open(folder, clock)
    await again.vault.unlock(new Secret(PASSPHRASE))
    for (let n = 1; n <= 5; n += 1)
      again.keyway.activity.append({ kind: 'system', outcome: 'ok', note: `day ${day}, entry ${n}` })
    await again.close()
  }
  const contents = await contentsOf(folder, clock, { keys })
  leaveTemporaryFiles(folder)
  return contents
}

/** What a writer leaves that was killed half way: ours, and that of the library below conf. */
function leaveTemporaryFiles(folder) {
  const connection = readdirSync(join(folder, 'connections')).find((name) => /^con_\w+\.json$/.test(name))
  const torn = '{"keyway":1,"id":"con'
  writeFileSync(join(folder, 'connections', `${connection}.0a1b2c3d4e5f.kwtmp`), torn)
  writeFileSync(join(folder, 'settings.json.0a1b2c3d4e5f.kwtmp'), '{"port":74')
  writeFileSync(join(folder, 'apps.json.tmp-1763900000abcdef'), '{"app_')
  writeFileSync(join(folder, 'vault', 'vault.json.ffffffffffff.kwtmp'), torn)
  writeFileSync(join(folder, 'activity', 'chain.json.0a1b2c3d4e5f.kwtmp'), '{"version":1,')
}

async function contentsOf(folder, clock, { keys = {}, protectors = [] } = {}) {
  const opened = await open(folder, clock, { protectors })
  if (opened.vault.state().kind === 'locked') await opened.vault.unlock(new Secret(PASSPHRASE))
  const { keyway } = opened
  const { providers, apps, settings, connections, damages } = keyway.snapshot()
  if (damages.length > 0) throw new Error(`the folder has damages: ${JSON.stringify(damages)}`)
  const tokenOf = (id) => sha256(keyway.connections.credential(id).accessToken.reveal())
  const contents = {
    passphrase: PASSPHRASE,
    writtenUntil: clock.now(),
    providers: providers.map(({ id, slug, name, allowedHosts, hasClientSecret, spec }) => ({
      id,
      slug,
      name,
      allowedHosts,
      hasClientSecret,
      token: spec.endpoints.token,
    })),
    connections: connections.map(({ id, providerId, account, identity, generation }) => ({
      id,
      providerId,
      account,
      identity,
      generation,
      accessToken: tokenOf(id),
      hasPrevious: keyway.connections.record(id).sealedPrevious !== null,
    })),
    apps: apps.map(({ id, name, paused, manage, approve, grants, keys: stored }) => ({
      id,
      name,
      paused,
      manage,
      approve,
      grants: grants.length,
      keys: stored.length,
      key: keys[id] ?? null,
    })),
    settings,
    activity: await keyway.activity.verify(),
  }
  await opened.close()
  return contents
}

async function makeKeychain(folder) {
  const clock = movableClock(Date.parse('2026-11-20T09:00:00Z'))
  const entries = new Map()
  const protectors = [createKeyringProtector({ run: keyringIn(entries), platform: 'linux' })]
  const opened = await open(folder, clock, { protectors })
  await opened.vault.initialise('os-keychain')
  const { providers, apps } = opened.keyway
  const provider = providers.create(
    providerInput.parse({ slug: 'acme', name: 'Acme', clientId: 'made-up', ...addresses }),
  )
  await connect(opened.keyway, {
    providerId: provider.id,
    account: 'work',
    kind: 'access_token',
    token: 'made-up-kept',
  })
  const { app, key } = apps.create(
    appInput.parse({ name: 'Script', grants: [{ target: { kind: 'all' }, token: true }] }),
  )
  await opened.close()
  const contents = await contentsOf(folder, clock, { keys: { [app.id]: key }, protectors })
  return { ...contents, keychain: Object.fromEntries(entries) }
}

const keyringIn = (entries) => async (steps) =>
  steps.map(({ op, account, value }) => {
    if (op === 'set') {
      entries.set(account, value)
      return null
    }
    return op === 'get' ? (entries.get(account) ?? null) : entries.delete(account)
  })

async function makeEmpty(folder) {
  const clock = movableClock(Date.parse('2026-11-20T09:00:00Z'))
  const opened = await open(folder, clock)
  await opened.vault.initialise('passphrase', new Secret(PASSPHRASE))
  await opened.close()
  return contentsOf(folder, clock)
}

const provider = await startProvider()
const makers = { full: (folder) => makeFull(folder, provider), keychain: makeKeychain, empty: makeEmpty }
for (const [name, make] of Object.entries(makers)) {
  const folder = join(target, name)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const contents = await make(folder)
  // The lock and the log are of the machine that wrote them.
  for (const file of ['owner.lock', 'keyway.log']) rmSync(join(folder, file), { force: true })
  writeFileSync(join(target, `${name}.contents.json`), `${JSON.stringify(contents, null, 2)}\n`)
}
provider.close()
console.log(`made ${Object.keys(makers).length} folders`)
