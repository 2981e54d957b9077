// A window that a command opened, as a person meets it: one dialog asks for a proof, and what was being done
// goes on by itself.
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { requestWindow } from '../../electron/core/running-service.ts'
import { PASSPHRASE } from '../support/real-window/real-host.ts'
import { expect, listenFor, test } from '../support/real-window/real-window-fixture.ts'
import { startHeadlessProgram } from '../support/real-window/headless-fixture.ts'
import { createVault } from '../support/real-window/person.ts'
import { makeTempFolder } from '../support/temp-folder.ts'

async function openFromShell(page: Page, dataFolder: string, complaints: string[]): Promise<Page> {
  const { url } = await requestWindow(dataFolder)
  listenFor(page, complaints)
  await page.goto(url ?? '')
  await page.getByRole('main').first().waitFor()
  return page
}

test('the dialog takes the passphrase, says when it is wrong, and the app that was being made is made', async ({
  page,
  host,
  startPractice,
  register,
  connect,
  complaints,
}) => {
  await connect(await register(await startPractice()))
  const window = await openFromShell(page, host.dataFolder, complaints)
  await window.goto(`${host.url}/#/apps/new`)
  await window.getByLabel('Name', { exact: true }).fill('My script')
  await window.getByRole('checkbox', { name: 'Send requests' }).click()
  await window.getByRole('button', { name: 'Make the key' }).click()
  const dialog = window.getByRole('dialog', { name: 'Prove that it is you' })
  await expect(dialog.getByLabel('Passphrase', { exact: true })).toBeFocused()
  await dialog.getByLabel('Passphrase', { exact: true }).fill('not this one')
  await window.keyboard.press('Enter')
  await expect(dialog.getByText('That is not the passphrase.')).toBeVisible()
  await dialog.getByLabel('Passphrase', { exact: true }).fill(PASSPHRASE)
  await dialog.getByRole('button', { name: 'Continue' }).click()
  await expect(window.getByText(/^kw_[\w-]{43}$/)).toBeVisible()
  await expect(dialog).toBeHidden()
  expect(host.keyway.apps.list().map(({ name }) => name)).toEqual(['My script'])
})

test('leaving the dialog changes nothing and keeps what was typed', async ({
  page,
  host,
  startPractice,
  register,
  connect,
  complaints,
}) => {
  await connect(await register(await startPractice()))
  const window = await openFromShell(page, host.dataFolder, complaints)
  await window.goto(`${host.url}/#/apps/new`)
  await window.getByLabel('Name', { exact: true }).fill('My script')
  await window.getByRole('checkbox', { name: 'Send requests' }).click()
  await window.getByRole('button', { name: 'Make the key' }).click()
  await expect(window.getByRole('dialog')).toBeVisible()
  await window.keyboard.press('Escape')
  await expect(window.getByRole('dialog')).toBeHidden()
  await expect(window.getByLabel('Name', { exact: true })).toHaveValue('My script')
  expect(host.keyway.apps.list()).toEqual([])
})

test.describe('where the vault has no passphrase', () => {
  test.use({ beginning: { vault: 'fresh', keychain: 'usable' } })

  test('a code appears in the window that is open already, and opens the other one', async ({
    page,
    host,
    call,
    openWindow,
    complaints,
  }) => {
    await call('vault.initialise', { protector: 'os-keychain' })
    const present = await openWindow()
    const window = await openFromShell(page, host.dataFolder, complaints)
    await expect(present.getByText('A command opened a window of Keyway')).toBeVisible()
    await window.goto(`${host.url}/#/settings/server`)
    await window.getByLabel('Port', { exact: true }).fill('7399')
    await window.keyboard.press('Enter')
    const dialog = window.getByRole('dialog', { name: 'Prove that it is you' })
    const shown = present.getByRole('alert').getByLabel('Code')
    await expect(shown).toHaveText(/^[A-Z2-9]{4}-[A-Z2-9]{4}$/)
    const code = (await shown.textContent()) ?? ''
    await expect(window.getByText(code)).toHaveCount(0)
    await dialog.getByLabel('Code').fill(code.toLowerCase())
    await window.keyboard.press('Enter')
    await expect(dialog).toBeHidden()
    await expect(shown).toBeHidden()
  })
})

test('a window that is open stays open through kill -9 and a restart, and shows meanwhile that nobody answers', async ({
  page,
  complaints,
}) => {
  const folder = makeTempFolder()
  const start = (port: string) =>
    startHeadlessProgram({ dataFolder: join(folder.path, 'data'), port, passphrase: PASSPHRASE })
  const first = start('0')
  const link = await first.launchUrl()
  listenFor(page, complaints)
  await page.goto(link)
  await page.getByRole('link', { name: 'Add a connection' }).click()
  await page.getByRole('option', { name: /Describe a provider yourself/ }).click()
  await page.getByLabel('Name', { exact: true }).fill('Acme Data')
  await page.getByLabel('Client secret').fill('typed and not saved')
  first.kill('SIGKILL')
  await first.ended
  await expect(page.getByText('Not answering', { exact: true })).toBeVisible()
  const second = start(new URL(link).port)
  await second.launchUrl()
  await expect(page.getByText('Keyway is not answering')).toBeHidden()
  await expect(page.getByLabel('Name', { exact: true })).toHaveValue('Acme Data')
  await expect(page.getByLabel('Client secret')).toHaveValue('typed and not saved')
  second.kill('SIGKILL')
  await second.ended
  folder.remove()
})

test('who forgot the passphrase starts over: providers stay, connections go, and a new vault is made', async ({
  host,
  startPractice,
  register,
  connect,
  openWindow,
}) => {
  await connect(await register(await startPractice()))
  const window = await openWindow()
  await window.getByRole('button', { name: 'Lock vault' }).click()
  await window.getByRole('button', { name: 'Forgot the passphrase?' }).click()
  const dialog = window.getByRole('dialog', { name: 'Start over without the passphrase' })
  await expect(dialog.getByText('1 connection: sign in there again')).toBeVisible()
  await expect(dialog.getByRole('button', { name: 'Start over', exact: true })).toBeDisabled()
  await dialog.getByLabel(/^Type/).fill('start ove')
  await expect(dialog.getByRole('button', { name: 'Start over', exact: true })).toBeDisabled()
  await dialog.getByLabel(/^Type/).fill('start over')
  await dialog.getByRole('button', { name: 'Start over', exact: true }).click()
  await expect(window.getByText('The old vault was set aside')).toBeVisible()
  await createVault(window, 'an entirely new one')
  await window.getByRole('link', { name: 'Providers' }).first().click()
  await expect(window.getByText('Rehearsal').first()).toBeVisible()
  expect(host.keyway.snapshot().connections).toEqual([])
})
