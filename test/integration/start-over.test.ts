// A forgotten passphrase: the old vault, its connections and secrets are set aside, whole; providers and apps
// stay; and it can be undone by hand.
import { cpSync, existsSync, readdirSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openKeyway, type OpenedKeyway } from '../../electron/core/open-keyway.ts'
import { appInput } from '../../shared/contract/app.ts'
import { Secret } from '../../shared/contract/secret.ts'
import {
  openDeps,
  openTestKeyway,
  PASSPHRASE,
  registerPracticeProvider,
  signInAtPracticeProvider,
} from '../support/open-test-keyway.ts'
import { startPracticeProvider } from '../support/start-practice-provider.ts'
import { tempFolder } from '../support/temp-folder.ts'

const typed = { typed: 'start over' as const }

async function usedFolder(): Promise<{
  folder: string
  opened: OpenedKeyway
  key: string
  connectionId: string
}> {
  const folder = join(tempFolder(), 'data')
  const opened = await openTestKeyway(folder)
  onTestFinished(() => opened.close())
  const practice = await startPracticeProvider({ redirectUris: ['http://127.0.0.1:7317/oauth2/callback'] })
  const provider = registerPracticeProvider(opened, practice)
  const flow = await signInAtPracticeProvider(opened, provider, { as: 'ada@example.test' })
  if (flow.kind !== 'done') throw new Error(`the sign-in ended as ${flow.kind}`)
  const { key } = opened.keyway.apps.create(
    appInput.parse({ name: 'Script', grants: [{ target: { kind: 'all' } }] }),
  )
  return { folder, opened, key, connectionId: flow.connectionId }
}

test('it is refused while the vault is open, and changes nothing then', async () => {
  const { opened, folder } = await usedFolder()
  await expect(opened.keyway.ui['vault.startOver'](typed)).rejects.toMatchObject({ code: 'invalid_request' })
  expect(opened.keyway.connections.list()).toHaveLength(1)
  expect(existsSync(join(folder, 'set-aside'))).toBe(false)
})

test('providers and apps stay without secrets, connections go, and a new vault can be made and used', async () => {
  const { opened, key } = await usedFolder()
  const { keyway, vault } = opened
  vault.lock()
  const { setAsidePath } = await keyway.ui['vault.startOver'](typed)
  const { vault: view, connections, providers, apps } = keyway.snapshot()
  expect([
    view.kind,
    connections,
    providers.map(({ hasClientSecret }) => hasClientSecret),
    apps.length,
  ]).toEqual(['uninitialised', [], [false], 1])
  expect(keyway.apps.authenticate(key)?.app.name).toBe('Script')
  await vault.initialize('passphrase', new Secret('an entirely new one'))
  keyway.providers.update(providers[0]!.id, { clientSecret: 'entered again' })
  expect(keyway.providers.list()[0]?.hasClientSecret).toBe(true)
  expect(dirname(dirname(setAsidePath))).toMatch(/data$/)

  await opened.close()
  const again = await openKeyway(openDeps(dirname(dirname(setAsidePath))))
  onTestFinished(() => again.close())
  expect(again.vault.state().kind).toBe('locked')
  await again.vault.unlock(new Secret('an entirely new one'))
  expect(again.keyway.snapshot()).toMatchObject({ connections: [], damages: [] })
  // The person looks at what stayed once more, and nothing of the old key is taken for a change from outside.
  expect(again.keyway.snapshot().integrity).toMatchObject({ state: 'to_confirm', findings: [] })
  expect(await again.keyway.activity.verify()).toMatchObject({ ok: true })
})

test('what was set aside opens again with the old passphrase once it is put back', async () => {
  const { folder, opened, connectionId } = await usedFolder()
  const provider = opened.keyway.providers.list()[0]!
  opened.vault.lock()
  const { setAsidePath } = await opened.keyway.ui['vault.startOver'](typed)
  await opened.close()
  for (const name of ['vault', 'connections', 'providers.json', 'integrity.json', 'integrity.copy.json']) {
    rmSync(join(folder, name), { recursive: true, force: true })
    cpSync(join(setAsidePath, name), join(folder, name), { recursive: true })
  }
  rmSync(join(folder, 'providers.last-good.json'), { force: true })
  const again = await openTestKeyway(folder)
  onTestFinished(() => again.close())
  expect(again.keyway.connections.get(connectionId)).not.toBeNull()
  expect(again.keyway.providers.resolve(provider.id).clientSecret?.reveal()).toBeTruthy()
  expect(await again.keyway.tokens.get(connectionId, {})).toMatchObject({ kind: 'ok' })
})

test('a disk that refuses the copy costs nothing: the vault and its connections are still there', async () => {
  const { folder, opened } = await usedFolder()
  opened.vault.lock()
  // A file where the folder would be.
  cpSync(join(folder, 'providers.json'), join(folder, 'set-aside'))
  await expect(opened.keyway.ui['vault.startOver'](typed)).rejects.toMatchObject({ code: 'save_failed' })
  expect(opened.keyway.connections.list()).toHaveLength(1)
  await opened.vault.unlock(PASSPHRASE)
  expect(opened.keyway.providers.list()[0]?.hasClientSecret).toBe(true)
})

test('the set-aside folder is dated and private, and twice makes two', async () => {
  const { folder, opened } = await usedFolder()
  opened.vault.lock()
  const first = await opened.keyway.ui['vault.startOver'](typed)
  await opened.vault.initialize('passphrase', new Secret('an entirely new one'))
  opened.vault.lock()
  const second = await opened.keyway.ui['vault.startOver'](typed)
  expect(second.setAsidePath).not.toBe(first.setAsidePath)
  expect(basename(first.setAsidePath)).toMatch(/\d{4}-\d{2}-\d{2}T/)
  const open = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (name) => process.platform !== 'win32' && (statSync(join(folder, name)).mode & 0o077) !== 0,
  )
  expect(open).toEqual([])
})
