// Which connection an app means by an id, a slug and perhaps an account, among those it may know about.
import type { AppRecord } from '../../../shared/contract/app.ts'
import type { ConnectionRecord } from '../../../shared/contract/connection.ts'
import { KeywayError } from '../../../shared/contract/errors.ts'
import type { ProviderView } from '../../../shared/contract/provider.ts'
import { may } from '../../../shared/domain/app-policy.ts'
import { sameLabel as sameAccount } from '../../../shared/contract/name.ts'
import type { Keyway } from '../../core/keyway.ts'

export { sameAccount }

export type Wanted = { id: string; account?: string | undefined }

/**
 * @throws KeywayError provider_not_found | connection_not_found | not_connected | ambiguous_account, or
 * forbidden when the app has no grant
 * that reaches it.
 */
export function chooseConnection(keyway: Keyway, app: AppRecord, { id, account }: Wanted): ConnectionRecord {
  const direct = keyway.connections.record(id)
  if (direct !== null) {
    refuseUnlessVisible(keyway, app, direct)
    if (account !== undefined && !sameAccount(account, direct.account)) {
      throw new KeywayError('connection_not_found', { details: { field: 'account' } })
    }
    return direct
  }
  const selected = select(keyway, id, account)
  if (!(selected instanceof KeywayError) && sees(keyway, app, selected)) return selected
  return chooseAmongVisible(keyway, app, { id, account }, selected)
}

/** The connection that is meant, whoever asks; null where it takes more than a look-up to say. */
export function findConnection(keyway: Keyway, { id, account }: Wanted): ConnectionRecord | null {
  const direct = keyway.connections.record(id)
  if (direct !== null) return account === undefined || sameAccount(account, direct.account) ? direct : null
  const selected = select(keyway, id, account)
  return selected instanceof KeywayError ? null : selected
}

function select(keyway: Keyway, id: string, account: string | undefined): ConnectionRecord | KeywayError {
  try {
    return keyway.connections.select(id, account)
  } catch (error) {
    if (error instanceof KeywayError) return error
    throw error
  }
}

/** The default may be somebody else's: an app that was granted one account need not name it. */
function chooseAmongVisible(
  keyway: Keyway,
  app: AppRecord,
  { id, account }: Wanted,
  selected: ConnectionRecord | KeywayError,
): ConnectionRecord {
  const provider = keyway.providers.find(id)
  if (provider === null) throw selected instanceof KeywayError ? selected : keyway.providers.notFound(id)
  if (!mayReachProvider(keyway, app, provider)) throw noGrant()
  const visible = keyway.connections
    .list()
    .filter((connection) => connection.providerId === provider.id && sees(keyway, app, connection))
  const [only] = visible
  if (account === undefined && only !== undefined && visible.length === 1) {
    const record = keyway.connections.record(only.id)
    if (record !== null) return record
  }
  // Whether an account exists is nothing to an app that was granted another one.
  if (account !== undefined && !seesAllOf(keyway, app, provider)) throw noGrant()
  if (selected instanceof KeywayError && selected.code !== 'ambiguous_account') throw selected
  if (visible.length === 0) throw noGrant()
  const accounts = visible.map((connection) => connection.account)
  throw new KeywayError('ambiguous_account', {
    message: `Several accounts are connected at ${provider.slug}: ${accounts.join(', ')}.`,
    details: { provider: provider.slug, accounts },
  })
}

export function sees(
  keyway: Keyway,
  app: Pick<AppRecord, 'manage' | 'grants' | 'paused'>,
  connection: { id: string; providerId: string },
): boolean {
  return app.manage || may(app, { what: 'see' }, connection, keyway.clock.now()).kind !== 'deny'
}

/** True when some grant could reach a connection of this provider, one that may not exist yet included. */
export function mayReachProvider(
  keyway: Keyway,
  app: Pick<AppRecord, 'manage' | 'grants' | 'paused'>,
  provider: ProviderView,
): boolean {
  if (app.manage) return true
  const now = keyway.clock.now()
  return app.grants.some(({ target, expiresAt }) => {
    if (expiresAt !== null && now >= expiresAt) return false
    if (target.kind === 'all') return true
    if (target.kind === 'provider') return target.providerId === provider.id
    return keyway.connections.record(target.connectionId)?.providerId === provider.id
  })
}

/** True when a grant reaches every connection of this provider, later ones included. */
function seesAllOf(keyway: Keyway, app: AppRecord, provider: ProviderView): boolean {
  return sees(keyway, app, { id: '', providerId: provider.id })
}

/**
 * The provider that an id, slug or connection id stands for. @throws KeywayError provider_not_found |
 * forbidden
 */
export function chooseProvider(
  keyway: Keyway,
  app: AppRecord,
  id: string,
): { provider: ProviderView; connection: ConnectionRecord | null } {
  const connection = keyway.connections.record(id)
  const provider = keyway.providers.find(connection?.providerId ?? id)
  if (provider === null) throw keyway.providers.notFound(id)
  if (connection === null ? !mayReachProvider(keyway, app, provider) : !sees(keyway, app, connection)) {
    throw noGrant()
  }
  return { provider, connection }
}

function refuseUnlessVisible(keyway: Keyway, app: AppRecord, connection: ConnectionRecord): void {
  if (!sees(keyway, app, connection)) throw noGrant()
}

function noGrant(): KeywayError {
  return new KeywayError('forbidden', { message: 'The app has no grant for this connection.' })
}

// Which connection a sign-in that an app asks for is about. An app starts sign-ins only for what its grants
// reach: a link with somebody else's account in it would put that account's name, and scopes of the app's
// choosing, before the person.

export type ToConnect = { connectionId: string | null; account: string | null }

/**
 * Connects again what is there; a name that is not there yet makes a new connection, where the app's grants
 * would reach it.
 * @throws KeywayError connection_not_found | ambiguous_account | forbidden
 */
export function chooseToConnect(
  keyway: Keyway,
  app: AppRecord,
  { provider, connection }: { provider: ProviderView; connection: ConnectionRecord | null },
  account: string | undefined,
): ToConnect {
  if (connection !== null) {
    if (account !== undefined && !sameAccount(account, connection.account)) {
      throw new KeywayError('connection_not_found', { details: { field: 'account' } })
    }
    return { connectionId: connection.id, account: connection.account }
  }
  const visible = keyway.connections
    .list()
    .filter((each) => each.providerId === provider.id && sees(keyway, app, each))
  const existing =
    account === undefined
      ? (visible.find(({ isDefault }) => isDefault) ?? (visible.length === 1 ? visible[0] : undefined))
      : visible.find((each) => sameAccount(each.account, account))
  if (existing !== undefined) return { connectionId: existing.id, account: existing.account }
  if (seesAllOf(keyway, app, provider)) return { connectionId: null, account: account ?? null }
  if (account !== undefined || visible.length === 0) throw noGrant()
  throw new KeywayError('ambiguous_account', {
    details: { provider: provider.slug, accounts: visible.map((each) => each.account) },
  })
}
