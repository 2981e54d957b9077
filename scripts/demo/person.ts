// Simulates the person's sign-in at the provider: with a real browser where there is one, otherwise with a
// plain HTTP user agent.
import { chromium, type Browser } from '@playwright/test'
import { signInWithHttp } from '../../test/support/robot-browser.ts'
import { sandboxFlags } from '../../test/support/chromium.ts'
import { findBrowser } from '../machine/find-browser.ts'

export type Person = {
  /** Its name, for the output. */
  readonly name: string
  /** Follows the authorization URL through sign-in and consent to Keyway's result page; returns its text. */
  signIn(authorizationUrl: string, account: string): Promise<string>
  /** Opens the window and returns its text once it is shown; null without a browser. */
  look(launchUrl: string, words: string): Promise<string | null>
  close(): Promise<void>
}

export async function findPerson(options: { browser: boolean }): Promise<Person> {
  const found = options.browser ? findBrowser() : null
  if (found?.kind !== 'found') return httpPerson()
  // The demo handles Ctrl+C: it closes its browser and then the rest. Playwright would end the process before
  // that.
  const signals = { handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false }
  return browserPerson(
    await chromium.launch({ executablePath: found.path, args: [...sandboxFlags()], ...signals }),
  )
}

function httpPerson(): Person {
  return {
    name: 'a plain HTTP user agent',
    async signIn(authorizationUrl, account) {
      const outcome = await signInWithHttp(authorizationUrl, { account })
      if (outcome.kind !== 'returned') throw new Error(`The sign-in did not come back (${outcome.kind}).`)
      if (outcome.status !== 200) throw new Error(`Keyway answered the callback with HTTP ${outcome.status}.`)
      return titleOf(outcome.body)
    },
    look: () => Promise.resolve(null),
    close: () => Promise.resolve(),
  }
}

function browserPerson(browser: Browser): Person {
  return {
    name: `Chromium ${browser.version()}`,
    async signIn(authorizationUrl, account) {
      const page = await browser.newPage()
      await page.goto(authorizationUrl)
      await page.getByLabel('Account').fill(account)
      await page.getByRole('button', { name: 'Sign in' }).click()
      await page.getByRole('button', { name: 'Allow access' }).click()
      await page.waitForURL((url) => url.pathname === '/oauth2/callback')
      const title = await page.title()
      await page.close()
      return title
    },
    async look(launchUrl, words) {
      const page = await browser.newPage()
      await page.goto(launchUrl)
      await page.getByText(words).first().waitFor()
      const title = await page.title()
      await page.close()
      return title
    },
    close: () => browser.close(),
  }
}

const titleOf = (html: string): string => /<title>([^<]*)<\/title>/.exec(html)?.[1] ?? ''
