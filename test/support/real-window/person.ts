// What the person does at the provider's own pages, in a second page of the same browser.
import type { Page } from '@playwright/test'

type SignIn = {
  account?: string
  decision?: 'Allow access' | 'Deny'
  /** Permissions whose box is cleared first, by the words beside it. */
  without?: readonly RegExp[]
}

/**
 * Opens the provider's page from the window and signs in there; resolves with the page when the browser has
 * come home.
 */
export async function signInFrom(window: Page, choices: SignIn = {}): Promise<Page> {
  const [page] = await Promise.all([
    window.context().waitForEvent('page'),
    window.getByRole('link', { name: /^Open (the sign-in page|again)/ }).click(),
  ])
  await signInAt(page, choices)
  await page.waitForURL((url) => url.pathname === '/oauth2/callback')
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
