// What others rely on, byte for byte: the local API's description, the failures, the help of the commands,
// the window's contract and the files that Keyway stores. The fixtures were written by commit 3756956. After
// a deliberate change renew them with `npm run surface:renew`, read the difference, and commit both together.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { describeProgram } from '../../electron/cli/program.ts'
import { readCommandLine } from '../../electron/headless/command-line.ts'
import { createKeyringKeyWrapper } from '../../electron/headless/keyring-key-wrapper.ts'
import { appInput } from '../../shared/contract/app.ts'
import { errorTable } from '../../shared/contract/errors.ts'
import { presenceMarks } from '../../shared/contract/presence-marks.ts'
import { uiCalls, uiEventNames } from '../../shared/contract/ui-api.ts'
import { aConnect, aProvider } from '../support/builders.ts'
import { runKeyway } from '../support/command-line.ts'
import { keyringIn } from '../support/data-folders/older-folder.ts'
import { startLocal } from '../support/local-api.ts'
import {
  openDeps,
  openTestKeyway,
  registerPracticeProvider,
  signInAtPracticeProvider,
} from '../support/open-test-keyway.ts'
import { openKeyway } from '../../electron/core/open-keyway.ts'
import { startTestKeyway } from '../support/start-keyway.ts'
import { startPracticeProvider } from '../support/start-practice-provider.ts'
import { tempFolder } from '../support/temp-folder.ts'

const fixtures = join(import.meta.dirname, '..', 'fixtures', 'public-surface')
const fixture = (name: string): string => join(fixtures, name)
const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`

test('each fixture is there, and nothing else is', () => {
  expect(readdirSync(fixtures).toSorted()).toEqual([
    'command-line.txt',
    'errors.json',
    'openapi.json',
    'stored-files.txt',
    'window-contract.json',
  ])
})

test('/openapi.json', async () => {
  const { keyway } = await startTestKeyway()
  const local = await startLocal(keyway)
  const text = await (await local.call('/openapi.json')).text()
  const onUsualPort = text.replaceAll(local.url, 'http://127.0.0.1:7317')
  await expect(onUsualPort).toMatchFileSnapshot(fixture('openapi.json'))
})

test('the table of failures', async () => {
  await expect(json(errorTable)).toMatchFileSnapshot(fixture('errors.json'))
})

test('the help of the command line, of each command, and of the service', async () => {
  const terminal = { environment: {}, stdin: process.stdin, stdout: process.stdout, stderr: process.stderr }
  const commands = describeProgram(terminal, () => undefined).commands.map((command) => command.name())
  expect(commands.length).toBeGreaterThan(10)
  const sections: string[] = []
  for (const argv of [['--help'], ...commands.map((name) => [name, '--help'])]) {
    const { exit, out, err } = await runKeyway(argv)
    expect({ exit, err }).toEqual({ exit: 0, err: '' })
    sections.push(`$ keyway ${argv.join(' ')}\n${out}`)
  }
  const service = readCommandLine(['--help'], '0.0.0')
  sections.push(`$ node out/headless/main.js --help\n${service.kind === 'print' ? service.text : ''}\n`)
  await expect(sections.join('\n')).toMatchFileSnapshot(fixture('command-line.txt'))
})

test('the calls and events of the window', async () => {
  const calls = Object.entries(uiCalls).map(([name, { input }]) => [
    name,
    {
      presence: presenceMarks[name as keyof typeof uiCalls],
      input: z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' }),
    },
  ])
  const contract = { calls: Object.fromEntries(calls) as unknown, events: uiEventNames }
  await expect(json(contract)).toMatchFileSnapshot(fixture('window-contract.json'))
})

test('the files of a data folder', async () => {
  const withPassphrase = tempFolder()
  const labels = await writeFolder(withPassphrase)
  const withKeychain = tempFolder()
  const entries = await writeKeychainFolder(withKeychain)
  const text = [
    'A vault with a passphrase:',
    ...storedFiles(withPassphrase, labels),
    'A vault with the keychain:',
    ...storedFiles(withKeychain, new Map()),
    'In the keychain:',
    ...[...entries].map(([name, value]) => withoutVolatile(`${name} = ${value}`)),
    '',
  ].join('\n')
  await expect(text).toMatchFileSnapshot(fixture('stored-files.txt'))
})

/** A run that stores one of everything. Gives what each random id stands for. */
async function writeFolder(dataFolder: string): Promise<Map<string, string>> {
  const opened = await openTestKeyway(dataFolder)
  const { keyway } = opened
  const local = await startLocal(keyway, { outgoing: opened.outgoing })
  const rehearsal = await startPracticeProvider({ redirectUris: [`${local.url}/oauth2/callback`] })
  const practice = registerPracticeProvider(opened, rehearsal, { slug: 'rehearsal', name: 'Rehearsal' })
  const acme = keyway.providers.create(
    aProvider({
      allowedHosts: ['files.example.test', '*.cdn.example.test'],
      privateHosts: ['127.0.0.1:7399'],
      spec: {
        endpoints: {
          authorization: 'https://provider.example.test/authorize',
          token: 'https://provider.example.test/token',
        },
        api: { baseUrl: 'https://api.example.test/v1' },
      },
    }),
  )
  const signIn = await signInAtPracticeProvider(opened, practice, { account: 'work' })
  if (signIn.kind !== 'done') throw new Error(`the sign-in ended as ${signIn.kind}`)
  await keyway.connections.refresh(signIn.connectionId)
  const paste = async (account: string): Promise<string> => {
    const flow = await keyway.connections.connect(
      aConnect({ providerId: acme.id, account, kind: 'access_token', token: `made-up-${account}` }),
    )
    if (flow.kind !== 'done') throw new Error(`not connected: ${flow.kind}`)
    return flow.connectionId
  }
  const pasted = await paste('pasted')
  const dropped = await paste('dropped')
  await keyway.connections.disconnect(dropped)

  const reader = keyway.apps.create(
    appInput.parse({
      name: 'Reader',
      grants: [
        { target: { kind: 'connection', connectionId: signIn.connectionId }, token: true },
        {
          target: { kind: 'provider', providerId: acme.id },
          methods: ['GET'],
          hosts: ['api.example.test'],
          paths: ['/v1/**'],
          approval: 'ask',
          expiresAt: Date.parse('2076-01-01'),
        },
      ],
      origins: ['https://app.example.test'],
      authProviders: [{ provider: 'acme', scopes: ['read'] }],
    }),
  )
  const manager = keyway.apps.create(
    appInput.parse({
      name: 'Manager',
      grants: [{ target: { kind: 'all' }, token: true }],
      manage: true,
      approve: true,
    }),
  )
  keyway.apps.rotateKey(manager.app.id, 60)
  keyway.apps.update(manager.app.id, { paused: true })
  await keyway.ui['settings.update']({
    port: 7411,
    proxyUrl: 'http://proxy.example.test:8080',
    reminderMinutes: 77,
    activityDays: 365,
    autoLockMinutes: 30,
    theme: 'dark',
  })
  const served = await local.ask('/api/integrations/token', {
    key: reader.key,
    json: { provider: practice.slug },
  })
  expect(served.status).toBe(200)
  await local.api.close(0)
  await opened.close()
  return new Map([
    [practice.id, '<provider practice>'],
    [acme.id, '<provider acme>'],
    [signIn.connectionId, '<connection signed in>'],
    [pasted, '<connection pasted>'],
    [dropped, '<connection dropped>'],
    [reader.app.id, '<app reader>'],
    [manager.app.id, '<app manager>'],
  ])
}

async function writeKeychainFolder(dataFolder: string): Promise<Map<string, string>> {
  const entries = new Map<string, string>()
  const opened = await openKeyway({
    ...openDeps(dataFolder),
    keyWrappers: [createKeyringKeyWrapper({ run: keyringIn(entries), platform: 'linux' })],
  })
  onTestFinished(() => opened.close())
  await opened.vault.initialize('os-keychain')
  await opened.close()
  return entries
}

/**
 * Each file with its path and its text, random values replaced. Of the log only the name, and of copies, too:
 * how far behind they are depends on which writes fell together.
 */
function storedFiles(folder: string, labels: ReadonlyMap<string, string>): string[] {
  const named = (text: string): string =>
    [...labels].reduce((now, [id, label]) => now.replaceAll(id, label), text)
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => {
      const name = named(path.slice(folder.length + 1).replaceAll('\\', '/'))
      if (/\.log$|\.(prev|last-good|copy)\.json$/.test(name)) return `--- ${name}\n`
      return `--- ${name}\n${withoutVolatile(named(readFileSync(path, 'utf8')))}\n`
    })
    .toSorted()
}

const volatile: ReadonlyArray<readonly [RegExp, string]> = [
  [/kw1\.[\w-]+\.[\w-]+/g, 'kw1.<nonce>.<ciphertext>'],
  [/\b(?!0{64})[0-9a-f]{64}\b/g, '<sha256>'],
  [/\b(?!0{32})[0-9a-f]{32}\b/g, '<16 bytes>'],
  [/("(?:refreshF|f)ingerprint":")[0-9a-f]{12}"/g, '$1<fingerprint>"'],
  [/("salt":")[\w-]+"/g, '$1<salt>"'],
  [/("counter":)\d+/g, '$1<counter>'],
  [/("durationMs":)[\d.]+/g, '$1<duration>'],
  [/^(vault-<16 bytes> = )[\w-]{43}$/g, '$1<32 bytes>'],
  [/^(vault-<16 bytes>-counter = )\d+$/g, '$1<counter>'],
  [/\brehearsal-[0-9a-f]{16}\b/g, '<identity at the practice provider>'],
  [/\b1[789]\d{11}\b/g, '<time>'],
  [/\bkey_[0-9a-z]{16}\b/g, '<key id>'],
  [/127\.0\.0\.1:\d{4,5}\b(?<!:7399)/g, '127.0.0.1:<port>'],
]

const withoutVolatile = (text: string): string =>
  volatile.reduce((now, [pattern, name]) => now.replace(pattern, name), text)
