// The operations on connections for the window and the API: list, select, rename, refresh, disconnect.
import type { ConnectionRecord, ConnectionView, Probe } from '../../../shared/contract/connection.ts'
import { KeywayError } from '../../../shared/contract/errors.ts'
import type { Preset } from '../../../shared/contract/preset.ts'
import type { ProviderSpec } from '../../../shared/contract/provider-spec.ts'
import type { ProviderRecord } from '../../../shared/contract/provider.ts'
import type { DisconnectResult } from '../../../shared/contract/ui-api.ts'
import { scopesConfirmed, verifiedAt } from '../../../shared/domain/connection-state.ts'
import { failedOutcome, stopsWorkingAt } from '../../../shared/domain/expiry.ts'
import { scopesToUpgrade } from '../../../shared/domain/scope-comparison.ts'
import { fillTemplate, resolveParameters } from '../../../shared/domain/template.ts'
import type { AuditLog, Connections } from '../keyway.ts'
import type { OAuthClient } from '../oauth/types.ts'
import type { Clock, Logger } from '../ports.ts'
import { matchPattern } from '../providers/data-patterns.ts'
import { openClientSecret, type ProviderStore, resolveProvider } from '../providers/store.ts'
import type { SecretBox } from '../vault/status.ts'
import { tracesOf } from './clear-fields.ts'
import {
  disconnectResult,
  notYetResult,
  queuedResult,
  type RevocationDeps,
  revokeAtProvider,
} from './disconnect.ts'
import { createProbes } from './probe.ts'
import { apiBaseUrl, createProxyPolicies } from './proxy-policy.ts'
import type { Background } from './refresh/background.ts'
import { refreshMethod } from './refresh/backoff.ts'
import { failureDetails } from './refresh/errors.ts'
import type { FlowRegistry } from './sign-in/start.ts'
import { checkLabelFree, createSelection } from './store/lookup.ts'
import { openTokens } from './store/sealed.ts'
import type { ConnectionStore } from './store/store.ts'
import type { InternalTokenService } from './tokens/service.ts'

/**
 * Longest wait of the person for the provider at a disconnect, including a refresh in progress. Milliseconds.
 */
const DISCONNECT_MS = 3_000
/**
 * Wait for a refresh in progress, so that the newest refresh token is revoked. Tokens that arrive later are
 * revoked then.
 */
const SETTLE_MS = 1_000

export type ConnectionsDeps = {
  records: ConnectionStore
  providers: ProviderStore
  flows: FlowRegistry
  tokens: InternalTokenService
  background: Background
  box: SecretBox
  clock: Clock
  logger: Logger
  oauth: OAuthClient
  activity: Pick<AuditLog, 'append'>
  withProviderLock: <Result>(providerId: string, task: () => Promise<Result>) => Promise<Result>
  lastUsedAt: (id: string) => number | null
}

export function createConnections(deps: ConnectionsDeps): Connections {
  const { records, providers, clock } = deps
  const policyOf = createProxyPolicies(providers)
  const probeOf = createProbes(providers, policyOf)

  const view = (record: ConnectionRecord): ConnectionView => {
    const provider = providers.getOrThrow(record.providerId)
    return connectionView(record, {
      provider,
      spec: providers.specOf(provider),
      nextRefreshAt: deps.background.nextRefreshAt(record.id),
      lastUsedAt: deps.lastUsedAt(record.id),
      probe: probeOf(record),
    })
  }
  /** Connections whose provider cannot be read stay on disk and hidden until it can. */
  const shown = (): ConnectionRecord[] =>
    records.list().filter(({ providerId }) => providers.byId(providerId) !== null)

  return {
    list: () => shown().map(view),
    get(id) {
      const record = records.get(id)
      return record === null || providers.byId(record.providerId) === null ? null : view(record)
    },
    record: records.get,
    select: createSelection(records, providers),
    connect: deps.flows.start,
    rename: (id, account) =>
      deps.withProviderLock(records.getOrThrow(id).providerId, async () => {
        checkLabelFree(records.ofProvider(records.getOrThrow(id).providerId), account, id)
        return view(await records.change(id, (record) => ({ ...record, account, updatedAt: clock.now() })))
      }),
    setDefault: (id) =>
      deps.withProviderLock(records.getOrThrow(id).providerId, async () => {
        await makeDefault(records, id)
        return view(records.getOrThrow(id))
      }),
    async refresh(id) {
      await refreshNow(deps, id)
      return view(records.getOrThrow(id))
    },
    disconnect: (id) => disconnect(deps, id),
    proxyPolicy: (id) => policyOf(unchangedOutside(deps, id)),
    traces(id) {
      const record = records.getOrThrow(id)
      const secret = openClientSecret(deps.box, providers.getOrThrow(record.providerId))
      return tracesOf(deps.box, record, secret?.reveal() ?? null)
    },
    credential(id) {
      const record = records.getOrThrow(id)
      const { accessToken, tokenType, dpopKey } = openTokens(deps.box, record)
      return { accessToken, tokenType, dpopKey, values: record.values }
    },
  }
}

/**
 * @throws KeywayError integrity_check_failed if its provider was changed outside Keyway and the person has
 * not decided yet
 */
function unchangedOutside({ records, box }: ConnectionsDeps, id: string): ConnectionRecord {
  const record = records.getOrThrow(id)
  box.gate?.provider(record.providerId)
  return record
}

/**
 * The outcome is in the record afterwards.
 * @throws KeywayError if no request was sent, because the record would then look like a success
 */
async function refreshNow(
  { records, box, clock, providers, tokens }: ConnectionsDeps,
  id: string,
): Promise<void> {
  const record = records.getOrThrow(id)
  if (!box.unlocked) throw new KeywayError('vault_locked')
  const provider = providers.getOrThrow(record.providerId)
  const isAlive = record.expiresAt === null || record.expiresAt > clock.now()
  // The token is still valid: a useless attempt would show it as ended.
  if (isAlive && refreshMethod(record, providers.specOf(provider)) === 'none') {
    throw new KeywayError('invalid_request', cannotRefresh(record, provider.slug))
  }
  const result = await tokens.refreshNow(id, 'person')
  if (result.kind !== 'ok' && records.getOrThrow(id).lastOutcome.status === 'ok') throw result.failure
}

function cannotRefresh(
  record: ConnectionRecord,
  providerSlug: string,
): { message: string; nextStep: string; details: ReturnType<typeof failureDetails> } {
  const why = record.hasRefreshToken
    ? 'This provider does not refresh tokens.'
    : 'This connection has no refresh token, so its token cannot be refreshed.'
  const until = record.expiresAt === null ? '' : ` It ends at ${new Date(record.expiresAt).toISOString()}.`
  return {
    message: `${why}${until}`,
    nextStep: 'Reconnect to get a fresh token.',
    details: failureDetails(record, providerSlug),
  }
}

async function makeDefault(records: ConnectionStore, id: string): Promise<void> {
  // The new default first: after a crash in between there are two, of which `select` takes one, instead of
  // none.
  const chosen = await records.change(id, (record) => ({ ...record, isDefault: true }))
  for (const other of records.ofProvider(chosen.providerId)) {
    if (other.id === id || !other.isDefault) continue
    await records.change(other.id, (record) => ({ ...record, isDefault: false }))
  }
}

/**
 * If the disk refuses the removal, the connection stays, but not as a working one.
 * @throws KeywayError save_failed | disk_full
 */
async function removeOrSay(
  { records, clock, tokens }: ConnectionsDeps,
  id: string,
  revoked: 'at_provider' | 'not_supported' | 'failed',
): Promise<void> {
  try {
    await records.remove(id)
  } catch (error) {
    if (revoked === 'at_provider') {
      tokens.replaced(id)
      const message = 'The grant was ended at the provider, but its file could not be removed here.'
      const lastOutcome = failedOutcome('reconnect_needed', {
        code: 'token_expired',
        message,
        at: clock.now(),
      })
      records.updateLazily(id, (record) => ({ ...record, lastOutcome }))
    }
    throw error
  }
}

async function disconnect(deps: ConnectionsDeps, id: string): Promise<DisconnectResult> {
  const { records, providers, box, clock } = deps
  const endsAt = clock.monotonicMs() + DISCONNECT_MS
  records.getOrThrow(id)
  deps.flows.cancelOf({ connectionId: id })
  await deps.tokens.whenIdle(id, SETTLE_MS)
  if (!box.unlocked) return disconnectLater(deps, id)
  const record = deps.tokens.newest(id)
  const provider = providers.byId(record.providerId)
  const revocation =
    provider === null
      ? { revoked: 'failed' as const, message: NOT_REGISTERED }
      : await revokeAtProvider(
          { ...deps, timeoutMs: endsAt - clock.monotonicMs() },
          () => resolveProvider(deps, provider),
          record,
        )
  await removeOrSay(deps, id, revocation.revoked)
  deps.tokens.removed(id)
  return said(deps, record, disconnectResult(revocation, providerNamed(deps, record)))
}

/**
 * A locked vault cannot decrypt the tokens to revoke. The connection is disabled at once; its tokens stay
 * until the next unlock.
 * @throws KeywayError vault_locked while a newer refresh token is in memory only; nothing has changed then
 */
async function disconnectLater(deps: ConnectionsDeps, id: string): Promise<DisconnectResult> {
  const record = deps.tokens.newest(id)
  await deps.records.disconnect(id, deps.clock.now())
  deps.tokens.removed(id)
  return said(deps, record, queuedResult(providerNamed(deps, record).providerName))
}

/**
 * Revokes what was disconnected while the vault was locked. If a provider does not respond, it is retried at
 * the next unlock.
 */
export async function revokeDisconnected(
  deps: RevocationDeps & Pick<ConnectionsDeps, 'records' | 'providers' | 'activity'>,
  providerId: string | null = null,
): Promise<void> {
  for (const record of deps.records.disconnected()) {
    if (providerId !== null && record.providerId !== providerId) continue
    const provider = deps.providers.byId(record.providerId)
    const revocation =
      provider === null
        ? { revoked: 'failed' as const, message: NOT_REGISTERED }
        : await revokeAtProvider(deps, () => resolveProvider(deps, provider), record)
    if (!deps.box.unlocked) return
    const isOver = provider === null || providerId !== null || revocation.revoked !== 'failed'
    if (isOver) await deps.records.remove(record.id)
    const named = providerNamed(deps, record)
    said(
      deps,
      record,
      isOver ? disconnectResult(revocation, named) : notYetResult(named.providerName, revocation.message),
    )
  }
}

const NOT_REGISTERED = 'its provider is not registered here any more'

function providerNamed(
  { providers }: Pick<ConnectionsDeps, 'providers'>,
  { providerId }: ConnectionRecord,
): { providerName: string; manageUrl: string | null } {
  const provider = providers.byId(providerId)
  if (provider === null) return { providerName: 'the provider', manageUrl: null }
  return {
    providerName: provider.name,
    manageUrl: manageUrl(providers.presetOf(provider), providers.specOf(provider), provider),
  }
}

function said(
  { activity, providers }: Pick<ConnectionsDeps, 'activity' | 'providers'>,
  { id, account, providerId }: ConnectionRecord,
  result: DisconnectResult,
): DisconnectResult {
  const provider = providers.byId(providerId)
  activity.append({
    kind: 'disconnect',
    outcome: result.revoked === 'local_only' ? 'failed' : 'ok',
    connectionId: id,
    account,
    ...(provider === null ? {} : { providerSlug: provider.slug }),
    note: result.message.slice(0, 500),
  })
  return result
}

/** The view of a connection for the window, without ciphertext. */
function connectionView(
  record: ConnectionRecord,
  about: {
    provider: ProviderRecord
    spec: ProviderSpec
    nextRefreshAt: number | null
    lastUsedAt: number | null
    probe: Probe | null
  },
): ConnectionView {
  const {
    version: _version,
    sealedTokens: _tokens,
    sealedPrevious: _previous,
    refreshStartedAt: _mark,
    ...rest
  } = record
  const { provider, spec } = about
  return {
    ...rest,
    lastUsedAt: about.lastUsedAt,
    verifiedAt: verifiedAt(record),
    scopesConfirmed: scopesConfirmed(record),
    providerSlug: provider.slug,
    providerName: provider.name,
    nextRefreshAt: about.nextRefreshAt,
    apiBaseUrl: apiBaseUrl(provider, spec, record),
    probe: about.probe,
    missingScopes: scopesToUpgrade(record, provider.scopes, spec.scopes),
    stopsWorkingAt: stopsWorkingAt(record, refreshMethod(record, spec) === 'none' ? 'no' : 'yes'),
  }
}

/**
 * The page where the person can revoke what Keyway could not: the account's page, else the provider's
 * console. Null: unknown.
 */
export function manageUrl(
  preset: Pick<Preset, 'manageUrl' | 'consoleUrl'> | null,
  spec: Pick<ProviderSpec, 'templateParameters'>,
  { parameters }: Pick<ProviderRecord, 'parameters'>,
): string | null {
  const { values } = resolveParameters(spec.templateParameters, parameters, matchPattern)
  const addresses = [preset?.manageUrl ?? null, preset?.consoleUrl ?? null].map((template) =>
    template === null ? null : fillTemplate(template, values),
  )
  return addresses.find((address) => address !== null && isHttps(address)) ?? null
}

function isHttps(address: string): boolean {
  return URL.canParse(address) && new URL(address).protocol === 'https:'
}
