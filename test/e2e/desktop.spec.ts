// The desktop app as a person meets it: the same specs on Electron and on its stand-in.
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { expect } from '@playwright/test'
import { findDesktopDriver } from '../support/desktop-driver.ts'
import { signInWithHttp } from '../support/user-agent.ts'
import { describeProvider, test } from '../support/desktop-fixture.ts'

const vaultButton = /Use (the|this) keychain|Use a passphrase|Create the vault/

test('a newcomer chooses the keychain, registers a provider, signs in and hands a working token to a script', async ({
  launch,
  provider,
  port,
}) => {
  const desktop = await launch()
  const { window } = desktop
  await window.getByRole('button', { name: vaultButton }).click()
  await describeProvider(window, provider)
  await expect(window.getByRole('group', { name: 'Redirect URI' })).toContainText(
    `http://127.0.0.1:${port}/oauth2/callback`,
  )
  await window.getByRole('button', { name: 'Save and sign in' }).click()
  await expect(window.getByText('Continue in your browser')).toBeVisible()
  await expect.poll(() => desktop.opened()).toHaveLength(1)
  const [link = ''] = await desktop.opened()
  expect(new URL(link).searchParams.get('code_challenge_method')).toBe('S256')

  // The system browser: the window must update by itself when it is done.
  const page = await signInWithHttp(link, { account: 'ada@example.test' })
  expect(page.kind).toBe('returned')
  await expect(window.getByText('ada@example.test').first()).toBeVisible()

  await window.getByRole('link', { name: 'Apps' }).first().click()
  await window
    .getByRole('link', { name: 'New app key' })
    .or(window.getByRole('button', { name: 'New app key' }))
    .first()
    .click()
  await window.getByRole('textbox', { name: 'Name', exact: true }).fill('Backup script')
  await window.getByRole('checkbox', { name: 'Tokens' }).check()
  await window.getByRole('button', { name: 'Make the key' }).click()
  const key = /kw_[\w-]{43}/.exec(await window.getByRole('alertdialog').innerText())?.[0] ?? ''
  expect(key).not.toBe('')
  await window.getByRole('button', { name: 'I have saved it' }).click()
  expect(await window.locator('body').innerText()).not.toContain(key)

  const answer = await fetch(`http://127.0.0.1:${port}/api/integrations/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': key },
    body: JSON.stringify({ provider: 'rehearsal' }),
  })
  const { data } = (await answer.json()) as { data: { accessToken: string } }
  const who = await fetch(provider.url('/api/me'), {
    headers: { authorization: `Bearer ${data.accessToken}` },
  })
  expect([answer.status, who.status]).toEqual([200, 200])
})

test('a denied sign-in says so in the window and offers another try', async ({ launch, provider }) => {
  const desktop = await launch()
  const { window } = desktop
  await window.getByRole('button', { name: vaultButton }).click()
  await describeProvider(window, provider)
  await window.getByRole('button', { name: 'Save and sign in' }).click()
  await expect.poll(() => desktop.opened()).toHaveLength(1)
  const [link = ''] = await desktop.opened()
  await signInWithHttp(link, { account: 'ada@example.test', decision: 'deny' })
  await expect(window.getByText(/denied/i).first()).toBeVisible()
  await window.getByRole('button', { name: 'Try again' }).click()
  await expect.poll(() => desktop.opened()).toHaveLength(2)
  const [, second = ''] = await desktop.opened()
  expect(new URL(second).searchParams.get('state')).not.toBe(new URL(link).searchParams.get('state'))
})

// The real Electron asks the machine's own keychain; only the stand-in can be told that there is none.
const withoutKeychain = findDesktopDriver().kind === 'stand-in'
if (withoutKeychain) {
  test('without a keychain the window asks for a passphrase, stays locked after a restart and opens with it', async ({
    launch,
    userData,
  }) => {
    const env = { KEYWAY_STAND_IN_SAFE_STORAGE: 'basic_text' }
    const first = await launch({ env })
    await first.window.getByLabel('Passphrase', { exact: true }).fill('correct horse battery')
    await first.window.getByLabel(/again|repeat|confirm/i).fill('correct horse battery')
    await first.window.getByRole('button', { name: 'Create the vault' }).click()
    await expect(first.window.getByRole('heading', { name: 'Connections' })).toBeVisible()
    await first.close()
    const second = await launch({ env })
    await second.window.getByLabel('Passphrase', { exact: true }).fill('wrong horse')
    await second.window.getByRole('button', { name: /unlock/i }).click()
    await expect(second.window.getByRole('alert')).toContainText('not the right one')
    await second.window.getByLabel('Passphrase', { exact: true }).fill('correct horse battery')
    await second.window.getByRole('button', { name: /unlock/i }).click()
    await expect(second.window.getByRole('heading', { name: 'Connections' })).toBeVisible()
    expect(readFileSync(join(userData, 'keyway.log'), 'utf8')).not.toContain('correct horse')
  })
}

test('the page has no way out: no Node, no navigation, no foreign window', async ({ launch }) => {
  const desktop = await launch()
  const { window } = desktop
  const found = await window.evaluate(() => ({
    require: typeof (globalThis as { require?: unknown }).require,
    process: typeof (globalThis as { process?: unknown }).process,
    bridge: Object.keys((globalThis as unknown as { keyway: object }).keyway).toSorted(),
  }))
  expect(found).toEqual({ require: 'undefined', process: 'undefined', bridge: ['call', 'subscribe'] })
  const before = await desktop.addressOf(window)
  await window.evaluate(() => {
    globalThis.location.href = 'https://example.test/'
  })
  await window.evaluate(() => globalThis.open('file:///etc/passwd'))
  await window.evaluate(() => globalThis.open('https://example.test/help'))
  // The last one is the positive control: web links do reach the system browser.
  await expect.poll(() => desktop.opened()).toEqual(['https://example.test/help'])
  expect(await desktop.addressOf(window)).toBe(before)
  expect(desktop.app.windows()).toHaveLength(1)
})

test('the tray follows, a second start shows the first window, and a link moves it', async ({ launch }) => {
  const desktop = await launch()
  const { window } = desktop
  await window.getByRole('button', { name: vaultButton }).click()
  await expect.poll(async () => (await desktop.trays())[0]?.menu[0]?.label).toBe('No connections yet')
  expect(await desktop.startAgain(['keyway://show/activity'])).toBe(0)
  await expect(window.getByRole('heading', { name: 'Activity' })).toBeVisible()
  await desktop.clickTray('Lock')
  await expect.poll(async () => (await desktop.trays())[0]?.menu[0]?.label).toBe('Locked')
  await expect(window.getByRole('heading', { name: 'The vault is locked' })).toBeVisible()
  await window.getByRole('button', { name: 'Ask the keychain' }).click()
  await expect(window.getByRole('heading', { name: 'Activity' })).toBeVisible()
})

// Elsewhere Electron does it, for an installed app only.
if (process.platform === 'linux') {
  test('start at login writes an autostart entry on Linux, and takes it away again', async ({
    launch,
    userData,
  }) => {
    const config = join(userData, 'config')
    const { window } = await launch({ env: { XDG_CONFIG_HOME: config } })
    await window.getByRole('button', { name: vaultButton }).click()
    await window.getByRole('link', { name: 'Settings' }).first().click()
    const choice = window.getByRole('switch', { name: 'Start Keyway when I log in' })
    await choice.click()
    const file = join(config, 'autostart', 'keyway.desktop')
    await expect.poll(() => existsSync(file)).toBe(true)
    expect(readFileSync(file, 'utf8')).toMatch(/^Exec=\S.* --hidden$/m)
    await choice.click()
    await expect.poll(() => existsSync(file)).toBe(false)
  })
}

test('a busy port is named in the window, which stays usable', async ({ launch, port }) => {
  const other = createServer((_request, response) => response.end('another program'))
  await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve))
  const { window } = await launch()
  await window.getByRole('button', { name: vaultButton }).click()
  await expect(window.getByText(new RegExp(String(port))).first()).toBeVisible()
  await window.getByRole('link', { name: 'Settings' }).first().click()
  await expect(window.getByRole('heading', { name: 'Settings' })).toBeVisible()
  await new Promise((resolve) => other.close(resolve))
})
