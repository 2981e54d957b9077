// Every screen of the window, and how to get to it: what the pictures are taken of and what axe looks at.
import type { Page } from '@playwright/test'
import type { Snapshot } from '../../../shared/contract/ui-api.ts'
import type { FakeWindowHost } from '../fake-window-host.ts'
import { connectionOf } from './seed-connections.ts'
import { INTEGRITY_TO_CONFIRM, integrityFound } from './integrity-views.ts'
import { flowsOf } from './seed-flows.ts'
import {
  fresh,
  livedIn,
  protectors,
  runningPractice,
  approvalOfPairing,
  approvalOfUse,
  withoutKeychain,
} from './seed.ts'

export type Screen = {
  name: string
  /** Where it is, as an address of the window. */
  hash: string
  snapshot: (now: number) => Snapshot
  /** What a person does there before one looks. */
  act?: (page: Page, host: FakeWindowHost) => Promise<void>
}

const lived = (name: string, hash: string, act?: Screen['act']): Screen => ({
  name,
  hash,
  snapshot: livedIn,
  ...(act === undefined ? {} : { act }),
})
const signIn = (name: string, kind: keyof ReturnType<typeof flowsOf>): Screen => ({
  name,
  hash: '#/sign-in/flw_1',
  snapshot: (now) => ({ ...livedIn(now), flows: [flowsOf(now)[kind]] }),
})
const press = (name: string | RegExp) => (page: Page) => page.getByRole('button', { name }).first().click()

async function openBundleFile(page: Page): Promise<void> {
  await press('Import…')(page)
  await page.getByLabel('Choose a file…').setInputFiles({
    name: 'keyway.json',
    mimeType: 'application/json',
    buffer: Buffer.from('{}'),
  })
  await page.getByLabel('Passphrase of the file').fill('made-up passphrase')
  await press('Look inside')(page)
  await page.getByRole('heading', { name: 'Providers', level: 3 }).waitFor()
}

/** Beside what goes well: a pasted token, one that ends today, one that ended, names that are long. */
function inEveryState(now: number): Snapshot {
  const snapshot = livedIn(now)
  const [provider] = snapshot.providers
  if (provider === undefined) throw new Error('The snapshot has no provider.')
  const made = (sketch: Omit<Parameters<typeof connectionOf>[0], 'provider'>) =>
    connectionOf({ provider, ...sketch }, now)
  const connections = [
    made({ id: 'con_pasted', account: 'pasted', verifiedMinutesAgo: null, minutesLeft: null }),
    made({ id: 'con_ends', account: 'ends today', refreshToken: false, stopsInMinutes: 42 }),
    made({ id: 'con_ended', account: 'ended', refreshToken: false, minutesLeft: -5, stopsInMinutes: -5 }),
    made({ id: 'con_long', account: 'jane.doe.with.a.long.name@department.example.com' }),
  ]
  return { ...snapshot, connections: [...connections, ...snapshot.connections.slice(0, 3)] }
}

export const screens: readonly Screen[] = [
  {
    name: 'first-run',
    hash: '',
    snapshot: (now) => ({ ...fresh(now), vault: { kind: 'uninitialised', protectors } }),
  },
  {
    name: 'first-run-without-keychain',
    hash: '',
    snapshot: (now) => ({ ...fresh(now), vault: { kind: 'uninitialised', protectors: withoutKeychain } }),
  },
  {
    name: 'locked',
    hash: '',
    snapshot: (now) => ({
      ...livedIn(now),
      vault: { kind: 'locked', protectors, reason: 'You locked it.', needsPassphrase: true },
    }),
  },
  {
    name: 'integrity-check',
    hash: '#/integrity',
    snapshot: (now) => ({ ...livedIn(now), integrity: INTEGRITY_TO_CONFIRM }),
  },
  {
    name: 'integrity-findings',
    hash: '#/integrity',
    snapshot: (now) => ({ ...livedIn(now), integrity: integrityFound(now) }),
  },
  {
    name: 'integrity-banner',
    hash: '#/connections',
    snapshot: (now) => ({ ...livedIn(now), integrity: integrityFound(now) }),
  },
  { name: 'connections-empty', hash: '#/connections', snapshot: fresh },
  lived('connections', '#/connections'),
  lived('connection', '#/connections/con_google'),
  { name: 'connections-states', hash: '#/connections', snapshot: inEveryState },
  { name: 'connection-not-verified', hash: '#/connections/con_pasted', snapshot: inEveryState },
  { name: 'connection-ends', hash: '#/connections/con_ends', snapshot: inEveryState },
  {
    name: 'connection-practice-stopped',
    hash: '#/connections/con_github_work',
    snapshot: (now) => {
      const snapshot = livedIn(now)
      const practice = { ...snapshot.rehearsal, kind: 'stopped' as const, providerId: 'prv_github' }
      return { ...snapshot, practice }
    },
  },
  lived('connection-reconnect', '#/connections/con_slack'),
  lived('connection-ending', '#/connections/con_google_old'),
  lived('connection-menu', '#/connections', press(/^More actions for GitHub · work/)),
  lived('snippet', '#/connections/con_google', async (page) => {
    await press('Copy snippet')(page)
    await page.getByRole('dialog').waitFor()
  }),
  lived('test-call', '#/connections/con_google', async (page) => {
    await press('Test call')(page)
    await press('Send')(page)
    await page.getByText('Answered 200').waitFor()
  }),
  lived('another-way', '#/connections/con_google', async (page) => {
    await press(/^More actions/)(page)
    await page.getByRole('menuitem', { name: 'Reconnect another way' }).click()
    await page.getByRole('dialog').getByText('With a refresh token you have').click()
  }),
  lived('disconnect', '#/connections/con_google', async (page) => {
    await press(/^More actions/)(page)
    await page.getByRole('menuitem', { name: 'Disconnect' }).click()
    await page.getByRole('alertdialog').waitFor()
  }),
  lived('add', '#/add'),
  lived('add-search', '#/add?q=git'),
  lived('add-by-url', '#/add/url?url=https%3A%2F%2Fauth.example.com', async (page) => {
    await press('Look it up')(page)
    await page.getByRole('heading', { name: 'What Keyway found' }).waitFor()
  }),
  lived('register-preset', '#/add/preset/gitlab'),
  lived('register-errors', '#/add/preset/shopify', async (page) => {
    await press(/^Advanced/)(page)
    await press('Save and sign in')(page)
    await page.getByText('is needed').first().waitFor()
  }),
  lived('register-custom', '#/add/custom'),
  lived('import', '#/add/import'),
  lived('import-foreign', '#/add/import', async (page) => {
    await page.getByRole('radio', { name: 'Another tool' }).click()
    await page.getByLabel('Its content').fill('{"made": "up"}')
    await press('Read it')(page)
    await page.getByRole('heading', { name: '2 providers in this file of Postman' }).waitFor()
  }),
  lived('rehearsal-stopped', '#/rehearsal'),
  {
    name: 'rehearsal',
    hash: '#/rehearsal',
    snapshot: (now) => ({ ...livedIn(now), rehearsal: runningPractice(now) }),
  },
  signIn('sign-in-browser', 'waiting_for_browser'),
  {
    ...signIn('sign-in-open-with', 'waiting_for_browser'),
    act: async (page) => {
      await press('Open with')(page)
      await page.getByRole('menuitem', { name: 'Firefox' }).waitFor()
    },
  },
  signIn('sign-in-code', 'showing_code'),
  signIn('sign-in-resource', 'choosing_resource'),
  signIn('sign-in-other-account', 'confirming_account'),
  signIn('sign-in-same-account', 'confirming_rounded'),
  signIn('sign-in-done', 'done'),
  signIn('sign-in-failed', 'failed'),
  lived('providers', '#/providers'),
  lived('provider', '#/providers/prv_acme-cloud'),
  lived('provider-edit', '#/providers/prv_acme-cloud/edit'),
  lived('provider-check', '#/providers/prv_acme-cloud/check', async (page) => {
    await press('Run the check')(page)
    await page.getByText('Prove the client').waitFor()
  }),
  lived('provider-export', '#/providers/prv_acme-cloud/export'),
  { name: 'apps-empty', hash: '#/apps', snapshot: fresh },
  lived('apps', '#/apps'),
  lived('app', '#/apps/app_notes'),
  lived('app-new', '#/apps/new'),
  lived('app-new-undecided', '#/apps/new', press('Make the key')),
  lived('app-new-all', '#/apps/new?needs=token', async (page) => {
    await page.getByLabel('For', { exact: true }).selectOption('all')
  }),
  lived('app-key', '#/apps/new', async (page) => {
    await page.getByRole('textbox', { name: 'Name' }).fill('Backup')
    await page.getByLabel('For', { exact: true }).selectOption('GitHub · work')
    await page.getByRole('checkbox', { name: 'Tokens' }).check()
    await press('Make the key')(page)
    await page.getByRole('alertdialog', { name: 'Save this key now' }).waitFor()
  }),
  {
    name: 'locked-asked',
    hash: '',
    snapshot: (now) => ({
      ...livedIn(now),
      vault: { kind: 'locked', protectors, reason: 'It was locked by hand.', needsPassphrase: true },
      lockedAsks: [
        {
          appId: 'app_notes',
          appName: 'Notes agent',
          what: 'proxy',
          providerName: 'GitHub',
          account: 'work',
          at: now,
          count: 3,
        },
        {
          appId: null,
          appName: 'my-script',
          what: 'pair',
          providerName: null,
          account: null,
          at: now,
          count: 1,
        },
      ],
    }),
  },
  {
    name: 'approval',
    hash: '#/connections',
    snapshot: (now) => ({ ...livedIn(now), approvals: [approvalOfUse(now)] }),
  },
  {
    name: 'approval-pairing',
    hash: '#/settings/data',
    snapshot: livedIn,
    // Above a dialog, which is where it must be within reach too.
    async act(page, { fake }) {
      await press('Export…')(page)
      fake.set('approvals', [approvalOfPairing(Date.now())])
      await page.getByRole('alertdialog').waitFor()
    },
  },
  lived('activity', '#/activity', (page) => page.getByRole('listitem').nth(3).getByRole('button').click()),
  lived('settings-general', '#/settings/general'),
  lived('settings-vault', '#/settings/vault'),
  lived('settings-server', '#/settings/server'),
  lived('settings-network', '#/settings/network'),
  lived('settings-data', '#/settings/data'),
  lived('export', '#/settings/data', press('Export…')),
  lived('import-bundle', '#/settings/data', openBundleFile),
  lived('import-apps', '#/settings/data', async (page) => {
    await openBundleFile(page)
    await page.getByRole('checkbox', { name: 'Keep its key' }).click()
    await page.getByText('stays as it is here').scrollIntoViewIfNeeded()
  }),
  lived('diagnostics', '#/settings/data', async (page) => {
    await press('Collect…')(page)
    await page.getByRole('dialog').waitFor()
  }),
  lived('settings-about', '#/settings/about'),
  lived('palette', '#/connections', async (page) => {
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox').fill('g')
  }),
  lived('offline', '#/connections', async (page, host) => {
    await host.close()
    await page.getByText('Keyway is not answering').waitFor()
  }),
  lived('signed-out', '#/connections', async (page, host) => {
    host.signOut()
    await page.getByRole('heading', { name: 'This browser is not signed in' }).waitFor()
  }),
  lived('unknown', '#/nowhere'),
]
