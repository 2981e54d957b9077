// Settings that act while Keyway runs, on a real host without Electron.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createHeadless, type Headless } from '../../electron/headless/headless.ts'
import { openWindowClient } from '../../scripts/demo/window-client.ts'
import type { ServerView } from '../../shared/contract/ui-api.ts'
import { Secret } from '../../shared/contract/secret.ts'
import { aProvider } from '../support/builders.ts'
import { testCertificates } from '../support/certificates/certificates.ts'
import { startConnectProxy } from '../support/connect-proxy.ts'
import {
  openTestKeyway,
  registerPracticeProvider,
  signInAtPracticeProvider,
} from '../support/open-test-keyway.ts'
import { startPracticeProvider } from '../support/start-practice-provider.ts'
import { tempFolder } from '../support/temp-folder.ts'

type Host = Headless & { dataFolder: string }

async function startHost(dataFolder = join(tempFolder(), 'data')): Promise<Host> {
  const windowFolder = tempFolder()
  writeFileSync(join(windowFolder, 'index.html'), '<!doctype html><title>Keyway</title>')
  mkdirSync(join(windowFolder, 'assets'), { recursive: true })
  const host = await createHeadless({
    dataFolder,
    port: 0,
    windowFolder,
    passphrase: new Secret('correct horse battery staple'),
    keychain: 'unused',
    logLevel: 'debug',
    version: '0.0.0-test',
    environment: {},
  })
  onTestFinished(() => host.close())
  return Object.assign(host, { dataFolder })
}

async function listenAt(port: number): Promise<Server> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  onTestFinished(() => void server.close())
  return server
}

async function freePort(): Promise<number> {
  const server = await listenAt(0)
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

const answers = (url: string): Promise<boolean> =>
  fetch(`${url}/healthz`).then(
    (response) => response.ok,
    () => false,
  )

test('another port is taken at once: new address, same window session, same links, the old one closed', async () => {
  const host = await startHost()
  const { keyway } = host
  const old = host.url
  const window = await openWindowClient(host.launchUrl())
  const { id } = await window.call('providers.create', aProvider())
  const heard: ServerView[] = []
  keyway.on('server', (view) => heard.push(view))
  const port = await freePort()

  expect(await window.call('settings.update', { port })).toMatchObject({ port })
  expect(host.url).toBe(`http://127.0.0.1:${port}`)
  expect(await answers(host.url)).toBe(true)
  // Nobody gets in there any more; who was in is let out within two seconds.
  await expect(listenAt(Number(new URL(old).port))).resolves.toBeDefined()
  expect(keyway.snapshot().server).toMatchObject({ url: host.url, listening: true, failure: null })
  expect(heard.at(-1)?.url).toBe(host.url)
  expect(keyway.providers.find(id)?.redirectUri).toBe(`${host.url}/oauth2/callback`)
  expect(JSON.parse(readFileSync(join(host.dataFolder, 'owner.json'), 'utf8'))).toMatchObject({
    url: host.url,
  })

  const asBefore = { ...window.session, origin: host.url, 'content-type': 'application/json' }
  const answer = await fetch(`${host.url}/ui/call/snapshot.get`, { method: 'POST', headers: asBefore })
  expect(await answer.json()).toMatchObject({ ok: true, value: { settings: { port } } })
  expect(new URL(host.launchUrl()).port).toBe(String(port))
})

test('a busy port is refused with the next free one; the server stays, and nothing is saved', async () => {
  const host = await startHost()
  const { keyway } = host
  const busy = (await listenAt(0)).address() as AddressInfo
  const before = keyway.settings.get()
  await expect(keyway.ui['settings.update']({ port: busy.port, theme: 'dark' })).rejects.toMatchObject({
    code: 'port_busy',
    details: { field: 'port', port: busy.port, nextFreePort: expect.any(Number) },
  })
  expect(keyway.settings.get()).toEqual(before)
  expect(keyway.snapshot().server).toMatchObject({ url: host.url, listening: true, failure: null })
  expect(await answers(host.url)).toBe(true)
})

test('the local socket closes and opens with its setting', async () => {
  const host = await startHost()
  const { keyway } = host
  const path = join(host.dataFolder, 'keyway.sock')
  expect(keyway.snapshot().server.socketPath).toBe(path)
  expect(existsSync(path)).toBe(true)
  await keyway.ui['settings.update']({ socketDoor: false })
  expect(keyway.snapshot().server).toMatchObject({ socketPath: null, url: host.url, listening: true })
  await expect.poll(() => existsSync(path)).toBe(false)
  await keyway.ui['settings.update']({ socketDoor: true })
  expect(keyway.snapshot().server.socketPath).toBe(path)
  expect(existsSync(path)).toBe(true)
})

test('a proxy is used from the next request on, and no more when it is taken out', async () => {
  const proxy = await startConnectProxy()
  onTestFinished(() => proxy.close())
  const practice = await startPracticeProvider()
  const opened = await openTestKeyway(tempFolder())
  onTestFinished(() => opened.close())
  const { ui } = opened.keyway
  const flow = await signInAtPracticeProvider(opened, registerPracticeProvider(opened, practice))
  if (flow.kind !== 'done') throw new Error(`the sign-in ended as ${flow.kind}`)
  const refresh = async (): Promise<string> =>
    (await ui['connections.refresh']({ id: flow.connectionId })).lastOutcome.status
  await refresh()
  const without = proxy.seen.length
  await ui['settings.update']({ proxyUrl: proxy.url })
  expect(await refresh()).toBe('ok')
  expect(proxy.seen.length).toBeGreaterThan(without)
  const within = proxy.seen.length
  await ui['settings.update']({ proxyUrl: null })
  expect(await refresh()).toBe('ok')
  expect(proxy.seen.length).toBe(within)
})

test('certificate authorities that cannot be read are refused and not saved; readable ones are', async () => {
  const opened = await openTestKeyway(tempFolder())
  onTestFinished(() => opened.close())
  const { ui, settings } = opened.keyway
  for (const junk of ['junk', '-----BEGIN CERTIFICATE-----\nmade up\n-----END CERTIFICATE-----', '']) {
    await expect(ui['settings.update']({ extraCa: junk })).rejects.toMatchObject({
      code: 'invalid_request',
      details: { field: 'extraCa' },
    })
  }
  expect(settings.get().extraCa).toBeNull()
  await ui['settings.update']({ extraCa: testCertificates.authority })
  expect(settings.get().extraCa).toBe(testCertificates.authority)
})

test('activity that is to be kept for less time goes at once', async () => {
  const opened = await openTestKeyway(tempFolder())
  onTestFinished(() => opened.close())
  const { keyway, journal } = opened
  const pruned: number[] = []
  const prune = journal.prune.bind(journal)
  journal.prune = (olderThan) => {
    pruned.push(olderThan)
    return prune(olderThan)
  }
  await keyway.ui['settings.update']({ activityDays: 100 })
  const before = Date.now()
  await keyway.ui['settings.update']({ activityDays: 7 })
  await expect.poll(() => pruned.length).toBe(1)
  const order = [before, pruned[0]! + 7 * 86_400_000, Date.now()]
  expect(order.toSorted((one, other) => one - other)).toEqual(order)
})
