// The interface of the core for its hosts (HTTP server, window, tray). app.ts implements it.
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

/** Permissions may have ended: by a change, an expiry, or a lock of the vault. */
export type PermissionsChange = {
  /** The connection concerned; null: any connection. */
  connectionId: string | null
  /** The connection now belongs to another account. */
  isOtherAccount: boolean
}

export type Providers = {
  list(): ProviderView[]
  /** Finds a provider by id or slug; null if there is none. */
  find(idOrSlug: string): ProviderView | null
  /** Why `find` found none: a preset that was never set up, or an unknown name. */
  notFound(idOrSlug: string): KeywayError
  create(input: ProviderInput): ProviderView
  /**
   * The provider as it would be after a change of some fields. Nothing is stored.
   * @throws KeywayError invalid_request | provider_not_found
   */
  preview(
    id: string,
    change: ProviderChange,
    how?: 'merge' | 'replace',
  ): { patch: ProviderPatch; after: ProviderView }
  update(id: string, patch: ProviderPatch): { provider: ProviderView; reauthorise: boolean }
  remove(id: string): Promise<{ removedConnections: number }>
  /**
   * Makes a new key pair for `private_key_jwt`. The one before is kept, because the provider does not know
   * the new one yet.
   * @throws KeywayError vault_locked | provider_not_found
   */
  newClientKey(id: string): ProviderView
  /**
   * The provider with its decrypted client secret.
   * @throws KeywayError vault_locked | provider_not_found
   */
  resolve(id: string): ResolvedProvider
}

/**
 * The targets that proxy requests of a connection may reach: from the provider, its preset and the person's
 * additions.
 */
export type ProxyPolicy = {
  baseUrl: string | null
  /** `host[:port]` patterns; `*.` matches subdomains. */
  hosts: readonly string[]
  /** The patterns of these for which private and loopback addresses are allowed. */
  privateHosts: readonly string[]
  /** API headers of the spec, with their templates filled. */
  headers: Readonly<Record<string, string>>
  extraCa: string | null
}

export type Connections = {
  list(): ConnectionView[]
  get(id: string): ConnectionView | null
  record(id: string): ConnectionRecord | null
  /**
   * The connection that an app refers to. Without `account`: the default connection, or the only one.
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
   * Finds the secrets of a connection in text before it is shown.
   * @throws KeywayError vault_locked | data_damaged
   */
  traces(id: string): SecretTraces
  /** The credential for API headers. It is decrypted on each call and never cached. */
  credential(id: string): ApiCredential
}

export type CallbackResult = {
  flow: Flow | null
  returnUrl: string | null
  failure: { code: string; message: string; nextStep: string } | null
}

/** Who starts a sign-in. Without `managesConnection` it cancels no pending sign-in of anybody else. */
export type FlowStarter = { appId: string | null; managesConnection: boolean }

export type Flows = {
  list(): Flow[]
  get(id: string): Flow | null
  /**
   * Handles the redirect from the provider. Never throws and always ends: the result page is built from what
   * it returns. Resolves after the code exchange.
   */
  callback(
    parameters: URLSearchParams,
    /** The address of the listener that received the callback. */ arrivedAt?: string | null,
  ): Promise<CallbackResult>
  paste(id: string, text: string): Promise<Flow>
  cancel(id: string): Flow
  /** A fresh authorization URL for a browser that opened a connect link. */
  startForLink(input: ConnectInput, by?: FlowStarter): Promise<{ flow: Flow; url: string | null }>
  /** The id of the app that started the sign-in; null: the person. */
  startedBy(id: string): string | null
}

export type AppSession = { app: AppRecord; keyId: string }

export type Apps = {
  list(): AppView[]
  create(input: AppInput): { app: AppView; key: string }
  update(id: string, patch: AppPatch): AppView
  rotateKey(id: string, overlapMinutes: number): { app: AppView; key: string }
  remove(id: string): void
  /** Compares in constant time. Null if the key is unknown, expired or revoked, or if its app is paused. */
  authenticate(key: string): AppSession | null
  /** The error for a valid key whose app was changed outside Keyway. Null for any other key. */
  rejectionOf?(key: string): KeywayError | null
  noteUse(appId: string): void
}

export type Approvals = {
  list(): Approval[]
  /**
   * To be called before a request for approval: while the vault is locked nobody can answer, so nobody should
   * wait.
   * @throws KeywayError vault_locked
   */
  requireUnlocked(asked: Omit<LockedRequest, 'at' | 'count'>): void
  /**
   * Resolves with the decision; `remembered` for an approval that ends by itself. Without an answer within 60
   * s the request is denied.
   * @throws KeywayError vault_locked | rate_limited
   */
  requestUse(question: {
    app: AppRecord
    connection: ConnectionRecord
    what: 'token' | 'proxy'
    method: string | null
    url: string | null
    bodyBytes: number | null
    /** The digest of a body that is held until the decision. */
    bodySha256?: string | null
    signal?: AbortSignal
  }): Promise<'allowed' | 'remembered' | 'denied' | 'timed_out'>
  /** Whether an earlier approval for some minutes still covers this call. */
  isRemembered(
    appId: string,
    use: Pick<Extract<Approval, { kind: 'use' }>, 'connectionId' | 'what' | 'method' | 'url'>,
  ): boolean
  requestPairing(
    wants: PairInput,
    code: string,
    signal?: AbortSignal,
  ): Promise<{ app: AppView; key: string } | 'denied' | 'timed_out'>
  /**
   * Decides a request. `by`: the app that answers for the person; absent: the person in the window. Returns
   * the app that a pairing created.
   * @throws KeywayError not_found | invalid_request if "always" cannot be stored; the request then stays open
   */
  decide(id: string, decision: Decision, patch?: AppPatch, by?: string): AppView | null
}

export type AuditLog = {
  /** Returns immediately; the row is durable within one second. */
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
  /** Which windows have proven presence and may change things. */
  readonly presence: Presence
  /** The calls of the window. Their inputs are already validated. */
  readonly ui: UiApi
  snapshot(): Snapshot
  on<Name extends UiEventName>(name: Name, listener: (value: UiEvents[Name]) => void): () => void
  emit<Name extends UiEventName>(name: Name, value: UiEvents[Name]): void
  /**
   * Calls the listener immediately, before the caller that removed a permission gets its response, and also
   * when one expires. It may be called although no permission ended.
   */
  onPermissionsChanged(listener: (change: PermissionsChange) => void): () => void
  /** The local server reports where it listens (or its failure), for redirect URIs and the window. */
  serverChanged(server: {
    url: string
    listening: boolean
    failure: unknown
    socketPath: string | null
  }): void
  /**
   * Sets how the local server is moved. From then on a change of its settings takes effect immediately or is
   * rejected.
   */
  controlServer(control: ServerControl): void
  /**
   * Sets the factory for the loopback listener of a sign-in (RFC 8252 7.3), for providers that accept any
   * port.
   */
  setLoopbackListenerFactory(open: OpenLoopbackListener): void
  /**
   * A refresh request is running, or its response is not on disk yet. Ending the process now could lose an
   * authorization.
   */
  refreshUnderWay(): boolean
  /** The machine woke up or came online: checks everything, spread with jitter. */
  wake(): void
  close(): Promise<void>
}
