// Programs that ask to be paired: each has a short code for the person to compare, and a poll token that
// alone can fetch the key, once.
import { createHash, randomBytes, randomInt, timingSafeEqual } from 'node:crypto'
import type { AppView, PairInput } from '../../../shared/contract/app.ts'
import { asKeywayError, KeywayError } from '../../../shared/contract/errors.ts'
import type { Keyway } from '../../core/keyway.ts'
import type { Clock } from '../../core/ports.ts'

/** Without what looks alike. */
const LETTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789'
const QUESTION_MS = 60_000
/** How long a decision waits to be fetched. */
const KEEP_MS = 10 * 60_000
/**
 * Questions shown at once, of callers at the port and of those at the local socket, which only this user's
 * programs reach. Who asks when there are so many takes the place of another, so nobody can keep everybody
 * else from asking; see `displaced`.
 */
const MOST_PENDING = 5
/** Decisions without a key that wait to be fetched. */
const MOST_KEPT = 200

const NOBODY = { appId: null, providerName: null, account: null }

export type Decided = { app: AppView; key: string } | 'denied' | 'timed_out' | KeywayError
export type Started = { pairingId: string; pollToken: string; code: string; expiresAt: number }
export type Polled =
  | { kind: 'pending'; code: string; expiresAt: number }
  | { kind: 'decided'; decision: Decided; wants: PairInput }

export type Pairings = {
  /** `connection`: whose bytes the request came with. @throws KeywayError vault_locked */
  start(wants: PairInput, connection: PeerConnection): Started
  /** A decision is handed out once. Null: unknown, fetched already, or not with this token. */
  poll(pairingId: string, pollToken: string): Polled | null
  /**
   * The program has changed its mind: the question goes, and so does an app whose key nobody has. False: not
   * with this token.
   */
  cancel(pairingId: string, pollToken: string): boolean
  /** Resolves when there is a decision, after `ms`, or when nobody waits any more. */
  wait(pairingId: string, ms: number, signal: AbortSignal): Promise<void>
}

/** A socket; one without an address is of the local socket. */
export type PeerConnection = { readonly remoteAddress?: string | undefined }

type Pairing = {
  readonly id: string
  readonly connection: PeerConnection
  /** Asked for at the local socket. */
  readonly isLocal: boolean
  readonly tokenHash: Buffer
  readonly code: string
  readonly expiresAt: number
  readonly wants: PairInput
  decision: Decided | null
  readonly decided: Promise<void>
  readonly withdrawn: AbortController
  /** Polls that are open. */
  waiting: number
  isDisplaced: boolean
}

/** `onDecided`: the poll token of that pairing stands for nobody any more. */
export function createPairings(
  { approvals, apps, clock }: Keyway,
  closing: AbortSignal,
  onDecided: (pairingId: string) => void,
): Pairings {
  const pairings = new Map<string, Pairing>()
  const find = (pairingId: string, pollToken: string): Pairing | null => {
    const pairing = pairings.get(pairingId)
    return pairing !== undefined && isTokenOf(pairing, pollToken) ? pairing : null
  }
  const decide = (pairing: Pairing, decision: Decided): void => {
    pairing.decision = pairing.isDisplaced ? displacedFailure() : decision
    onDecided(pairing.id)
    if (appOf(pairing) !== null) clock.after(KEEP_MS, () => pairings.delete(pairing.id))
    forgetOld(pairings)
  }
  return {
    start(wants, connection) {
      approvals.requireUnlocked({ ...NOBODY, appName: wants.name, what: 'pair' })
      displaceFor([...pairings.values()], wants.name, connection)
      const pollToken = `kp_${randomBytes(32).toString('base64url')}`
      const fresh = newPairing(wants, connection, { pollToken, expiresAt: clock.now() + QUESTION_MS })
      const decided = approvals
        .requestPairing(wants, fresh.code, AbortSignal.any([closing, fresh.withdrawn.signal]))
        .catch(asKeywayError)
        .then((decision) => decide(pairing, decision))
      const pairing: Pairing = { ...fresh, decided }
      pairings.set(pairing.id, pairing)
      return { pairingId: pairing.id, pollToken, code: pairing.code, expiresAt: pairing.expiresAt }
    },
    poll(pairingId, pollToken) {
      const pairing = find(pairingId, pollToken)
      if (pairing === null) return null
      const { decision, wants } = pairing
      if (decision === null) return { kind: 'pending', code: pairing.code, expiresAt: pairing.expiresAt }
      pairings.delete(pairingId)
      return { kind: 'decided', decision, wants }
    },
    cancel(pairingId, pollToken) {
      const pairing = find(pairingId, pollToken)
      if (pairing === null) return false
      pairings.delete(pairingId)
      onDecided(pairingId)
      pairing.withdrawn.abort()
      const app = appOf(pairing)
      if (app !== null) apps.remove(app.id)
      return true
    },
    wait(pairingId, ms, signal) {
      const pairing = pairings.get(pairingId)
      if (pairing === undefined || ms === 0 || pairing.decision !== null) return Promise.resolve()
      pairing.waiting += 1
      return firstOf(pairing.decided, clock, ms, signal).finally(() => (pairing.waiting -= 1))
    },
  }
}

function newPairing(
  wants: PairInput,
  connection: PeerConnection,
  { pollToken, expiresAt }: { pollToken: string; expiresAt: number },
): Omit<Pairing, 'decided'> {
  return {
    id: randomBytes(12).toString('base64url'),
    wants,
    connection,
    isLocal: isLocal(connection),
    tokenHash: hashOf(pollToken),
    code: makeCode(),
    expiresAt,
    withdrawn: new AbortController(),
    decision: null,
    waiting: 0,
    isDisplaced: false,
  }
}

function forgetOld(pairings: Map<string, Pairing>): void {
  const keyless = [...pairings.values()].filter((one) => one.decision !== null && appOf(one) === null)
  for (const { id } of keyless.slice(0, -MOST_KEPT)) pairings.delete(id)
}

const isTokenOf = ({ tokenHash }: Pairing, token: string): boolean =>
  timingSafeEqual(tokenHash, hashOf(token))

const isLocal = ({ remoteAddress }: PeerConnection): boolean => remoteAddress === undefined

/** Of a pairing whose key waits to be fetched. */
const appOf = ({ decision }: Pairing): AppView | null =>
  decision !== null && typeof decision === 'object' && 'app' in decision ? decision.app : null

/** When there are as many as the person may see, one of them gives way. */
function displaceFor(all: readonly Pairing[], name: string, connection: PeerConnection): void {
  const pending = all.filter(
    (one) => one.decision === null && !one.isDisplaced && one.isLocal === isLocal(connection),
  )
  const displaced = pending.length < MOST_PENDING ? undefined : leastOf(pending, name, connection)
  if (displaced === undefined) return
  displaced.isDisplaced = true
  displaced.withdrawn.abort()
}

/**
 * Whoever asks again and again gives up its own place first; then one that nobody waits for; then the oldest.
 */
function leastOf(pending: readonly Pairing[], name: string, connection: PeerConnection): Pairing | undefined {
  return (
    pending.find((one) => one.connection === connection) ??
    pending.find(({ wants }) => wants.name === name) ??
    pending.find(({ waiting }) => waiting === 0) ??
    pending[0]
  )
}

const displacedFailure = (): KeywayError =>
  new KeywayError('approval_timeout', {
    message: 'Other programs asked to be paired meanwhile, so this question was taken away unanswered.',
    nextStep: 'Ask to be paired again.',
  })

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
