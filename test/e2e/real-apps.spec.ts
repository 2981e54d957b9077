// Apps and their keys, tried with the keys themselves.
import { readNewKey } from '../support/real-window/person.ts'
import { expect, test } from '../support/real-window/real-window-fixture.ts'

test('a key does what its sentences say: limits hold, a pause refuses, rotation ends the old key, revoking ends it all', async ({
  openWindow,
  startPractice,
  register,
  connect,
  host,
}) => {
  await connect(await register(await startPractice()))
  const window = await openWindow('#/apps')
  const send = async (key: string, path: string): Promise<number> => {
    const answer = await fetch(`${host.url}/api/integrations/rehearsal/request/${path}`, {
      headers: { 'x-api-key': key },
    })
    return answer.status
  }
  await window.getByRole('link', { name: 'New app key' }).click()
  await window.getByRole('button', { name: 'Make the key' }).click()
  await expect(window.getByText('A name is needed.')).toBeVisible()
  await expect(window.getByText('Choose at least one.')).toBeVisible()
  await window.getByRole('checkbox', { name: 'Send requests' }).click()
  await window.getByRole('textbox', { name: 'Name' }).fill('Backup')
  await window.getByRole('button', { name: /^Limits/ }).click()
  await window.getByRole('button', { name: 'GET' }).click()
  await window.getByLabel('Only these paths').fill('api/me ')
  await window.getByRole('button', { name: 'Make the key' }).click()
  await expect(window.getByLabel('Only these paths')).toHaveAttribute('aria-invalid', 'true')
  await window.getByRole('button', { name: 'Remove api/me' }).click()
  await window.getByLabel('Only these paths').fill('/api/me ')
  await expect(
    window.getByText(
      'Sends requests, without seeing the token, for Rehearsal · ada@example.test, only GET, only on /api/me.',
    ),
  ).toBeVisible()
  await window.getByRole('button', { name: 'Make the key' }).click()
  const key = await readNewKey(window)
  await window.getByRole('button', { name: 'I have saved it' }).click()
  expect([await send(key, 'api/me'), await send(key, 'api/files')]).toEqual([200, 403])

  await window.getByRole('switch', { name: 'Paused' }).click()
  await expect(window.getByText('“Backup” is paused: its requests are refused.')).toBeVisible()
  expect(await send(key, 'api/me')).not.toBe(200)
  await window.getByRole('button', { name: 'Undo' }).click()
  await expect(window.getByText('“Backup” may ask again.')).toBeVisible()
  expect(await send(key, 'api/me')).toBe(200)

  await window.getByRole('button', { name: 'Rotate the key' }).click()
  await window.getByLabel('The old key works for').selectOption('no longer: it ends now')
  await window.getByRole('button', { name: 'Make the new key' }).click()
  const next = await readNewKey(window)
  await window.getByRole('button', { name: 'I have saved it' }).click()
  expect([await send(key, 'api/me'), await send(next, 'api/me')]).toEqual([401, 200])

  await window.getByRole('button', { name: 'Revoke' }).click()
  await window.getByRole('alertdialog').getByRole('button', { name: 'Revoke' }).click()
  await expect(window.getByText('“Backup” is revoked: its keys do not work any more.')).toBeVisible()
  await expect(window.getByRole('heading', { name: 'No app may ask for anything yet' })).toBeVisible()
  expect(await send(next, 'api/me')).toBe(401)
})

test('what an app says it needs and nobody connected is shown before its first use, with the way to mend it', async ({
  openWindow,
  startPractice,
  register,
  connect,
  call,
}) => {
  await connect(await register(await startPractice()))
  const { app } = await call('apps.create', {
    name: 'Mail sorter',
    grants: [{ target: { kind: 'all' } }],
    authProviders: [
      { provider: 'rehearsal', scopes: ['files.write'] },
      { provider: 'gitlab', scopes: ['api'] },
    ],
  })
  const window = await openWindow('#/apps')
  await expect(window.getByText('2 needs are not met')).toBeVisible()
  await window.getByRole('link', { name: 'Mail sorter' }).click()
  await expect(window.getByText('Rehearsal: Not connected with these scopes yet')).toBeVisible()
  await expect(window.getByText('files.write')).toBeVisible()
  await window.getByRole('link', { name: 'Connect', exact: true }).last().click()
  await expect(window.getByPlaceholder(/GitHub, Google/)).toHaveValue('gitlab')
  await expect(window.getByRole('option', { name: /GitLab/ }).first()).toBeVisible()
  await window.goBack()
  await expect(window).toHaveURL(new RegExp(app.id))
})

test('changed permissions can be discarded or saved, and a second window sees them at once', async ({
  openWindow,
  call,
}) => {
  const { app } = await call('apps.create', { name: 'Backup', grants: [{ target: { kind: 'all' } }] })
  const window = await openWindow(`#/apps/${app.id}`)
  const other = await openWindow('#/apps')
  await window.bringToFront()
  await window.getByRole('textbox', { name: 'Name' }).fill('Night backup')
  await window.getByRole('button', { name: 'Discard' }).click()
  await expect(window.getByRole('textbox', { name: 'Name' })).toHaveValue('Backup')
  await window.getByRole('checkbox', { name: 'Tokens' }).click()
  await window.getByRole('button', { name: 'Save changes' }).click()
  await expect(window.getByText('“Backup” may now do exactly this.')).toBeVisible()
  await expect(window.getByRole('button', { name: 'Save changes' })).toBeHidden()
  await expect(other.getByText('Gets tokens and sends requests for every connection.')).toBeVisible()
})
