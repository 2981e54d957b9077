// The window over time: two of them, a host that dies and comes back, links that are used up, narrow and
// enlarged windows, keys alone.
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { choose, createVault, goTo, signInAt, signInFrom } from '../support/real-window/person.ts'
import { expect, listenFor, test } from '../support/real-window/real-window-fixture.ts'
import { startHeadlessProgram } from '../support/real-window/headless-fixture.ts'
import { makeTempFolder } from '../support/temp-folder.ts'

// As for most people, everything moves here.
test.use({ contextOptions: { reducedMotion: 'no-preference' } })

test('two windows follow each other: what is done in one is seen in the other, sign-ins and questions too', async ({
  openWindow,
  startPractice,
  register,
  host,
}) => {
  await register(await startPractice())
  const one = await openWindow('#/connections')
  const other = await openWindow('#/connections')
  await one.bringToFront()
  await one.getByRole('button', { name: 'Connect to Rehearsal' }).click()
  await other.bringToFront()
  await other.getByRole('link', { name: 'Continue' }).click()
  await expect(other.getByRole('heading', { name: 'Continue in your browser' })).toBeVisible()
  await signInFrom(other)
  await expect(one.getByText('Signed in as ada@example.test')).toBeVisible()
  await expect(other.getByText('Signed in as ada@example.test')).toBeVisible()
  await one.bringToFront()
  await one.goto(`${host.url}/#/connections`)
  await choose(one, 'Rename')
  await one.getByLabel('Account name').fill('Arbeit 👩🏽‍💻')
  await one.getByLabel('Account name').press('Enter')
  await other.goto(`${host.url}/#/connections`)
  await expect(other.getByRole('article', { name: 'Rehearsal, Arbeit 👩🏽‍💻' })).toBeVisible()
  await one.getByRole('button', { name: 'Lock vault' }).click()
  await expect(other.getByRole('heading', { name: 'The vault is locked' })).toBeVisible()
})

test('a host that is killed is said to be gone; started again, a fresh link brings the window back to what was typed', async ({
  page,
  complaints,
}) => {
  const folder = makeTempFolder()
  const start = (port: string) => startHeadlessProgram({ dataFolder: join(folder.path, 'data'), port })
  listenFor(page, complaints)
  const first = start('0')
  const link = await first.launchUrl()
  await page.goto(link)
  await createVault(page, 'correct horse battery')
  await page.getByRole('link', { name: 'Add a connection' }).click()
  await page.getByRole('option', { name: /Describe a provider yourself/ }).click()
  await page.getByLabel('Name', { exact: true }).fill('Acme Data')
  first.kill('SIGKILL')
  await first.ended
  await expect(page.getByText('Keyway is not answering')).toBeVisible()
  await expect(page.getByLabel('Name', { exact: true })).toHaveValue('Acme Data')
  await page.getByLabel('Token URL', { exact: true }).fill('https://auth.acme.example/token')

  const second = start(new URL(link).port)
  await second.launchUrl()
  // The window is known again; only the vault has to be opened.
  await page.getByLabel('Passphrase', { exact: true }).fill('correct horse battery')
  await page.keyboard.press('Enter')
  await expect(page.getByLabel('Name', { exact: true })).toHaveValue('Acme Data')
  await expect(page.getByLabel('Token URL', { exact: true })).toHaveValue('https://auth.acme.example/token')
  second.kill('SIGTERM')
  await second.ended
  folder.remove()
})

test('a link to the window that is used up or too old says so and lets nobody in', async ({ page, host }) => {
  const used = host.launchUrl()
  await page.goto(used)
  await page.context().clearCookies()
  expect((await page.goto(used))?.status()).toBe(410)
  await expect(page.getByRole('heading').first()).toBeVisible()
  const old = host.launchUrl()
  host.clock.advance(10 * 60_000 + 1000)
  expect((await page.goto(old))?.status()).toBe(410)
  await page.goto(host.url)
  await expect(page.getByRole('heading', { name: 'This browser is not signed in' })).toBeVisible()
})

const places = [
  'connections',
  'add',
  'add/preset/github',
  'providers',
  'apps/new',
  'activity',
  'settings/vault',
  'settings/server',
  'settings/data',
  'rehearsal',
]

for (const { name, size, zoom } of [
  { name: '360 px', size: { width: 360, height: 740 }, zoom: 1 },
  // Twice the size of everything is half the room for it.
  { name: '200 %', size: { width: 640, height: 400 }, zoom: 2 },
]) {
  test.describe(`at ${name}`, () => {
    test.use({ viewport: size, deviceScaleFactor: zoom })

    test(`nothing is cut off at the side or covers what one wants to press, at ${name}`, async ({
      openWindow,
      startPractice,
      register,
      connect,
      call,
    }) => {
      const registered = await register(await startPractice())
      const id = await connect(registered)
      const long = 'Abteilung für außerordentlich lange Bezeichnungen und Zusätze '.repeat(2).slice(0, 90)
      await call('connections.rename', { id, account: long.trim() })
      await call('apps.create', { name: 'x'.repeat(100), grants: [{ target: { kind: 'all' } }] })
      const window = await openWindow('#/connections')
      for (const place of [
        ...places,
        `connections/${id}`,
        `providers/${registered.id}`,
        `providers/${registered.id}/edit`,
      ]) {
        await goTo(window, `#/${place}`)
        await window.getByRole('heading', { level: 1 }).waitFor()
        expect(await sideways(window), place).toBe(0)
      }
      await goTo(window, `#/connections/${id}`)
      await choose(window, 'Disconnect')
      await window.getByRole('alertdialog').getByRole('button', { name: 'Disconnect' }).click()
      await window.getByRole('button', { name: 'Done' }).click()
      await expect(window.getByRole('button', { name: 'Connect to Rehearsal' })).toBeVisible()
    })
  })
}

/** Pixels that the page, or what scrolls in it, is wider than it is. */
function sideways(window: Page): Promise<number> {
  return window.evaluate(() => {
    const main = document.querySelector('main')
    const over = (element: Element | null): number =>
      element === null ? 0 : element.scrollWidth - element.clientWidth
    return Math.max(over(document.documentElement), over(main))
  })
}

test('with the keyboard alone: from the palette to a connection, a menu, a dialog and back to where one was', async ({
  openWindow,
  startPractice,
  register,
  context,
}) => {
  await register(await startPractice())
  const window = await openWindow('#/connections')
  const press = async (...keys: string[]): Promise<void> => {
    for (const key of keys) await window.keyboard.press(key)
  }
  await press('Control+k')
  await expect(window.getByPlaceholder(/^Search connections/)).toBeFocused()
  await window.keyboard.type('rehearsal')
  await expect(window.getByRole('option', { name: 'Rehearsal', exact: true })).toBeVisible()
  await window.getByRole('option', { name: 'Rehearsal', exact: true }).hover()
  await press('Enter')
  await expect(window.getByRole('heading', { name: 'Rehearsal', level: 1 })).toBeFocused()
  await press('Tab')
  await expect(window.getByRole('button', { name: 'Connect', exact: true })).toBeFocused()
  await press('Enter')
  await expect(window.getByRole('heading', { name: 'Sign in at Rehearsal' })).toBeFocused()
  await press('Tab')
  await expect(window.getByRole('link', { name: 'Open the sign-in page' })).toBeFocused()
  const [page] = await Promise.all([context.waitForEvent('page'), press('Enter')])
  await signInAt(page)
  await expect(window.getByRole('heading', { name: 'Connected' })).toBeVisible()
  await window.bringToFront()
  await press('Control+k')
  await expect(window.getByPlaceholder(/^Search connections/)).toBeFocused()
  await window.keyboard.type('go to connections')
  await press('Enter')
  const row = window.getByRole('link', { name: /Rehearsal.*ada@example\.test/ })
  await expect(row).toBeVisible()
  await row.focus()
  for (const next of [/^Copy snippet/, /^More actions/]) {
    await press('Tab')
    await expect(window.getByRole('button', { name: next })).toBeFocused()
  }
  await press('Enter')
  await expect(window.getByRole('menuitem', { name: 'Copy snippet' })).toBeFocused()
  await press('ArrowDown')
  await expect(window.getByRole('menuitem', { name: 'Test call' })).toBeFocused()
  await press('Enter')
  await expect(window.getByRole('dialog', { name: 'Test call' })).toBeVisible()
  await press('Escape')
  await expect(window.getByRole('button', { name: /^More actions/ })).toBeFocused()
})
