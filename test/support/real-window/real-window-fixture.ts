// A real host, real providers on loopback and the built window in Chromium, for specs in which a person uses
// all of it.
import { join } from 'node:path'
import { expect, test as base, type Page } from '@playwright/test'
import {
  createPracticeProvider,
  type PracticeProviderOptions,
  type PracticeProvider,
} from '../../../electron/practice-provider/provider.ts'
import { practiceRegistration } from '../../../scripts/demo/registration.ts'
import type { Flow } from '../../../shared/contract/flow.ts'
import type { ProviderInputDraft, ProviderView } from '../../../shared/contract/provider.ts'
import type { UiApi, UiCallName, UiInput, UiOutput } from '../../../shared/contract/ui-api.ts'
import { uiCalls } from '../../../shared/contract/ui-api.ts'
import { makeTempFolder } from '../temp-folder.ts'
import { signInWithHttp } from '../user-agent.ts'
import { openRealHost, type RealHost, type RealHostOptions } from './real-host.ts'

type RealWorld = {
  /** How the test's host begins. */
  beginning: Omit<RealHostOptions, 'dataFolder'>
  host: RealHost
  /** What the window could do, done at once: for what a test needs before the person comes. */
  call: <Name extends UiCallName>(name: Name, input: UiInput<Name>) => Promise<UiOutput<Name>>
  /** A provider on loopback, ended with the test. */
  startPractice: (options?: PracticeProviderOptions) => Promise<PracticeProvider>
  /** Registers it as "Rehearsal". */
  register: (provider: PracticeProvider, draft?: Partial<ProviderInputDraft>) => Promise<ProviderView>
  /** A connection that somebody made before; its id. */
  connect: (provider: ProviderView, account?: string) => Promise<string>
  /** Opens the window there, signed in by a link of its own. */
  openWindow: (hash?: string) => Promise<Page>
  /** What the browser found wrong: a policy broken, a script that threw. Empty at the end of every test. */
  complaints: string[]
}

export const test = base.extend<RealWorld>({
  beginning: [{}, { option: true }],
  host: async ({ beginning }, provide) => {
    const folder = makeTempFolder()
    const host = await openRealHost({ dataFolder: join(folder.path, 'data'), ...beginning })
    await provide(host)
    await host.close()
    folder.remove()
  },
  call: async ({ host }, provide) => {
    await provide(<Name extends UiCallName>(name: Name, input: UiInput<Name>) => {
      const act = host.keyway.ui[name as keyof UiApi] as (parsed: unknown) => Promise<UiOutput<Name>>
      return act(uiCalls[name].input.parse(input))
    })
  },
  startPractice: async ({ host }, provide) => {
    const providers: PracticeProvider[] = []
    await provide(async (options = {}) => {
      const provider = await createPracticeProvider({
        redirectUris: [`${host.url}/oauth2/callback`],
        ...options,
      })
      providers.push(provider)
      return provider
    })
    for (const provider of providers) await provider.close()
  },
  register: async ({ call }, provide) => {
    await provide((provider, draft = {}) =>
      call('providers.create', { ...practiceRegistration(provider), ...draft }),
    )
  },
  connect: async ({ call }, provide) => {
    await provide(async ({ id }, account = 'ada@example.test') => {
      const flow = await call('connections.connect', { providerId: id, open: 'link-only' })
      if (flow.kind === 'waiting_for_browser') await signInWithHttp(flow.authorizationUrl, { account })
      const { flows } = await call('snapshot.get', undefined)
      const done = flows.find((each) => each.id === flow.id) as Flow
      if (done.kind !== 'done') throw new Error(`The sign-in ended as ${done.kind}.`)
      await call('flows.dismiss', { id: flow.id })
      return done.connectionId
    })
  },
  complaints: async ({ browserName: _browser }, provide) => {
    const complaints: string[] = []
    await provide(complaints)
    expect(complaints).toEqual([])
  },
  openWindow: async ({ context, host, complaints }, provide) => {
    await provide(async (hash = '') => {
      const page = await context.newPage()
      listenFor(page, complaints)
      await page.goto(host.launchUrl())
      await page.getByRole('main').first().waitFor()
      if (hash !== '') await page.goto(`${host.url}/${hash}`)
      return page
    })
  },
})

export function listenFor(page: Page, complaints: string[]): void {
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    // A lost connection and a missing session are part of some tests; the browser reports both by itself.
    if (message.type() === 'error' && !/Failed to load resource|net::ERR/.test(message.text())) {
      complaints.push(message.text())
    }
  })
}

export { expect }
