// Somebody who can write the data folder without its key: what was changed is found at the next unlock, is
// not used until the person has decided, and nothing is lost. And the honest cases beside it, which are no
// findings.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createHeadless } from '../../electron/headless/headless.ts'
import { createKeyringKeyWrapper } from '../../electron/headless/keyring-key-wrapper.ts'
import { openKeyway, type OpenedKeyway } from '../../electron/core/open-keyway.ts'
import { decodeRecord, encodeRecord } from '../../electron/core/storage/records.ts'
import type { IntegrityFinding } from '../../shared/contract/integrity.ts'
import { aConnect, anApp, aProvider } from '../support/builders.ts'
import { keyringIn } from '../support/data-folders/older-folder.ts'
import {
  copyFolder,
  editConnection,
  editDocument,
  makeFolder,
  rehashed,
  reopen,
  replaceWith,
  rowsOf,
  startTokenEndpoint,
  writeRows,
} from '../support/edited-folder.ts'
import { openDeps, openTestKeyway, PASSPHRASE } from '../support/open-test-keyway.ts'
import { tempFolder } from '../support/temp-folder.ts'

const BLOCKED = { code: 'integrity_check_failed' }

const found = ({ keyway }: OpenedKeyway): IntegrityFinding[] => keyway.snapshot().integrity.findings
const refresh = ({ keyway }: OpenedKeyway, id: string): Promise<unknown> => keyway.connections.refresh(id)
const noted = (folder: string): string => rowsOf(folder).join('\n')

async function decide(opened: OpenedKeyway, decision: 'use' | 'restore'): Promise<void> {
  const [finding] = found(opened)
  await opened.keyway.ui['integrity.decide']({ id: finding?.id ?? '', decision })
}

test('a folder that nobody touched has no findings, and everything works', async () => {
  const { path, connectionId, endpoint, key, appId } = await makeFolder()
  for (const _time of ['first', 'second']) {
    const opened = await openTestKeyway(path)
    expect(opened.keyway.snapshot().integrity).toEqual({
      state: 'signed',
      findings: [],
      noticesOlderFolder: false,
    })
    await refresh(opened, connectionId)
    expect(opened.keyway.apps.authenticate(key)?.app.id).toBe(appId)
    await opened.close()
  }
  expect(endpoint.sent).toHaveLength(2)
})

describe('a provider whose token endpoint was pointed elsewhere', () => {
  async function edited() {
    const folder = await makeFolder()
    const elsewhere = await startTokenEndpoint()
    editDocument(folder.path, 'providers', (document) => {
      const provider = document[folder.providerId] as unknown as { spec: { endpoints: { token: string } } }
      provider.spec.endpoints.token = elsewhere.url
    })
    return { ...folder, elsewhere, opened: await reopen(folder.path) }
  }

  test('gets no secret: refresh, sign-in and requests are refused, and the change is shown', async () => {
    const { opened, elsewhere, endpoint, connectionId, providerId } = await edited()
    expect(found(opened)).toMatchObject([
      {
        kind: 'provider',
        how: 'changed',
        subject: 'Acme',
        canRestore: true,
        changes: [{ field: 'spec.endpoints.token', before: endpoint.url, after: elsewhere.url }],
      },
    ])
    await expect(refresh(opened, connectionId)).rejects.toMatchObject(BLOCKED)
    await expect(opened.keyway.tokens.get(connectionId, { rejected: 'current' })).rejects.toMatchObject(
      BLOCKED,
    )
    expect(() => opened.keyway.providers.resolve(providerId)).toThrow('changed outside')
    const signIn = opened.keyway.connections.connect({
      providerId,
      connectionId: null,
      account: 'x',
      addScopes: [],
      kind: 'refresh_token',
      token: 'typed',
      redirect: 'auto',
      open: 'link-only',
      browser: null,
      loginHint: null,
      prompt: null,
      returnUrl: null,
    })
    expect(await signIn).toMatchObject({ kind: 'failed', failure: BLOCKED })
    expect([elsewhere.sent, endpoint.sent]).toEqual([[], []])
  })

  test('is used when the person says so', async () => {
    const { opened, elsewhere, connectionId, path } = await edited()
    await decide(opened, 'use')
    expect(found(opened)).toEqual([])
    await refresh(opened, connectionId)
    expect(elsewhere.sent).toHaveLength(1)
    await opened.close()
    expect(found(await reopen(path))).toEqual([])
  })

  test('goes back to what was recorded when the person says so', async () => {
    const { opened, elsewhere, endpoint, connectionId, path } = await edited()
    await decide(opened, 'restore')
    await refresh(opened, connectionId)
    expect([elsewhere.sent.length, endpoint.sent.length]).toEqual([0, 1])
    await opened.close()
    expect(readFileSync(join(path, 'providers.json'), 'utf8')).toContain(endpoint.url)
    expect(found(await reopen(path))).toEqual([])
  })

  test('is not written over by a change of something else, and may be removed', async () => {
    const { opened, elsewhere, providerId } = await edited()
    expect(() => opened.keyway.providers.update(providerId, { name: 'Another' })).toThrow('changed outside')
    expect(opened.keyway.providers.find(providerId)?.spec.endpoints.token).toBe(elsewhere.url)
    await opened.keyway.providers.remove(providerId)
    expect(found(opened)).toEqual([])
    expect(elsewhere.sent).toEqual([])
  })
})

describe('an app that was given more', () => {
  test('is not let in with a right key, and its caller is told why; as recorded it is', async () => {
    const { path, appId, key, connectionId } = await makeFolder()
    editDocument(path, 'apps', (document) => {
      const app = document[appId] as unknown as { grants: Array<{ token: boolean }> }
      for (const grant of app.grants) grant.token = true
    })
    const opened = await reopen(path)
    expect(found(opened)).toMatchObject([{ kind: 'app', how: 'changed', subject: 'Script' }])
    expect(opened.keyway.apps.authenticate(key)).toBeNull()
    expect(opened.keyway.apps.rejectionOf?.(key)).toMatchObject(BLOCKED)
    expect(opened.keyway.apps.rejectionOf?.('kw_another')).toBeNull()
    await decide(opened, 'restore')
    expect(opened.keyway.apps.authenticate(key)?.app.grants).toMatchObject([{ token: false }])
    expect((await opened.keyway.tokens.get(connectionId, {})).kind).toBe('ok')
  })

  test('and one that was added gets nothing; taken back, it is gone', async () => {
    const { path, appId } = await makeFolder()
    const other = await openTestKeyway(copyFolder(path))
    const { key, app } = other.keyway.apps.create(anApp({ name: 'Mallory' }))
    await other.close()
    editDocument(path, 'apps', (document) => {
      Object.assign(document, { [app.id]: JSON.parse(JSON.stringify(other.keyway.apps.list()[1])) })
      const record = document[app.id] as unknown as Record<string, unknown>
      delete record['missing']
      delete record['remembered']
      record['keys'] = [{ id: 'key_x', sha256: 'c'.repeat(64), createdAt: 1, expiresAt: null }]
    })
    const opened = await reopen(path)
    expect(found(opened)).toMatchObject([{ kind: 'app', how: 'added', subject: 'Mallory' }])
    expect(opened.keyway.apps.authenticate(key)).toBeNull()
    await decide(opened, 'restore')
    expect(opened.keyway.apps.list().map(({ id }) => id)).toEqual([appId])
  })
})

test('a proxy that was set outside carries nothing until the person takes it over', async () => {
  const { path } = await makeFolder()
  editDocument(path, 'settings', (document) => Object.assign(document, { proxyUrl: 'http://evil.test:1' }))
  if (!readdirSync(path).includes('settings.json'))
    writeFileSync(join(path, 'settings.json'), '{"proxyUrl":"http://evil.test:1"}')
  const opened = await reopen(path)
  expect(found(opened)).toMatchObject([{ kind: 'setting', subject: 'proxyUrl' }])
  expect(opened.keyway.settings.get().proxyUrl).toBeNull()
  expect(readFileSync(join(path, 'settings.json'), 'utf8')).toContain('evil.test')
  await decide(opened, 'use')
  expect(opened.keyway.settings.get().proxyUrl).toBe('http://evil.test:1')
})

describe('a connection', () => {
  test('of an earlier generation sends no refresh token; signed in anew, it goes on', async () => {
    const { path, connectionId, providerId, endpoint } = await makeFolder()
    const earlier = copyFolder(path)
    const opened = await openTestKeyway(path)
    await refresh(opened, connectionId)
    await opened.close()
    replaceWith(path, earlier, 'connections')
    endpoint.sent.length = 0
    const again = await reopen(path)
    expect(found(again)).toMatchObject([{ kind: 'connection', how: 'older', subject: 'work' }])
    await expect(refresh(again, connectionId)).rejects.toMatchObject(BLOCKED)
    await expect(again.keyway.tokens.get(connectionId, {})).rejects.toMatchObject(BLOCKED)
    expect(endpoint.sent).toEqual([])
    const anew = aConnect({ providerId, connectionId, kind: 'refresh_token', token: 'fresh' })
    expect(await again.keyway.connections.connect(anew)).toMatchObject({ kind: 'done' })
    expect([found(again), endpoint.sent]).toEqual([[], ['fresh']])
    await refresh(again, connectionId)
    await again.close()
    expect(found(await reopen(path))).toEqual([])
  })

  test('of an earlier generation is used when the person says so', async () => {
    const { path, connectionId, endpoint } = await makeFolder()
    const earlier = copyFolder(path)
    const opened = await openTestKeyway(path)
    await refresh(opened, connectionId)
    await opened.close()
    replaceWith(path, earlier, 'connections')
    endpoint.sent.length = 0
    const again = await reopen(path)
    await decide(again, 'use')
    await refresh(again, connectionId)
    expect(endpoint.sent).toHaveLength(1)
  })

  test('whose two sealed fields were exchanged sends neither', async () => {
    const { path, connectionId, endpoint } = await makeFolder()
    editConnection(path, connectionId, (record) => ({
      ...record,
      sealedTokens: record.sealedPrevious ?? '',
      sealedPrevious: record.sealedTokens,
    }))
    const opened = await reopen(path)
    await expect(refresh(opened, connectionId)).rejects.toMatchObject({ code: 'data_damaged' })
    expect((await opened.keyway.tokens.get(connectionId, {})).kind).toBe('reconnect_needed')
    expect(endpoint.sent).toEqual([])
  })

  test('that was disconnected does not come back, locked or not', async () => {
    for (const vault of ['locked', 'unlocked']) {
      const { path, connectionId, endpoint } = await makeFolder()
      const before = copyFolder(path)
      const opened = await openTestKeyway(path)
      if (vault === 'locked') opened.vault.lock()
      await opened.keyway.connections.disconnect(connectionId)
      await opened.close()
      const again = await openTestKeyway(path)
      expect(found(again)).toEqual([])
      expect(again.keyway.connections.list()).toEqual([])
      await again.close()
      replaceWith(path, before, 'connections')
      const back = await reopen(path)
      expect(found(back)).toMatchObject([{ kind: 'connection' }])
      await expect(back.keyway.tokens.get(connectionId, {})).rejects.toMatchObject(BLOCKED)
      expect(endpoint.sent).toEqual([])
    }
  })

  test('that was led to another provider or given another name is not used', async () => {
    const { path, connectionId, endpoint } = await makeFolder()
    editConnection(path, connectionId, (record) => ({ ...record, account: 'private' }))
    const opened = await reopen(path)
    expect(found(opened)).toMatchObject([{ kind: 'connection', how: 'changed' }])
    await expect(opened.keyway.tokens.get(connectionId, {})).rejects.toMatchObject(BLOCKED)
    expect(endpoint.sent).toEqual([])
  })
})

describe('the manifest', () => {
  test('missing: nothing is used until the person has looked; what is there is then shown to be confirmed', async () => {
    const { path, connectionId, endpoint, key, appId } = await makeFolder()
    for (const name of ['integrity.json', 'integrity.copy.json']) rmSync(join(path, name))
    const opened = await reopen(path)
    expect(found(opened)).toMatchObject([{ kind: 'manifest', how: 'missing' }])
    await expect(refresh(opened, connectionId)).rejects.toMatchObject(BLOCKED)
    expect(opened.keyway.apps.authenticate(key)).toBeNull()
    expect(() => opened.keyway.apps.create(anApp({ name: 'Another' }))).toThrow('integrity.json')
    expect(endpoint.sent).toEqual([])
    await decide(opened, 'use')
    expect(opened.keyway.snapshot().integrity).toMatchObject({ state: 'to_confirm', findings: [] })
    await refresh(opened, connectionId)
    expect(opened.keyway.apps.authenticate(key)?.app.id).toBe(appId)
  })

  test('forged, or of another vault: the same', async () => {
    const { path } = await makeFolder()
    const other = await makeFolder()
    replaceWith(path, other.path, 'integrity.json')
    const text = readFileSync(join(path, 'integrity.copy.json'), 'utf8')
    writeFileSync(join(path, 'integrity.copy.json'), text.replace('"counter":', '"counter":9'))
    expect(found(await reopen(path))).toMatchObject([{ kind: 'manifest', how: 'changed' }])
  })

  test('cannot be done away with by calling the folder an older one', async () => {
    const { path } = await makeFolder()
    for (const name of ['vault.json', 'vault.prev.json']) {
      const file = join(path, 'vault', name)
      const decoded = decodeRecord('vault', readFileSync(file, 'utf8'))
      if (decoded.kind !== 'good') throw new Error('there is a vault')
      expect(decoded.value).toMatchObject({ version: 2 })
      writeFileSync(file, encodeRecord('vault', { ...(decoded.value as object), version: 1 }))
    }
    for (const name of ['integrity.json', 'integrity.copy.json']) rmSync(join(path, name))
    const opened = await openKeyway(openDeps(path))
    onTestFinished(() => opened.close())
    await expect(opened.vault.unlock(PASSPHRASE)).rejects.toMatchObject({ code: 'data_damaged' })
  })

  test('a folder of a newer Keyway is refused by its format, and left as it is', async () => {
    const { path } = await makeFolder()
    const file = join(path, 'vault', 'vault.json')
    const decoded = decodeRecord('vault', readFileSync(file, 'utf8'))
    if (decoded.kind !== 'good') throw new Error('there is a vault')
    writeFileSync(file, encodeRecord('vault', { ...(decoded.value as object), version: 3, more: true }))
    const before = readFileSync(file, 'utf8')
    await expect(openKeyway(openDeps(path))).rejects.toMatchObject({
      code: 'folder_newer',
      message: expect.stringContaining('its format is 3'),
    })
    expect(readFileSync(file, 'utf8')).toBe(before)
    expect(readdirSync(path)).not.toContain('set-aside')
  })
})

describe('an older copy of the whole folder', () => {
  const withKeychain = () => {
    const entries = new Map<string, string>()
    return {
      protectors: [createKeyringKeyWrapper({ run: keyringIn(entries), platform: 'linux' as const })],
      entries,
    }
  }

  test('is noticed where there is a keychain, and used only when the person says so', async () => {
    const { entries, protectors: keyWrappers } = withKeychain()
    const path = (await makeFolder()).path
    const opened = await openTestKeyway(path, { keyWrappers })
    await opened.vault.migrate('os-keychain')
    await opened.close()
    const again = await openTestKeyway(path, { keyWrappers })
    expect(again.keyway.snapshot().integrity).toMatchObject({ findings: [], noticesOlderFolder: true })
    await again.close()
    const older = copyFolder(path)
    const later = await openTestKeyway(path, { keyWrappers })
    const [app] = later.keyway.apps.list()
    later.keyway.apps.update(app?.id ?? '', { paused: true })
    await later.close()
    expect([...entries.keys()].filter((name) => name.endsWith('-counter'))).toHaveLength(1)

    replaceWith(path, older)
    const back = await reopen(path, { keyWrappers })
    expect(found(back)).toMatchObject([{ kind: 'older_folder', how: 'older' }])
    await decide(back, 'use')
    expect(back.keyway.snapshot().integrity.findings).toEqual([])
    await back.close()
    expect(found(await reopen(path, { keyWrappers }))).toEqual([])
  })

  test('is not, with a passphrase alone, and the window says so', async () => {
    const { path } = await makeFolder()
    const older = copyFolder(path)
    await (await openTestKeyway(path)).close()
    replaceWith(path, older)
    const opened = await reopen(path)
    expect(opened.keyway.snapshot().integrity).toMatchObject({ findings: [], noticesOlderFolder: false })
  })
})

describe('the activity log', () => {
  type Edit = (folder: string, earlier: string) => void
  const edits: Record<string, Edit> = {
    'cut, without its note': (folder) => writeRows(folder, rowsOf(folder).slice(0, -2), 'removed'),
    'cut, with a note that fits': (folder) => writeRows(folder, rowsOf(folder).slice(0, -2), 'fitting'),
    'written anew with hashes that fit': (folder) =>
      writeRows(
        folder,
        rehashed(rowsOf(folder), (row) => (row['at'] = 1)),
        'fitting',
      ),
    'its folder removed': (folder) => rmSync(join(folder, 'activity'), { recursive: true }),
    'an older copy of it put back': (folder, earlier) => replaceWith(folder, earlier, 'activity'),
    'its code taken off the note': (folder) => {
      const file = join(folder, 'activity', 'chain.json')
      const { keyed: _, ...note } = JSON.parse(readFileSync(file, 'utf8')) as { keyed: unknown }
      writeFileSync(file, JSON.stringify(note))
    },
  }

  test.each(Object.entries(edits))(
    '%s is found, and gone on with when the person says so',
    async (_, edit) => {
      const { path } = await makeFolder()
      const earlier = copyFolder(path)
      const more = await openTestKeyway(path)
      for (let n = 0; n < 5; n += 1)
        more.keyway.activity.append({ kind: 'system', outcome: 'ok', note: `entry ${n}` })
      await more.close()
      edit(path, earlier)
      const opened = await reopen(path)
      expect(found(opened)).toMatchObject([{ kind: 'log' }])
      expect(await opened.keyway.activity.verify()).toMatchObject({ authenticated: false })
      await decide(opened, 'use')
      expect(found(opened)).toEqual([])
      await opened.close()
      expect(found(await reopen(path))).toEqual([])
    },
  )

  test('as it was written is authenticated while the vault is open, and only consistent while it is locked', async () => {
    const { path } = await makeFolder()
    const opened = await reopen(path)
    expect(await opened.keyway.activity.verify()).toMatchObject({
      ok: true,
      authenticated: true,
      message: expect.stringMatching(/^All \d+ entries are authenticated/),
    })
    opened.vault.lock()
    expect(await opened.keyway.activity.verify()).toMatchObject({
      ok: true,
      authenticated: false,
      message: expect.stringMatching(/^All \d+ entries are complete and consistent, not authenticated\.$/),
    })
  })

  test('entries of a locked vault are closed and named by the next unlock', async () => {
    const { path } = await makeFolder()
    const opened = await reopen(path)
    opened.vault.lock()
    for (let n = 0; n < 3; n += 1)
      opened.keyway.activity.append({ kind: 'system', outcome: 'ok', note: `locked ${n}` })
    await opened.close()
    const again = await reopen(path)
    expect(found(again)).toEqual([])
    await expect
      .poll(() => again.keyway.activity.verify())
      .toMatchObject({
        ok: true,
        authenticated: true,
        message: expect.stringMatching(/Written without the vault's key .*: \d+ to \d+\.$/),
      })
    await again.close()
    expect(noted(path)).toMatch(/3 entries were written while the vault was locked: \d+ to \d+\./)
  })
})

describe('while the vault is locked', () => {
  test('taking away works, is stored, and is no finding; the log names it', async () => {
    const { path, appId, connectionId } = await makeFolder()
    const opened = await openTestKeyway(path)
    opened.vault.lock()
    opened.keyway.apps.update(appId, { paused: true, grants: [] })
    await opened.keyway.connections.disconnect(connectionId)
    await opened.close()
    const again = await reopen(path)
    expect(found(again)).toEqual([])
    expect(again.keyway.apps.list()).toMatchObject([{ paused: true, grants: [] }])
    expect(again.keyway.connections.list()).toEqual([])
    await again.close()
    expect(noted(path)).toContain(`Taken away while the vault was locked: apps ${appId}`)
  })

  test('whatever widens wants the vault open', async () => {
    const { path, appId, providerId, connectionId } = await makeFolder()
    const opened = await reopen(path)
    const { keyway } = opened
    opened.vault.lock()
    const widening: Record<string, () => unknown> = {
      'an app': () => keyway.apps.create(anApp({ name: 'Another' })),
      'a key': () => keyway.apps.rotateKey(appId, 5),
      'a grant': () => keyway.apps.update(appId, { grants: [{ ...anApp().grants[0]!, token: true }] }),
      'a host': () => keyway.providers.update(providerId, { allowedHosts: ['evil.test'] }),
      'a provider': () => keyway.providers.create(aProvider({ slug: 'other', clientSecret: '' })),
      'a proxy': () => keyway.ui['settings.update']({ proxyUrl: 'http://evil.test:1' }),
      'another name of an account': () => keyway.connections.rename(connectionId, 'private'),
    }
    for (const [what, attempt] of Object.entries(widening)) {
      const outcome = await Promise.resolve()
        .then(attempt)
        .then(
          () => 'done',
          (error: unknown) => (error as { code: string }).code,
        )
      expect(`${what}: ${outcome}`).toBe(`${what}: vault_locked`)
    }
    await keyway.ui['settings.update']({ theme: 'dark', socketDoor: false })
    await opened.vault.unlock(PASSPHRASE)
    expect(found(opened)).toEqual([])
    for (const attempt of Object.values(widening)) await attempt()
  })

  test('the path for taking away lets nothing in from outside', async () => {
    const { path, appId } = await makeFolder()
    editDocument(path, 'apps', (document) => {
      const app = document[appId] as unknown as { paused: boolean; manage: boolean }
      app.paused = true
      app.manage = true
    })
    expect(found(await reopen(path))).toMatchObject([{ kind: 'app', how: 'changed' }])
  })
})

test('a document that was damaged with its copy is completed from the manifest', async () => {
  const { path, providerId, appId } = await makeFolder()
  for (const name of ['providers', 'apps'])
    for (const file of [`${name}.json`, `${name}.last-good.json`]) writeFileSync(join(path, file), 'torn')
  const opened = await reopen(path)
  expect(found(opened)).toEqual([])
  expect(opened.keyway.providers.list().map(({ id }) => id)).toEqual([providerId])
  expect(opened.keyway.apps.list().map(({ id }) => id)).toEqual([appId])
})

test('a caller of the local API is told by a code, and is served once the person has decided', async () => {
  const { path, key, appId, providerId } = await makeFolder()
  editDocument(path, 'apps', (document) => {
    const app = document[appId] as unknown as { grants: Array<{ token: boolean }> }
    for (const grant of app.grants) grant.token = true
  })
  editDocument(path, 'providers', (document) => {
    const provider = document[providerId] as unknown as { allowedHosts: string[] }
    provider.allowedHosts = ['evil.test']
  })
  const windowFolder = tempFolder()
  writeFileSync(join(windowFolder, 'index.html'), '<!doctype html><title>Keyway</title>')
  const host = await createHeadless({
    dataFolder: path,
    port: 0,
    windowFolder,
    passphrase: PASSPHRASE,
    keychain: 'unused',
    logLevel: 'debug',
    version: '0.0.0-test',
    environment: {},
  })
  onTestFinished(() => host.close())
  const ask = async (address: string): Promise<unknown> => {
    const answer = await fetch(`${host.url}${address}`, { headers: { 'x-api-key': key } })
    return { status: answer.status, code: ((await answer.json()) as { code?: string }).code }
  }
  const refused = { status: 423, code: 'integrity_check_failed' }
  expect(await ask('/api/integrations/acme/token')).toEqual(refused)
  expect(await ask('/api/integrations/acme/request/x')).toEqual(refused)
  const { ui } = host.keyway
  await ui['integrity.decide']({ id: `apps:${appId}`, decision: 'use' })
  // The app is let in now; where its requests may go was changed too, and nobody has looked at that.
  expect(await ask('/api/integrations/acme/token')).toEqual(refused)
  expect(await ask('/api/integrations/acme/request/x')).toEqual(refused)
  await ui['integrity.decide']({ id: `providers:${providerId}`, decision: 'restore' })
  expect(await ask('/api/integrations/acme/token')).toMatchObject({ status: 200 })
  // As far as it gets here: there is no such host.
  expect(await ask('/api/integrations/acme/request/x')).toMatchObject({ code: 'provider_unreachable' })
})
