// Tickets of one use: connect links, the headless window's launch link, pairing polls. They are in memory
// only and end with a restart.
import { createHash, randomBytes } from 'node:crypto'
import type { Clock } from '../../core/ports.ts'

const MOST = 10_000
/**
 * Of one owner's, its own oldest gives way: refused calls bring a link each, and none of them may void
 * another's.
 */
const MOST_OF_ONE_OWNER = 200

export type OneTimeTickets<Value> = {
  /** 256 random bits, base64url. */
  issue(value: Value, lifetimeMs: number, owner?: string): { ticket: string; expiresAt: number }
  /** What a ticket stands for, without using it up; null when it is unknown, used or too old. */
  look(ticket: string): Value | null
  /** The same, and it never works again. */
  take(ticket: string): Value | null
}

export function createOneTimeTickets<Value>(clock: Clock): OneTimeTickets<Value> {
  // Keyed by hash: looking one up then takes the same time whatever part of a guess is right.
  const open = new Map<string, { value: Value; expiresAt: number; owner: string }>()
  const nameOf = (ticket: string): string => createHash('sha256').update(ticket).digest('base64')
  const prune = (): void => {
    for (const [name, { expiresAt }] of open) {
      if (clock.now() < expiresAt && open.size < MOST) break
      open.delete(name)
    }
  }
  const makeRoomFor = (owner: string): void => {
    let oldest: string | null = null
    let own = 0
    for (const [name, each] of open) {
      if (each.owner !== owner) continue
      oldest ??= name
      own += 1
    }
    if (oldest !== null && own >= MOST_OF_ONE_OWNER) open.delete(oldest)
  }
  const look = (ticket: string): Value | null => {
    const found = open.get(nameOf(ticket))
    return found !== undefined && clock.now() < found.expiresAt ? found.value : null
  }
  return {
    issue(value, lifetimeMs, owner = '') {
      prune()
      if (owner !== '') makeRoomFor(owner)
      const ticket = randomBytes(32).toString('base64url')
      const expiresAt = clock.now() + lifetimeMs
      open.set(nameOf(ticket), { value, expiresAt, owner })
      return { ticket, expiresAt }
    },
    look,
    take(ticket) {
      const value = look(ticket)
      open.delete(nameOf(ticket))
      return value
    },
  }
}
