// What a person does in the window in many tests, and at the provider's own pages, which are a second page of
// the same browser.
import type { Page } from '@playwright/test'

type SignIn = {
  account?: string
  decision?: 'Allow access' | 'Deny'
  /** Permissions whose box is cleared first, by the words beside it. */
  without?: readonly RegExp[]
}

/**
 * Opens the provider's page from the window and signs in there; resolves with the page when the browser has
 * come home. Then the window is in front again: a browser draws a tab in the background once a second, and
 * each press would wait for that.
 */
export async function signInFrom(window: Page, choices: SignIn = {}): Promise<Page> {
  const [page] = await Promise.all([
    window.context().waitForEvent('page'),
    window.getByRole('link', { name: /^Open (the sign-in page|again)/ }).click(),
  ])
  await signInAt(page, choices)
  await page.waitForURL((url) => url.pathname === '/oauth2/callback')
  await window.bringToFront()
  return page
}

export async function signInAt(
  page: Page,
  { account = 'ada@example.test', decision = 'Allow access', without = [] }: SignIn = {},
): Promise<void> {
  const other = page.getByRole('link', { name: 'Somebody else' })
  await page.getByLabel('Account').or(other).first().waitFor()
  // Its own session may still remember who was here last.
  if (await other.isVisible()) await other.click()
  await page.getByLabel('Account').fill(account)
  await page.getByRole('button', { name: 'Sign in' }).click()
  for (const words of without) await page.getByLabel(words).uncheck()
  await page.getByRole('button', { name: decision }).click()
}

/** Follows a link to another screen of the same window, without a reload. */
export async function goTo(window: Page, hash: string): Promise<void> {
  await window.goto(`${new URL(window.url()).origin}/${hash}`)
}

/** Chooses from the menu of a connection or a provider; of the only one on the screen, unless it is named. */
export async function choose(window: Page, action: string, of = ''): Promise<void> {
  const trigger = of === '' ? /^More actions/ : `More actions for ${of}`
  await window.getByRole('button', { name: trigger }).click()
  await window.getByRole('menuitem', { name: action, exact: true }).click()
}

/** At the first start, or after starting over. */
export async function createVault(window: Page, passphrase: string): Promise<void> {
  await window.getByLabel('Passphrase', { exact: true }).fill(passphrase)
  await window.getByLabel('Passphrase again').fill(passphrase)
  await window.getByRole('button', { name: 'Create the vault' }).click()
}

/** The key in the dialog that shows it once; the dialog stays open. */
export async function readNewKey(window: Page): Promise<string> {
  const dialog = window.getByRole('alertdialog', { name: 'Save this key now' })
  return /kw_[\w-]{43}/.exec(await dialog.innerText())?.[0] ?? ''
}
