// Who signs in at the provider when nobody is there: a real browser where there is one, a plain HTTP user
// agent elsewhere.
import { chromium, type Browser } from '@playwright/test'
import { signInWithHttp } from '../../test/support/robot-browser.ts'
import { sandboxFlags } from '../../test/support/chromium.ts'
import { findBrowser } from '../machine/find-browser.ts'

export type Person = {
  /** What it is, for the person who reads along. */
  readonly name: string
  /**
   * Walks from the authorization URL through sign-in and consent to the page that Keyway shows at the end;
   * gives its words.
   */
  signIn(authorizationUrl: string, account: string): Promise<string>
  /** Opens the window and says what it shows once the words are there; null where there are no eyes. */
  look(launchUrl: string, words: string): Promise<string | null>
  close(): Promise<void>
}

export async function findPerson(options: { browser: boolean }): Promise<Person> {
  const found = options.browser ? findBrowser() : null
  if (found?.kind !== 'found') return httpPerson()
  // Ctrl+C is for the demo, which closes its browser and then the rest; Playwright would end the process in
  // the middle of that.
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
