// Programs that ask to be paired: each has a short code for the person to compare, and a poll token that alone can fetch the key, once.
import { createHash, randomBytes, randomInt, timingSafeEqual } from 'node:crypto'
import type { AppView, PairInput } from '../../shared/contract/app.ts'
import { asKeywayError, KeywayError } from '../../shared/contract/errors.ts'
import type { Keyway } from '../core/keyway.ts'
import type { Clock } from '../core/ports.ts'

/** Without what looks alike. */
const LETTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789'
const QUESTION_MS = 60_000
/** How long a decision waits to be fetched. */
const KEEP_MS = 10 * 60_000
/** Questions shown at once: more would bury the person's own. */
const MOST_PENDING = 3

export type Decided = { app: AppView; key: string } | 'denied' | 'timed_out' | KeywayError
export type Started = { pairingId: string; pollToken: string; code: string; expiresAt: number }
export type Polled =
  | { kind: 'pending'; code: string; expiresAt: number }
  | { kind: 'decided'; decision: Decided; wants: PairInput }

export type Pairings = {
  /** @throws KeywayError rate_limited | vault_locked */
  start(wants: PairInput): Started
  /** A decision is handed out once. Null: unknown, fetched already, or not with this token. */
  poll(pairingId: string, pollToken: string): Polled | null
  /** The program has changed its mind: the question goes, and so does an app whose key nobody has. False: not with this token. */
  cancel(pairingId: string, pollToken: string): boolean
  /** Resolves when there is a decision, after `ms`, or when nobody waits any more. */
  wait(pairingId: string, ms: number, signal: AbortSignal): Promise<void>
}

type Pairing = {
  readonly tokenHash: Buffer
  readonly code: string
  readonly expiresAt: number
  readonly wants: PairInput
  decision: Decided | null
  readonly decided: Promise<void>
  readonly withdrawn: AbortController
}

export function createPairings({ approvals, apps, clock }: Keyway, closing: AbortSignal): Pairings {
  const pairings = new Map<string, Pairing>()
  const find = (pairingId: string, pollToken: string): Pairing | null => {
    const pairing = pairings.get(pairingId)
    return pairing !== undefined && timingSafeEqual(pairing.tokenHash, hashOf(pollToken)) ? pairing : null
  }
  const pending = (): number => [...pairings.values()].filter(({ decision }) => decision === null).length
  return {
    start(wants) {
      const asker = { appId: null, appName: wants.name, providerName: null, account: null }
      approvals.requireUnlocked({ ...asker, what: 'pair' })
      const code = makeCode()
      if (pending() >= MOST_PENDING) {
        throw new KeywayError('rate_limited', {
          message: 'Several programs are waiting to be paired already.',
          details: { retryAfterSeconds: QUESTION_MS / 1000 },
        })
      }
      const pairingId = randomBytes(12).toString('base64url')
      const pollToken = `kp_${randomBytes(32).toString('base64url')}`
      const expiresAt = clock.now() + QUESTION_MS
      const withdrawn = new AbortController()
      const decided = approvals
        .askPair(wants, code, AbortSignal.any([closing, withdrawn.signal]))
        .catch(asKeywayError)
        .then((decision) => {
          pairing.decision = decision
          clock.after(KEEP_MS, () => pairings.delete(pairingId))
        })
      const tokenHash = hashOf(pollToken)
      const pairing: Pairing = { tokenHash, code, expiresAt, wants, decision: null, decided, withdrawn }
      pairings.set(pairingId, pairing)
      return { pairingId, pollToken, code, expiresAt }
    },
    poll(pairingId, pollToken) {
      const pairing = find(pairingId, pollToken)
      if (pairing === null) return null
      const { decision, code, expiresAt, wants } = pairing
      if (decision === null) return { kind: 'pending', code, expiresAt }
      pairings.delete(pairingId)
      return { kind: 'decided', decision, wants }
    },
    cancel(pairingId, pollToken) {
      const pairing = find(pairingId, pollToken)
      if (pairing === null) return false
      pairings.delete(pairingId)
      pairing.withdrawn.abort()
      const { decision } = pairing
      if (decision !== null && typeof decision === 'object' && 'app' in decision) apps.remove(decision.app.id)
      return true
    },
    wait(pairingId, ms, signal) {
      const pairing = pairings.get(pairingId)
      if (pairing === undefined || ms === 0 || pairing.decision !== null) return Promise.resolve()
      return firstOf(pairing.decided, clock, ms, signal)
    },
  }
}

/** The decision, the time, or the end of the caller's patience. */
function firstOf(decided: Promise<void>, clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const over = (): void => {
      cancel()
      signal.removeEventListener('abort', over)
      resolve()
    }
    const cancel = clock.after(ms, over)
    signal.addEventListener('abort', over)
    void decided.then(over)
  })
}

function makeCode(): string {
  const letters = Array.from({ length: 6 }, () => LETTERS[randomInt(LETTERS.length)] ?? 'X').join('')
  return `${letters.slice(0, 3)}-${letters.slice(3)}`
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}
