// The built desktop app on a data folder and a port of its own, for the specs of the app itself.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test as base, type Page } from '@playwright/test'
import { createPracticeProvider, type PracticeProvider } from '../../electron/practice-provider/provider.ts'
import { launchDesktop, type Desktop, type DesktopOptions } from './desktop-driver.ts'

export type LaunchedDesktop = Desktop & { readonly window: Page }

type Fixtures = {
  userData: string
  /** Free at the time of asking; written into the app's settings. */
  port: number
  provider: PracticeProvider
  /** Starts the app; whatever the test leaves open is closed after it. */
  launch: (options?: Partial<DesktopOptions>) => Promise<LaunchedDesktop>
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

// Playwright reads from the pattern which fixtures a fixture needs; an empty one is a lint error, so a
// built-in one is named.
export const test = base.extend<Fixtures>({
  port: async ({ baseURL: _unused }, provide) => provide(await freePort()),
  userData: async ({ port }, provide) => {
    const folder = mkdtempSync(join(tmpdir(), 'keyway-desktop-'))
    writeFileSync(join(folder, 'settings.json'), JSON.stringify({ port }), { mode: 0o600 })
    await provide(folder)
    rmSync(folder, { recursive: true, force: true })
  },
  provider: async ({ port }, provide) => {
    const provider = await createPracticeProvider({
      redirectUris: [`http://127.0.0.1:${port}/oauth2/callback`],
      behaviour: { issueRefreshTokens: 'always' },
    })
    await provide(provider)
    await provider.close()
  },
  launch: async ({ userData }, provide) => {
    const open: LaunchedDesktop[] = []
    await provide(async (options = {}) => {
      const desktop = await launchDesktop({ userData, ...options })
      open.push(desktop)
      return desktop
    })
    for (const desktop of open.toReversed()) await desktop.close()
  },
})

/**
 * Fills the form for a provider described by hand, as a person does who has the provider's documentation
 * open.
 */
export async function describeProvider(window: Page, provider: PracticeProvider): Promise<void> {
  await window.getByRole('link', { name: 'Add a connection' }).first().click()
  await window.getByRole('option', { name: /Describe a provider yourself/ }).click()
  await window.getByRole('textbox', { name: 'Name', exact: true }).fill('Rehearsal')
  await window.getByRole('textbox', { name: 'Authorization URL' }).fill(`${provider.issuer}/auth`)
  await window.getByRole('textbox', { name: 'Token URL' }).fill(`${provider.issuer}/token`)
  await window.getByRole('textbox', { name: 'Client ID' }).fill(provider.clients.basic.clientId)
  await window.getByRole('textbox', { name: 'Client secret' }).fill(provider.clients.basic.clientSecret ?? '')
  await window.getByRole('textbox', { name: 'Scopes' }).fill('openid email ')
}
