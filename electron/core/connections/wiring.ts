// Creates the parts for connections and connects them: tokens, sign-ins, and the operations for the window
// and the API.
import type { ConnectionRecord } from '../../../shared/contract/connection.ts'
import { asKeywayError, KeywayError } from '../../../shared/contract/errors.ts'
import { providerSpec } from '../../../shared/contract/provider-spec.ts'
import type { ProviderRecord } from '../../../shared/contract/provider.ts'
import { createKeyedMutex } from '../async.ts'
import type { AuditLog, Connections } from '../keyway.ts'
import type { OAuthClient, ResolvedProvider } from '../oauth/types.ts'
import type { Browser, Clock, Logger, RecordStore } from '../ports.ts'
import type { PlanRedirect } from '../providers/providers.ts'
import { openClientSecret, type ProviderStore, resolveProvider } from '../providers/store.ts'
import type { SecretBox } from '../vault/status.ts'
import { mayHoldTraces, tracesOf, withoutTraces } from './clear-fields.ts'
import { createConnections, revokeDisconnected } from './connections.ts'
import { revokePreviousAuthorization, revokeUnused, revokeTokenResponse } from './disconnect.ts'
import { type Background, createBackground } from './refresh/background.ts'
import { type Backoff, createBackoff } from './refresh/backoff.ts'
import { createPendingTokenWrites } from './refresh/pending-writes.ts'
import { createFlowStore, type FlowDeps } from './sign-in/sessions.ts'
import { createFlows, type FlowRegistry } from './sign-in/start.ts'
import { openTokens, resealed } from './store/sealed.ts'
import type { ChangeKind } from './store/lookup.ts'
import { type ConnectionStore, createConnectionStore } from './store/store.ts'
import {
  createClockJumpDetector,
  createTokenCache,
  createTokenClock,
  redated,
  type TokenCache,
} from './tokens/freshness.ts'
import type { ProviderFacts } from './tokens/serve.ts'
import { createTokenService, type InternalTokenService } from './tokens/service.ts'
import { createUsage, type Usage } from './usage.ts'
import { createValidations } from './validations.ts'

/** The longest duration of a refresh in milliseconds. */
const SETTLE_MS = 21_000

export type ConnectionPartsDeps = TokenPartsDeps & {
  browser: Browser
  planRedirect: PlanRedirect
  localServer: FlowDeps['localServer']
  openLoopbackListener: FlowDeps['openLoopbackListener']
  registry: FlowDeps['registry']
  onFlowsChanged: () => void
}

export type ConnectionParts = Omit<TokenParts, 'providerChanged' | 'usage'> & {
  connections: Connections
  flows: FlowRegistry
  providerChanged(change: { before: ProviderRecord | null; after: ProviderRecord | null }): void
  /** Disconnects all connections of a provider; resolves with their number. */
  removeOf(providerId: string): Promise<number>
}

export function createConnectionParts(deps: ConnectionPartsDeps): ConnectionParts {
  const { box } = deps
  const { usage, ...parts } = createTokenParts(deps)
  const { records, tokens, background } = parts
  const shared = { ...deps, records, withProviderLock: createKeyedMutex() }

  const onSignedIn = (record: ConnectionRecord, before: ConnectionRecord | null): void => {
    tokens.replaced(record.id)
    background.changed(record.id)
    if (before !== null) void revokePreviousAuthorization(shared, { before, after: record })
  }
  const flows = createFlows({
    ...shared,
    flows: createFlowStore({
      clock: deps.clock,
      onChanged: deps.onFlowsChanged,
      onDropped: (held) => void revokeUnused(shared, held),
    }),
    whenIdle: (id) => tokens.whenIdle(id, SETTLE_MS),
    onSignedIn,
  })
  const connections = createConnections({
    ...shared,
    flows,
    tokens,
    background,
    lastUsedAt: usage.lastUsedAt,
  })

  return {
    ...parts,
    connections,
    flows,
    providerChanged({ before, after }) {
      if (before !== null && after !== null) parts.providerChanged(before, after)
    },
    async close() {
      flows.cancelWaiting()
      await parts.close()
    },
    unlocked() {
      parts.unlocked()
      void revokeDisconnected(shared).catch((error: unknown) =>
        deps.logger.warn('What was disconnected could not be revoked yet', { error }),
      )
    },
    async removeOf(providerId) {
      const ids = records.ofProvider(providerId).map(({ id }) => id)
      const isAnyLeft =
        ids.length > 0 || records.disconnected().some((record) => record.providerId === providerId)
      if (isAnyLeft && !box.unlocked) throw stillNeeded()
      flows.cancelOf({ providerId })
      await revokeDisconnected(shared, providerId)
      await Promise.all(ids.map((id) => connections.disconnect(id)))
      return ids.length
    },
  }
}

/** Without the provider's addresses and client, its tokens could not be revoked. */
const stillNeeded = (): KeywayError =>
  new KeywayError('vault_locked', {
    message: 'The provider is still needed to revoke what was granted, and the vault is locked.',
    nextStep: 'Unlock the vault first. Disconnecting single accounts works while it is locked.',
  })

// Creates the parts that serve tokens: store, cache, refresh, background.

const CONFIRM_AFTER_MS = 1_000
/** By then the first requests have been served. A refresh before this time does not wait for it. */
const WARM_UP_AFTER_MS = 2_000
/**
 * Longer than two refresh requests with the pause between them, so that a rotation in progress is not cut
 * off.
 */
const CLOSING_MS = 55_000

export type TokenPartsDeps = {
  store: RecordStore
  providers: ProviderStore
  box: SecretBox
  clock: Clock
  logger: Logger
  oauth: OAuthClient
  activity: Pick<AuditLog, 'append'>
  random: () => number
  warmUp?: (() => Promise<void>) | undefined
  onUnreadable: (entry: { store: string; key: string }) => void
  onConnectionChanged: (id: string, kind: ChangeKind) => void
  /** The wall clock was set, or the machine slept. */
  onClockJumped: () => void
}

export type TokenParts = {
  records: ConnectionStore
  tokens: InternalTokenService
  background: Background
  usage: Usage
  load(): Promise<void>
  /** Adds connections that an import has written. */
  adopt(added: readonly ConnectionRecord[]): void
  unlocked(): void
  locked(): void
  /** Credentials or behavior of a provider changed, so failed refreshes may be retried. */
  providerChanged(before: ProviderRecord, after: ProviderRecord): void
  close(): Promise<void>
}

function createTokenParts(deps: TokenPartsDeps): TokenParts {
  const state: State = {
    cache: createTokenCache(deps.clock),
    backoff: createBackoff(deps),
    unconfirmedRefreshes: new Set(),
    isClosing: false,
    recordsFrom: 'provider',
  }
  const { records, usage, pendingTokenWrites, tokens, background, validations, jumps } = assemble(deps, state)
  return {
    records,
    tokens,
    background,
    usage,
    async load() {
      state.recordsFrom = 'disk'
      await records.load()
      state.recordsFrom = 'provider'
      for (const { id, refreshStartedAt } of records.list()) {
        if (refreshStartedAt !== null) state.unconfirmedRefreshes.add(id)
      }
    },
    adopt(added) {
      state.recordsFrom = 'disk'
      for (const record of added) {
        if (record.refreshStartedAt !== null) state.unconfirmedRefreshes.add(record.id)
        records.insertLoaded(record)
      }
      state.recordsFrom = 'provider'
    },
    unlocked() {
      if (deps.warmUp !== undefined) deps.clock.after(WARM_UP_AFTER_MS, () => void deps.warmUp?.())
      void records.recoverLeftovers((record) => isGenuine(deps.box, record))
      void pendingTokenWrites.saveNow()
      background.wake()
      void cleanStored(deps, records, () => state.isClosing)
    },
    locked: state.cache.clear,
    providerChanged(before, after) {
      for (const { id } of records.ofProvider(after.id)) {
        state.cache.drop(id)
        state.backoff.clear(id)
        records.updateLazily(id, (record) => withoutDropped(record, before, after))
        background.retry(id)
      }
    },
    async close() {
      state.isClosing = true
      jumps.close()
      background.close()
      validations.close()
      await tokens.whenAllIdle(CLOSING_MS)
      await pendingTokenWrites.saveNow()
      usage.flush()
      await records.close()
      state.cache.clear()
    },
  }
}

/** Records per step, so that other work can run in between. */
const CLEANED_AT_ONCE = 10

/** Removes tokens that an earlier version stored unencrypted, as soon as the vault is unlocked. */
async function cleanStored(
  { box, clock, logger, providers }: TokenPartsDeps,
  records: ConnectionStore,
  isClosing: () => boolean,
): Promise<void> {
  for (const [index, record] of records.list().filter(mayHoldTraces).entries()) {
    if (isClosing() || !box.unlocked) return
    try {
      const provider = providers.byId(record.providerId)
      const secret = provider === null ? null : openClientSecret(box, provider)
      const traces = tracesOf(box, record, secret?.reveal() ?? null)
      if (withoutTraces(record, traces) === record) continue
      await records.change(record.id, (current) => withoutTraces(current, traces))
      // Written twice, because the store keeps the previous version, which contains the token.
      await records.change(record.id, (current) => current)
      logger.warn('A token stood in the clear in a stored connection; it was taken out', {
        connectionId: record.id,
      })
    } catch (error) {
      logger.warn('A stored connection could not be looked through', { connectionId: record.id, error })
    }
    if (index % CLEANED_AT_ONCE === 0) await new Promise<void>((resolve) => void clock.after(0, resolve))
  }
}

type State = {
  cache: TokenCache
  backoff: Backoff
  unconfirmedRefreshes: Set<string>
  isClosing: boolean
  recordsFrom: 'provider' | 'disk'
}

function assemble(deps: TokenPartsDeps, state: State) {
  const { clock, providers, box } = deps
  const { cache, backoff, unconfirmedRefreshes } = state
  const providerOf = providerFactsOf(providers)
  const tokenClock = createTokenClock(clock)
  const records = createConnectionStore({
    ...deps,
    onWrite: (record) => resealed(box, record),
    onChanged(id, kind) {
      const record = records.get(id)
      if (record !== null) tokenClock.observe(record, state.recordsFrom)
      if (record?.refreshStartedAt === null) unconfirmedRefreshes.delete(id)
      if (isOutdated(cache.get(id), record)) cache.drop(id)
      background.changed(id)
      validations.changed(id)
      deps.onConnectionChanged(id, kind)
    },
  })
  const usage = createUsage({ records, clock })
  const resolve = (providerId: string): ResolvedProvider =>
    resolveProvider(deps, providers.getOrThrow(providerId))
  const slugOf = (id: string): string => providerOf(id).slug
  const pendingTokenWrites = createPendingTokenWrites({ ...deps, records, slugOf, onSaved: cache.drop })
  const jumps = createClockJumpDetector(clock, (byMs) => {
    deps.logger.info('The wall clock jumped, or the machine slept', { byMs })
    if (byMs < 0) {
      for (const { id } of records.list()) records.updateLazily(id, (record) => redated(record, byMs))
      cache.clear()
    } else backoff.slept(byMs)
    background.wake()
    deps.onClockJumped()
  })
  const tokens: InternalTokenService = createTokenService({
    ...deps,
    records,
    backoff,
    tokenClock,
    pendingTokenWrites,
    cache,
    usage,
    unconfirmedRefreshes,
    providerOf,
    resolve,
    confirmAfterMs: CONFIRM_AFTER_MS,
    checkClock: jumps.check,
    state,
    revokeOrphaned: (provider, { requestedScopes }, answer) =>
      revokeTokenResponse(deps, provider, { redirectUri: null, scopes: requestedScopes }, answer),
  })
  const background = createBackground({ ...deps, records, tokens, lastUsedAt: usage.lastUsedAt, providerOf })
  const validations = createValidations({ ...deps, records, tokens, providerOf, resolve })
  return { records, usage, pendingTokenWrites, tokens, background, validations, jumps }
}

/** @throws KeywayError vault_locked | integrity_check_failed */
function isGenuine(box: SecretBox, record: ConnectionRecord): boolean {
  try {
    openTokens(box, record)
    return true
  } catch (error) {
    if (asKeywayError(error).code !== 'data_damaged') throw error
    return false
  }
}

function isOutdated(
  held: { generation: number; account: string } | null,
  record: ConnectionRecord | null,
): boolean {
  return held !== null && (record?.generation !== held.generation || record.account !== held.account)
}

/** Scopes that the person removed from the provider are not requested at the next consent. */
function withoutDropped(
  record: ConnectionRecord,
  before: ProviderRecord,
  after: ProviderRecord,
): ConnectionRecord {
  const isDropped = (scope: string): boolean => before.scopes.includes(scope) && !after.scopes.includes(scope)
  return { ...record, requestedScopes: record.requestedScopes.filter((scope) => !isDropped(scope)) }
}

/** The provider's behavior; the defaults if its entry cannot be read. */
function providerFactsOf(providers: ProviderStore): (providerId: string) => ProviderFacts {
  const unknown = { slug: 'unknown', spec: providerSpec.parse({}), parameters: {} }
  return (providerId) => {
    const record = providers.byId(providerId)
    if (record === null) return unknown
    return { slug: record.slug, spec: providers.specOf(record), parameters: record.parameters }
  }
}
