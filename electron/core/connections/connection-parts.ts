// Everything about connections, put together: tokens, sign-ins, and what the window and the API do with them.
import type { ConnectionRecord } from '../../../shared/contract/connection.ts'
import { KeywayError } from '../../../shared/contract/errors.ts'
import type { ProviderRecord } from '../../../shared/contract/provider.ts'
import type { Connections } from '../keyway.ts'
import type { Browser } from '../ports.ts'
import { resolveProvider, type PlanRedirect } from '../providers/create-providers.ts'
import { createTurns } from '../storage/by-turns.ts'
import { createConnections, revokeDisconnected } from './create-connections.ts'
import { createFlows, type FlowRegistry } from './flows/create-flows.ts'
import type { FlowDeps } from './flows/flow-deps.ts'
import { createFlowBook } from './flows/flow-book.ts'
import { giveBack } from './flows/give-back.ts'
import { endSuperseded } from './superseded-grant.ts'
import { createTokenParts, type TokenParts, type TokenPartsDeps } from './token-parts.ts'

/** As long as a refresh may take. */
const SETTLE_MS = 21_000

export type ConnectionPartsDeps = TokenPartsDeps & {
  browser: Browser
  planRedirect: PlanRedirect
  home: FlowDeps['home']
  openDoor: FlowDeps['openDoor']
  keepClient: FlowDeps['keepClient']
  onFlowsChanged: () => void
}

export type ConnectionParts = Omit<TokenParts, 'providerChanged' | 'usage'> & {
  connections: Connections
  flows: FlowRegistry
  providerChanged(change: { before: ProviderRecord | null; after: ProviderRecord | null }): void
  /** Disconnects all of a provider's; resolves with how many there were. */
  removeOf(providerId: string): Promise<number>
}

export function createConnectionParts(deps: ConnectionPartsDeps): ConnectionParts {
  const { providers, box } = deps
  const { usage, ...parts } = createTokenParts(deps)
  const { book, tokens, background } = parts
  const shared = { ...deps, book, inProviderTurn: createTurns() }
  const resolve = (provider: ProviderRecord) => resolveProvider(providers, box, provider)

  const onSignedIn = (record: ConnectionRecord, before: ConnectionRecord | null): void => {
    tokens.replaced(record.id)
    background.changed(record.id)
    if (before !== null) void endSuperseded(shared, { before, after: record })
  }
  const flows = createFlows({
    ...shared,
    flows: createFlowBook({
      clock: deps.clock,
      onChanged: deps.onFlowsChanged,
      onDropped: (held) => void giveBack(shared, held),
    }),
    resolve,
    settled: (id) => tokens.settled(id, SETTLE_MS),
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
      const ids = book.ofProvider(providerId).map(({ id }) => id)
      const isAnyLeft =
        ids.length > 0 || book.disconnected().some((record) => record.providerId === providerId)
      if (isAnyLeft && !box.unlocked) throw stillNeeded()
      flows.cancelOf({ providerId })
      await revokeDisconnected(shared, providerId)
      await Promise.all(ids.map((id) => connections.disconnect(id)))
      return ids.length
    },
  }
}

/** Without its addresses and its client, nothing of it could be revoked any more. */
const stillNeeded = (): KeywayError =>
  new KeywayError('vault_locked', {
    message: 'The provider is still needed to revoke what was granted, and the vault is locked.',
    nextStep: 'Unlock the vault first. Disconnecting single accounts works while it is locked.',
  })
