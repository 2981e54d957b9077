// The provider's page against a real server: editing, checking, exporting, copying, deleting.
import { choose, goTo, signInFrom } from '../support/real-window/person.ts'
import { expect, test } from '../support/real-window/real-window-fixture.ts'

test('editing keeps the secret behind its dots; other scopes ask for a new sign-in, which then works', async ({
  openWindow,
  startPractice,
  register,
  connect,
}) => {
  const { id } = await register(await startPractice())
  await connect({ id } as Awaited<ReturnType<typeof register>>)
  const window = await openWindow(`#/providers/${id}/edit`)
  await expect(window.getByLabel('Client secret')).toHaveValue('••••••••')
  await window.getByLabel('Name', { exact: true }).fill('Rehearsal of everything')
  await window.getByRole('button', { name: 'Save', exact: true }).click()
  await expect(window.getByText('Rehearsal of everything is saved.')).toBeVisible()
  await expect(window.getByText('The change needs a new sign-in')).toBeHidden()
  await window.getByLabel('Scopes', { exact: true }).fill('files.write')
  await window.getByLabel('Scopes', { exact: true }).press('Enter')
  await window.getByRole('button', { name: 'Save', exact: true }).click()
  await expect(window.getByText('The change needs a new sign-in before tokens carry it.')).toBeVisible()
  await window.getByRole('button', { name: 'Sign in again' }).click()
  // The stored secret still opens the token endpoint.
  await signInFrom(window)
  await expect(window.getByText('files.write')).toBeVisible()
})

test('the check explains what the server answered and offers the fix; one press later all is well', async ({
  openWindow,
  startPractice,
  register,
}) => {
  const provider = await startPractice()
  const { id } = await register(provider, {
    spec: {
      discovery: { issuer: provider.issuer, kind: 'oidc' },
      authorize: { extraParams: { prompt: 'consent' }, pkce: 'plain' },
    },
  })
  const window = await openWindow(`#/providers/${id}/check`)
  await window.getByRole('button', { name: 'Run the check' }).click()
  await expect(window.getByText(/step failed|steps failed|remark/)).toBeVisible()
  await window.getByRole('button', { name: 'Use PKCE with S256' }).first().click()
  await expect(window.getByText(/^Applied: /)).toBeVisible()
  await window.getByRole('button', { name: 'Run it again' }).click()
  await expect(window.getByRole('button', { name: 'Use PKCE with S256' })).toHaveCount(0)
})

test('a resource that the server does not know: one press leaves it out, and the sign-in works', async ({
  openWindow,
  startPractice,
  register,
  connect,
}) => {
  const provider = await startPractice()
  const registered = await register(provider, {
    spec: {
      discovery: { issuer: provider.issuer },
      authorize: { extraParams: { prompt: 'consent' } },
      resources: ['https://other.example.test/'],
    },
  })
  const window = await openWindow(`#/providers/${registered.id}/check`)
  await window.getByRole('button', { name: 'Run the check' }).click()
  await expect(window.getByText(/answers with invalid_target: [^.]*\. Another way worked/)).toBeVisible()
  await window.getByRole('button', { name: 'Name no resource' }).click()
  await expect(window.getByText(/^Applied: /)).toBeVisible()
  await window.getByRole('button', { name: 'Run it again' }).click()
  await expect(window.getByText(/^No step failed/)).toBeVisible()
  await connect(registered)
})

test('a set-up leaves as JSON without its secret and comes back under another slug', async ({
  openWindow,
  startPractice,
  register,
}) => {
  const { id } = await register(await startPractice())
  const window = await openWindow(`#/providers/${id}/export`)
  const json = await window.getByRole('figure', { name: 'JSON' }).locator('code').innerText()
  expect(json).not.toContain('made-up-secret')
  expect(JSON.parse(json)).toMatchObject({ slug: 'rehearsal' })
  await window.getByRole('radio', { name: 'Typed code' }).click()
  await expect(window.getByRole('figure', { name: 'Typed code' })).toContainText('defineProvider({')

  await goTo(window, '#/add/import')
  const content = window.getByLabel('Its content')
  await content.fill(json.slice(0, json.length / 2))
  await window.getByRole('button', { name: 'Import', exact: true }).click()
  await expect(window.getByRole('alert')).toContainText(/JSON/)
  await expect(content).toHaveValue(json.slice(0, json.length / 2))
  await content.fill(JSON.stringify({ ...JSON.parse(json), slug: 'second', clientId: 7, scopes: 'all' }))
  await window.getByRole('button', { name: 'Import', exact: true }).click()
  await expect(window.getByRole('alert')).toContainText(/clientId/)
  await expect(window.getByRole('alert')).toContainText(/scopes/)
  await content.fill(json)
  await window.getByRole('button', { name: 'Import', exact: true }).click()
  await expect(window.getByRole('alert')).toBeVisible()
  await window.getByLabel('Under another slug').fill('second')
  await window.getByRole('button', { name: 'Import', exact: true }).click()
  await expect(window.getByText('Rehearsal is registered.')).toBeVisible()
  await expect(window.getByLabel('Slug')).toHaveValue('second')
})

test('a copy has everything but the secret; deleting says what breaks before and what happened after', async ({
  openWindow,
  startPractice,
  register,
  connect,
  call,
}) => {
  const provider = await startPractice()
  const registered = await register(provider)
  await connect(registered)
  await call('apps.create', {
    name: 'Backup script',
    grants: [{ target: { kind: 'provider', providerId: registered.id } }],
  })
  const window = await openWindow(`#/providers/${registered.id}`)
  const more = window.getByRole('button', { name: /^More actions/ })
  await more.click()
  await window.getByRole('menuitem', { name: 'Duplicate' }).click()
  await window.getByRole('dialog').getByLabel('Slug').fill('rehearsal')
  await expect(window.getByText('Another provider has this slug.')).toBeVisible()
  await window.getByRole('dialog').getByLabel('Slug').fill('rehearsal-again')
  await window.keyboard.press('Enter')
  await expect(window.getByRole('heading', { name: 'Rehearsal (copy)', level: 1 })).toBeVisible()
  await expect(window.getByLabel('Client secret')).toHaveValue('')

  await goTo(window, `#/providers/${registered.id}`)
  await more.click()
  await window.getByRole('menuitem', { name: 'Delete' }).click()
  const question = window.getByRole('alertdialog')
  await expect(question).toContainText('Its one connection is disconnected with it')
  await expect(question).toContainText('Affected: Backup script.')
  await question.getByRole('button', { name: 'Delete' }).click()
  await expect(window.getByText('Rehearsal is deleted, with 1 connection.')).toBeVisible()
  await expect(window.getByRole('heading', { name: 'Providers', level: 1 })).toBeVisible()
  expect(provider.grants()).toEqual([])
})

test('what is slow says so and can be left', async ({ openWindow, startPractice, register, connect }) => {
  const provider = await startPractice()
  const registered = await register(provider)
  const id = await connect(registered)
  await provider.behave({ faults: [{ kind: 'hang', at: 'everywhere' }] })
  const window = await openWindow(`#/connections/${id}`)
  await choose(window, 'Refresh now')
  await expect(window.getByText('Refreshing Rehearsal · ada@example.test…')).toBeVisible()
  await window.getByRole('button', { name: 'Stop waiting' }).click()
  await expect(window.getByText('Refreshing Rehearsal · ada@example.test…')).toBeHidden()
  await goTo(window, `#/providers/${registered.id}/check`)
  await window.getByRole('button', { name: 'Run the check' }).click()
  await expect(window.getByText('Talking to the provider…')).toBeVisible()
  await window.getByRole('button', { name: 'Stop waiting' }).click()
  await expect(window.getByRole('button', { name: 'Stop waiting' })).toBeHidden()
  await expect(window.getByRole('button', { name: 'Run the check' })).toBeVisible()
})
