// The first call of a newcomer: what the window prints is run as it stands, with the key just made.
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Page } from '@playwright/test'
import { root } from '../../scripts/build/parts.ts'
import { createVault, signInFrom } from '../support/real-window/person.ts'
import { expect, test } from '../support/real-window/real-window-fixture.ts'

const run = promisify(execFile)

/** What a terminal prints after a paste; the status comes last. */
async function paste(commands: string): Promise<{ body: string; status: string }> {
  const { stdout } = await run('bash', [
    '-c',
    commands.replace(/curl -sS?/, String.raw`$& -w '\n%{http_code}'`),
  ])
  const lines = stdout.split('\n')
  return { status: lines.pop() ?? '', body: lines.join('\n') }
}

async function printed(window: Page): Promise<string> {
  const dialog = window.getByRole('alertdialog', { name: 'Save this key now' })
  return dialog.getByRole('figure', { name: 'Try it in a terminal' }).locator('pre').innerText()
}

test('the key dialog prints a call that succeeds, for tokens and for requests', async ({
  openWindow,
  startPractice,
  register,
  connect,
}) => {
  await connect(await register(await startPractice()))
  const window = await openWindow('#/apps/new')
  await window.getByRole('textbox', { name: 'Name' }).fill('token script')
  // Nothing is chosen silently.
  await expect(window.getByRole('checkbox', { name: 'Tokens' })).not.toBeChecked()
  await expect(window.getByRole('checkbox', { name: 'Send requests' })).not.toBeChecked()
  await window.getByRole('checkbox', { name: 'Tokens' }).check()
  await window.getByRole('button', { name: 'Make the key' }).click()
  const token = await paste(await printed(window))
  expect(token.status).toBe('200')
  expect(JSON.parse(token.body)).toHaveProperty('data.accessToken')
  await window.getByRole('button', { name: 'I have saved it' }).click()
  await expect(window.getByRole('heading', { name: 'token script', level: 1 })).toBeVisible()

  await window.goto(window.url().replace(/#.*/, '#/apps/new'))
  await window.getByRole('textbox', { name: 'Name' }).fill('request script')
  await window.getByRole('checkbox', { name: 'Send requests' }).check()
  await window.getByRole('button', { name: 'Make the key' }).click()
  const request = await paste(await printed(window))
  expect(request.status).toBe('200')
  expect(JSON.parse(request.body)).toMatchObject({ email: 'ada@example.test' })
})

test.describe('from the very first start', () => {
  test.use({ beginning: { vault: 'fresh' } })

  test('a newcomer follows the README with the practice provider, and each command answers 200', async ({
    openWindow,
    host,
  }) => {
    const window = await openWindow()
    await createVault(window, 'a few plain words')
    await window.getByRole('link', { name: 'Try it without an account' }).click()
    await window.getByRole('button', { name: 'Start it' }).click()
    await window.getByRole('button', { name: 'Sign in there' }).click()
    await signInFrom(window)
    await expect(window.getByText('Signed in as ada@example.test')).toBeVisible()

    await window.getByRole('link', { name: 'Apps' }).first().click()
    await window.getByRole('link', { name: 'New app key' }).click()
    await window.getByRole('textbox', { name: 'Name' }).fill('my script')
    // The only connection there is.
    await expect(window.getByLabel('For', { exact: true })).toHaveValue(/^connection:/)
    await window.getByRole('checkbox', { name: 'Tokens' }).check()
    await window.getByRole('checkbox', { name: 'Send requests' }).check()
    await window.getByRole('button', { name: 'Make the key' }).click()
    const shown = await printed(window)
    expect((await paste(shown)).status).toBe('200')

    const key = /kw_[\w-]{43}/.exec(shown)?.[0] ?? ''
    const readme = readFileSync(join(root, 'README.md'), 'utf8')
    const section = /\n## An app asks for a token\n([\s\S]*?)\n## /.exec(readme)?.[1] ?? ''
    const commands = [...section.matchAll(/```sh\n([\s\S]*?)```/g)]
      .map(([, code = '']) => code)
      .filter((code) => code.includes('curl'))
    expect(commands).toHaveLength(2)
    const answers: string[] = []
    for (const command of commands) {
      const here = command.replaceAll('http://127.0.0.1:7317', host.url)
      const { status, body } = await paste(`export KEYWAY_KEY=${key}\n${here}`)
      answers.push(`${status} ${Object.keys(JSON.parse(body) as object).join()}`)
    }
    expect(answers).toEqual(['200 data', expect.stringMatching(/^200 .*email/)])
  })
})

test('from a snippet the form brings along the connection and the way that was looked at', async ({
  openWindow,
  startPractice,
  register,
  connect,
}) => {
  const provider = await register(await startPractice())
  await connect(provider, 'ada@example.test')
  await connect(provider, 'grace@example.test')
  const window = await openWindow('#/connections')
  await window.getByRole('button', { name: 'Copy snippet: Rehearsal · grace@example.test' }).click()
  await window.getByRole('radio', { name: 'A proxied request' }).click()
  await window.getByRole('link', { name: 'Make an app key' }).click()
  await expect(window.getByLabel('For', { exact: true })).toHaveValue(/^connection:/)
  await expect(window.getByRole('checkbox', { name: 'Send requests' })).toBeChecked()
  await expect(window.getByRole('checkbox', { name: 'Tokens' })).not.toBeChecked()
  await expect(window.getByText('for Rehearsal · grace@example.test.')).toBeVisible()

  // From the list of apps nothing is known, so a choice is asked for, and the widest one has a warning.
  await window.goto(window.url().replace(/#.*/, '#/apps/new'))
  await window.getByRole('textbox', { name: 'Name' }).fill('script')
  await window.getByRole('checkbox', { name: 'Tokens' }).check()
  await window.getByRole('button', { name: 'Make the key' }).click()
  await expect(window.getByText('Choose what this permission is for.')).toBeVisible()
  await expect(window.getByText(/This key could use every account/)).toBeHidden()
  await window.getByLabel('For', { exact: true }).selectOption('All connections, including future ones')
  await expect(window.getByText(/This key could use every account/)).toBeVisible()
})

test('limits that shut out the ready-made request are said instead of printing a call that fails', async ({
  openWindow,
  startPractice,
  register,
  connect,
}) => {
  await connect(await register(await startPractice()))
  const window = await openWindow('#/apps/new')
  await window.getByRole('textbox', { name: 'Name' }).fill('narrow')
  await window.getByRole('checkbox', { name: 'Send requests' }).check()
  await window.getByRole('button', { name: /^Limits/ }).click()
  await window.getByLabel('Only these paths').fill('/api/files ')
  await window.getByRole('button', { name: 'Make the key' }).click()
  await expect(window.getByText(/no ready-made request is allowed/)).toBeVisible()
})

test('what is typed for a new key stays over a lock, a reload and a look elsewhere, until it is made', async ({
  openWindow,
  startPractice,
  register,
  connect,
  call,
}) => {
  await connect(await register(await startPractice()))
  const window = await openWindow('#/apps/new')
  const name = window.getByRole('textbox', { name: 'Name' })
  const tokens = window.getByRole('checkbox', { name: 'Tokens' })
  await name.fill('Backup')
  await tokens.check()
  await call('vault.lock', undefined)
  await window.getByLabel('Passphrase', { exact: true }).fill('correct horse battery staple')
  await window.getByRole('button', { name: 'Unlock' }).click()
  await expect(name).toHaveValue('Backup')
  await expect(tokens).toBeChecked()
  await window.getByRole('link', { name: 'Activity' }).first().click()
  await window.goBack()
  await expect(name).toHaveValue('Backup')
  await window.reload()
  await expect(name).toHaveValue('Backup')
  await expect(tokens).toBeChecked()
  await window.getByRole('button', { name: 'Make the key' }).click()
  await window.getByRole('button', { name: 'I have saved it' }).click()
  await expect(window.getByRole('heading', { name: 'Backup', level: 1 })).toBeVisible()
  await window.goto(window.url().replace(/#.*/, '#/apps/new'))
  await expect(name).toHaveValue('')
  await expect(tokens).not.toBeChecked()
})

test('a test call succeeds as it stands', async ({ openWindow, startPractice, register, connect }) => {
  const id = await connect(await register(await startPractice()))
  const window = await openWindow(`#/connections/${id}`)
  await window.getByRole('button', { name: 'Test call' }).click()
  await window.getByRole('button', { name: 'Send', exact: true }).click()
  await expect(window.getByText(/Answered 200 in/)).toBeVisible()
})
