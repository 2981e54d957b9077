// The core as its hosts see it (HTTP server, window bridge, tray). create-keyway.ts builds it.
import type {
  ActivityEntry,
  ActivityQuery,
  ActivityRow,
  ActivityVerdict,
} from '../../shared/contract/activity.ts'
import type { AppInput, AppPatch, AppRecord, AppView, PairInput } from '../../shared/contract/app.ts'
import type { Approval, Decision, LockedRequest } from '../../shared/contract/approval.ts'
import type { KeywayError } from '../../shared/contract/errors.ts'
import type { ConnectionRecord, ConnectionView } from '../../shared/contract/connection.ts'
import type { ConnectInput, Flow } from '../../shared/contract/flow.ts'
import type {
  ProviderChange,
  ProviderInput,
  ProviderPatch,
  ProviderView,
} from '../../shared/contract/provider.ts'
import type {
  DisconnectResult,
  Snapshot,
  UiApi,
  UiEventName,
  UiEvents,
} from '../../shared/contract/ui-api.ts'
import type { ApiCredential, OAuthClient, ResolvedProvider } from './oauth/types.ts'
import type { TokenService } from './connections/tokens/types.ts'
import type { SecretTraces } from './secret-traces.ts'
import type { Clock, HttpFetch, Logger, OpenLoopbackListener } from './ports.ts'
import type { Presence } from './presence/presence.ts'
import type { ServerControl, SettingsStore } from './settings.ts'

/** A right may have ended: by a change, by time, by a lock. */
export type PermissionsChange = {
  /** Only this connection's; null: any. */
  connectionId: string | null
  /** The connection has been given to another account. */
  isOtherAccount: boolean
}

export type Providers = {
  list(): ProviderView[]
  /** By id or slug, whichever matches; null when none. */
  find(idOrSlug: string): ProviderView | null
  create(input: ProviderInput): ProviderView
  /**
   * What a change of a few fields would make of a provider; nothing is stored. @throws KeywayError
   * invalid_request | provider_not_found
   */
  preview(
    id: string,
    change: ProviderChange,
    how?: 'merge' | 'replace',
  ): { patch: ProviderPatch; after: ProviderView }
  update(id: string, patch: ProviderPatch): { provider: ProviderView; reauthorise: boolean }
  remove(id: string): Promise<{ removedConnections: number }>
  /** With the secret opened. @throws KeywayError vault_locked | provider_not_found */
  resolve(id: string): ResolvedProvider
}

/**
 * Where proxied requests of a connection may go, computed from provider, preset and what the person added.
 */
export type ProxyPolicy = {
  baseUrl: string | null
  /** `host[:port]` patterns; `*.` takes subdomains. */
  hosts: readonly string[]
  /** Of these, private and loopback addresses are allowed for. */
  privateHosts: readonly string[]
  /** Filled API headers of the spec. */
  headers: Readonly<Record<string, string>>
  extraCa: string | null
}

export type Connections = {
  /**
   * Rises, at once, with every change that can make a remembered answer of `select` or `record` wrong (added,
   * removed, renamed, new default, provider renamed or removed). Absent: nothing is remembered.
   */
  readonly revision?: number
  list(): ConnectionView[]
  get(id: string): ConnectionView | null
  record(id: string): ConnectionRecord | null
  /**
   * The connection an app means. Without `account`: the default, or the only one.
   * @throws KeywayError provider_not_found | not_connected (details.provider) | connection_not_found |
   * ambiguous_account (details.accounts)
   */
  select(provider: string, account?: string): ConnectionRecord
  connect(input: ConnectInput): Promise<Flow>
  rename(id: string, account: string): Promise<ConnectionView>
  setDefault(id: string): Promise<ConnectionView>
  refresh(id: string): Promise<ConnectionView>
  disconnect(id: string): Promise<DisconnectResult>
  proxyPolicy(id: string): ProxyPolicy
  /**
   * Finds the secrets of a connection in text that is about to be shown. @throws KeywayError vault_locked |
   * data_damaged
   */
  traces(id: string): SecretTraces
  /** For building API headers; opened when asked for, never kept. */
  credential(id: string): ApiCredential
}

export type CallbackResult = {
  flow: Flow | null
  returnUrl: string | null
  failure: { code: string; message: string; nextStep: string } | null
}

/** Who asks for a sign-in. Without custody of the connection nobody else's sign-in gives way to it. */
export type FlowStarter = { appId: string | null; managesConnection: boolean }

export type Flows = {
  list(): Flow[]
  get(id: string): Flow | null
  /**
   * The provider sent the browser back. Never throws, never hangs: the result page is made from what it says.
   * Resolves when the exchange is over.
   */
  callback(
    parameters: URLSearchParams,
    /** Address of the listener that it came to. */ arrivedAt?: string | null,
  ): Promise<CallbackResult>
  paste(id: string, text: string): Promise<Flow>
  cancel(id: string): Flow
  /** Fresh authorization URL for a browser that arrives with a ticket. */
  startForLink(input: ConnectInput, by?: FlowStarter): Promise<{ flow: Flow; url: string | null }>
  /** The app that started it; null for the person. */
  startedBy(id: string): string | null
}

export type AppSession = { app: AppRecord; keyId: string }

export type Apps = {
  list(): AppView[]
  create(input: AppInput): { app: AppView; key: string }
  update(id: string, patch: AppPatch): AppView
  rotateKey(id: string, overlapMinutes: number): { app: AppView; key: string }
  remove(id: string): void
  /** Constant-time; null when the key is unknown, expired, revoked or its app paused. */
  authenticate(key: string): AppSession | null
  /** A right key whose app was changed outside Keyway: what its caller is told. Null for any other key. */
  heldBack?(key: string): KeywayError | null
  /** Rises with every change that can make a remembered answer of `authenticate` or of the policy wrong. */
  readonly revision: number
  noteUse(appId: string): void
}

export type Approvals = {
  list(): Approval[]
  /**
   * For who wants to ask: while the vault is locked nobody can answer, so nobody waits. @throws KeywayError
   * vault_locked
   */
  requireUnlocked(asked: Omit<LockedRequest, 'at' | 'count'>): void
  /**
   * Resolves with the decision, `remembered` when it is a yes that ends by itself; 60 s without an answer is
   * a no. @throws KeywayError vault_locked | rate_limited
   */
  askUse(question: {
    app: AppRecord
    connection: ConnectionRecord
    what: 'token' | 'proxy'
    method: string | null
    url: string | null
    bodyBytes: number | null
    /** Of a body that is held until the answer. */
    bodySha256?: string | null
    signal?: AbortSignal
  }): Promise<'allowed' | 'remembered' | 'denied' | 'timed_out'>
  /** Whether the person's yes for some minutes still covers this. */
  isRemembered(
    appId: string,
    use: Pick<Extract<Approval, { kind: 'use' }>, 'connectionId' | 'what' | 'method' | 'url'>,
  ): boolean
  askPair(
    wants: PairInput,
    code: string,
    signal?: AbortSignal,
  ): Promise<{ app: AppView; key: string } | 'denied' | 'timed_out'>
  /**
   * `by`: the app that answers for the person; absent, the person in the window. Gives the app that a pairing
   * made.
   * @throws KeywayError not_found | invalid_request, when "always" cannot be kept; the question then stays
   */
  decide(id: string, decision: Decision, patch?: AppPatch, by?: string): AppView | null
}

export type AuditLog = {
  /** Returns at once; durable within a second. */
  append(entry: ActivityEntry): void
  query(query: ActivityQuery): Promise<ActivityRow[]>
  verify(): Promise<ActivityVerdict>
}

export type Keyway = {
  readonly clock: Clock
  readonly logger: Logger
  readonly fetch: HttpFetch
  readonly oauth: OAuthClient
  readonly providers: Providers
  readonly connections: Connections
  readonly tokens: TokenService
  readonly flows: Flows
  readonly apps: Apps
  readonly approvals: Approvals
  readonly activity: AuditLog
  readonly settings: SettingsStore
  readonly vault: { readonly unlocked: boolean }
  /** Which windows may do more than look. */
  readonly presence: Presence
  /** The window's calls; inputs are parsed already. */
  readonly ui: UiApi
  snapshot(): Snapshot
  on<Name extends UiEventName>(name: Name, listener: (value: UiEvents[Name]) => void): () => void
  emit<Name extends UiEventName>(name: Name, value: UiEvents[Name]): void
  /**
   * Called at once, before whoever took a right away is answered, also when one runs out. It may be called
   * when nothing has ended.
   */
  onPermissionsChanged(listener: (change: PermissionsChange) => void): () => void
  /** The local server says where it listens (or why not), for redirect URIs and the window. */
  serverChanged(server: {
    url: string
    listening: boolean
    failure: unknown
    socketPath: string | null
  }): void
  /**
   * How the host moves its local server; from then on a change of its settings acts at once, or is refused.
   */
  controlServer(control: ServerControl): void
  /** How a listener of its own is opened for a sign-in at a provider that takes any port. */
  setLoopbackListenerFactory(open: OpenLoopbackListener): void
  /**
   * A refresh request is out, or its answer not on disk yet: ending the process now could cost an
   * authorization.
   */
  refreshUnderWay(): boolean
  /** The machine woke up or came online: check everything, spread with jitter. */
  wake(): void
  close(): Promise<void>
}
