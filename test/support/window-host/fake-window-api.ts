// A Keyway without a core, for looking at the window and for tests of the window alone: it keeps a snapshot,
// answers calls plausibly and sends the events that a real one would. It decides nothing that a test could
// mistake for the core's behaviour.
import { randomBytes } from 'node:crypto'
import { INTEGRITY_SIGNED } from './integrity-views.ts'
import type { ActivityRow } from '../../../shared/contract/activity.ts'
import type { AppView } from '../../../shared/contract/app.ts'
import { KeywayError } from '../../../shared/contract/errors.ts'
import type { Flow } from '../../../shared/contract/flow.ts'
import { settings as settingsSchema } from '../../../shared/contract/settings.ts'
import type {
  ProviderCheckStep,
  Snapshot,
  UiApi,
  UiEventName,
  UiEvents,
} from '../../../shared/contract/ui-api.ts'
import { presets } from '../../../shared/presets/presets.ts'
import { activityRows } from './seed-activity.ts'
import { bundleReport, diagnostics, exported, foreign, imported } from './seed-files.ts'
import { providerOf } from './seed-providers.ts'
import { runningPractice } from './seed.ts'

const browsers = [
  { id: 'firefox.desktop', name: 'Firefox' },
  { id: 'google-chrome.desktop', name: 'Google Chrome' },
]
const addresses: Record<string, string> = {
  'any-port': 'http://127.0.0.1/oauth2/callback',
  'custom-scheme': 'keyway://oauth2/callback',
}

export type FakeWindowApi = {
  api: UiApi
  readonly snapshot: Snapshot
  /** Changes a part and tells the window. */
  set<Name extends keyof Snapshot & UiEventName>(name: Name, value: Snapshot[Name]): void
  emit<Name extends UiEventName>(name: Name, data: UiEvents[Name]): void
  onEvent(listener: (name: UiEventName, data: unknown) => void): () => void
  /** The next call of this name fails like this. */
  failNext(name: keyof UiApi, failure: KeywayError): void
  /** Calls as they came, for "what was sent" assertions. */
  readonly calls: { name: string; input: unknown }[]
}

export function createFakeWindowApi(
  start: Snapshot,
  options: { activity?: number; now?: () => number } = {},
): FakeWindowApi {
  const now = options.now ?? Date.now
  let snapshot = start
  const listeners = new Set<(name: UiEventName, data: unknown) => void>()
  const failures = new Map<string, KeywayError>()
  const calls: { name: string; input: unknown }[] = []
  const journal: ActivityRow[] = activityRows(options.activity ?? 400, now())

  const emit: FakeWindowApi['emit'] = (name, data) => {
    for (const listener of listeners) listener(name, data)
  }
  const set: FakeWindowApi['set'] = (name, value) => {
    snapshot = { ...snapshot, [name]: value }
    emit(name, value as never)
  }
  const connection = (id: string) => {
    const found = snapshot.connections.find((each) => each.id === id)
    if (found === undefined) throw new KeywayError('connection_not_found')
    return found
  }
  const flow = (id: string): Flow => {
    const found = snapshot.flows.find((each) => each.id === id)
    if (found === undefined) throw new KeywayError('flow_not_found')
    return found
  }
  const putFlow = (next: Flow): Flow => {
    set('flows', [...snapshot.flows.filter(({ id }) => id !== next.id), next])
    return next
  }
  const putConnection = (id: string, change: object) => {
    const next = { ...connection(id), ...change }
    set(
      'connections',
      snapshot.connections.map((each) => (each.id === id ? next : each)),
    )
    return next
  }
  const putApp = (next: AppView): AppView => {
    set('apps', [...snapshot.apps.filter(({ id }) => id !== next.id), next])
    return next
  }
  const freshKey = (): string => `kw_${randomBytes(32).toString('base64url')}`

  const api: UiApi = {
    'snapshot.get': () => Promise.resolve(snapshot),
    'vault.initialise': () => {
      set('vault', { kind: 'unlocked', protectors: snapshot.vault.protectors })
      return Promise.resolve(snapshot.vault)
    },
    'vault.unlock': ({ passphrase }) => {
      if (passphrase === 'wrong') throw new KeywayError('wrong_passphrase')
      set('vault', { kind: 'unlocked', protectors: snapshot.vault.protectors })
      return Promise.resolve(snapshot.vault)
    },
    'vault.startOver': () => {
      set('vault', { kind: 'uninitialised', protectors: snapshot.vault.protectors })
      return Promise.resolve({ setAsidePath: '/data/started-over/set-aside' })
    },
    'vault.lock': () => {
      set('vault', {
        kind: 'locked',
        protectors: snapshot.vault.protectors,
        reason: 'You locked it.',
        needsPassphrase: true,
      })
      return Promise.resolve(snapshot.vault)
    },
    'vault.changePassphrase': () => Promise.resolve(snapshot.vault),
    'vault.migrate': () => Promise.resolve(snapshot.vault),
    'presets.list': () => Promise.resolve([...presets]),
    'providers.create': (input) => {
      if (snapshot.providers.some(({ slug }) => slug === input.slug))
        throw new KeywayError('slug_taken', { details: { field: 'slug' } })
      const { clientSecret, spec, ...rest } = input
      const made = {
        ...providerOf({ slug: input.slug, preset: input.preset, spec, connections: 0 }, now()),
        ...rest,
        hasClientSecret: (clientSecret ?? '') !== '',
      }
      set('providers', [...snapshot.providers, made])
      return Promise.resolve(made)
    },
    'providers.update': ({ id, patch }) => {
      const found = snapshot.providers.find((each) => each.id === id)
      if (found === undefined) throw new KeywayError('provider_not_found')
      const { clientSecret: _secret, spec: _spec, ...rest } = patch
      const provider = {
        ...found,
        ...Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)),
        updatedAt: now(),
      }
      set(
        'providers',
        snapshot.providers.map((each) => (each.id === id ? provider : each)),
      )
      return Promise.resolve({
        provider,
        reauthorise: rest.scopes !== undefined && rest.scopes.join() !== found.scopes.join(),
      })
    },
    'providers.newClientKey': ({ id }) => {
      const found = snapshot.providers.find((each) => each.id === id)
      if (found === undefined) throw new KeywayError('provider_not_found')
      return Promise.resolve(found)
    },
    'providers.remove': ({ id }) => {
      const own = snapshot.connections.filter(({ providerId }) => providerId === id)
      set(
        'connections',
        snapshot.connections.filter(({ providerId }) => providerId !== id),
      )
      set(
        'providers',
        snapshot.providers.filter((each) => each.id !== id),
      )
      return Promise.resolve({ removedConnections: own.length })
    },
    'providers.redirectPlan': ({ draft }) =>
      Promise.resolve({
        redirectUri:
          addresses[(draft as { redirect?: string }).redirect ?? ''] ??
          'http://127.0.0.1:7317/oauth2/callback',
        note: 'Register it to the letter; some consoles want localhost instead of 127.0.0.1.',
        way: 'fixed-port',
      }),
    'providers.discover': ({ url }) => {
      if (url.includes('nothing')) throw new KeywayError('discovery_failed')
      return Promise.resolve({
        draft: {
          slug: 'example',
          name: 'Example',
          scopes: ['openid', 'email'],
          spec: {
            discovery: { issuer: url },
            endpoints: { authorization: `${url}/authorize`, token: `${url}/token`, userinfo: `${url}/me` },
          },
        },
        registered: false,
        steps: doctorSteps.slice(0, 2),
        missing: ['client id'],
      })
    },
    'providers.doctor': () => Promise.resolve(doctorSteps),
    'providers.export': ({ id }) =>
      Promise.resolve({
        json: JSON.stringify(
          { keyway: 'provider', version: 1, slug: id.replace('prv_', ''), clientId: '${CLIENT_ID}' },
          null,
          2,
        ),
        code: "export default defineProvider({\n  slug: 'acme-cloud',\n  clientId: env('CLIENT_ID'),\n})",
      }),
    'providers.import': ({ json, slug }) => {
      const { name = 'Imported' } = JSON.parse(json) as { name?: string }
      const provider = providerOf({ slug: slug ?? 'imported', name, preset: null, connections: 0 }, now())
      set('providers', [...snapshot.providers, provider])
      return Promise.resolve({ provider, notes: ['Its client secret is still to be typed.'] })
    },
    'providers.readForeign': () => Promise.resolve(foreign),
    'browsers.list': () => Promise.resolve(browsers),
    'connections.connect': (input) => {
      const provider = snapshot.providers.find(({ id }) => id === input.providerId)
      if (provider === undefined) throw new KeywayError('provider_not_found')
      const account = input.connectionId === null ? input.account : connection(input.connectionId).account
      return Promise.resolve(
        putFlow({
          id: `flw_${snapshot.flows.length + 1}`,
          providerId: provider.id,
          providerSlug: provider.slug,
          providerName: provider.name,
          connectionId: input.connectionId,
          account,
          startedAt: now(),
          expiresAt: now() + 600_000,
          kind: 'waiting_for_browser',
          authorizationUrl: 'https://auth.acme.example/authorize?client_id=made-up&state=made-up',
          redirectUri: 'http://127.0.0.1:7317/oauth2/callback',
          opened: true,
          warning: null,
        }),
      )
    },
    'connections.rename': ({ id, account }) => Promise.resolve(putConnection(id, { account })),
    'connections.setDefault': ({ id }) => {
      const { providerId } = connection(id)
      set(
        'connections',
        snapshot.connections.map((each) =>
          each.providerId === providerId ? { ...each, isDefault: each.id === id } : each,
        ),
      )
      return Promise.resolve(connection(id))
    },
    'connections.refresh': ({ id }) => Promise.resolve(connection(id)),
    'connections.testCall': () =>
      Promise.resolve({
        status: 200,
        contentType: 'application/json; charset=utf-8',
        body: '{"login":"ada-acme","id":1815,"name":"Ada Lovelace"}',
        durationMs: 143,
        truncated: false,
      }),
    'connections.disconnect': ({ id }) => {
      const gone = connection(id)
      set(
        'connections',
        snapshot.connections.filter((each) => each.id !== id),
      )
      return Promise.resolve({
        revoked: 'at_provider',
        message: `${gone.providerName} ended the grant, and the tokens are removed from this machine.`,
        manageUrl: null,
      })
    },
    'connections.report': ({ id }) =>
      Promise.resolve({
        fileName: `keyway-report-${id}.json`,
        text: JSON.stringify({ connection: id, life: [] }, null, 2),
      }),
    'flows.cancel': ({ id }) => Promise.resolve(putFlow({ ...flow(id), kind: 'cancelled' })),
    'flows.paste': ({ id, text }) => {
      if (!text.includes('code')) throw new KeywayError('state_mismatch')
      return Promise.resolve(putFlow({ ...flow(id), kind: 'exchanging' }))
    },
    'flows.openAgain': ({ id }) => Promise.resolve(flow(id)),
    'flows.chooseResource': ({ id }) => Promise.resolve(putFlow({ ...flow(id), kind: 'exchanging' })),
    'flows.confirmAccount': ({ id }) => Promise.resolve(putFlow({ ...flow(id), kind: 'exchanging' })),
    'flows.dismiss': ({ id }) => {
      set(
        'flows',
        snapshot.flows.filter((each) => each.id !== id),
      )
      return Promise.resolve(null)
    },
    'apps.create': (input) => {
      const app = putApp({
        ...input,
        id: `app_${snapshot.apps.length + 1}`,
        paused: false,
        keys: [{ id: 'key', createdAt: now(), expiresAt: null }],
        missing: [],
        remembered: [],
        createdAt: now(),
        updatedAt: now(),
        lastUsedAt: null,
      })
      return Promise.resolve({ app, key: freshKey() })
    },
    'apps.update': ({ id, patch }) => {
      const found = snapshot.apps.find((each) => each.id === id)
      if (found === undefined) throw new KeywayError('not_found')
      return Promise.resolve(putApp({ ...found, ...(patch as Partial<AppView>) }))
    },
    'apps.rotateKey': ({ id }) => {
      const found = snapshot.apps.find((each) => each.id === id)
      if (found === undefined) throw new KeywayError('not_found')
      return Promise.resolve({ app: found, key: freshKey() })
    },
    'apps.remove': ({ id }) => {
      set(
        'apps',
        snapshot.apps.filter((each) => each.id !== id),
      )
      return Promise.resolve(null)
    },
    'approvals.decide': ({ id, decision }) => {
      const decided = snapshot.approvals.find((each) => each.id === id)
      set(
        'approvals',
        snapshot.approvals.filter((each) => each.id !== id),
      )
      const paired = decided?.kind === 'pair' && decision !== 'deny' ? snapshot.apps[0] : undefined
      return Promise.resolve(paired === undefined ? null : { ...paired, name: decided?.appName ?? '' })
    },
    'activity.query': (query) =>
      Promise.resolve(
        journal
          .filter((row) => query.before === undefined || row.seq < query.before)
          .filter((row) => query.appId === undefined || row.appId === query.appId)
          .filter((row) => query.connectionId === undefined || row.connectionId === query.connectionId)
          .filter((row) => query.kind === undefined || row.kind === query.kind)
          .filter((row) => query.outcome === undefined || row.outcome === query.outcome)
          .filter(
            (row) =>
              (query.from === undefined || row.at >= query.from) &&
              (query.to === undefined || row.at < query.to),
          )
          .slice(0, query.limit),
      ),
    'activity.verify': () =>
      Promise.resolve({
        ok: true,
        rows: journal.length,
        firstBad: null,
        message: `All ${journal.length} entries are authenticated: complete, and as Keyway wrote them.`,
        authenticated: true,
      }),
    'integrity.confirm': () => Promise.resolve(INTEGRITY_SIGNED),
    'integrity.decide': () => Promise.resolve(INTEGRITY_SIGNED),
    'bundle.export': () => Promise.resolve(exported),
    'bundle.inspect': ({ passphrase }) => {
      if (passphrase === 'wrong') throw new KeywayError('wrong_passphrase')
      return Promise.resolve(bundleReport(now()))
    },
    'bundle.import': () => Promise.resolve(imported),
    'diagnostics.collect': () => Promise.resolve(diagnostics),
    'rehearsal.state': () => Promise.resolve(snapshot.rehearsal),
    'rehearsal.start': () => {
      set('rehearsal', runningPractice(now()))
      return Promise.resolve(snapshot.rehearsal)
    },
    'rehearsal.stop': () => {
      set('rehearsal', { ...snapshot.rehearsal, kind: 'stopped', situation: null })
      return Promise.resolve(snapshot.rehearsal)
    },
    'rehearsal.behave': (situation) => {
      set('rehearsal', { ...snapshot.rehearsal, situation })
      return Promise.resolve(snapshot.rehearsal)
    },
    'settings.update': (patch) => {
      set('settings', settingsSchema.parse({ ...snapshot.settings, ...patch }))
      return Promise.resolve(snapshot.settings)
    },
  }

  return {
    api: counted(api, calls, failures),
    get snapshot() {
      return snapshot
    },
    set,
    emit,
    calls,
    failNext: (name, failure) => void failures.set(name, failure),
    onEvent(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

/** Writes each call down, and fails it when it was told to. */
function counted(
  api: UiApi,
  calls: { name: string; input: unknown }[],
  failures: Map<string, KeywayError>,
): UiApi {
  return Object.fromEntries(
    Object.entries(api).map(([name, answer]) => [
      name,
      (input: unknown) => {
        calls.push({ name, input })
        const failure = failures.get(name)
        if (failure !== undefined) {
          failures.delete(name)
          throw failure
        }
        return (answer as (input: unknown) => Promise<unknown>)(input)
      },
    ]),
  ) as UiApi
}

const doctorSteps: ProviderCheckStep[] = [
  {
    name: 'Reach the server',
    outcome: 'ok',
    request: 'GET https://auth.acme.example/.well-known/openid-configuration',
    answer: '200 OK\ncontent-type: application/json',
    explanation: 'It answers over TLS, and its certificate is trusted.',
    fix: null,
  },
  {
    name: 'Read its description',
    outcome: 'warning',
    request: null,
    answer: null,
    explanation: 'It offers PKCE, but does not say so in its metadata.',
    fix: null,
  },
  {
    name: 'Prove the client',
    outcome: 'failed',
    request:
      'POST https://auth.acme.example/token\nauthorization: Basic [secret]\n\ngrant_type=refresh_token',
    answer: '401 Unauthorized\n{"error":"invalid_client"}',
    explanation: 'It refuses Basic. Servers that do so often want the secret in the body.',
    fix: { label: 'Send the secret in the body', spec: { client: { auth: 'client_secret_post' } } },
  },
  {
    name: 'Ask who the account is',
    outcome: 'skipped',
    request: null,
    answer: null,
    explanation: 'Needs a working token.',
    fix: null,
  },
]
