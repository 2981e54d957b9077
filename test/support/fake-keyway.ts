// A hand-made core behind the local API: real grants and keys by the real policy, tokens and providers as a
// test sets them. Nothing is stored.
import { createHash, randomBytes } from 'node:crypto'
import type { ActivityEntry } from '../../shared/contract/activity.ts'
import { appInput, type AppDraft, type AppRecord, type AppView } from '../../shared/contract/app.ts'
import {
  type ConnectionRecord,
  type ConnectionView,
  connectionRecord,
} from '../../shared/contract/connection.ts'
import { KeywayError } from '../../shared/contract/errors.ts'
import type { Flow } from '../../shared/contract/flow.ts'
import { providerInput, type ProviderInputDraft, type ProviderView } from '../../shared/contract/provider.ts'
import { providerSpec } from '../../shared/contract/provider-spec.ts'
import { Secret } from '../../shared/contract/secret.ts'
import { settings as settingsSchema } from '../../shared/contract/settings.ts'
import type { UiEventName, UiEvents } from '../../shared/contract/ui-api.ts'
import type { TokenResult, ServedToken } from '../../electron/core/connections/tokens/types.ts'
import { createUsageTally } from '../../electron/core/audit-log/usage-tally.ts'
import type { Approvals, CallbackResult, Keyway, ProxyPolicy } from '../../electron/core/keyway.ts'
import type { Clock } from '../../electron/core/ports.ts'
import { createPresence } from '../../electron/core/presence/presence.ts'
import { secretTraces } from '../../electron/core/secret-traces.ts'
import { realClock } from './fake-clock.ts'
import { createMemoryLogger } from './memory-ports.ts'

export type FakeKeyway = Keyway & {
  readonly activityRows: ActivityEntry[]
  readonly outcomes: Array<{ connectionId: string; outcome: 'worked' | 'unauthorized' }>
  readonly logger: ReturnType<typeof createMemoryLogger>
  addProvider(draft: Partial<ProviderInputDraft> & { slug: string }): ProviderView
  addConnection(slug: string, options?: FakeConnection): ConnectionRecord
  addApp(draft: Partial<AppDraft>): { app: AppView; key: string; id: string }
  changeApp(id: string, change: Partial<AppRecord>): void
  setPolicy(connectionId: string, policy: Partial<ProxyPolicy>): void
  /** What `tokens.get` answers from now on; a function sees the ask. */
  answerTokens(
    answer: ((connectionId: string, rejected: boolean) => TokenResult | Promise<TokenResult>) | null,
  ): void
  rotateToken(connectionId: string): ServedToken
  lock(locked: boolean): void
  answerApprovals(answer: Approvals['requestUse']): void
  answerPairing(answer: Approvals['requestPairing']): void
  answerCallback(answer: (parameters: URLSearchParams) => CallbackResult): void
  setFlows(flows: Flow[]): void
  tokenCalls: number
}

export type FakeConnection = {
  account?: string
  isDefault?: boolean
  scopes?: string[]
  expiresAt?: number | null
  tokenType?: string
  header?: { name: string; value: string }
  baseUrl?: string
}

/** `clock` stands still only if a test brings a fake one. */
export function createFakeKeyway({ clock = realClock }: { clock?: Clock } = {}): FakeKeyway {
  const logger = createMemoryLogger()
  const providers = new Map<string, ProviderView>()
  const connections = new Map<string, ConnectionRecord>()
  const tokens = new Map<string, ServedToken>()
  const policies = new Map<string, ProxyPolicy>()
  const apps = new Map<string, AppRecord>()
  const listeners = new Map<string, Set<(value: never) => void>>()
  const activityRows: ActivityEntry[] = []
  const outcomes: FakeKeyway['outcomes'] = []
  const permissionListeners = new Set<Parameters<Keyway['onPermissionsChanged']>[0]>()
  const permissionsChanged = (): void => {
    for (const listener of permissionListeners) listener({ connectionId: null, isOtherAccount: false })
  }
  let settings = settingsSchema.parse({})
  let unlocked = true
  let flows: Flow[] = []
  let tokenAnswer: Parameters<FakeKeyway['answerTokens']>[0] = null
  let approvalAnswer: Approvals['requestUse'] = () => Promise.resolve('denied')
  let pairAnswer: Approvals['requestPairing'] = () => Promise.resolve('denied')
  let callbackAnswer: (parameters: URLSearchParams) => CallbackResult = () => ({
    flow: null,
    returnUrl: null,
    failure: null,
  })
  let tokenCalls = 0
  let server = { url: '', listening: false, failure: null as never, socketPath: null as string | null }

  const emit: Keyway['emit'] = (name, value) => {
    for (const listener of listeners.get(name) ?? []) listener(value as never)
  }
  const viewOf = (record: ConnectionRecord): ConnectionView => {
    const provider = providers.get(record.providerId)!
    const { sealedTokens: _, sealedPrevious: __, version: ___, refreshStartedAt: ____, ...rest } = record
    return {
      ...rest,
      providerSlug: provider.slug,
      providerName: provider.name,
      nextRefreshAt: null,
      apiBaseUrl: policies.get(record.id)?.baseUrl ?? null,
      probe: null,
      scopesConfirmed: record.scopesConfirmed ?? true,
      missingScopes: [],
      stopsWorkingAt: null,
    }
  }
  const appView = ({ keys, ...rest }: AppRecord): AppView => ({
    ...rest,
    keys: keys.map(({ id, createdAt, expiresAt }) => ({ id, createdAt, expiresAt })),
    missing: [],
    remembered: [],
  })
  const connectionsChanged = (): void => {
    permissionsChanged()
    emit('connections', [...connections.values()].map(viewOf))
  }
  const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
  const makeToken = (record: ConnectionRecord, options: FakeConnection, generation: number): ServedToken => {
    const token: ServedToken = Object.freeze({
      connectionId: record.id,
      providerId: record.providerId,
      providerSlug: providers.get(record.providerId)!.slug,
      account: record.account,
      generation,
      accessToken: new Secret(`at-${record.id}-${generation}-${'x'.repeat(24)}`),
      tokenType: options.tokenType ?? 'Bearer',
      expiresAt: record.expiresAt,
      scopes: record.grantedScopes,
      header:
        options.header === undefined
          ? null
          : { name: options.header.name, value: new Secret(options.header.value) },
      maxLifetimeReached: false,
    })
    tokens.set(record.id, token)
    return token
  }
  const unused = (): never => {
    throw new Error('the fake core does not do this')
  }

  const keyway: FakeKeyway = {
    clock,
    logger,
    fetch: unused,
    oauth: {
      apiHeaders: (
        _provider: unknown,
        _credential: unknown,
        request: { method: string; nonce: string | null },
      ) =>
        Promise.resolve([
          ['authorization', 'DPoP fake-token'],
          ['dpop', `proof-for-${request.method}-${request.nonce ?? 'no-nonce'}`],
        ]),
    } as unknown as Keyway['oauth'],
    providers: {
      list: () => [...providers.values()],
      find: (idOrSlug) =>
        [...providers.values()].find(({ id, slug }) => id === idOrSlug || slug === idOrSlug) ?? null,
      create: (input) => keyway.addProvider(input),
      preview: (id, { spec: _spec, ...patch }) => ({ patch, after: providers.get(id)! }),
      update(id, patch) {
        const provider = { ...providers.get(id)!, ...(patch as object) } as ProviderView
        providers.set(id, provider)
        return { provider, reauthorise: true }
      },
      remove(id) {
        providers.delete(id)
        return Promise.resolve({ removedConnections: 0 })
      },
      resolve: (id) => ({ id }) as never,
    },
    connections: {
      list: () => [...connections.values()].map(viewOf),
      get: (id) => (connections.has(id) ? viewOf(connections.get(id)!) : null),
      record: (id) => connections.get(id) ?? null,
      select(idOrSlug, account) {
        const provider = keyway.providers.find(idOrSlug)
        if (provider === null) throw new KeywayError('provider_not_found')
        const all = [...connections.values()].filter(({ providerId }) => providerId === provider.id)
        if (all.length === 0) throw new KeywayError('not_connected', { details: { provider: provider.slug } })
        const found =
          account === undefined
            ? (all.find(({ isDefault }) => isDefault) ?? (all.length === 1 ? all[0] : undefined))
            : all.find((one) => one.account.toLowerCase() === account.toLowerCase())
        if (found !== undefined) return found
        throw account === undefined
          ? new KeywayError('ambiguous_account', { details: { accounts: all.map((one) => one.account) } })
          : new KeywayError('connection_not_found')
      },
      connect: () => Promise.resolve(flows[0]!),
      rename: unused,
      setDefault: unused,
      refresh: unused,
      disconnect(id) {
        connections.delete(id)
        tokens.delete(id)
        connectionsChanged()
        return Promise.resolve({ revoked: 'at_provider', message: 'Revoked.', manageUrl: null })
      },
      proxyPolicy: (id) => policies.get(id) ?? unused(),
      traces: () => secretTraces([]),
      credential: () => ({
        accessToken: new Secret('fake-token'),
        tokenType: 'DPoP',
        dpopKey: {},
        values: {},
      }),
    },
    tokens: {
      peek(connectionId, nowMs) {
        const token = tokens.get(connectionId)
        if (token === undefined || tokenAnswer !== null) return null
        return token.expiresAt === null || token.expiresAt > nowMs ? token : null
      },
      ready(connectionId) {
        const token = unlocked ? keyway.tokens.peek(connectionId, clock.now()) : null
        if (token !== null) tokenCalls += 1
        return token
      },
      async get(connectionId, ask) {
        tokenCalls += 1
        if (tokenAnswer !== null) return tokenAnswer(connectionId, ask.rejected !== undefined)
        const missing = (ask.scopes ?? []).filter(
          (scope) => !connections.get(connectionId)!.grantedScopes.includes(scope),
        )
        if (missing.length > 0)
          return {
            kind: 'reconnect_needed',
            failure: new KeywayError('scope_missing', { details: { missing } }),
          }
        return {
          kind: 'ok',
          token: ask.rejected === undefined ? tokens.get(connectionId)! : keyway.rotateToken(connectionId),
        }
      },
      mayReplace: () => true,
      reportApiOutcome: (connectionId, _generation, outcome) => void outcomes.push({ connectionId, outcome }),
      noteUse: () => undefined,
    },
    flows: {
      startedBy: () => null,
      list: () => flows,
      get: (id) => flows.find((flow) => flow.id === id) ?? null,
      callback: (parameters) => Promise.resolve(callbackAnswer(parameters)),
      paste: (id) => Promise.resolve(flows.find((flow) => flow.id === id)!),
      cancel: unused,
      startForLink(input) {
        const provider = providers.get(input.providerId)!
        const state = randomBytes(8).toString('hex')
        const url = `https://login.example.com/authorize?state=${state}`
        const flow: Flow = {
          id: `flow-${flows.length + 1}`,
          providerId: provider.id,
          providerSlug: provider.slug,
          providerName: provider.name,
          connectionId: input.connectionId,
          account: input.account,
          startedAt: clock.now(),
          expiresAt: clock.now() + 600_000,
          kind: 'waiting_for_browser',
          authorizationUrl: url,
          redirectUri: null,
          opened: false,
          warning: input.returnUrl,
        }
        flows = [...flows, flow]
        return Promise.resolve({ flow, url })
      },
    },
    apps: {
      list: () => [...apps.values()].map(appView),
      create: (input) => keyway.addApp(input),
      update(id, patch) {
        keyway.changeApp(id, patch)
        return appView(apps.get(id)!)
      },
      rotateKey: unused,
      remove(id) {
        apps.delete(id)
        permissionsChanged()
      },
      authenticate(key) {
        const hash = sha256(key)
        for (const app of apps.values()) {
          const found = app.keys.find((each) => each.sha256 === hash)
          if (found === undefined || app.paused) continue
          if (found.expiresAt !== null && clock.now() >= found.expiresAt) continue
          return { app, keyId: found.id }
        }
        return null
      },
      noteUse: () => undefined,
    },
    approvals: {
      list: () => [],
      requireUnlocked: () => undefined,
      requestUse: (question) => approvalAnswer(question),
      isRemembered: () => false,
      requestPairing: (wants, code, signal) => pairAnswer(wants, code, signal),
      decide: unused,
    },
    activity: createUsageTally(clock, {
      append: (entry) => void activityRows.push(entry),
      query: () => Promise.resolve([]),
      verify: unused,
    }),
    settings: {
      get: () => settings,
      update(patch) {
        settings = { ...settings, ...(patch as object) }
        return settings
      },
      reload: () => undefined,
      proxyUrl: () => null,
      onChange: () => () => undefined,
    },
    vault: {
      get unlocked() {
        return unlocked
      },
    },
    presence: createPresence({
      clock,
      activity: { append: (entry) => void activityRows.push(entry) },
      vault: {
        state: () => ({ kind: 'unlocked', protectors: [], wraps: [] }),
        onChange: () => () => undefined,
        verifyPassphrase: () => Promise.reject(new KeywayError('wrong_passphrase')),
      },
    }),
    ui: new Proxy({} as Keyway['ui'], {
      get: (_target, name) => (input: unknown) =>
        Promise.resolve({ called: String(name), input: input ?? null }),
    }),
    snapshot: () => ({ server: { ...server, version: '0.1.0' } }) as never,
    on(name: UiEventName, listener: (value: never) => void) {
      const set = listeners.get(name) ?? new Set()
      listeners.set(name, set)
      set.add(listener)
      return () => set.delete(listener)
    },
    emit,
    onPermissionsChanged(listener) {
      permissionListeners.add(listener)
      return () => permissionListeners.delete(listener)
    },
    serverChanged(value) {
      server = { ...server, url: value.url, listening: value.listening, socketPath: value.socketPath }
      emit('server', server as unknown as UiEvents['server'])
    },
    controlServer: () => undefined,
    setLoopbackListenerFactory: () => undefined,
    refreshUnderWay: () => false,
    wake: () => undefined,
    close: () => Promise.resolve(),

    activityRows,
    outcomes,
    get tokenCalls() {
      return tokenCalls
    },
    addProvider(draft) {
      const input = providerInput.parse({ name: draft.slug, ...draft })
      const id = `prov-${input.slug}`
      const { clientSecret, spec: _, ...rest } = input
      const view: ProviderView = {
        ...rest,
        id,
        createdAt: clock.now(),
        updatedAt: clock.now(),
        hasClientSecret: clientSecret !== undefined && clientSecret !== '',
        spec: providerSpec.parse(input.spec),
        overrides: {},
        redirectUri: null,
        redirectNote: null,
        connectionCount: 0,
      }
      providers.set(id, view)
      return view
    },
    addConnection(slug, options = {}) {
      const provider = keyway.providers.find(slug)!
      const id = `conn-${slug}-${options.account ?? 'work'}`
      const now = clock.now()
      const record = connectionRecord.parse({
        version: 1,
        id,
        providerId: provider.id,
        account: options.account ?? 'work',
        isDefault: options.isDefault ?? false,
        identity: { id: null, label: null },
        how: 'authorization_code',
        requestedScopes: options.scopes ?? ['read'],
        grantedScopes: options.scopes ?? ['read'],
        sealedTokens: 'sealed',
        sealedPrevious: null,
        refreshStartedAt: null,
        hasRefreshToken: true,
        generation: 1,
        issuedAt: now,
        expiresAt: options.expiresAt === undefined ? now + 3_600_000 : options.expiresAt,
        lifetimeSeconds: 3600,
        refreshTokenExpiresAt: null,
        values: {},
        lastOutcome: { status: 'ok', code: null, message: null, nextStep: null, at: now, retryAt: null },
        createdAt: now,
        updatedAt: now,
        lastAuthorizedAt: now,
        lastUsedAt: null,
        life: [],
      })
      connections.set(id, record)
      policies.set(id, {
        baseUrl: options.baseUrl ?? null,
        hosts: [],
        privateHosts: options.baseUrl === undefined ? [] : [new URL(options.baseUrl).host],
        headers: {},
        extraCa: null,
      })
      makeToken(record, options, 1)
      connectionsChanged()
      return record
    },
    addApp(draft) {
      const key = `kw_${randomBytes(32).toString('base64url')}`
      const id = `app-${apps.size + 1}`
      const now = clock.now()
      apps.set(id, {
        ...appInput.parse({ name: id, ...draft }),
        id,
        paused: false,
        keys: [{ id: `key-${id}`, sha256: sha256(key), createdAt: now, expiresAt: null }],
        createdAt: now,
        updatedAt: now,
        lastUsedAt: null,
      })
      return { app: appView(apps.get(id)!), key, id }
    },
    changeApp(id, change) {
      apps.set(id, { ...apps.get(id)!, ...change })
      permissionsChanged()
    },
    setPolicy(connectionId, policy) {
      policies.set(connectionId, { ...policies.get(connectionId)!, ...policy })
      permissionsChanged()
    },
    answerTokens(answer) {
      tokenAnswer = answer
    },
    rotateToken(connectionId) {
      const old = tokens.get(connectionId)!
      return makeToken(connections.get(connectionId)!, { tokenType: old.tokenType }, old.generation + 1)
    },
    lock(locked) {
      unlocked = !locked
      permissionsChanged()
    },
    answerApprovals(answer) {
      approvalAnswer = answer
    },
    answerPairing(answer) {
      pairAnswer = answer
    },
    answerCallback(answer) {
      callbackAnswer = answer
    },
    setFlows(next) {
      flows = next
      emit('flows', flows)
    },
  }
  return keyway
}
