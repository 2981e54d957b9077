// Data folders that earlier versions wrote: today's code opens them with nothing set aside, nothing dropped,
// and everything usable.
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openKeyway, type OpenedKeyway } from '../../electron/core/open-keyway.ts'
import { decodeRecord } from '../../electron/core/storage/records.ts'
import { presets } from '../../shared/presets/presets.ts'
import { Secret } from '../../shared/contract/secret.ts'
import {
  copyOlderFolder,
  depsFor,
  olderFolderNames,
  type FolderContents,
  type OlderFolder,
} from '../support/data-folders/older-folder.ts'
import { editConnection, editDocument } from '../support/edited-folder.ts'

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

async function open(folder: OlderFolder): Promise<OpenedKeyway> {
  const opened = await openKeyway({ ...depsFor(folder), presets })
  if (opened.vault.state().kind === 'locked')
    await opened.vault.unlock(new Secret(folder.contents.passphrase))
  return opened
}

/** In the words of the file beside the fixture. */
function contentsNow({ keyway }: OpenedKeyway): Pick<FolderContents, 'providers' | 'connections' | 'apps'> {
  const { providers, connections, apps } = keyway.snapshot()
  return {
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
      accessToken: sha256(keyway.connections.credential(id).accessToken.reveal()),
      hasPrevious: keyway.connections.record(id)?.sealedPrevious !== null,
    })),
    apps: apps.map(({ id, name, paused, manage, approve, grants, keys }) => ({
      id,
      name,
      paused,
      manage,
      approve,
      grants: grants.length,
      keys: keys.length,
      key: null,
    })),
  }
}

const names = (folder: string): string[] => readdirSync(folder, { recursive: true, encoding: 'utf8' })

test('there are folders to open, and they have what they are there for', () => {
  expect(olderFolderNames().toSorted()).toEqual([
    '3756956/empty',
    '3756956/full',
    '3756956/keychain',
    'f12d23b/empty',
    'f12d23b/full',
    'f12d23b/keychain',
  ])
  const { path, contents } = copyOlderFolder('f12d23b/full')
  expect(names(path).filter((name) => /kwtmp$|\.tmp-/.test(name))).toHaveLength(5)
  expect(names(path).filter((name) => name.endsWith('.jsonl'))).toHaveLength(3)
  expect(contents.providers.map(({ slug, token }) => [slug, token === null])).toEqual([
    ['connect', false],
    ['bare', true],
    ['github', false],
  ])
  expect(contents.connections.some(({ identity }) => identity.id === '948493988897554400')).toBe(true)
  expect(contents.connections.some(({ hasPrevious }) => hasPrevious)).toBe(true)
  const typed = [...contents.providers, ...contents.apps].map(({ name }) => name).join(' ')
  for (const character of ['\u200C', '\u200D', '\u202E']) expect(typed).toContain(character)
})

test.each(olderFolderNames())('%s opens whole, twice', async (name) => {
  const folder = copyOlderFolder(name)
  const { contents } = folder
  const expected = {
    providers: contents.providers,
    connections: contents.connections,
    apps: contents.apps.map((app) => ({ ...app, key: null })),
  }
  for (const _time of ['first', 'second']) {
    const opened = await open(folder)
    const { keyway } = opened
    try {
      expect(keyway.snapshot().vault.kind).toBe('unlocked')
      expect(keyway.snapshot().damages).toEqual([])
      expect(contentsNow(opened)).toEqual(expected)
      expect(keyway.settings.get()).toMatchObject(contents.settings)
      for (const { id, accessToken } of contents.connections) {
        const result = await keyway.tokens.get(id, {})
        expect(result.kind === 'ok' ? sha256(result.token.accessToken.reveal()) : result).toBe(accessToken)
      }
      for (const { id, key, paused } of contents.apps) {
        if (key === null) continue
        expect(keyway.apps.authenticate(key)?.app.id ?? null).toBe(paused ? null : id)
      }
      const verdict = await keyway.activity.verify()
      expect(verdict).toMatchObject({ ok: true, firstBad: null })
      expect(verdict.rows).toBeGreaterThanOrEqual(contents.activity.rows)
    } finally {
      await opened.close()
    }
  }
  expect(names(folder.path).filter((each) => /set-aside|\.lost$|kwtmp$|\.tmp-/.test(each))).toEqual([])
})

test.each(['3756956/empty', '3756956/full', '3756956/keychain'])(
  '%s is signed, and nothing in it looks changed',
  async (name) => {
    const opened = await open(copyOlderFolder(name))
    onTestFinished(() => opened.close())
    expect(opened.keyway.snapshot().integrity).toMatchObject({ state: 'signed', findings: [] })
  },
)

describe('the first unlock of a folder that was not signed yet', () => {
  test.each(['f12d23b/full', 'f12d23b/keychain'])(
    '%s: serves tokens at once, shows what is there once, and is signed when the person has looked',
    async (name) => {
      const folder = copyOlderFolder(name)
      const [connection] = folder.contents.connections
      const first = await open(folder)
      expect(first.keyway.snapshot().integrity).toMatchObject({ state: 'to_confirm', findings: [] })
      expect(await first.keyway.tokens.get(connection?.id ?? '', {})).toMatchObject({ kind: 'ok' })
      await first.close()
      const second = await open(folder)
      expect(second.keyway.snapshot().integrity).toMatchObject({ state: 'to_confirm', findings: [] })
      await second.keyway.ui['integrity.confirm'](undefined)
      expect(second.keyway.snapshot().integrity).toMatchObject({ state: 'signed' })
      await second.close()
      const third = await open(folder)
      onTestFinished(() => third.close())
      expect(third.keyway.snapshot().integrity).toMatchObject({ state: 'signed', findings: [] })
    },
  )

  test('an empty one has nothing to look at', async () => {
    const opened = await open(copyOlderFolder('f12d23b/empty'))
    onTestFinished(() => opened.close())
    expect(opened.keyway.snapshot().integrity).toMatchObject({ state: 'signed', findings: [] })
  })

  test('what is changed between that unlock and the look is a finding all the same', async () => {
    const folder = copyOlderFolder('f12d23b/full')
    await (await open(folder)).close()
    editDocument(folder.path, 'apps', (document) => {
      for (const app of Object.values(document) as Array<{ manage?: boolean }>) app.manage = true
    })
    const opened = await open(folder)
    onTestFinished(() => opened.close())
    const { integrity } = opened.keyway.snapshot()
    expect(integrity.state).toBe('to_confirm')
    expect(integrity.findings.length).toBeGreaterThan(1)
  })

  test('tokens that it sealed are sealed anew with the next save, and then the old ciphertext opens no more', async () => {
    const folder = copyOlderFolder('f12d23b/full')
    const id = folder.contents.connections.find(({ hasPrevious }) => hasPrevious)?.id ?? ''
    const first = await open(folder)
    const old = first.keyway.connections.record(id)?.sealedTokens ?? ''
    await first.keyway.connections.rename(id, 'another name')
    expect(first.keyway.connections.record(id)?.sealedTokens).not.toBe(old)
    expect(await first.keyway.tokens.get(id, {})).toMatchObject({ kind: 'ok' })
    await first.close()
    editConnection(folder.path, id, (record) => ({ ...record, sealedTokens: old }))
    const second = await open(folder)
    onTestFinished(() => second.close())
    expect(await second.keyway.tokens.get(id, {})).toMatchObject({
      kind: 'reconnect_needed',
      failure: { code: 'data_damaged' },
    })
  })

  test('its file of the vault says a format that the version which wrote it does not read, and no copy of the old one stays', async () => {
    const folder = copyOlderFolder('f12d23b/full')
    await (await open(folder)).close()
    for (const name of ['vault.json', 'vault.prev.json']) {
      const decoded = decodeRecord('vault', readFileSync(join(folder.path, 'vault', name), 'utf8'))
      expect(decoded).toMatchObject({ kind: 'good', value: { version: 2 } })
    }
  })
})
