// What the window itself promises, with a made-up Keyway behind it: nothing typed is lost, the keyboard is
// enough, the state is told as it is.
import { KeywayError } from '../../shared/contract/errors.ts'
import { SECRET_PLACEHOLDER } from '../../shared/contract/provider.ts'
import { flowsOf } from '../support/window-host/seed-flows.ts'
import { approvalOfUse, fresh, livedIn } from '../support/window-host/seed.ts'
import { choose } from '../support/real-window/person.ts'
import { expect, focusedName, test } from '../support/window-fixture.ts'

test('a change at Keyway is in the window by itself, with nothing asked', async ({ page, openWindow }) => {
  const { fake } = await openWindow({ hash: '#/connections' })
  await expect(page.getByRole('article', { name: 'GitHub, work' })).toBeVisible()
  const changed = fake.snapshot.connections.map((each) =>
    each.id === 'con_github_work' ? { ...each, account: 'office' } : each,
  )
  const before = fake.calls.length
  fake.set('connections', changed)
  await expect(page.getByRole('article', { name: 'GitHub, office' })).toBeVisible()
  await expect(page.getByRole('article', { name: 'GitHub, work' })).toHaveCount(0)
  expect(fake.calls.slice(before)).toEqual([])
})

test('fourteen connections are seen at once; the list can be grouped by provider, and stays so', async ({
  page,
  openWindow,
}) => {
  await page.setViewportSize({ width: 1280, height: 860 })
  const { fake } = await openWindow({ hash: '#/connections' })
  const well = fake.snapshot.connections.find(({ id }) => id === 'con_github_work')
  if (well === undefined) throw new Error('the seed has no such connection')
  const many = Array.from({ length: 40 }, (_each, index) => ({
    ...well,
    id: `con_${index}`,
    account: `account ${index}`,
    providerId: `prv_${index % 4}`,
    providerName: `Provider ${index % 4}`,
  }))
  fake.set('connections', many)
  const rows = page.getByRole('article')
  await expect(rows.filter({ hasText: 'account 0' })).toBeVisible()
  const bottoms = await rows.evaluateAll((all) => all.map((row) => row.getBoundingClientRect().bottom))
  expect(bottoms.filter((bottom) => bottom <= 860).length).toBeGreaterThanOrEqual(14)

  await page.getByRole('button', { name: 'Group by provider' }).click()
  await expect(page.getByRole('heading', { name: 'Provider 1' })).toBeVisible()
  await page.reload()
  await expect(page.getByRole('heading', { name: 'Provider 0' })).toBeVisible()
  await page.getByRole('button', { name: 'Group by status' }).click()
  await expect(page.getByRole('heading', { name: 'Connected' })).toBeVisible()
})

test('a failed save leaves every field as it was typed, and says what to do', async ({
  page,
  openWindow,
}) => {
  const { fake } = await openWindow({ hash: '#/add/preset/gitlab' })
  fake.failNext('providers.create', new KeywayError('save_failed'))
  await page.getByLabel('Client ID').fill('made-up-id')
  await page.getByLabel('Client secret').fill('made-up-secret')
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await expect(page.getByRole('alert')).toContainText('Make the data folder writable')
  await expect(page.getByLabel('Client ID')).toHaveValue('made-up-id')
  await expect(page.getByLabel('Client secret')).toHaveValue('made-up-secret')
})

test('a reload brings an unfinished registration back, but never the secret', async ({
  page,
  openWindow,
}) => {
  await openWindow({ hash: '#/add/custom' })
  await page.getByLabel('Name', { exact: true }).fill('Acme Data')
  await page.getByLabel('Client secret').fill('made-up-secret')
  await page.getByLabel('Token URL', { exact: true }).fill('https://auth.acme.example/token')
  await page.reload()
  await expect(page.getByLabel('Name', { exact: true })).toHaveValue('Acme Data')
  await expect(page.getByLabel('Token URL', { exact: true })).toHaveValue('https://auth.acme.example/token')
  await expect(page.getByLabel('Client secret')).toHaveValue('')
  expect(
    await page.evaluate(() => JSON.stringify(sessionStorage) + JSON.stringify(localStorage)),
  ).not.toContain('made-up-secret')
})

test('the slug follows the name, says when it is taken or reserved, and stays as typed once touched', async ({
  page,
  openWindow,
}) => {
  await openWindow({ hash: '#/add/custom' })
  const slug = page.getByLabel('Slug')
  await page.getByLabel('Name', { exact: true }).fill('Acme Cloud')
  // "acme-cloud" is there already.
  await expect(slug).toHaveValue('acme-cloud-2')
  await slug.fill('acme-cloud')
  await expect(page.getByText('Another provider has this slug.')).toBeVisible()
  await slug.fill('google')
  await expect(page.getByText('This slug belongs to a built-in service.')).toBeVisible()
  await slug.fill('Acme!')
  await expect(page.getByText('Lowercase letters, digits and hyphens')).toBeVisible()
  await slug.fill('my-acme')
  await page.getByLabel('Name', { exact: true }).fill('Another name')
  await expect(slug).toHaveValue('my-acme')
})

test('only what differs from the preset is sent, and a stored secret is sent back as its placeholder', async ({
  page,
  openWindow,
}) => {
  const { fake } = await openWindow({ hash: '#/providers/prv_github/edit' })
  await page.getByRole('button', { name: /^Advanced/ }).click()
  await page.getByLabel('Base URL').fill('https://github.acme.example/api/v3')
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await expect(page.getByText('GitHub is saved.')).toBeVisible()
  const sent = fake.calls.findLast(({ name }) => name === 'providers.update')?.input as {
    patch: Record<string, unknown>
  }
  expect(sent.patch['spec']).toEqual({ api: { baseUrl: 'https://github.acme.example/api/v3' } })
  expect(sent.patch['clientSecret']).toBe(SECRET_PLACEHOLDER)
})

test('pasted junk is named at its field and goes no further', async ({ page, openWindow }) => {
  const { fake } = await openWindow({ hash: '#/add/custom' })
  await page.getByLabel('Name', { exact: true }).fill('x'.repeat(300))
  await page.getByLabel('Slug').fill('junk')
  await page.getByLabel('Authorization URL', { exact: true }).fill('javascript:alert(1)')
  await page.getByLabel('Token URL', { exact: true }).fill('http://evil.example/token')
  await page.getByRole('button', { name: 'Save and sign in' }).click()
  await expect(page.getByText('An https address (http only on this machine)')).toHaveCount(2)
  await expect(page.getByLabel('Name', { exact: true })).toHaveAttribute('aria-invalid', 'true')
  expect(fake.calls.map(({ name }) => name)).not.toContain('providers.create')
})

test('a reload in the middle of a sign-in comes back into it, and its end shows by itself', async ({
  page,
  openWindow,
}) => {
  const now = Date.now()
  const { fake } = await openWindow({
    hash: '#/sign-in/flw_1',
    snapshot: { ...livedIn(now), flows: [flowsOf(now).waiting_for_browser] },
  })
  await page.reload()
  await expect(page.getByRole('heading', { name: 'Continue in your browser' })).toBeVisible()
  fake.set('flows', [flowsOf(now).done])
  await expect(page.getByRole('heading', { name: 'Connected' })).toBeVisible()
  await expect(page.getByText('No refresh token came')).toBeVisible()
  await expect(page.getByText('https://www.googleapis.com/auth/calendar')).toBeVisible()
})

test('when Keyway goes away the window says so and keeps what is known', async ({ page, openWindow }) => {
  const host = await openWindow({ hash: '#/connections' })
  // Screens come in files of their own; what has not come yet is not known.
  await expect(page.getByRole('article', { name: 'GitHub, work' })).toBeVisible()
  await host.close()
  await expect(page.getByText('Keyway is not answering')).toBeVisible()
  await expect(page.getByRole('article', { name: 'GitHub, work' })).toBeVisible()
})

test('when Keyway goes away before a screen has come the window says so, and shows the screen once it is back', async ({
  page,
  openWindow,
}) => {
  const away = Promise.withResolvers<void>()
  let isAway = true
  await page.route(/\/assets\/(set-up|watch)-screens/, async (route) => {
    await away.promise
    await (isAway ? route.abort('connectionrefused') : route.continue())
  })
  const host = await openWindow({ hash: '#/activity' })
  await host.close()
  away.resolve()
  await expect(page.getByText('Keyway is not answering')).toBeVisible()
  await expect(page.getByRole('link', { name: 'Connections' }).first()).toBeVisible()
  await expect(page.getByRole('heading', { level: 1 })).toHaveCount(0)
  isAway = false
  await host.reopen()
  await expect(page.getByRole('heading', { name: 'Activity', level: 1 })).toBeVisible()
  await expect(page.getByText('Keyway is not answering')).toBeHidden()
})

test('the key of a new app is seen once: Escape does not lose it, and afterwards it is nowhere', async ({
  page,
  openWindow,
}) => {
  await openWindow({ hash: '#/apps/new' })
  await page.getByRole('textbox', { name: 'Name' }).fill('Backup')
  await page.getByLabel('For', { exact: true }).selectOption('GitHub · work')
  await page.getByRole('checkbox', { name: 'Tokens' }).check()
  await page.getByRole('button', { name: 'Make the key' }).click()
  const dialog = page.getByRole('alertdialog', { name: 'Save this key now' })
  const key = /kw_[\w-]{43}/.exec(await dialog.innerText())?.[0] ?? ''
  expect(key).not.toBe('')
  await page.keyboard.press('Escape')
  await expect(dialog).toBeVisible()
  await dialog.getByRole('button', { name: 'I have saved it' }).click()
  await expect(page.getByRole('heading', { name: 'Backup', level: 1 })).toBeVisible()
  expect(await page.content()).not.toContain(key)
})

test('a question from an app does not take the focus from who is typing, nor an Enter for an answer', async ({
  page,
  openWindow,
}) => {
  const now = Date.now()
  const { fake } = await openWindow({ hash: '#/add/custom' })
  await page.getByLabel('Name', { exact: true }).fill('Acm')
  fake.set('approvals', [approvalOfUse(now)])
  await expect(page.getByRole('alertdialog', { name: '“Notes agent” asks for permission' })).toBeVisible()
  await page.keyboard.type('e')
  await expect(page.getByLabel('Name', { exact: true })).toHaveValue('Acme')
  await page.keyboard.press('F6')
  await page.keyboard.press('Enter')
  await page.keyboard.press('Space')
  expect(fake.calls.map(({ name }) => name)).not.toContain('approvals.decide')
  await page.keyboard.press('Tab')
  expect(await focusedName(page)).toBe('Allow once')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('alertdialog')).toBeHidden()
  expect(fake.calls.findLast(({ name }) => name === 'approvals.decide')?.input).toEqual({
    id: 'apr_1',
    decision: 'once',
  })
})

test('the whole way from nothing to a sign-in goes by keyboard alone', async ({ page, openWindow }) => {
  const { fake } = await openWindow({ hash: '#/connections', snapshot: fresh(Date.now()) })
  await page.keyboard.press('Control+k')
  await expect(page.getByRole('combobox')).toBeFocused()
  await page.keyboard.type('add a conn')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('heading', { name: 'Add a connection' })).toBeVisible()
  await expect(
    page.getByRole('searchbox').or(page.getByRole('combobox')).or(page.getByRole('textbox')),
  ).toBeFocused()
  await page.keyboard.type('gitlab')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('heading', { name: 'Set up GitLab' })).toBeVisible()
  await page.getByLabel('Client ID').focus()
  await page.keyboard.type('made-up-id')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('heading', { name: 'Continue in your browser' })).toBeVisible()
  expect(fake.calls.map(({ name }) => name)).toContain('connections.connect')
})

test('a dialog that a menu opened gives the focus back to the menu’s button', async ({
  page,
  openWindow,
}) => {
  await openWindow({ hash: '#/connections' })
  const trigger = page.getByRole('button', { name: 'More actions for GitHub · work' })
  await trigger.focus()
  await page.keyboard.press('Enter')
  await page.getByRole('menuitem', { name: 'Rename' }).press('Enter')
  await expect(page.getByLabel('Account name')).toBeFocused()
  await page.keyboard.press('Escape')
  await expect(trigger).toBeFocused()
})

test('a renamed account can be had back', async ({ page, openWindow }) => {
  await openWindow({ hash: '#/connections/con_google' })
  await choose(page, 'Rename')
  await page.getByLabel('Account name').fill('home')
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByRole('heading', { name: 'home', level: 1 })).toBeVisible()
  await page.getByRole('button', { name: 'Undo' }).click()
  await expect(page.getByRole('heading', { name: 'private', level: 1 })).toBeVisible()
})

test('a result that comes while the notice before it fades out is shown', async ({ page, openWindow }) => {
  await page.clock.install()
  const { fake } = await openWindow({ hash: '#/connections/con_google' })
  const notices = page.getByRole('region', { name: /^Notifications/ })
  fake.failNext('connections.refresh', new KeywayError('provider_unreachable'))
  await choose(page, 'Refresh now')
  await expect(notices.getByText(/was not refreshed/)).toBeVisible()
  await notices.getByRole('button', { name: 'Try again' }).click()
  await expect(notices.getByText(/has a fresh token/)).toBeVisible()
  await page.clock.runFor(1000)
  await expect(notices.getByText(/has a fresh token/)).toBeVisible()
  await expect(notices.getByText(/was not refreshed/)).toBeHidden()
})

test('disconnecting says before what will happen and after what did', async ({ page, openWindow }) => {
  await openWindow({ hash: '#/connections/con_google' })
  await choose(page, 'Disconnect')
  const question = page.getByRole('alertdialog')
  await expect(question).toContainText('Backup script')
  await expect(question).toContainText('ends every grant')
  await question.getByRole('button', { name: 'Disconnect' }).click()
  await expect(page.getByRole('alertdialog')).toContainText('Disconnected and revoked')
  await page.getByRole('button', { name: 'Done' }).click()
  await expect(page.getByRole('heading', { name: 'Connections', level: 1 })).toBeVisible()
  await expect(page.getByRole('article', { name: /^Google.*private$/ })).toBeHidden()
})

test('activity is told live, and filters stand in the address', async ({ page, openWindow }) => {
  const { fake } = await openWindow({ hash: '#/activity' })
  await expect(page.getByRole('listitem').first()).toBeVisible()
  const newest = await fake.api['activity.query']({ limit: 1 })
  const row = {
    ...newest[0]!,
    seq: newest[0]!.seq + 1,
    kind: 'vend' as const,
    outcome: 'ok' as const,
    appName: 'Fresh program',
    at: Date.now(),
  }
  fake.emit('activity', [row])
  await expect(page.getByText('Fresh program got a token of')).toBeVisible()
  await page.getByLabel('Outcome').selectOption('failed')
  await expect(page).toHaveURL(/outcome=failed/)
  await page.reload()
  await expect(page.getByLabel('Outcome')).toHaveValue('failed')
  await expect(page.getByText('could not be refreshed').first()).toBeVisible()
  await expect(page.getByText('Fresh program')).toBeHidden()
})

test('the theme changes at once and the choice can be undone', async ({ page, openWindow }) => {
  await openWindow({ hash: '#/settings/general' })
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
  await page.getByRole('radio', { name: 'Dark' }).click()
  await expect.poll(ground).toBe('rgb(19, 19, 22)')
  await page.getByRole('button', { name: 'Undo' }).click()
  await expect.poll(ground).toBe('rgb(255, 255, 255)')
})

test('a look-up that finds nothing lists every address that was tried', async ({ page, openWindow }) => {
  const { fake } = await openWindow({ hash: '#/add/url' })
  const paths = ['openid-configuration', 'oauth-authorization-server']
  const steps = paths.map((path) => ({
    name: 'Server metadata',
    outcome: 'skipped',
    answer: null,
    fix: null,
    request: `GET https://as.example.test/.well-known/${path}`,
    explanation: `There is no server metadata at https://as.example.test/.well-known/${path} (HTTP 404).`,
  }))
  const message = 'There is no server metadata for https://as.example.test/: 2 addresses were tried.'
  fake.failNext('providers.discover', new KeywayError('discovery_failed', { message, details: { steps } }))
  await page.getByRole('textbox', { name: 'URL' }).fill('as.example.test')
  await page.getByRole('button', { name: 'Look it up' }).click()
  const tried = page.getByRole('region', { name: 'Addresses tried' })
  await expect(tried.getByRole('listitem')).toHaveCount(2)
  await expect(tried).toContainText('/oauth-authorization-server (HTTP 404)')
})
