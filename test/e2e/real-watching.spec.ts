// Activity and the practice provider: what one looks at while programs work.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { choose, signInFrom } from '../support/real-window/person.ts'
import { expect, test } from '../support/real-window/real-window-fixture.ts'

test('what a program does is in the window at once, opens to its link in the chain, is filtered, and leaves whole', async ({
  openWindow,
  startPractice,
  register,
  connect,
  call,
  host,
}) => {
  await connect(await register(await startPractice()))
  const { key } = await call('apps.create', {
    name: 'Backup 💾',
    grants: [{ target: { kind: 'all' }, token: true }],
  })
  const window = await openWindow('#/activity')
  await expect(window.getByText('Rehearsal · ada@example.test was connected')).toBeVisible()
  await fetch(`${host.url}/api/integrations/rehearsal/token`, { headers: { 'x-api-key': key } })
  const row = window.getByRole('button', { name: /Backup 💾 got a token of Rehearsal/ })
  await row.click()
  await expect(row).toHaveAttribute('aria-expanded', 'true')
  await expect(window.getByText('Fingerprint before')).toBeVisible()
  await window.getByLabel('App').selectOption('Backup 💾')
  await expect(window.getByText('was connected')).toBeHidden()
  const [download] = await Promise.all([
    window.waitForEvent('download'),
    window.getByRole('button', { name: 'Export' }).click(),
  ])
  const lines = (await readFile(await download.path(), 'utf8'))
    .split('\n')
    .map((line) => JSON.parse(line) as object)
  expect(lines).toContainEqual(expect.objectContaining({ kind: 'vend', appName: 'Backup 💾' }))
  expect(lines).not.toContainEqual(expect.objectContaining({ kind: 'connect' }))
  await window.getByRole('button', { name: 'Clear filters' }).click()
  await window.getByLabel('Day').fill('2001-02-03')
  await expect(window.getByRole('heading', { name: 'Nothing matches these filters' })).toBeVisible()
})

test('“Verify” says that the log is authenticated, and that it was changed when a line was', async ({
  openWindow,
  startPractice,
  register,
  connect,
  host,
}) => {
  await connect(await register(await startPractice()))
  const window = await openWindow('#/activity')
  await window.getByRole('button', { name: 'Verify' }).click()
  await expect(window.getByText('Authenticated', { exact: true })).toBeVisible()
  const folder = join(host.dataFolder, 'activity')
  const segment = readdirSync(folder).find((name) => name.endsWith('.jsonl')) ?? ''
  const path = join(folder, segment)
  writeFileSync(path, readFileSync(path, 'utf8').replace('"connect"', '"refresh"'))
  await window.getByRole('button', { name: 'Verify' }).click()
  await expect(window.getByText('The record was changed')).toBeVisible()
})

test('the practice provider is started, used for a sign-in, and set to each of its faults', async ({
  openWindow,
}) => {
  const window = await openWindow('#/rehearsal')
  await window.getByRole('button', { name: 'Start it' }).click()
  await window.getByRole('button', { name: 'Sign in there' }).click()
  await signInFrom(window)
  await window.getByRole('link', { name: 'Show the connection' }).click()
  const connection = window.url()
  const practice = `${new URL(connection).origin}/#/rehearsal`
  const apply = async (name: string): Promise<void> => {
    await window.goto(practice)
    await window.getByRole('button', { name: `Do this: ${name}` }).click()
    await expect(window.getByRole('form', { name })).toContainText('Now')
  }
  const refresh = async (): Promise<void> => {
    await window.goto(connection)
    await choose(window, 'Refresh now')
  }

  await apply('Tokens expire soon')
  await refresh()
  await expect(window.getByRole('img', { name: /Token valid for \d+ seconds/ })).toBeVisible()
  await apply('Refresh tokens rotate')
  await refresh()
  await expect(window.getByText('Token refreshed, refresh token rotated').first()).toBeVisible()
  await apply('Odd answers')
  await refresh()
  // It was verified before, too. An outage in the middle of a refresh would rightly end in a reconnect.
  const history = window.getByRole('region', { name: 'History' })
  await expect(history.getByText(/^Token refreshed/)).toHaveCount(3)
  await expect(window.getByText(/^Verified /).first()).toBeVisible()
  await apply('Outage')
  await refresh()
  await expect(window.getByText('Retrying').first()).toBeVisible()
  await apply('Behaves')
  await refresh()
  await expect(window.getByText(/^Verified /).first()).toBeVisible()
  await apply('Grant revoked')
  await refresh()
  await expect(window.getByText('Reconnect needed').first()).toBeVisible()

  await window.goto(practice)
  const seconds = window.getByRole('textbox', { name: 'Slow answers: Seconds' })
  await seconds.fill('a while')
  await window.getByRole('button', { name: 'Do this: Slow answers' }).click()
  await expect(window.getByRole('form', { name: 'Slow answers' }).getByRole('alert')).toBeVisible()
  await expect(seconds).toHaveValue('a while')
  await window.getByRole('button', { name: 'Stop it' }).click()
  await expect(window.getByRole('heading', { name: 'Nothing is running yet' })).toBeVisible()
})
