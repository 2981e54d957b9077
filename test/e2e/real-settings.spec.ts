// Settings as a person changes them, and everything that can be taken elsewhere and back.
import { readFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import type { Download, Page } from '@playwright/test'
import { expect, test } from '../support/real-window/real-window-fixture.ts'

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

async function saved(window: Page, button: string): Promise<string> {
  const [download] = await Promise.all([
    window.waitForEvent('download'),
    window.getByRole('button', { name: button }).click(),
  ])
  return readFile(await (download satisfies Download).path(), 'utf8')
}

test('the port moves, the window goes along, and a port that is taken is named with the next free one', async ({
  openWindow,
  host,
}) => {
  const window = await openWindow('#/settings/server')
  const old = host.url
  await expect(window.getByRole('group', { name: 'Address', exact: true })).toContainText(old)
  const busy = createServer().listen(0, '127.0.0.1')
  await once(busy, 'listening')
  const port = window.getByLabel('Port', { exact: true })
  await port.fill(String((busy.address() as AddressInfo).port))
  await port.press('Enter')
  await expect(window.getByRole('alert')).toContainText(/port/i)
  await expect(port).toHaveValue(String((busy.address() as AddressInfo).port))
  busy.close()

  const next = await freePort()
  await port.fill(String(next))
  await port.press('Enter')
  await window.waitForURL(`http://127.0.0.1:${next}/**`)
  await expect(window.getByRole('group', { name: 'Address', exact: true })).toContainText(
    `http://127.0.0.1:${next}`,
  )
  await expect(window.getByRole('group', { name: /^To Keyway’s own port/ })).toContainText(
    `http://127.0.0.1:${next}/oauth2/callback`,
  )
  expect(host.url).toBe(`http://127.0.0.1:${next}`)
})

test('a proxy and an authority that are none are refused at their fields; a good one is kept and can be undone', async ({
  openWindow,
  call,
}) => {
  const window = await openWindow('#/settings/network')
  const proxy = window.getByLabel('Proxy')
  await proxy.fill('proxy without a scheme')
  await expect(window.getByText('An address such as http://proxy.example.com:8080')).toBeVisible()
  await proxy.fill('http://127.0.0.1:3128')
  await proxy.press('Enter')
  await expect(window.getByText('Saved.')).toBeVisible()
  expect((await call('snapshot.get', undefined)).settings.proxyUrl).toBe('http://127.0.0.1:3128')
  await window.getByRole('button', { name: 'Undo' }).click()
  await expect(proxy).toHaveValue('')
  const authorities = window.getByLabel('Further certificate authorities (PEM)')
  await authorities.fill('-----BEGIN CERTIFICATE-----\nnot one\n-----END CERTIFICATE-----')
  await window.getByRole('button', { name: 'Save' }).click()
  await expect(window.getByRole('alert')).toContainText(/certificate/i)
  await expect(authorities).toHaveValue(/not one/)
})

test('everything leaves in one encrypted file and comes back; a wrong passphrase and a flipped byte are told apart from nothing else', async ({
  openWindow,
  startPractice,
  register,
  connect,
}) => {
  await connect(await register(await startPractice()))
  const window = await openWindow('#/settings/data')
  await window.getByRole('button', { name: 'Export…' }).click()
  await window.getByLabel('Passphrase', { exact: true }).fill('for the other machine')
  await window.getByLabel('Passphrase again').fill('for the other machine')
  await window.getByRole('button', { name: 'Make the file' }).click()
  await expect(window.getByText('It holds 1 provider, 1 connection and 0 apps.')).toBeVisible()
  const bundle = await saved(window, 'Save the file')
  await window.getByRole('button', { name: 'Done' }).click()

  await window.getByRole('button', { name: 'Import…' }).click()
  const dialog = window.getByRole('dialog')
  await dialog.getByRole('button', { name: 'Look inside' }).click()
  await expect(dialog.getByText('Choose a file first.')).toBeVisible()
  const choose = (content: string) =>
    dialog.getByLabel('Choose a file…').setInputFiles({
      name: 'mine.keyway',
      mimeType: 'application/octet-stream',
      buffer: Buffer.from(content),
    })
  await choose(bundle)
  await expect(dialog.getByText('Chosen: mine.keyway')).toBeVisible()
  const passphrase = dialog.getByLabel('Passphrase of the file')
  await passphrase.fill('for another machine')
  await passphrase.press('Enter')
  await expect(dialog.getByRole('alert')).toBeVisible()
  await expect(passphrase).toHaveValue('for another machine')
  await expect(dialog.getByText('Chosen: mine.keyway')).toBeVisible()

  await passphrase.fill('for the other machine')
  const middle = Math.floor(bundle.length * 0.7)
  await choose(bundle.slice(0, middle) + (bundle[middle] === 'A' ? 'B' : 'A') + bundle.slice(middle + 1))
  await passphrase.press('Enter')
  await expect(dialog.getByRole('alert')).toBeVisible()
  await choose('half a file {')
  await passphrase.press('Enter')
  await expect(dialog.getByRole('alert')).toBeVisible()

  await choose(bundle)
  await passphrase.press('Enter')
  await dialog.getByLabel('What to do with Rehearsal', { exact: true }).selectOption('Keep both')
  await dialog.getByRole('button', { name: 'Import', exact: true }).click()
  await expect(window.getByRole('dialog', { name: 'Imported' })).toBeVisible()
  await window.getByRole('button', { name: 'Done' }).click()
  await window.getByRole('link', { name: 'Providers' }).first().click()
  await expect(window.getByRole('list', { name: 'Providers' }).getByRole('listitem')).toHaveCount(2)
})

test('diagnostics are seen whole before they are saved, and hold no secret; the data folder is named', async ({
  openWindow,
  host,
  startPractice,
  register,
  connect,
}) => {
  const provider = await startPractice()
  await connect(await register(provider))
  const window = await openWindow('#/settings/data')
  await expect(window.getByRole('group', { name: 'Data folder' })).toContainText(host.dataFolder)
  await window.getByRole('button', { name: 'Collect…' }).click()
  const shown = await window.getByRole('textbox', { name: 'All that is in the file' }).inputValue()
  expect(await saved(window, 'Save')).toBe(shown)
  expect(shown).not.toContain(provider.clients.basic.clientSecret)
  expect(shown).not.toContain('made-up-secret')
})

test('a switch acts at once and its undo brings it back, in every window', async ({ openWindow }) => {
  const window = await openWindow('#/settings/general')
  const other = await openWindow('#/settings/general')
  await window.bringToFront()
  await window.getByRole('radio', { name: 'Dark' }).click()
  const ground = (page: Page) => page.evaluate(() => document.documentElement.dataset['theme'] ?? 'system')
  await expect.poll(() => ground(other)).toBe('dark')
  await other.bringToFront()
  await other.getByRole('radio', { name: 'Light' }).click()
  await expect.poll(() => ground(window)).toBe('light')
})
