// Programs that ask to be paired: each has a short code for the person to compare, and a poll token that alone can fetch the key, once.
import { createHash, randomBytes, randomInt, timingSafeEqual } from 'node:crypto'
import type { AppView, PairInput } from '../../shared/contract/app.ts'
import { asKeywayError, KeywayError } from '../../shared/contract/errors.ts'
import type { Keyway } from '../core/keyway.ts'

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
  { kind: 'pending'; code: string; expiresAt: number } | { kind: 'decided'; decision: Decided }

export type Pairings = {
  /** @throws KeywayError rate_limited */
  start(wants: PairInput, code: string | undefined): Started
  /** A decision is handed out once. Null: unknown, fetched already, or not with this token. */
  poll(pairingId: string, pollToken: string): Polled | null
  /** Resolves when there is a decision, after `ms`, or when nobody waits any more. */
  wait(pairingId: string, ms: number, signal: AbortSignal): Promise<void>
}

type Pairing = {
  readonly tokenHash: Buffer
  readonly code: string
  readonly expiresAt: number
  decision: Decided | null
  readonly decided: Promise<void>
}

export function createPairings({ approvals, clock }: Keyway, closing: AbortSignal): Pairings {
  const pairings = new Map<string, Pairing>()
  const pending = (): number => [...pairings.values()].filter(({ decision }) => decision === null).length
  return {
    start(wants, code = makeCode()) {
      if (pending() >= MOST_PENDING) {
        throw new KeywayError('rate_limited', {
          message: 'Several programs are waiting to be paired already.',
          details: { retryAfterSeconds: QUESTION_MS / 1000 },
        })
      }
      const pairingId = randomBytes(12).toString('base64url')
      const pollToken = `kp_${randomBytes(32).toString('base64url')}`
      const expiresAt = clock.now() + QUESTION_MS
      const decided = approvals
        .askPair(wants, code, closing)
        .catch(asKeywayError)
        .then((decision) => {
          pairing.decision = decision
          clock.after(KEEP_MS, () => pairings.delete(pairingId))
        })
      const pairing: Pairing = { tokenHash: hashOf(pollToken), code, expiresAt, decision: null, decided }
      pairings.set(pairingId, pairing)
      return { pairingId, pollToken, code, expiresAt }
    },
    poll(pairingId, pollToken) {
      const pairing = pairings.get(pairingId)
      if (pairing === undefined || !timingSafeEqual(pairing.tokenHash, hashOf(pollToken))) return null
      const { decision, code, expiresAt } = pairing
      if (decision === null) return { kind: 'pending', code, expiresAt }
      pairings.delete(pairingId)
      return { kind: 'decided', decision }
    },
    wait(pairingId, ms, signal) {
      const pairing = pairings.get(pairingId)
      if (pairing === undefined || ms === 0 || pairing.decision !== null) return Promise.resolve()
      return new Promise((resolve) => {
        const over = (): void => {
          cancel()
          signal.removeEventListener('abort', over)
          resolve()
        }
        const cancel = clock.after(ms, over)
        signal.addEventListener('abort', over)
        void pairing.decided.then(over)
      })
    },
  }
}

function makeCode(): string {
  const letters = Array.from({ length: 6 }, () => LETTERS[randomInt(LETTERS.length)] ?? 'X').join('')
  return `${letters.slice(0, 3)}-${letters.slice(3)}`
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}
