// Bundles between real folders, vaults and stores; the grants in them are of a real authorization server.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { OpenDeps, OpenedKeyway } from '../../electron/core/open-keyway.ts'
import type { PracticeProvider } from '../../electron/practice-provider/provider.ts'
import { openBundle, sealBundle } from '../../electron/core/transfer/bundle-file.ts'
import type { BundleChoices } from '../../shared/contract/transfer.ts'
import { KeywayError } from '../../shared/contract/errors.ts'
import { Secret } from '../../shared/contract/secret.ts'
import { anApp, aProvider } from '../support/builders.ts'
import { cheapBundle } from '../support/cheap-bundle.ts'
import { searchText } from '../support/leak-search.ts'
import { systemError, watchFileOps } from '../support/faulty-file-ops.ts'
import {
  openTestKeyway,
  registerPracticeProvider,
  signInAtPracticeProvider,
} from '../support/open-test-keyway.ts'
import { startPracticeProvider } from '../support/start-practice-provider.ts'
import { tempFolder } from '../support/temp-folder.ts'

const PASSPHRASE = 'tin drum, blue whale'
const ada = 'ada@example.test'
const grace = 'grace@example.test'

async function openIn(folder: string, deps: Partial<OpenDeps> = {}): Promise<OpenedKeyway> {
  const opened = await openTestKeyway(folder, deps)
  onTestFinished(() => opened.close())
  return opened
}

async function livedIn(practice: PracticeProvider) {
  const opened = await openIn(tempFolder())
  const { keyway } = opened
  const provider = registerPracticeProvider(opened, practice)
  keyway.providers.create(aProvider({ slug: 'unused', name: 'Unused' }))
  const one = await signInAtPracticeProvider(opened, provider, { as: ada, account: 'work' })
  const two = await signInAtPracticeProvider(opened, provider, { as: grace, account: 'home' })
  if (one.kind !== 'done' || two.kind !== 'done') throw new Error('the sign-ins did not end well')
  const { app, key } = keyway.apps.create(
    anApp({
      name: 'Script',
      grants: [
        { target: { kind: 'provider', providerId: provider.id }, proxy: true },
        { target: { kind: 'connection', connectionId: one.connectionId }, token: true },
      ],
    }),
  )
  await keyway.ui['settings.update']({ theme: 'dark', reminderMinutes: 30 })
  return { ...opened, provider, work: one.connectionId, home: two.connectionId, app, key }
}

async function tokenOf({ keyway }: Pick<OpenedKeyway, 'keyway'>, id: string) {
  const result = await keyway.tokens.get(id, {})
  if (result.kind !== 'ok') throw result.failure
  return result.token
}

const exportOf = async ({ keyway }: Pick<OpenedKeyway, 'keyway'>): Promise<string> =>
  cheapBundle((await keyway.ui['bundle.export']({ passphrase: PASSPHRASE })).content, PASSPHRASE)

const choices = (draft: Partial<BundleChoices> = {}): BundleChoices => ({
  providers: {},
  connections: {},
  apps: {},
  keepKeys: [],
  settings: 'skip',
  ...draft,
})

async function refusalOf(task: Promise<unknown>): Promise<KeywayError> {
  const outcome = await task.catch((error: unknown) => error)
  if (outcome instanceof KeywayError) return outcome
  throw new Error(`not refused with a code: ${JSON.stringify(outcome)}`)
}

/** Everything that a person would notice, and the very files. */
function stateOf({ keyway, folder }: Pick<OpenedKeyway, 'keyway' | 'folder'>): unknown {
  const { providers, connections, apps, settings } = keyway.snapshot()
  const files = readdirSync(folder.path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /^(?:con_|providers|apps|settings|unfinished)/.test(entry.name))
    .map(({ parentPath, name }) => [name, readFileSync(join(parentPath, name), 'utf8')])
    .filter(([name]) => !name!.includes('last-good'))
  return { providers, connections, apps, settings, files: Object.fromEntries(files) as object }
}

test('a whole Keyway comes out of a bundle on another machine as it went in, and its grants work there', async () => {
  const practice = await startPracticeProvider()
  const a = await livedIn(practice)
  const before = await tokenOf(a, a.work)
  const { content, counts, fileName, warnings } = await a.keyway.ui['bundle.export']({
    passphrase: PASSPHRASE,
  })
  expect(counts).toEqual({ providers: 2, connections: 2, apps: 1 })
  expect(fileName).toMatch(/^keyway-\d{4}-\d\d-\d\d\.bundle\.json$/)
  expect(warnings.map(({ code, account }) => [code, account])).toEqual([
    ['rotating_grant', 'work'],
    ['rotating_grant', 'home'],
  ])

  const folder = tempFolder()
  const b = await openIn(folder)
  const report = await b.keyway.ui['bundle.inspect']({ content, passphrase: PASSPHRASE })
  expect(report.providers.map(({ slug, clash, choices: can }) => [slug, clash, can[0]])).toEqual([
    ['rehearsal', null, 'add'],
    ['unused', null, 'add'],
  ])
  expect(report.connections.map(({ name, identityLabel, status }) => [name, identityLabel, status])).toEqual([
    ['work', ada, 'ok'],
    ['home', grace, 'ok'],
  ])
  expect(report.settings).toEqual([
    { name: 'theme', here: 'system', there: 'dark', isTaken: true },
    { name: 'reminderMinutes', here: '15', there: '30', isTaken: true },
  ])
  expect(b.keyway.snapshot().providers).toEqual([])

  const done = await b.keyway.ui['bundle.import']({
    content,
    passphrase: PASSPHRASE,
    choices: choices({ settings: 'take', keepKeys: [a.app.id] }),
  })
  expect(done).toMatchObject({
    added: { providers: 2, connections: 2, apps: 1, settings: 2 },
    renamed: [],
    notes: [expect.stringMatching(/^"Script" came paused\. /)],
  })
  expect(done.warnings).toHaveLength(2)
  expect(b.keyway.snapshot().settings).toMatchObject({ theme: 'dark', reminderMinutes: 30 })

  const strip = ({ nextRefreshAt: _next, ...rest }: { nextRefreshAt: unknown }) => rest
  expect(b.keyway.connections.list().map(strip)).toEqual(a.keyway.connections.list().map(strip))
  const [arrived] = b.keyway.apps.list()
  const [there] = a.keyway.apps.list()
  expect(arrived).toEqual({ ...there, paused: true, updatedAt: arrived!.updatedAt, lastUsedAt: null })
  // Paused until the person has looked at it.
  expect(b.keyway.apps.authenticate(a.key)).toBeNull()
  b.keyway.apps.update(a.app.id, { paused: false })
  expect((await tokenOf(b, b.keyway.connections.list()[0]!.id)).accessToken.equals(before.accessToken)).toBe(
    true,
  )
  expect(b.keyway.apps.authenticate(a.key)?.app.name).toBe('Script')

  // The client secret came along as well: a renewal needs it.
  const renewed = await b.keyway.ui['connections.refresh']({ id: a.work })
  expect(renewed.lastOutcome.status).toBe('ok')
  expect(renewed.life.at(-1)?.kind).toBe('rotated')
  expect(practice.stats().reuseDetections).toBe(0)

  // And it is all there after a restart.
  await b.close()
  const again = await openIn(folder)
  expect(again.keyway.connections.list()).toHaveLength(2)
  expect((await tokenOf(again, a.home)).account).toBe('home')
})

test('no secret of the whole is in the bundle, and none in what the window is told of it', async () => {
  const practice = await startPracticeProvider()
  const a = await livedIn(practice)
  const secrets: Record<string, string> = {
    'client secret': practice.clients.basic.clientSecret ?? '',
    'other client secret': 'made-up-client-secret',
    'app key': a.key,
    passphrase: PASSPHRASE,
    'access token': (await tokenOf(a, a.work)).accessToken.reveal(),
    'account name': grace,
    'client id': 'rehearsal-basic',
  }
  const exported = await a.keyway.ui['bundle.export']({ passphrase: PASSPHRASE })
  expect(searchText(exported.content, secrets, 'the bundle')).toEqual([])
  const b = await openIn(tempFolder())
  const report = await b.keyway.ui['bundle.inspect']({ content: exported.content, passphrase: PASSPHRASE })
  const done = await b.keyway.ui['bundle.import']({
    content: exported.content,
    passphrase: PASSPHRASE,
    choices: choices(),
  })
  const { 'account name': _name, 'client id': _id, ...secret } = secrets
  expect(searchText(JSON.stringify([report, done, b.keyway.snapshot()]), secret, 'the window')).toEqual([])
  const token = await tokenOf(b, a.work)
  expect(token.accessToken.reveal()).toBe(secrets['access token'])
})

test('what clashes is asked about, never replaced: keep both gives new names and ids, skip leaves what is here', async () => {
  const practice = await startPracticeProvider()
  const a = await livedIn(practice)
  const content = await exportOf(a)
  const ask = { content, passphrase: PASSPHRASE }

  const report = await a.keyway.ui['bundle.inspect'](ask)
  const clashes = [...report.providers, ...report.connections, ...report.apps].map(({ clash }) => clash?.kind)
  expect(clashes).toEqual(Array(5).fill('here_already'))
  expect(
    [...report.providers, ...report.connections, ...report.apps].every(
      ({ choices: can }) => can[0] === 'skip',
    ),
  ).toBe(true)

  const undecided = await refusalOf(a.keyway.ui['bundle.import']({ ...ask, choices: choices() }))
  expect(undecided).toMatchObject({ code: 'invalid_request', details: { step: 'choices' } })
  expect((undecided.details['issues'] as { field: string }[]).map(({ field }) => field)).toHaveLength(5)

  const before = stateOf(a)
  const skipAll = Object.fromEntries(report.providers.map(({ id }) => [id, 'skip' as const]))
  const nothing = await a.keyway.ui['bundle.import']({
    ...ask,
    choices: choices({
      providers: skipAll,
      connections: { [a.work]: 'skip', [a.home]: 'skip' },
      apps: { [a.app.id]: 'skip' },
    }),
  })
  expect(nothing).toMatchObject({
    added: { providers: 0, connections: 0, apps: 0 },
    skipped: { providers: 2, connections: 2, apps: 1 },
  })
  expect(stateOf(a)).toEqual(before)

  const both = await a.keyway.ui['bundle.import']({
    ...ask,
    choices: choices({
      providers: { ...skipAll, [a.provider.id]: 'keep_both' },
      connections: { [a.work]: 'keep_both', [a.home]: 'skip' },
      apps: { [a.app.id]: 'keep_both' },
      keepKeys: [a.app.id],
    }),
  })
  expect(both).toMatchObject({
    added: { providers: 1, connections: 1, apps: 1 },
    renamed: [
      { kind: 'provider', from: 'rehearsal', to: 'rehearsal-2' },
      { kind: 'app', from: 'Script', to: 'Script (2)' },
    ],
  })
  expect(both.notes.join(' ')).toContain('without a key')
  const copy = a.keyway.providers.find('rehearsal-2')!
  const moved = a.keyway.connections.list().find(({ providerId }) => providerId === copy.id)!
  expect(moved).toMatchObject({ account: 'work' })
  expect(moved.id).not.toBe(a.work)
  const secondApp = a.keyway.apps.list().find(({ name }) => name === 'Script (2)')!
  expect(secondApp.keys).toEqual([])
  expect(secondApp.grants.map(({ target }) => target)).toEqual([
    { kind: 'provider', providerId: copy.id },
    { kind: 'connection', connectionId: moved.id },
  ])
  // The first key still opens the first app.
  expect(a.keyway.apps.authenticate(a.key)?.app.id).toBe(a.app.id)
  expect((await tokenOf(a, moved.id)).account).toBe('work')
})

test('grants never go to another client or server that happens to have the same slug', async () => {
  const practice = await startPracticeProvider()
  const a = await livedIn(practice)
  const content = await exportOf(a)
  const ask = { content, passphrase: PASSPHRASE }
  const b = await openIn(tempFolder())
  b.keyway.providers.create(aProvider({ slug: 'rehearsal', name: 'Somebody else' }))
  const report = await b.keyway.ui['bundle.inspect'](ask)
  expect(report.providers[0]).toMatchObject({ clash: { kind: 'slug_taken' }, choices: ['keep_both', 'skip'] })
  expect(report.providers[0]!.differs).toContain('clientId')

  const refused = await refusalOf(
    b.keyway.ui['bundle.import']({
      ...ask,
      choices: choices({ providers: { [a.provider.id]: 'skip' }, connections: { [a.work]: 'add' } }),
    }),
  )
  expect(refused).toMatchObject({
    code: 'invalid_request',
    details: { field: `choices.connections.${a.work}` },
  })
  const skipped = await b.keyway.ui['bundle.import']({
    ...ask,
    choices: choices({ providers: { [a.provider.id]: 'skip' } }),
  })
  expect(skipped).toMatchObject({
    added: { providers: 1, connections: 0, apps: 1 },
    skipped: { connections: 2 },
  })
  expect(skipped.notes.join(' ')).toContain('has permissions only for what the file brought')
  expect(b.keyway.apps.list()).toMatchObject([{ grants: [], keys: [], paused: true }])
  expect(b.keyway.connections.list()).toEqual([])
})

test('an account or name that is taken gets the next free one; there is one default', async () => {
  const practice = await startPracticeProvider()
  const a = await livedIn(practice)
  const content = await exportOf(a)
  const b = await openIn(tempFolder())
  const own = registerPracticeProvider(b, practice)
  await signInAtPracticeProvider(b, own, { as: 'mary@example.test', account: 'Work' })
  const ask = { content, passphrase: PASSPHRASE }
  const report = await b.keyway.ui['bundle.inspect'](ask)
  expect(report.providers[0]).toMatchObject({ clash: { kind: 'here_already', withId: own.id }, differs: [] })
  expect(report.connections.map(({ name, clash }) => [name, clash?.kind ?? null])).toEqual([
    ['work', 'account_taken'],
    ['home', null],
  ])
  const done = await b.keyway.ui['bundle.import']({
    ...ask,
    choices: choices({ providers: { [a.provider.id]: 'skip' }, connections: { [a.work]: 'keep_both' } }),
  })
  expect(done.renamed).toEqual([{ kind: 'connection', from: 'work', to: 'work (2)' }])
  const connections = b.keyway.connections.list()
  expect(connections.map(({ account, providerId }) => [account, providerId])).toEqual([
    ['Work', own.id],
    ['work (2)', own.id],
    ['home', own.id],
  ])
  expect(connections.filter(({ isDefault }) => isDefault).length).toBeLessThanOrEqual(1)
  expect((await tokenOf(b, a.work)).account).toBe('work (2)')
})

test('nothing is changed by a bundle that is not right, and each says where it is wrong', async () => {
  const a = await livedIn(await startPracticeProvider())
  const content = await exportOf(a)
  const b = await openIn(tempFolder())
  const before = stateOf(b)
  const attempt = (text: string, passphrase = PASSPHRASE): Promise<KeywayError> =>
    refusalOf(b.keyway.ui['bundle.import']({ content: text, passphrase, choices: choices() }))
  const flipped = content.replace(
    /(kw1\.[^.]+\.)(.)/,
    (_, head: string, char: string) => head + (char === 'A' ? 'B' : 'A'),
  )
  expect(await attempt(flipped)).toMatchObject({ code: 'bundle_damaged', details: { step: 'checksum' } })
  expect(await attempt(content.slice(0, -200))).toMatchObject({
    code: 'bundle_damaged',
    details: { step: 'envelope' },
  })
  expect(await attempt(content.replace('"version": 1', '"version": 9'))).toMatchObject({
    code: 'bundle_newer',
  })
  expect(await attempt(content, 'tin drum, blue snail')).toMatchObject({
    code: 'wrong_passphrase',
    details: { field: 'passphrase' },
  })
  expect(await refusalOf(a.keyway.ui['bundle.export']({ passphrase: '7 chars' }))).toMatchObject({
    code: 'invalid_request',
    details: { field: 'passphrase', minLength: 8 },
  })
  expect(stateOf(b)).toEqual(before)
})

test('a disk that refuses in the middle leaves nothing behind, in the folder or in memory', async () => {
  const a = await livedIn(await startPracticeProvider())
  const content = await exportOf(a)
  const fault = { armed: false }
  const { ops } = watchFileOps((_step, name, path) => {
    if (fault.armed && name === 'sync' && path.includes(a.home)) throw systemError('ENOSPC')
  })
  const folder = tempFolder()
  const b = await openIn(folder, { fileOps: ops })
  const before = stateOf(b)
  const ask = { content, passphrase: PASSPHRASE, choices: choices() }
  fault.armed = true
  expect(await refusalOf(b.keyway.ui['bundle.import'](ask))).toMatchObject({
    code: 'disk_full',
    details: { step: 'save' },
  })
  expect(stateOf(b)).toEqual(before)
  fault.armed = false
  expect(await b.keyway.ui['bundle.import'](ask)).toMatchObject({ added: { connections: 2 } })
})

test('a locked vault neither gives nor takes', async () => {
  const a = await livedIn(await startPracticeProvider())
  const content = await exportOf(a)
  await a.keyway.ui['vault.lock'](undefined)
  const ask = { content, passphrase: PASSPHRASE }
  for (const task of [
    a.keyway.ui['bundle.export']({ passphrase: PASSPHRASE }),
    a.keyway.ui['bundle.inspect'](ask),
    a.keyway.ui['bundle.import']({ ...ask, choices: choices() }),
  ])
    expect((await refusalOf(task)).code).toBe('vault_locked')
})

test('a file from elsewhere grants no rights: its apps are paused and keyless, and reach nothing that was here', async () => {
  const practice = await startPracticeProvider()
  const stranger = await livedIn(practice)
  const target = { kind: 'all' as const }
  const { key } = stranger.keyway.apps.create(
    anApp({ name: 'Helper', manage: true, approve: true, grants: [{ target, token: true }] }),
  )
  const b = await openIn(tempFolder())
  const own = registerPracticeProvider(b, practice)
  const mine = await signInAtPracticeProvider(b, own, { as: 'mary@example.test', account: 'mine' })
  if (mine.kind !== 'done') throw new Error(mine.kind)
  // He guessed the ids of what is here, and points his server's tokens elsewhere under the same slug.
  const opened = await openBundle(await exportOf(stranger), new Secret(PASSPHRASE))
  const held = opened.content as {
    providers: Array<{ id: string; slug: string; spec: Record<string, unknown> }>
    apps: Array<{ name: string; grants: Array<Record<string, unknown>> }>
    settings: Record<string, unknown>
  }
  held.providers[0]!.spec = { ...held.providers[0]!.spec, endpoints: { token: 'https://evil.test/token' } }
  const helper = held.apps.find(({ name }) => name === 'Helper')!
  helper.grants.push(
    { ...helper.grants[0], target: { kind: 'connection', connectionId: mine.connectionId } },
    { ...helper.grants[0], target: { kind: 'provider', providerId: own.id } },
  )
  Object.assign(held.settings, {
    proxyUrl: 'http://evil.test:1',
    extraCa: '-----BEGIN CERTIFICATE-----\nmade up',
  })
  const content = await sealBundle(held, {
    passphrase: new Secret(PASSPHRASE),
    createdAt: opened.createdAt,
    cost: { N: 2, r: 1, p: 1 },
  })
  const ask = { content, passphrase: PASSPHRASE }
  const report = await b.keyway.ui['bundle.inspect'](ask)
  const shown = report.apps.find(({ name }) => name === 'Helper')!
  expect(shown).toMatchObject({
    manage: true,
    approve: true,
    keyCount: 1,
    loses: ['manage', 'approve', 'all', 'here'],
  })
  expect(report.settings.filter(({ isTaken }) => !isTaken).map(({ name }) => name)).toEqual([
    'proxyUrl',
    'extraCa',
  ])
  const before = b.keyway.providers.find(own.id)

  const done = await b.keyway.ui['bundle.import']({
    ...ask,
    choices: choices({ providers: { [report.providers[0]!.id]: 'keep_both' }, settings: 'take' }),
  })
  expect(done.notes.join(' ')).toContain(
    '"Helper" came paused and without its key; it may not manage providers, may not answer for you, has permissions only for what the file brought',
  )
  expect(done.notes.join(' ')).toContain('The proxy and the trusted certificates of the file were left out')
  const { proxyUrl, extraCa, theme } = b.keyway.snapshot().settings
  expect({ proxyUrl, extraCa, theme }).toEqual({ proxyUrl: null, extraCa: null, theme: 'dark' })
  expect(b.keyway.providers.find(own.id)).toEqual(before)
  expect(b.keyway.providers.find('rehearsal')?.id).toBe(own.id)

  const arrived = b.keyway.apps.list().find(({ name }) => name === 'Helper')!
  expect(arrived).toMatchObject({ paused: true, manage: false, approve: false, keys: [] })
  expect(b.keyway.apps.authenticate(key)).toBeNull()
  const reached = b.keyway.connections
    .list()
    .filter((connection) =>
      arrived.grants.some(
        ({ target: to }) =>
          to.kind === 'all' ||
          (to.kind === 'provider' && to.providerId === connection.providerId) ||
          (to.kind === 'connection' && to.connectionId === connection.id),
      ),
    )
  expect(reached.map(({ account }) => account).toSorted()).toEqual(['home', 'work'])
  expect(reached.map(({ id }) => id)).not.toContain(mine.connectionId)
})

test('accounts out of a file stand beside those that are here, never in front of them', async () => {
  const practice = await startPracticeProvider()
  const stranger = await livedIn(practice)
  await stranger.keyway.connections.setDefault(stranger.work)
  const b = await openIn(tempFolder())
  const own = registerPracticeProvider(b, practice)
  const mine = await signInAtPracticeProvider(b, own, { as: 'mary@example.test', account: 'mine' })
  if (mine.kind !== 'done') throw new Error(mine.kind)
  expect(b.keyway.connections.select('rehearsal').id).toBe(mine.connectionId)
  await b.keyway.ui['bundle.import']({
    content: await exportOf(stranger),
    passphrase: PASSPHRASE,
    choices: choices({ providers: { [stranger.provider.id]: 'skip' } }),
  })
  expect(b.keyway.connections.list()).toHaveLength(3)
  expect(
    b.keyway.connections.list().filter(({ isDefault, id }) => isDefault && id !== mine.connectionId),
  ).toEqual([])
})

test('a file whose content is nested without end is refused in words', async () => {
  const b = await openIn(tempFolder())
  let deep: unknown = 'x'
  for (let level = 0; level < 1500; level += 1) deep = [deep]
  const content = await sealBundle(
    { keywayVersion: 'x', providers: [deep] },
    {
      passphrase: new Secret(PASSPHRASE),
      createdAt: 1,
      cost: { N: 2, r: 1, p: 1 },
    },
  )
  const refused = await refusalOf(b.keyway.ui['bundle.inspect']({ content, passphrase: PASSPHRASE }))
  expect(refused).toMatchObject({ code: 'bundle_damaged' })
  expect(refused.message).toContain('nested deeper')
})
