import type { ConnectionRecord } from '../../../shared/contract/connection.ts'
import { sameAccount } from '../connections/store/record.ts'
import { sameLabel } from '../connections/store/labels.ts'
import type { BundledConnection } from './bundle-content.ts'
import { clash, type Fit } from './fit-provider.ts'

/** Where a connection goes: to the provider here of this id, to one that the import makes, or nowhere. */
export type ConnectionHome = { kind: 'here'; providerId: string } | { kind: 'new' } | { kind: 'none' }

export function fitConnection(
  connection: BundledConnection,
  home: ConnectionHome,
  connections: readonly ConnectionRecord[],
): Fit {
  const twin = connections.find(({ id }) => id === connection.id)
  if (twin !== undefined) {
    return clash('here_already', twin.id, `This connection is here already ("${twin.account}").`, [
      'skip',
      'keep_both',
    ])
  }
  if (home.kind === 'none') {
    return clash(
      'provider_not_taken',
      null,
      'Its provider is not taken over, and no provider here is the same client.',
      ['skip'],
    )
  }
  const beside =
    home.kind === 'new' ? [] : connections.filter(({ providerId }) => providerId === home.providerId)
  // One that an earlier version rounded may be it too; whoever imports decides.
  const same = beside.find(
    (each) =>
      each.identity.id !== null &&
      connection.identity.id !== null &&
      (sameAccount(each, connection) !== 'no' || sameAccount(connection, each) !== 'no'),
  )
  if (same !== undefined) {
    const text = `The same account is connected here as "${same.account}".`
    return clash('here_already', same.id, text, ['skip', 'keep_both'])
  }
  const sameName = beside.find(({ account }) => sameLabel(account, connection.account))
  if (sameName !== undefined) {
    const text = `Another account has the name "${sameName.account}" here.`
    return clash('account_taken', sameName.id, text, ['keep_both', 'skip'])
  }
  return { clash: null, choices: ['add', 'skip'] }
}
