// Wrong keys are answered later and later, per peer. Only the refusal waits: a valid key is never delayed, so
// guessing cannot lock anybody out.
import type { Clock } from '../../core/ports.ts'

const FREE_GUESSES = 5
const FIRST_DELAY_MS = 25
const LONGEST_DELAY_MS = 1000
const FORGET_AFTER_MS = 60_000
/** More refusals than these at once would only hold memory; further ones are told to slow down. */
const MOST_WAITING = 64
const MOST_PEERS = 1000

export type GuessDelay = {
  /** Notes a wrong key and says how long its refusal has to wait; null: too many are waiting already. */
  wrong(peer: string): { waitMs: number; done: () => void } | null
}

export function createGuessDelay(clock: Clock): GuessDelay {
  const peers = new Map<string, { guesses: number; lastAt: number; waiting: number }>()
  const forgetOld = (now: number): void => {
    for (const [peer, { lastAt, waiting }] of peers) {
      if (waiting === 0 && now - lastAt > FORGET_AFTER_MS) peers.delete(peer)
    }
  }
  return {
    wrong(peer) {
      const now = clock.monotonicMs()
      if (peers.size >= MOST_PEERS) forgetOld(now)
      const known = peers.get(peer)
      const fresh = known === undefined || now - known.lastAt > FORGET_AFTER_MS
      const state = fresh ? { guesses: 0, lastAt: now, waiting: known?.waiting ?? 0 } : known
      peers.set(peer, state)
      state.guesses += 1
      state.lastAt = now
      if (state.waiting >= MOST_WAITING) return null
      const beyond = state.guesses - FREE_GUESSES
      const waitMs =
        beyond <= 0 ? 0 : Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(beyond - 1, 10))
      state.waiting += 1
      return { waitMs, done: () => (state.waiting -= 1) }
    },
  }
}
