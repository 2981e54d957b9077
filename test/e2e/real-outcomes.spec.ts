// What the window says of a connection is what happened, and never more.
import type { Page } from '@playwright/test'
import type { PracticeProvider } from '../../electron/practice-provider/provider.ts'
import { choose, signInFrom } from '../support/real-window/person.ts'
import { expect, test } from '../support/real-window/real-window-fixture.ts'

async function refreshFrom(window: Page): Promise<void> {
  await choose(window, 'Refresh now')
}

const fresh = /has a fresh token/
const failed = /was not refreshed/

test('refreshing now says fresh only for a fresh token; a revoked grant and an outage say so, with what helps', async ({
  openWindow,
  startPractice,
  register,
  connect,
}) => {
  const provider = await startPractice()
  await connect(await register(provider))
  const window = await openWindow('#/connections')
  await refreshFrom(window)
  await expect(window.getByText(fresh)).toBeVisible()

  await provider.behave({ outage: { kind: 'refused' } })
  await refreshFrom(window)
  const notice = window.getByRole('region', { name: /^Notifications/ }).getByText(failed)
  await expect(notice).toBeVisible()
  await expect(window.getByText(fresh)).toBeHidden()
  await provider.behave({ outage: { kind: 'none' } })
  await window.getByRole('button', { name: 'Try again' }).click()
  await expect(window.getByText(fresh)).toBeVisible()

  provider.revokeGrants({})
  await refreshFrom(window)
  await expect(notice).toBeVisible()
  await expect(window.getByRole('heading', { name: 'Needs attention' })).toBeVisible()
  await expect(window.getByText(fresh)).toBeHidden()
  await window
    .getByRole('region', { name: /^Notifications/ })
    .getByRole('button', { name: 'Reconnect' })
    .click()
  await expect(window.getByRole('link', { name: 'Open the sign-in page' })).toBeVisible()
})

test('a pasted token is not verified, its scopes are not confirmed, until a request succeeds with it', async ({
  openWindow,
  startPractice,
  register,
  connect,
  call,
  host,
}) => {
  const provider = await startPractice()
  const registered = await register(provider, { spec: withoutUserinfo(provider) })
  const window = await openWindow('#/connections')
  const paste = (token: string, account: string) =>
    call('connections.connect', { providerId: registered.id, kind: 'access_token', token, account })
  const nonsense = await paste('abc', 'nonsense')
  await expect(window.getByRole('heading', { name: 'Not verified' })).toBeVisible()
  await window.getByRole('link', { name: /nonsense/ }).click()
  await expect(window.getByText('Nothing has confirmed this token yet')).toBeVisible()
  await expect(window.getByText(/Requested, not confirmed/)).toBeVisible()
  await expect(window.locator('main .text-ok')).toHaveCount(0)
  expect(nonsense.kind).toBe('done')
  await window.goto(window.url().replace(/#.*/, `#/sign-in/${nonsense.id}`))
  await expect(window.getByText('Saved, not verified yet')).toBeVisible()

  // A token that works: the test call shows it.
  const served = await host.keyway.tokens.get(await connect(registered), {})
  if (served.kind !== 'ok') throw new Error(served.kind)
  await paste(served.token.accessToken.reveal(), 'copied')
  await window.goto(window.url().replace(/#.*/, '#/connections'))
  await window.getByRole('link', { name: /copied/ }).click()
  await window.getByRole('main').getByRole('button', { name: 'Test call' }).last().click()
  await window.getByRole('button', { name: 'Send', exact: true }).click()
  await expect(window.getByText(/Answered 200 in/)).toBeVisible()
  await window.keyboard.press('Escape')
  await expect(window.getByText(/^Verified /).first()).toBeVisible()
  await expect(window.getByText('Nothing has confirmed this token yet')).toBeHidden()

  await window.goto(window.url().replace(/#.*/, '#/connections'))
  await window.getByRole('link', { name: /nonsense/ }).click()
  await window.getByRole('main').getByRole('button', { name: 'Test call' }).last().click()
  await window.getByRole('button', { name: 'Send', exact: true }).click()
  await window
    .getByText(/Answered 401|401/)
    .first()
    .waitFor()
  await window.keyboard.press('Escape')
  await expect(window.getByText('Reconnect needed').first()).toBeVisible()
})

test('a connection without a refresh token names its end in the row, and refreshing it is refused in words', async ({
  openWindow,
  startPractice,
  register,
  connect,
}) => {
  const provider = await startPractice({ behaviour: { issueRefreshTokens: 'never' } })
  await connect(await register(provider))
  const window = await openWindow('#/connections')
  await expect(window.getByText(/^No refresh token; ends (\d+ \w+, )?\d\d:\d\d/)).toBeVisible()
  await expect(window.getByRole('heading', { name: 'Ending soon' })).toBeVisible()
  await refreshFrom(window)
  await expect(window.getByText(/has no refresh token, so its token cannot be refreshed/)).toBeVisible()
  await expect(window.getByText(/^No refresh token; ends (\d+ \w+, )?\d\d:\d\d/)).toBeVisible()
  await expect(window.getByText('Reconnect needed')).toBeHidden()
})

test('a name is cut only where there is no room, and then told whole on hover', async ({
  openWindow,
  startPractice,
  register,
  connect,
  call,
}) => {
  const registered = await register(await startPractice())
  const id = await connect(registered)
  const account = 'jane.doe.with.a.long.name@department.example.com'
  await call('connections.rename', { id, account })
  const window = await openWindow('#/connections')
  const name = window.getByTitle(account, { exact: true })
  const isCut = () => name.evaluate((element) => element.scrollWidth > element.clientWidth)
  expect(await isCut()).toBe(false)
  await window.setViewportSize({ width: 390, height: 800 })
  await expect.poll(isCut).toBe(true)
})

test('the practice provider that is stopped says so on its connection, and goes on from there', async ({
  openWindow,
  call,
  host,
}) => {
  const { providerId } = await call('rehearsal.start', undefined)
  const window = await openWindow(`#/providers/${providerId}`)
  await window.getByRole('button', { name: 'Connect', exact: true }).click()
  await signInFrom(window)
  await window.getByRole('link', { name: 'Show the connection' }).click()
  await call('rehearsal.stop', undefined)
  await expect(window.getByText('The practice provider is stopped.')).toBeVisible()
  await refreshFrom(window)
  await expect(window.getByText(failed)).toBeVisible()
  await window.getByRole('main').getByRole('button', { name: 'Start it' }).click()
  await expect(window.getByText('The practice provider is stopped.').first()).toBeHidden()
  await expect(window.getByText(/^Verified /).first()).toBeVisible()
  expect(host.keyway.connections.list()[0]?.lastOutcome.status).toBe('ok')
})

/** As a provider whose account nobody can ask for. */
function withoutUserinfo({ issuer }: PracticeProvider) {
  return {
    endpoints: {
      authorization: `${issuer}/auth`,
      token: `${issuer}/token`,
    },
    authorize: { extraParams: { prompt: 'consent' } },
    api: { baseUrl: issuer, probe: { url: `${issuer}/api/me` } },
  }
}

test('a request to a host that is not listed is refused with its name, and one press allows it', async ({
  openWindow,
  startPractice,
  register,
  connect,
  host,
}) => {
  const provider = await startPractice()
  const registered = await register(provider, { allowedHosts: [], privateHosts: [] })
  const id = await connect(registered)
  const window = await openWindow(`#/connections/${id}`)
  const other = new URL(provider.issuer)
  other.hostname = 'localhost'
  await window.getByRole('button', { name: 'Test call' }).click()
  const dialog = window.getByRole('dialog')
  await dialog.getByLabel('URL').fill(`${other.origin}/`)
  await dialog.getByRole('button', { name: 'Send' }).click()
  await expect(dialog.getByText(other.host).first()).toBeVisible()
  await dialog.getByRole('button', { name: `Allow ${other.host}` }).click()
  const question = window.getByRole('alertdialog')
  await expect(question.getByRole('checkbox', { name: 'This host is in your own network' })).toBeChecked()
  await question.getByRole('button', { name: `Allow ${other.host}` }).click()
  await expect(question).toBeHidden()
  await dialog.getByRole('button', { name: 'Send' }).click()
  await expect(dialog.getByText(/answered/i).first()).toBeVisible()
  await window.keyboard.press('Escape')
  await window.getByRole('button', { name: `Remove ${other.host}` }).click()
  await expect.poll(() => host.keyway.providers.find(registered.id)?.allowedHosts).toEqual([])
})
