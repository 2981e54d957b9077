// Every way to connect, by a person in the window, against real providers on loopback.
import { discoverAs, signInForTokens } from '../support/start-practice-provider.ts'
import { choose, goTo, signInAt, signInFrom } from '../support/real-window/person.ts'
import { signInWithHttp } from '../support/user-agent.ts'
import { expect, test } from '../support/real-window/real-window-fixture.ts'

test('a person signs in in a second page, and a test call shows that the connection works', async ({
  openWindow,
  startPractice,
  register,
}) => {
  const provider = await startPractice()
  await register(provider)
  const window = await openWindow('#/connections')
  await window.getByRole('button', { name: 'Connect to Rehearsal' }).click()
  await expect(window.getByRole('heading', { name: 'Continue in your browser' })).toBeVisible()
  await expect(window.getByText(/Closes by itself in \d+:\d\d/)).toBeVisible()
  const page = await signInFrom(window)
  await expect(page.getByText('ada@example.test').first()).toBeVisible()
  await expect(window.getByText('Signed in as ada@example.test')).toBeVisible()
  await window.getByRole('button', { name: 'Test call' }).click()
  await window.getByLabel('URL').fill('api/me')
  await window.getByRole('dialog').getByRole('button', { name: 'Send' }).click()
  await expect(window.getByRole('dialog').getByRole('status')).toContainText('Answered 200')
  await expect(window.getByRole('textbox', { name: 'Answer' })).toHaveValue(/ada@example\.test/)
  await window.keyboard.press('Escape')
  await window.getByRole('link', { name: 'Show the connection' }).click()
  await expect(window.getByRole('heading', { name: 'ada@example.test', level: 1 })).toBeVisible()
  await expect(window.getByText(/^Verified /).first()).toBeVisible()
})

test('after a minute without an answer the window shows the exact redirect URI to compare', async ({
  openWindow,
  startPractice,
  register,
}) => {
  await register(await startPractice())
  const window = await openWindow('#/connections')
  await window.clock.install()
  await window.getByRole('button', { name: 'Connect to Rehearsal' }).click()
  const link = window.getByRole('link', { name: 'Open the sign-in page' })
  const sent = new URL((await link.getAttribute('href')) ?? '').searchParams.get('redirect_uri') ?? ''
  await window.clock.runFor(50_000)
  await expect(window.getByText('Nothing came back yet')).toBeHidden()
  await window.clock.runFor(20_000)
  await expect(window.getByText('Nothing came back yet')).toBeVisible()
  await expect(window.getByRole('group', { name: 'Redirect URI' })).toContainText(sent)
  await expect(window.getByRole('button', { name: 'Copy the redirect URI' })).toBeVisible()
})

test('who denies reads what happened, and the next try is a new one', async ({
  openWindow,
  startPractice,
  register,
}) => {
  const provider = await startPractice()
  await register(provider)
  const window = await openWindow('#/connections')
  await window.getByRole('button', { name: 'Connect to Rehearsal' }).click()
  const link = window.getByRole('link', { name: 'Open the sign-in page' })
  const first = await link.getAttribute('href')
  const page = await signInFrom(window, { decision: 'Deny' })
  await expect(page.getByText(/denied/i).first()).toBeVisible()
  await expect(window.getByRole('alert')).toContainText(/denied/i)
  expect(provider.grants()).toEqual([])
  await window.getByRole('button', { name: 'Try again' }).click()
  await expect(link).toBeVisible()
  expect(await link.getAttribute('href')).not.toBe(first)
  await signInFrom(window)
  await expect(window.getByRole('heading', { name: 'Connected' })).toBeVisible()
})

test('a device code is shown with its QR code, and the window waits as long as the provider says “slow down”', async ({
  openWindow,
  startPractice,
  register,
  context,
}) => {
  const provider = await startPractice({
    behaviour: {
      deviceIntervalSeconds: 0.2,
      faults: [{ kind: 'status', status: 400, error: 'slow_down', at: 'token', times: 1 }],
    },
  })
  await register(provider, { flow: 'device_code' })
  const window = await openWindow('#/connections')
  await window.getByRole('button', { name: 'Connect to Rehearsal' }).click()
  const code = (await window.getByLabel('Code', { exact: true }).innerText()).trim()
  await expect(window.getByRole('img', { name: /QR code/ })).toBeVisible()
  const [page] = await Promise.all([
    context.waitForEvent('page'),
    window.getByRole('link', { name: 'Open the page' }).click(),
  ])
  await expect(page.getByText(code)).toBeVisible()
  await page.getByRole('button', { name: 'Continue' }).click()
  await signInAt(page)
  await expect(page.getByRole('heading', { name: 'Device connected' })).toBeVisible()
  await expect(window.getByRole('heading', { name: 'Connected' })).toBeVisible()
  await expect(window.getByText('Signed in as ada@example.test')).toBeVisible()
})

test('client credentials connect with one press and nobody to sign in', async ({
  openWindow,
  startPractice,
  register,
}) => {
  const provider = await startPractice()
  await register(provider, { flow: 'client_credentials', scopes: ['files.read'] })
  const window = await openWindow('#/connections')
  await window.getByRole('button', { name: 'Connect to Rehearsal' }).click()
  await expect(window.getByRole('heading', { name: 'Connected' })).toBeVisible()
  await window.getByRole('link', { name: 'Show the connection' }).click()
  await expect(window.getByText('client credentials')).toBeVisible()
})

test('where the redirect does not arrive, the final URL is pasted; junk is refused at its place and stays there', async ({
  openWindow,
  startPractice,
  register,
}) => {
  await register(await startPractice(), { redirect: 'paste' })
  const window = await openWindow('#/connections')
  await window.getByRole('button', { name: 'Connect to Rehearsal' }).click()
  await window.getByRole('button', { name: /does not load/ }).click()
  const field = window.getByLabel('Final URL or code')
  await field.fill('not a URL of any kind 🤷')
  await field.press('Enter')
  await expect(window.getByRole('alert')).toBeVisible()
  await expect(field).toHaveValue('not a URL of any kind 🤷')

  // A browser on another machine: it ends at an address that leads nowhere there.
  const link = window.getByRole('link', { name: 'Open the sign-in page' })
  const elsewhere = await signInWithHttp((await link.getAttribute('href')) ?? '', {
    account: 'ada@example.test',
    stopAtCallback: true,
  })
  await field.fill(elsewhere.kind === 'stopped' ? elsewhere.callbackUrl : '')
  await window.getByRole('button', { name: 'Finish sign-in' }).click()
  await expect(window.getByText('Signed in as ada@example.test')).toBeVisible()
})

test('a refresh token that one has is proved and taken; a wrong one is refused and stays in its field', async ({
  openWindow,
  startPractice,
  register,
}) => {
  const provider = await startPractice({ behaviour: { rotateRefreshTokens: false } })
  const { id } = await register(provider)
  const { refresh_token: token = '' } = await signInForTokens(await discoverAs(provider, 'basic'))
  const window = await openWindow(`#/providers/${id}`)
  await choose(window, 'Connect another way', 'Rehearsal')
  await window.getByRole('radio', { name: 'With a refresh token you have' }).click()
  const dialog = window.getByRole('dialog')
  await dialog.getByRole('button', { name: 'Connect' }).click()
  await expect(dialog.getByText('Paste the token here.')).toBeVisible()
  await dialog.getByLabel('Refresh token', { exact: true }).fill('nobody-gave-this')
  await dialog.getByRole('button', { name: 'Connect' }).click()
  await expect(dialog.getByRole('alert')).toBeVisible()
  await expect(dialog.getByLabel('Refresh token', { exact: true })).toHaveValue('nobody-gave-this')
  await dialog.getByLabel('Refresh token', { exact: true }).fill(token)
  await dialog.getByLabel('Account name').fill('حساب العمل 🔑')
  await dialog.getByLabel('Account name').press('Enter')
  await expect(window.getByRole('heading', { name: 'Connected' })).toBeVisible()
  await window.getByRole('link', { name: 'Show the connection' }).click()
  await expect(window.getByRole('heading', { name: 'حساب العمل 🔑', level: 1 })).toBeVisible()
  await expect(window.getByText('pasted refresh token')).toBeVisible()
  expect(await window.content()).not.toContain(token)
})

test('an access token that one has is taken as it is, and the page says what Keyway does not know', async ({
  openWindow,
  startPractice,
  register,
}) => {
  const provider = await startPractice()
  const { id } = await register(provider)
  const { access_token: token } = await signInForTokens(await discoverAs(provider, 'basic'))
  const window = await openWindow(`#/providers/${id}`)
  await choose(window, 'Connect another way', 'Rehearsal')
  await window.getByRole('radio', { name: 'With an access token you have' }).click()
  await window.getByLabel('Access token', { exact: true }).fill(token)
  await window.getByLabel('Access token', { exact: true }).press('Enter')
  await expect(window.getByText('Signed in as ada@example.test')).toBeVisible()
  await window.getByRole('link', { name: 'Show the connection' }).click()
  await expect(window.getByText('pasted access token')).toBeVisible()
  await expect(
    window.getByRole('img', { name: 'The provider does not say how long the token lives' }),
  ).toBeVisible()
})

test('without a refresh token the window says when it stops, and one press asks again in a way that brings one', async ({
  openWindow,
  startPractice,
  register,
}) => {
  await register(await startPractice(), { scopes: ['openid', 'email'] })
  const window = await openWindow('#/connections')
  await window.getByRole('button', { name: 'Connect to Rehearsal' }).click()
  await signInFrom(window)
  await expect(
    window.getByText(/No refresh token came: this stops working at (\d+ \w+, )?\d\d:\d\d\./),
  ).toBeVisible()
  await window.getByRole('button', { name: 'Ask again' }).click()
  await signInFrom(window)
  await expect(window.getByRole('heading', { name: 'Connected' })).toBeVisible()
  await expect(window.getByText(/No refresh token came/)).toBeHidden()
  await expect(window.getByText('offline_access')).toBeVisible()
})

test('when another account comes back nothing is replaced before the person says which', async ({
  openWindow,
  startPractice,
  register,
  connect,
}) => {
  const provider = await startPractice()
  const id = await connect(await register(provider))
  const window = await openWindow(`#/connections/${id}`)
  const reconnectAsGrace = async (answer: string): Promise<void> => {
    await choose(window, 'Reconnect')
    await expect(window.getByText('Reconnecting ada@example.test')).toBeVisible()
    await signInFrom(window, { account: 'grace@example.test' })
    await expect(window.getByRole('heading', { name: 'Another account came back' })).toBeVisible()
    await expect(window.getByRole('button', { name: 'Do that' })).toBeDisabled()
    await window.getByRole('radio', { name: answer }).click()
    await window.getByRole('button', { name: 'Do that' }).click()
  }
  await reconnectAsGrace('Discard')
  await expect(window.getByRole('heading', { name: 'Cancelled' })).toBeVisible()
  await expect.poll(() => provider.grants().map(({ account }) => account)).toEqual(['ada@example.test'])
  await goTo(window, `#/connections/${id}`)
  await reconnectAsGrace('Keep both')
  await expect(window.getByText('Signed in as grace@example.test')).toBeVisible()
  await window.getByRole('link', { name: 'Connections' }).first().click()
  await expect(window.getByRole('article', { name: 'Rehearsal, ada@example.test' })).toBeVisible()
  await expect(window.getByRole('article', { name: 'Rehearsal, grace@example.test' })).toBeVisible()
})

test('a revoked grant is shown for what it is, and reconnecting keeps the connection and its history', async ({
  openWindow,
  startPractice,
  register,
  connect,
}) => {
  const provider = await startPractice()
  const id = await connect(await register(provider))
  const window = await openWindow('#/connections')
  provider.revokeGrants()
  await choose(window, 'Refresh now', 'Rehearsal · ada@example.test')
  await expect(window.getByRole('heading', { name: 'Needs attention' })).toBeVisible()
  await window.getByRole('button', { name: 'Reconnect Rehearsal · ada@example.test' }).click()
  await signInFrom(window)
  await window.getByRole('link', { name: 'Show the connection' }).click()
  await expect(window).toHaveURL(new RegExp(id))
  await expect(window.getByText(/^Verified /).first()).toBeVisible()
  await expect(window.getByText('Reconnected').first()).toBeVisible()
  await expect(window.getByText('Refresh failed').first()).toBeVisible()
})

test('more scopes are asked for in one sign-in, and what the person leaves out stands there as missing', async ({
  openWindow,
  startPractice,
  register,
  connect,
}) => {
  const id = await connect(await register(await startPractice()))
  const window = await openWindow(`#/connections/${id}`)
  await choose(window, 'Ask for more scopes')
  await window.getByLabel('Further scopes').fill('files.write')
  await window.getByLabel('Further scopes').press('Enter')
  await window.getByRole('button', { name: 'Sign in again' }).click()
  await signInFrom(window, { without: [/files\.write/] })
  await expect(window.getByRole('heading', { name: 'Not granted' })).toBeVisible()
  await window.getByRole('link', { name: 'Show the connection' }).click()
  await expect(window.getByRole('heading', { name: 'Asked for, but not granted' })).toBeVisible()
  await goTo(window, '#/connections')
  await expect(window.getByText(/1 scope missing/)).toBeVisible()
  await window.getByRole('button', { name: 'Upgrade Rehearsal · ada@example.test' }).click()
  await expect(window.getByText('files.write')).toBeVisible()
  await window.getByRole('button', { name: 'Cancel' }).click()
  await goTo(window, `#/connections/${id}`)
  await window.getByRole('button', { name: 'Ask again' }).click()
  await window.getByRole('button', { name: 'Sign in again' }).click()
  await signInFrom(window)
  await expect(window.getByRole('heading', { name: 'Connected' })).toBeVisible()
  await expect(window.getByRole('heading', { name: 'Not granted' })).toBeHidden()
  await expect(window.getByText('files.write')).toBeVisible()
})

test('disconnecting says which of the two happened: revoked at the provider, or removed here only', async ({
  openWindow,
  startPractice,
  register,
  connect,
}) => {
  const provider = await startPractice()
  const registered = await register(provider)
  await connect(registered)
  const second = await connect(registered, 'grace@example.test')
  const window = await openWindow('#/connections')
  await choose(window, 'Disconnect', 'Rehearsal · ada@example.test')
  await expect(window.getByRole('alertdialog')).toContainText('Keyway tells Rehearsal to end the grant')
  await window.getByRole('alertdialog').getByRole('button', { name: 'Disconnect' }).click()
  await expect(window.getByRole('alertdialog', { name: 'Disconnected and revoked' })).toBeVisible()
  await window.keyboard.press('Escape')
  await expect(window.getByRole('article')).toHaveCount(1)
  expect(provider.grants().map(({ account }) => account)).toEqual(['grace@example.test'])

  await provider.behave({ outage: { kind: 'refused' } })
  await goTo(window, `#/connections/${second}`)
  await choose(window, 'Disconnect')
  await window.getByRole('alertdialog').getByRole('button', { name: 'Disconnect' }).click()
  await expect(window.getByRole('alertdialog', { name: 'Removed from this machine only' })).toBeVisible()
  await window.getByRole('button', { name: 'Done' }).click()
  await expect(window.getByRole('button', { name: 'Connect to Rehearsal' })).toBeVisible()
})

test('a URL is enough: the server is looked up, Keyway registers itself there, and the person signs in', async ({
  openWindow,
  startPractice,
}) => {
  const provider = await startPractice()
  const window = await openWindow('#/add')
  await expect(window.getByPlaceholder(/GitHub, Google/)).toBeFocused()
  await window.keyboard.type(provider.issuer)
  await window.keyboard.press('Enter')
  await window.getByRole('button', { name: 'Look it up' }).click()
  await expect(window.getByText('Registered automatically: no client id needed.')).toBeVisible()
  await window.getByRole('button', { name: 'Continue' }).click()
  await expect(window.getByLabel('Client ID')).not.toHaveValue('')
  await window.getByRole('button', { name: 'Save and sign in' }).click()
  await signInFrom(window)
  await expect(window.getByText('Signed in as ada@example.test')).toBeVisible()
})

test('a reload in the middle of a sign-in comes back into it; cancelled, it says so and can begin again', async ({
  openWindow,
  startPractice,
  register,
}) => {
  await register(await startPractice())
  const window = await openWindow('#/connections')
  await window.getByRole('button', { name: 'Connect to Rehearsal' }).click()
  const link = window.getByRole('link', { name: 'Open the sign-in page' })
  const address = await link.getAttribute('href')
  await window.reload()
  expect(await link.getAttribute('href')).toBe(address)
  await window.getByRole('link', { name: 'Settings' }).first().click()
  await window.getByRole('link', { name: 'Continue' }).click()
  await window.getByRole('button', { name: 'Cancel sign-in' }).click()
  await expect(window.getByRole('heading', { name: 'Cancelled' })).toBeVisible()
  await window.getByRole('button', { name: 'Start again' }).click()
  await signInFrom(window)
  await expect(window.getByRole('heading', { name: 'Connected' })).toBeVisible()
})
