// Questions of real local programs, answered by a person in the window.
import type { AppDraft } from '../../shared/contract/app.ts'
import { runKeywayScript } from '../support/real-window/script.ts'
import { expect, test } from '../support/real-window/real-window-fixture.ts'

const asking: AppDraft = {
  name: 'Notes agent',
  grants: [{ target: { kind: 'all' }, token: true, approval: 'ask' }],
}

test('a program pairs: both show the same code, the person allows it, and its key works at once', async ({
  host,
  openWindow,
  startPractice,
  register,
  connect,
}) => {
  await connect(await register(await startPractice()))
  const window = await openWindow('#/connections')
  const script = runKeywayScript(host.url, ['pair', 'my-script', '--for', 'rehearsal', '--token'])
  const code = await script.heard(/if it shows ([A-Z0-9-]+)\./)
  const question = window.getByRole('alertdialog', { name: '“my-script” wants to be paired' })
  await expect(question.getByText(code, { exact: true })).toBeVisible()
  await expect(question).toContainText('Get tokens and send requests at Rehearsal.')
  await expect(question).toContainText(/0:[0-5]\d left; no answer is a no/)
  await question.getByRole('button', { name: 'Allow' }).click()
  expect(await script.ended).toBe(0)
  const key = /kw_[\w-]{43}/.exec(script.output())?.[0] ?? ''
  const second = runKeywayScript(host.url, ['token', 'rehearsal'], key)
  expect(await second.ended).toBe(0)

  await window.getByRole('link', { name: 'Apps' }).first().click()
  await window.getByRole('link', { name: 'my-script' }).click()
  await expect(
    window.getByText('Gets tokens and sends requests for every account at Rehearsal.'),
  ).toBeVisible()
  expect(await window.content()).not.toContain(key)
})

test('a program that is not allowed to pair is told no, and so is the person', async ({
  host,
  openWindow,
}) => {
  const window = await openWindow('#/connections')
  const hiding = runKeywayScript(host.url, ['pair', '<b>Eve</b> \u202egpj.exe'])
  expect(await hiding.ended).toBe(2)
  expect(hiding.output()).toContain('U+202E')
  const script = runKeywayScript(host.url, ['pair', '<b>Eve</b> gpj.exe'])
  const question = window.getByRole('alertdialog')
  await expect(question).toContainText('<b>Eve</b>')
  await question.getByRole('button', { name: 'Deny' }).click()
  expect(await script.ended).not.toBe(0)
  await expect(window.getByText(/was told no/)).toBeVisible()
  await expect(question).toBeHidden()
  await window.getByRole('link', { name: 'Activity' }).first().click()
  await expect(window.getByText('Pairing denied: <b>Eve</b> gpj.exe')).toBeVisible()
})

test('“once” asks again at the next use, “10 minutes” does not for ten minutes, and “no” is a no', async ({
  host,
  call,
  openWindow,
  startPractice,
  register,
  connect,
}) => {
  await connect(await register(await startPractice()))
  const { key } = await call('apps.create', asking)
  const window = await openWindow('#/connections')
  const question = window.getByRole('alertdialog', { name: '“Notes agent” asks for permission' })
  const use = () => runKeywayScript(host.url, ['token', 'rehearsal'], key)

  const first = use()
  await expect(question).toContainText('It wants a token of Rehearsal · ada@example.test.')
  await question.getByRole('button', { name: 'Allow once' }).click()
  expect(await first.ended).toBe(0)

  const second = use()
  await question.getByRole('button', { name: 'For 10 minutes' }).click()
  expect(await second.ended).toBe(0)
  expect(await use().ended).toBe(0)
  host.clock.advance(10 * 60_000)

  const third = use()
  await question.getByRole('button', { name: 'Deny' }).click()
  expect(await third.ended).not.toBe(0)
  await window.getByRole('link', { name: 'Activity' }).first().click()
  await expect(window.getByText('Notes agent was told no for').first()).toBeVisible()
})

test('“always” stands as a permission afterwards, by keyboard from anywhere', async ({
  host,
  call,
  openWindow,
  startPractice,
  register,
  connect,
}) => {
  await connect(await register(await startPractice()))
  const { app, key } = await call('apps.create', asking)
  const window = await openWindow('#/add')
  await expect(window.getByPlaceholder(/GitHub, Google/)).toBeFocused()
  await window.keyboard.type('git')
  const script = runKeywayScript(host.url, ['request', 'rehearsal', 'GET', '/api/me'], key)
  const question = window.getByRole('alertdialog', { name: '“Notes agent” asks for permission' })
  await expect(question).toContainText(/GET http:\/\/127\.0\.0\.1:\d+\/api\/me/)
  await window.keyboard.press('F6')
  for (const _step of ['once', 'ten minutes', 'always']) await window.keyboard.press('Tab')
  await window.keyboard.press('Enter')
  expect(await script.ended).toBe(0)
  expect(await runKeywayScript(host.url, ['request', 'rehearsal', 'GET', '/api/me'], key).ended).toBe(0)
  // The focus is back where the person was typing.
  await window.keyboard.type('lab')
  await expect(window.getByPlaceholder(/GitHub, Google/)).toHaveValue('gitlab')
  await window.goto(`${host.url}/#/apps/${app.id}`)
  await expect(
    window.getByRole('group', {
      name: /^Sends requests, without seeing the token, for Rehearsal · ada@example\.test/,
    }),
  ).toBeVisible()
})

test('nobody answers: after a minute that is a no, and the window says so', async ({
  host,
  call,
  openWindow,
  startPractice,
  register,
  connect,
}) => {
  await connect(await register(await startPractice()))
  const { key } = await call('apps.create', asking)
  const window = await openWindow('#/connections')
  await window.clock.install()
  const script = runKeywayScript(host.url, ['token', 'rehearsal'], key)
  await expect(window.getByRole('alertdialog')).toBeVisible()
  await window.clock.fastForward(60_000)
  host.clock.advance(60_000)
  expect(await script.ended).not.toBe(0)
  await expect(window.getByText('Nobody answered “Notes agent” in time; that counts as a no.')).toBeVisible()
})
