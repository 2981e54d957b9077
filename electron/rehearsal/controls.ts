// The switches of a running rehearsal: the same set for code in this process and for the control endpoints.
import type { AccountBook } from './accounts.ts'
import type { BehaviourSwitch, RehearsalBehaviour, RehearsalBehaviourChange } from './behaviour.ts'
import type { Listener } from './listener.ts'
import type { GrantFilter, RehearsalGrant, TokenStore } from './token-store.ts'
import type { RehearsalStats, VisitLog } from './visits.ts'

/** Which grants are meant; what is absent does not narrow. `account` is an address or a `sub`. */
export type RehearsalGrantFilter = { account?: string; clientId?: string; grantId?: string }

export type RehearsalControls = {
  /** What is in force, with the counts of the faults that are left. */
  behaviour(): RehearsalBehaviour
  /**
   * Changes the named parts from the next request on; resolves when an outage has begun or ended.
   * @throws KeywayError `invalid_request` (nothing is changed), `port_busy` when the port cannot be had back after an outage.
   */
  behave(change: RehearsalBehaviourChange): Promise<RehearsalBehaviour>
  /** Back to a provider without quirks. */
  behaveNormally(): Promise<RehearsalBehaviour>
  stats(): RehearsalStats
  clearStats(): void
  grants(): Array<RehearsalGrant & { account: string | null }>
  /** Ends grants with all their tokens, from outside, as on a provider's account page. Gives how many. */
  revokeGrants(filter?: RehearsalGrantFilter): number
  /** Makes access tokens stop working now, before the time they were given. Gives how many. */
  expireAccessTokens(filter?: RehearsalGrantFilter): number
}

export type ControlParts = {
  accounts: AccountBook
  behaviour: BehaviourSwitch
  listener: Listener
  log: VisitLog
  store: TokenStore
}

/** `close` forgets an outage that would end by itself. */
export function createControls(parts: ControlParts): { controls: RehearsalControls; close: () => void } {
  const { accounts, behaviour, listener, log, store } = parts
  let comeBack: NodeJS.Timeout | null = null

  function forgetComeBack(): void {
    if (comeBack !== null) clearTimeout(comeBack)
    comeBack = null
  }

  async function apply(now: RehearsalBehaviour): Promise<RehearsalBehaviour> {
    forgetComeBack()
    if (now.outage.kind === 'none') {
      await listener.accept()
      return now
    }
    await listener.refuse()
    if (now.outage.forMs !== undefined) {
      comeBack = setTimeout(() => {
        // A port that somebody took meanwhile is told in the statistics; there is nobody here to throw to.
        apply(behaviour.change({ outage: { kind: 'none' } })).catch((failure: unknown) => log.failed(failure))
      }, now.outage.forMs)
      comeBack.unref()
    }
    return now
  }

  const storeFilter = (filter: RehearsalGrantFilter = {}): GrantFilter => ({
    ...(filter.account === undefined ? {} : { accountId: idOf(accounts, filter.account) }),
    ...(filter.clientId === undefined ? {} : { clientId: filter.clientId }),
    ...(filter.grantId === undefined ? {} : { grantId: filter.grantId }),
  })

  return {
    close: forgetComeBack,
    controls: {
      behaviour: () => structuredClone(behaviour.now()),
      behave: async (change) => apply(behaviour.change(change)),
      behaveNormally: () => apply(behaviour.reset()),
      stats: () => log.stats(),
      clearStats: () => log.clear(),
      grants: () =>
        store
          .grants()
          .map((grant) => Object.assign(grant, { account: accounts.byId(grant.accountId)?.email ?? null })),
      revokeGrants: (filter) => store.revokeGrants(storeFilter(filter)),
      expireAccessTokens: (filter) => store.expireAccessTokens(storeFilter(filter)),
    },
  }
}

const idOf = (accounts: AccountBook, account: string): string =>
  accounts.byId(account)?.id ?? accounts.byEmail(account)?.id ?? account
