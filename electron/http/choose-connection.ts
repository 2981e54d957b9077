// Which connection an app means by an id, a slug and perhaps an account, among those it may know about.
import { KeywayError } from '../../shared/contract/errors.ts'
import type { AppRecord } from '../../shared/contract/app.ts'
import type { ConnectionRecord } from '../../shared/contract/connection.ts'
import type { ProviderView } from '../../shared/contract/provider.ts'
import { may } from '../../shared/domain/app-policy.ts'
import { sameLabel as sameAccount } from '../core/connections/store/labels.ts'
import type { Keyway } from '../core/keyway.ts'

export { sameAccount }

export type Wanted = { id: string; account?: string | undefined }

/**
 * @throws KeywayError provider_not_found | connection_not_found | not_connected | ambiguous_account, or forbidden when the app has no grant
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
  if (provider === null)
    throw selected instanceof KeywayError ? selected : new KeywayError('provider_not_found')
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
export function seesAllOf(keyway: Keyway, app: AppRecord, provider: ProviderView): boolean {
  return sees(keyway, app, { id: '', providerId: provider.id })
}

/** The provider that an id, slug or connection id stands for. @throws KeywayError provider_not_found | forbidden */
export function chooseProvider(
  keyway: Keyway,
  app: AppRecord,
  id: string,
): { provider: ProviderView; connection: ConnectionRecord | null } {
  const connection = keyway.connections.record(id)
  const provider = keyway.providers.find(connection?.providerId ?? id)
  if (provider === null) throw new KeywayError('provider_not_found')
  if (connection === null ? !mayReachProvider(keyway, app, provider) : !sees(keyway, app, connection)) {
    throw noGrant()
  }
  return { provider, connection }
}

function refuseUnlessVisible(keyway: Keyway, app: AppRecord, connection: ConnectionRecord): void {
  if (!sees(keyway, app, connection)) throw noGrant()
}

export function noGrant(): KeywayError {
  return new KeywayError('forbidden', { message: 'The app has no grant for this connection.' })
}
