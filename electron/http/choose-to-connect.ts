// Which connection a sign-in that an app asks for is about. An app starts sign-ins only for what its grants reach: a link with somebody
// else's account in it would put that account's name, and scopes of the app's choosing, before the person.
import type { AppRecord } from '../../shared/contract/app.ts'
import type { ConnectionRecord } from '../../shared/contract/connection.ts'
import { KeywayError } from '../../shared/contract/errors.ts'
import type { ProviderView } from '../../shared/contract/provider.ts'
import type { Keyway } from '../core/keyway.ts'
import { noGrant, sameAccount, sees, seesAllOf } from './choose-connection.ts'

export type ToConnect = { connectionId: string | null; account: string | null }

/**
 * Connects again what is there; a name that is not there yet makes a new connection, where the app's grants would reach it.
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
