// The window in a real browser, served by the built headless host: from the one-time link to a healthy
// connection.
import type { Page } from '@playwright/test'
import type { Headless } from '../../electron/headless/headless.ts'
import { createPracticeProvider, type PracticeProvider } from '../../electron/practice-provider/provider.ts'
import { practiceRegistration } from '../../scripts/demo/registration.ts'
import { openWindowClient } from '../../scripts/demo/window-client.ts'
import { expect, test as base } from '../support/real-window/headless-fixture.ts'
import { signInAt } from '../support/real-window/person.ts'

type World = { practice: PracticeProvider; complaints: string[] }

const test = base.extend<World>({
  practice: async ({ host }, provide) => {
    const practice = await createPracticeProvider({ redirectUris: [`${host.url}/oauth2/callback`] })
    const window = await openWindowClient(host.launchUrl())
    await window.call('providers.create', practiceRegistration(practice))
    await provide(practice)
    await practice.close()
  },
  /** What the browser found wrong: a policy broken, a script that threw, a request refused. */
  complaints: async ({ page }, provide) => {
    const complaints: string[] = []
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text())
    })
    await provide(complaints)
  },
})

async function openProvider(page: Page, host: Headless): Promise<void> {
  await page.goto(host.launchUrl())
  await page.getByRole('link', { name: 'Providers' }).click()
  await page.getByText('Rehearsal').first().click()
}

async function signIn(page: Page, decision: 'Allow access' | 'Deny'): Promise<Page> {
  await page.getByRole('button', { name: 'Connect' }).first().click()
  const link = page.getByRole('link', { name: 'Open the sign-in page' })
  const address = await link.getAttribute('href')
  const provider = await page.context().newPage()
  await provider.goto(address ?? '')
  await signInAt(provider, { decision })
  await provider.waitForURL((url) => url.pathname === '/oauth2/callback')
  return provider
}

test('the link opens the window once; who comes again is told to ask for a fresh one', async ({
  page,
  host,
  complaints,
}) => {
  const link = host.launchUrl()
  await page.goto(link)
  await expect(page.getByRole('heading', { name: 'Connections' })).toBeVisible()
  expect(new URL(page.url()).search).toBe('')
  await page.reload()
  await expect(page.getByRole('heading', { name: 'Connections' })).toBeVisible()
  expect(complaints).toEqual([])

  const stranger = await page.context().browser()!.newContext()
  const theirs = await stranger.newPage()
  expect((await theirs.goto(link))?.status()).toBe(410)
  await theirs.goto(host.url)
  await expect(theirs.getByText('Connections').first()).toBeHidden()
  await stranger.close()
})

test('a person signs in, and the window shows the healthy connection by itself', async ({
  page,
  host,
  practice,
  complaints,
}) => {
  await openProvider(page, host)
  const provider = await signIn(page, 'Allow access')
  await expect(provider.getByText('ada@example.test')).toBeVisible()
  await page.bringToFront()
  await expect(page.getByText('Signed in as ada@example.test')).toBeVisible()

  await page.getByRole('link', { name: 'Connections' }).first().click()
  await expect(page.getByText(/^Verified /).first()).toBeVisible()
  await expect(page.getByText('ada@example.test').first()).toBeVisible()
  expect(practice.grants()).toHaveLength(1)
  expect(complaints).toEqual([])
})

test('a person who denies reads what happened and what to do, in the browser and in the window', async ({
  page,
  host,
  practice,
}) => {
  await openProvider(page, host)
  const provider = await signIn(page, 'Deny')
  await expect(provider.getByText(/denied/i).first()).toBeVisible()
  await page.bringToFront()
  await expect(page.getByText(/denied/i).first()).toBeVisible()
  expect(practice.grants()).toEqual([])
})
