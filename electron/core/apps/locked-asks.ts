// Who asked while the vault was locked: a short list for the lock screen, kept in memory only. Whoever has no key can fill only its last place.
import type { LockedAsk } from '../../../shared/contract/approval.ts'
import type { Clock } from '../ports.ts'

const MOST = 5

export type LockedAsks = {
  list(): LockedAsk[]
  note(ask: Omit<LockedAsk, 'at' | 'count'>): void
  clear(): void
}

export function createLockedAsks(clock: Clock): LockedAsks {
  let asks: LockedAsk[] = []
  const isSame = (one: LockedAsk, ask: Omit<LockedAsk, 'at' | 'count'>): boolean =>
    one.appId === ask.appId &&
    (one.appId === null ||
      (one.what === ask.what && one.providerName === ask.providerName && one.account === ask.account))
  return {
    list: () => asks,
    note(ask) {
      const before = asks.find((each) => isSame(each, ask))
      const count = before?.appName === ask.appName ? before.count + 1 : 1
      const latest = { ...ask, at: clock.now(), count }
      asks = [latest, ...asks.filter((each) => each !== before)].slice(0, MOST)
    },
    clear: () => void (asks = []),
  }
}
