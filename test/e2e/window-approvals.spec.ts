// Questions of apps, above whatever is open, and what the window says about them.
import type { Page } from '@playwright/test'
import { approvalOfPairing, approvalOfUse, livedIn, protectors } from '../support/window-host/seed.ts'
import { expect, focusedName, test } from '../support/window-fixture.ts'

const decisions = (fake: { calls: ReadonlyArray<{ name: string; input: unknown }> }): unknown[] =>
  fake.calls.filter(({ name }) => name === 'approvals.decide').map(({ input }) => input)

const question = (page: Page) => page.getByRole('alertdialog', { name: '“Notes agent” asks for permission' })

async function openExport(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Export…' }).click()
  await page.getByLabel('Passphrase', { exact: true }).fill('correct horse')
  await expect(page.getByLabel('Passphrase', { exact: true })).toBeFocused()
}

test('a question over a dialog is answered with the mouse; the dialog stays, with what was typed and the focus in it', async ({
  page,
  openWindow,
}) => {
  const { fake } = await openWindow({ hash: '#/settings/data' })
  await openExport(page)
  fake.set('approvals', [approvalOfUse(Date.now())])
  await expect(question(page)).toBeVisible()
  await page.keyboard.type(' battery')
  await question(page).getByRole('button', { name: 'Allow once' }).click()
  await expect(question(page)).toBeHidden()
  expect(decisions(fake)).toEqual([{ id: 'apr_1', decision: 'once' }])
  await page.keyboard.type(' staple')
  await expect(page.getByLabel('Passphrase', { exact: true })).toHaveValue('correct horse battery staple')
  // A click beside it is what closes the dialog.
  await page.mouse.click(5, 5)
  await expect(page.getByLabel('Passphrase', { exact: true })).toBeHidden()
})

test('over a dialog the keyboard gets there with F6 or Tab, and back; Escape there closes nothing', async ({
  page,
  openWindow,
}) => {
  const { fake } = await openWindow({ hash: '#/settings/data' })
  await openExport(page)
  fake.set('approvals', [approvalOfUse(Date.now())])
  await expect(question(page)).toBeVisible()
  await page.keyboard.press('F6')
  await expect(question(page)).toBeFocused()
  await page.keyboard.press('Escape')
  await expect(page.getByLabel('Passphrase', { exact: true })).toBeFocused()
  await page.keyboard.press('F6')
  await expect(question(page)).toBeFocused()
  await page.keyboard.press('F6')
  await expect(page.getByLabel('Passphrase', { exact: true })).toBeFocused()
  // Tab alone goes round through the dialog and the question.
  const seen = new Set<string>()
  for (let step = 0; step < 20; step += 1) {
    await page.keyboard.press('Tab')
    seen.add(await focusedName(page))
  }
  for (const name of ['Allow once', 'For 10 minutes', 'Always', 'Deny', 'Close']) expect(seen).toContain(name)
  await page.getByLabel('Passphrase', { exact: true }).focus()
  await page.keyboard.press('F6')
  await expect(question(page)).toBeFocused()
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await expect(question(page)).toBeHidden()
  expect(decisions(fake)).toEqual([{ id: 'apr_1', decision: 'once' }])
  await expect(page.getByLabel('Passphrase', { exact: true })).toBeFocused()
  await expect(page.getByLabel('Passphrase', { exact: true })).toHaveValue('correct horse')
  // A tooltip that is just closing still takes the key: the dialog listens again one render later.
  await expect
    .poll(async () => {
      await page.keyboard.press('Escape')
      return page.getByLabel('Passphrase', { exact: true }).isHidden()
    })
    .toBe(true)
})

test('the same over the search and over a dialog that wants an answer, and it stays when they open and close', async ({
  page,
  openWindow,
}) => {
  const { fake } = await openWindow({ hash: '#/apps/app_notes' })
  fake.set('approvals', [approvalOfUse(Date.now())])
  await expect(question(page)).toBeVisible()
  await page.keyboard.press('Control+k')
  await expect(page.getByRole('combobox')).toBeFocused()
  await page.keyboard.type('git')
  await expect(question(page)).toBeVisible()
  await page.keyboard.press('F6')
  await expect(question(page)).toBeFocused()
  await page.keyboard.press('F6')
  await page.keyboard.press('Escape')
  await expect(page.getByRole('dialog')).toBeHidden()
  await page.getByRole('button', { name: 'Revoke' }).click()
  const revoke = page.getByRole('alertdialog', { name: /^Revoke/ })
  await expect(revoke).toBeVisible()
  await question(page).getByRole('button', { name: 'Deny' }).click()
  await expect(question(page)).toBeHidden()
  await expect(revoke).toBeVisible()
  expect(decisions(fake)).toEqual([{ id: 'apr_1', decision: 'deny' }])
})

test('after an answer the focus is where it was, also in a field that was typed in', async ({
  page,
  openWindow,
}) => {
  const { fake } = await openWindow({ hash: '#/add/custom' })
  await page.getByLabel('Name', { exact: true }).fill('Acme')
  fake.set('approvals', [approvalOfUse(Date.now()), { ...approvalOfUse(Date.now()), id: 'apr_2' }])
  await expect(question(page)).toBeVisible()
  await page.keyboard.press('F6')
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  // The next question is at hand for who is answering.
  await expect(question(page)).toBeFocused()
  await expect(question(page).getByRole('button', { name: 'Deny' })).toBeEnabled()
  for (const _button of ['once', 'ten minutes', 'always', 'deny']) await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await expect(question(page)).toBeHidden()
  await page.keyboard.type(' Cloud')
  await expect(page.getByLabel('Name', { exact: true })).toHaveValue('Acme Cloud')
  expect(decisions(fake)).toEqual([
    { id: 'apr_1', decision: 'once' },
    { id: 'apr_2', decision: 'deny' },
  ])
})

test('a double click answers one question, not also the one that takes its place', async ({
  page,
  openWindow,
}) => {
  const { fake } = await openWindow({ hash: '#/connections' })
  const now = Date.now()
  fake.set('approvals', [approvalOfUse(now), { ...approvalOfUse(now), id: 'apr_2' }])
  const once = question(page).getByRole('button', { name: 'Allow once' })
  await once.dblclick()
  expect(decisions(fake)).toEqual([{ id: 'apr_1', decision: 'once' }])
  await once.click()
  await expect.poll(() => decisions(fake)).toHaveLength(2)
})

test('the title tells the page, and from other tabs too who asks', async ({ page, openWindow }) => {
  const { fake } = await openWindow({ hash: '#/apps' })
  await expect(page).toHaveTitle('Apps · Keyway')
  fake.set('approvals', [approvalOfUse(Date.now())])
  await expect(page).toHaveTitle('(1) Notes agent asks · Keyway')
  fake.set('approvals', [])
  await expect(page).toHaveTitle('Apps · Keyway')
  await page.goto(`${new URL(page.url()).origin}/#/settings/general`)
  await expect(page).toHaveTitle('Settings · Keyway')
})

test('a tab in the background says who asks, where the browser was allowed to and the person wants it', async ({
  page,
  openWindow,
}) => {
  await page.addInitScript(() => {
    const shown: string[] = []
    class FakeNotification extends EventTarget {
      static permission = 'granted'
      constructor(title: string) {
        super()
        shown.push(title)
      }
    }
    Object.assign(globalThis, { Notification: FakeNotification, shown, inFront: false })
    document.hasFocus = () => (globalThis as unknown as { inFront: boolean }).inFront
  })
  const shown = () => page.evaluate(() => (globalThis as unknown as { shown: string[] }).shown)
  const { fake } = await openWindow({ hash: '#/apps' })
  const now = Date.now()
  const ask = async (id: string) => {
    fake.set('approvals', [{ ...approvalOfUse(now), id }])
    await expect(question(page)).toBeVisible()
  }
  fake.set('approvals', [approvalOfUse(now), approvalOfPairing(now)])
  await expect.poll(shown).toEqual(['“Notes agent” asks for permission', '“my-script” wants to be paired'])
  await page.evaluate(() => Object.assign(globalThis, { inFront: true }))
  await ask('apr_3')
  await page.evaluate(() => Object.assign(globalThis, { inFront: false }))
  fake.set('settings', { ...livedIn(now).settings, notifications: false })
  await ask('apr_4')
  expect(await shown()).toHaveLength(2)
  fake.set('settings', { ...livedIn(now).settings, notifications: true })
  await ask('apr_5')
  await expect.poll(shown).toHaveLength(3)
})

test('a pairing: the code on one line, unknown providers as such, the wide right marked, and told after the yes', async ({
  page,
  openWindow,
}) => {
  const { fake } = await openWindow({ hash: '#/connections' })
  for (const width of [1280, 390]) {
    await page.setViewportSize({ width, height: 800 })
    fake.set('approvals', [approvalOfPairing(Date.now())])
    const card = page.getByRole('alertdialog', { name: '“my-script” wants to be paired' })
    const code = card.getByText('XRX-MD6', { exact: true })
    const lines = await code.evaluate((element) => element.getClientRects().length)
    const height = (await code.boundingBox())?.height ?? 0
    expect([lines, height < 32]).toEqual([1, true])
    await expect(card).toContainText('Get tokens and send requests at GitHub (only GET, /repos/**).')
    await expect(card).toContainText('“nosuch” is not registered here, so it gets nothing there.')
    await expect(card).toContainText('Register and change providers. Wide: concerns every app')
  }
  await page.setViewportSize({ width: 1280, height: 800 })
  await page.getByRole('button', { name: 'Allow', exact: true }).click()
  await expect(page.getByText('“my-script” is paired.')).toBeVisible()
  await page.getByRole('button', { name: 'Show', exact: true }).click()
  await expect(page).toHaveURL(/#\/apps\/app_/)
})

test('a request says how much it sends: nothing, so much, or that nobody knows', async ({
  page,
  openWindow,
}) => {
  const { fake } = await openWindow({ hash: '#/connections' })
  const now = Date.now()
  for (const [bodyBytes, words] of [
    [0, 'No body.'],
    [1834, 'With a body of 1.8 KB.'],
    [null, 'With a body of unknown size.'],
  ] as const) {
    fake.set('approvals', [{ ...approvalOfUse(now), bodyBytes } as ReturnType<typeof approvalOfUse>])
    await expect(question(page)).toContainText(words)
  }
  await expect(question(page)).toContainText('3 identical calls wait. “Allow once” lets one of them through.')
  await expect(question(page)).toContainText('/issues?labels=bug&state=open')
})

test('the lock screen says who asked meanwhile', async ({ page, openWindow }) => {
  const now = Date.now()
  const ask = { appId: 'app_notes', appName: 'Notes agent', at: now, count: 3 }
  const { fake } = await openWindow({
    snapshot: {
      ...livedIn(now),
      vault: { kind: 'locked', protectors, reason: 'Locked.', needsPassphrase: true },
      lockedAsks: [{ ...ask, what: 'token', providerName: 'GitHub', account: 'work' }],
    },
  })
  await expect(page).toHaveTitle('The vault is locked · Keyway')
  await expect(page.getByText('“Notes agent” asks to use GitHub · work.')).toContainText('(3 times)')
  fake.set('lockedAsks', [
    { ...ask, appId: null, appName: 'my-script', what: 'pair', providerName: null, account: null },
  ])
  await expect(page.getByText('“my-script” asks to be paired.')).toBeVisible()
})
