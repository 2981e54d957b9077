// A core as the headless host opens it: real folder, real stores, real vault, real OAuth client. Only the
// browser is the test itself.
import { openKeyway, type OpenDeps, type OpenedKeyway } from '../../electron/core/open-keyway.ts'
import { createPassphraseKeyWrappers } from '../../electron/core/vault/passphrase-wrapper.ts'
import { createConfKv } from '../../electron/headless/headless.ts'
import type { PracticeProvider } from '../../electron/practice-provider/provider.ts'
import type { Flow } from '../../shared/contract/flow.ts'
import type { ProviderView } from '../../shared/contract/provider.ts'
import { Secret } from '../../shared/contract/secret.ts'
import { aConnect, aProvider } from './builders.ts'
import { signInWithHttp } from './user-agent.ts'

export const PASSPHRASE = new Secret('correct horse battery staple')

export function openDeps(dataFolder: string): OpenDeps {
  return {
    dataFolder,
    host: { kind: 'headless', platform: process.platform, version: '0.0.0-test' },
    keyWrappers: [],
    openKv: createConfKv,
    browser: {
      open: async () => ({ opened: false, reason: 'there is none in a test' }),
      installed: async () => [],
    },
    presets: [],
    environment: {},
    logLevel: 'debug',
    // A cheap scrypt: these tests are not about how hard a passphrase is to guess.
    passphraseKeyWrappers: createPassphraseKeyWrappers({ cost: { N: 2, r: 1, p: 1 } }),
  }
}

/** Opened and unlocked; whoever opens it closes it. */
export async function openTestKeyway(
  dataFolder: string,
  deps: Partial<OpenDeps> = {},
): Promise<OpenedKeyway> {
  const opened = await openKeyway({ ...openDeps(dataFolder), ...deps })
  const { vault } = opened
  if (vault.state().kind === 'uninitialised') await vault.initialize('passphrase', PASSPHRASE)
  if (vault.state().kind === 'locked') await vault.unlock(PASSPHRASE)
  opened.keyway.serverChanged({
    url: 'http://127.0.0.1:7317',
    listening: true,
    failure: null,
    socketPath: null,
  })
  return opened
}

export function registerPracticeProvider(
  { keyway }: Pick<OpenedKeyway, 'keyway'>,
  practice: PracticeProvider,
  draft: Parameters<typeof aProvider>[0] = {},
): ProviderView {
  const { clientId, clientSecret } = practice.clients.basic
  return keyway.providers.create(
    aProvider({
      slug: 'rehearsal',
      name: 'Rehearsal',
      clientId,
      clientSecret: clientSecret ?? '',
      scopes: ['openid', 'profile', 'email', 'offline_access', 'files.read'],
      spec: {
        discovery: { issuer: practice.issuer },
        // The tests look at what the browser carries, so nothing is pushed to the server before.
        authorize: { extraParams: { prompt: 'consent' }, par: 'never' },
        api: { baseUrl: practice.url('/api') },
      },
      ...draft,
    }),
  )
}

/** The person at the provider's pages, then the browser's way home. */
export async function signInAtPracticeProvider(
  { keyway }: Pick<OpenedKeyway, 'keyway'>,
  provider: { id: string },
  draft: Partial<Parameters<typeof aConnect>[0]> & { as?: string } = {},
): Promise<Flow> {
  const { as = 'ada@example.test', ...input } = draft
  const flow = await keyway.connections.connect(
    aConnect({ providerId: provider.id, open: 'link-only', ...input }),
  )
  if (flow.kind !== 'waiting_for_browser')
    throw new Error(`the sign-in did not start: ${JSON.stringify(flow)}`)
  const outcome = await signInWithHttp(flow.authorizationUrl, { account: as, stopAtCallback: true })
  if (outcome.kind !== 'stopped') throw new Error(`the sign-in ended otherwise: ${JSON.stringify(outcome)}`)
  const result = await keyway.flows.callback(new URL(outcome.callbackUrl).searchParams)
  if (result.flow === null) throw new Error(`the callback was refused: ${JSON.stringify(result.failure)}`)
  return result.flow
}
