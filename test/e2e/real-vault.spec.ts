// The vault under the window: first start, locking, unlocking, another passphrase, another protector.
import { PASSPHRASE } from '../support/real-window/real-host.ts'
import { goTo } from '../support/real-window/person.ts'
import { expect, test } from '../support/real-window/real-window-fixture.ts'

test.describe('at the first start', () => {
  test.use({ beginning: { vault: 'fresh' } })

  test('a newcomer without a keychain is told so, chooses a passphrase and is three presses from a connection', async ({
    openWindow,
  }) => {
    const window = await openWindow()
    await expect(window.getByRole('heading', { name: 'Welcome to Keyway' })).toBeVisible()
    await expect(window.getByText(/signs in to your online services once/)).toBeVisible()
    const passphrase = window.getByLabel('Passphrase', { exact: true })
    await passphrase.fill('short')
    await window.getByRole('button', { name: 'Create the vault' }).click()
    await expect(window.getByText('At least 8 characters, please.')).toBeVisible()
    await passphrase.fill('a few plain words')
    await window.getByLabel('Passphrase again').fill('a few plain word')
    await window.getByLabel('Passphrase again').press('Enter')
    await expect(window.getByText('The two are not the same.')).toBeVisible()
    await expect(passphrase).toHaveValue('a few plain words')
    await window.getByLabel('Passphrase again').fill('a few plain words')
    await window.getByLabel('Passphrase again').press('Enter')
    await expect(window.getByRole('heading', { name: 'Connections' })).toBeVisible()

    await window.getByRole('link', { name: 'Try it without an account' }).click()
    await window.getByRole('button', { name: 'Start it' }).click()
    await window.getByRole('button', { name: 'Sign in there' }).click()
    await expect(window.getByRole('link', { name: 'Open the sign-in page' })).toBeVisible()
  })
})

test.describe('with a keychain', () => {
  test.use({ beginning: { vault: 'fresh', keychain: 'usable' } })

  test('the keychain that was found needs one press, and the key can move to a passphrase and back', async ({
    openWindow,
    call,
  }) => {
    const window = await openWindow()
    await expect(window.getByRole('radio', { name: 'Keychain in memory' })).toBeChecked()
    await window.getByRole('button', { name: 'Use the keychain' }).click()
    await expect(window.getByRole('heading', { name: 'Connections' })).toBeVisible()
    await goTo(window, '#/settings/vault')
    await window.getByRole('button', { name: 'Move to this' }).click()
    const dialog = window.getByRole('dialog')
    await dialog.getByLabel('Passphrase', { exact: true }).fill('a few plain words')
    await dialog.getByLabel('Passphrase again').fill('a few plain words')
    await dialog.getByRole('button', { name: 'Move to this' }).click()
    await expect(window.getByText('it was read back to be sure')).toBeVisible()
    await expect(window.getByRole('button', { name: 'Change the passphrase' })).toBeVisible()
    await call('vault.lock', undefined)
    await window.getByLabel('Passphrase', { exact: true }).fill('a few plain words')
    await window.keyboard.press('Enter')
    await expect(window.getByRole('button', { name: 'Change the passphrase' })).toBeVisible()
    await window.getByRole('button', { name: 'Move to this' }).click()
    await dialog.getByRole('button', { name: 'Move to this' }).click()
    await expect(window.getByRole('button', { name: 'Change the passphrase' })).toBeHidden()
  })
})

test('a locked vault says so, refuses a wrong passphrase, and comes back to where the person was with what they typed', async ({
  openWindow,
  call,
  host,
}) => {
  const { key } = await call('apps.create', {
    name: 'Backup',
    grants: [{ target: { kind: 'all' }, token: true }],
  })
  const window = await openWindow('#/add/custom')
  await window.getByLabel('Name', { exact: true }).fill('Acme Data')
  await window.getByLabel('Token URL', { exact: true }).fill('https://auth.acme.example/token')
  await window.getByRole('button', { name: 'Lock vault' }).click()
  await expect(window.getByRole('heading', { name: 'The vault is locked' })).toBeVisible()
  const refused = await fetch(`${host.url}/api/integrations/nothing/token`, { headers: { 'x-api-key': key } })
  expect([404, 423]).toContain(refused.status)
  await expect(window.getByLabel('Passphrase', { exact: true })).toBeFocused()
  await window.keyboard.type('not this one')
  await window.keyboard.press('Enter')
  await expect(window.getByRole('alert')).toContainText('not the right one')
  await window.getByLabel('Passphrase', { exact: true }).fill(PASSPHRASE)
  await window.keyboard.press('Enter')
  await expect(window.getByLabel('Name', { exact: true })).toHaveValue('Acme Data')
  await expect(window.getByLabel('Token URL', { exact: true })).toHaveValue('https://auth.acme.example/token')
})

test('the passphrase is changed only by who knows it; afterwards the new one opens', async ({
  openWindow,
}) => {
  const window = await openWindow('#/settings/vault')
  await window.getByRole('button', { name: 'Change the passphrase' }).click()
  const dialog = window.getByRole('dialog')
  await dialog.getByLabel('Passphrase now').fill('wrong')
  await dialog.getByLabel('Passphrase', { exact: true }).fill('another fine phrase')
  await dialog.getByLabel('Passphrase again').fill('another fine phrase')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await expect(dialog.getByRole('alert')).toContainText('not the right one')
  await expect(dialog.getByLabel('Passphrase again')).toHaveValue('another fine phrase')
  await dialog.getByLabel('Passphrase now').fill(PASSPHRASE)
  await dialog.getByRole('button', { name: 'Save' }).click()
  await expect(window.getByText('The passphrase is changed.')).toBeVisible()
  await window.getByRole('button', { name: 'Lock now' }).click()
  await window.getByLabel('Passphrase', { exact: true }).fill('another fine phrase')
  await window.keyboard.press('Enter')
  await expect(window.getByRole('heading', { name: 'Settings' })).toBeVisible()
})

test('the vault locks by itself when the window is not used, and a number that is none is refused at its field', async ({
  openWindow,
  host,
}) => {
  const window = await openWindow('#/settings/vault')
  const minutes = window.getByLabel('Lock by itself after')
  await minutes.fill('soon')
  await expect(minutes).toHaveAttribute('aria-invalid', 'true')
  await minutes.fill('5')
  await minutes.press('Enter')
  await expect(window.getByText('Saved.')).toBeVisible()
  host.clock.advance(5 * 60_000 + 1000)
  await expect(window.getByRole('heading', { name: 'The vault is locked' })).toBeVisible()
})
