import type { ConnectionRecord } from '../../../shared/contract/connection.ts'
import { freeLabel } from '../connections/store/labels.ts'
import { sealTokenSet } from '../connections/store/sealed.ts'
import { newId } from '../ids.ts'
import type { SecretBox } from '../secret-box.ts'
import type { BundledConnection } from './bundle-content.ts'
import { fitConnection, type ConnectionHome } from './fit-connection.ts'
import { freeId, type Planning } from './planning.ts'
import type { Homes } from './plan-providers.ts'
import { createYielder } from './yielder.ts'

/** What a connection of the bundle became: a new one, or the one that is here already. Absent: nothing. */
export type Taken = ReadonlyMap<string, { connectionId: string; providerId: string; isNew: boolean }>

export async function planConnections(
  planning: Planning,
  homes: Homes,
): Promise<{ connections: ConnectionRecord[]; taken: Taken }> {
  const { content, chooser, here, outcome } = planning
  const existing = here.connections()
  const ids = new Set(existing.map(({ id }) => id))
  const taken = new Map<string, { connectionId: string; providerId: string; isNew: boolean }>()
  const connections: ConnectionRecord[] = []
  const yielding = createYielder()
  for (const connection of content.connections) {
    await yielding()
    const home = homes.get(connection.providerId)
    const fit = fitConnection(connection, homeOf(home), existing)
    const choice = chooser.choose('connections', { id: connection.id, name: connection.account }, fit)
    if (choice === 'skip' || home === undefined) {
      outcome.skipped.connections += 1
      const twin = fit.clash?.kind === 'here_already' ? fit.clash.withId : null
      if (twin !== null)
        taken.set(connection.id, { connectionId: twin, providerId: home?.providerId ?? '', isNew: false })
      continue
    }
    const id = freeId(connection.id, ids, () => newId('con'))
    ids.add(id)
    taken.set(connection.id, { connectionId: id, providerId: home.providerId, isNew: true })
    const beside = [...existing, ...connections].filter(({ providerId }) => providerId === home.providerId)
    const account = freeLabel(beside, connection.account)
    if (account !== connection.account)
      outcome.renamed.push({ kind: 'connection', from: connection.account, to: account })
    // Beside accounts that are here already it is never the one that apps get without naming an account.
    const isDefault = connection.isDefault && home.isNew && !beside.some((other) => other.isDefault)
    connections.push(
      recordOf(connection, { id, providerId: home.providerId, account, isDefault }, planning.box),
    )
  }
  return { connections, taken }
}

function homeOf(home: { providerId: string; isNew: boolean } | undefined): ConnectionHome {
  if (home === undefined) return { kind: 'none' }
  return home.isNew ? { kind: 'new' } : { kind: 'here', providerId: home.providerId }
}

function recordOf(
  connection: BundledConnection,
  place: Pick<ConnectionRecord, 'id' | 'providerId' | 'account' | 'isDefault'>,
  box: SecretBox,
): ConnectionRecord {
  const { tokens, previous, ...rest } = connection
  const of = { id: place.id, providerId: place.providerId, generation: rest.generation }
  return {
    ...rest,
    ...place,
    sealedTokens: sealTokenSet(box, of, tokens),
    sealedPrevious: previous === null ? null : sealTokenSet(box, of, previous, 'previous'),
  }
}
