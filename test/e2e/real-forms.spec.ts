// Forms stop a person where something is missing, in words, and let go as soon as it is mended.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from '../support/real-window/real-window-fixture.ts'

test('a sign-in without a client ID is stopped at the field; what a preset needs is said, and saving alone is allowed', async ({
  openWindow,
  call,
}) => {
  const window = await openWindow('#/add/preset/github')
  const id = window.getByLabel('Client ID', { exact: true })
  const secret = window.getByLabel('Client secret', { exact: true })
  await expect(window.getByText('This service requires one.')).toBeVisible()
  await window.getByRole('button', { name: 'Save and sign in' }).click()
  await expect(window.getByText('Enter the client ID that the service gave you.')).toBeVisible()
  await expect(id).toBeFocused()
  await expect(secret).toHaveAttribute('aria-invalid', 'true')
  expect((await call('snapshot.get', undefined)).providers).toEqual([])
  await id.fill('made-up')
  await expect(id).not.toHaveAttribute('aria-invalid', 'true')

  await id.fill('')
  await window.getByRole('button', { name: 'Save', exact: true }).click()
  await expect(window.getByText('GitHub is saved.')).toBeVisible()
  // Signing in from there fails, and what helps is the primary button, which leads to the empty field.
  await window.getByRole('button', { name: 'Connect', exact: true }).click()
  const fix = window.getByRole('link', { name: 'Fix setup' })
  await expect(fix).toHaveClass(/bg-accent-fill/)
  await expect(window.getByRole('button', { name: 'Try again' })).not.toHaveClass(/bg-accent-fill/)
  await fix.click()
  await expect(id).toBeFocused()
  await expect(window.getByText('Enter the client ID that the service gave you.')).toBeVisible()
})

test('a slug that follows the name takes its error along', async ({ openWindow }) => {
  const window = await openWindow('#/add/custom')
  const slug = window.getByLabel('Slug', { exact: true })
  await window.getByRole('button', { name: 'Save', exact: true }).click()
  await expect(slug).toHaveAttribute('aria-invalid', 'true')
  await window.getByLabel('Name', { exact: true }).fill('Acme Cloud')
  await expect(slug).toHaveValue('acme-cloud')
  await expect(slug).not.toHaveAttribute('aria-invalid', 'true')
  await expect(window.getByText('Free.')).toBeVisible()
})

test('numbers in settings are refused in words, with what is allowed', async ({ openWindow }) => {
  const window = await openWindow('#/settings/server')
  const port = window.getByLabel('Port', { exact: true })
  for (const typed of ['80', '70000', 'abc', '2000.5', '']) {
    await port.fill(typed)
    await expect(window.getByText('Enter a whole number from 1024 to 65535.')).toBeVisible()
  }
  await port.fill('8080')
  await expect(window.getByText(/Enter a whole number/)).toBeHidden()
  await window.goto(window.url().replace(/#.*/, '#/settings/vault'))
  await window.getByLabel('Lock by itself after').fill('-5')
  await expect(window.getByText('Enter a whole number from 0 to 1440.')).toBeVisible()
  await window.goto(window.url().replace(/#.*/, '#/settings/data'))
  await window.getByLabel('Keep activity for').fill('0')
  await expect(window.getByText('Enter a whole number from 1 to 3650.')).toBeVisible()
})

test('a taken port offers the free one, and the alert goes with the next keystroke or the press', async ({
  openWindow,
  call,
}) => {
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  const taken = (other.address() as AddressInfo).port
  const window = await openWindow('#/settings/server')
  // The host of a test listens at a port of its own, as with --port.
  await expect(window.getByText(/^this run: \d+, from --port$/)).toBeVisible()
  const port = window.getByLabel('Port', { exact: true })
  await port.fill(String(taken))
  await port.press('Enter')
  const alert = window.getByRole('alert')
  await expect(alert).toContainText(`Port ${taken} is in use`)
  await expect(alert).not.toContainText('Settings')
  await port.fill('1')
  await expect(alert).toBeHidden()
  await port.fill(String(taken))
  await port.press('Enter')
  await window.getByRole('button', { name: /^Use \d+$/ }).click()
  await expect(alert).toBeHidden()
  await expect(window.getByText(/^this run:/)).toBeHidden()
  expect((await call('snapshot.get', undefined)).settings.port).toBeGreaterThan(taken)
  other.close()
})

test('a wrong passphrase is said once, at the field, and goes with the first letter', async ({
  openWindow,
  call,
}) => {
  const window = await openWindow('#/connections')
  await call('vault.lock', undefined)
  const field = window.getByLabel('Passphrase', { exact: true })
  await field.fill('wrong horse')
  await window.getByRole('button', { name: 'Unlock' }).click()
  await expect(window.getByText(/not the right one/)).toHaveCount(1)
  await expect(field).toHaveAttribute('aria-invalid', 'true')
  await expect(field).toBeFocused()
  await window.keyboard.type('c')
  await expect(window.getByText(/not the right one/)).toHaveCount(0)
  await expect(field).toHaveValue('c')
})

test.describe('at the first start without a keychain', () => {
  test.use({ beginning: { vault: 'fresh' }, viewport: { width: 1280, height: 800 } })

  test('one line says so, the field has the focus, and the button is in view', async ({ openWindow }) => {
    const window = await openWindow()
    const passphrase = window.getByLabel('Passphrase', { exact: true })
    await expect(passphrase).toBeFocused()
    await expect(window.getByRole('button', { name: 'Create the vault' })).toBeInViewport({ ratio: 1 })
    await expect(window.getByRole('radio')).toHaveCount(0)
    await window.keyboard.type('short')
    await window.keyboard.press('Enter')
    await expect(passphrase).toBeFocused()
    await expect(window.getByText('At least 8 characters, please.')).toBeVisible()
    await passphrase.fill('a few plain words')
    await window.keyboard.press('Enter')
    await expect(window.getByLabel('Passphrase again')).toBeFocused()
  })
})
