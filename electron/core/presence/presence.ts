// Decides which windows the person opened, and what a window opened by a shell has to prove before it may
// approve, grant or reveal anything.
import { randomUUID } from 'node:crypto'
import type { ActivityEntry } from '../../../shared/contract/activity.ts'
import { asKeywayError, KeywayError } from '../../../shared/contract/errors.ts'
import type {
  PresenceProof,
  PresenceView,
  ProofMethod,
  ShownCode,
} from '../../../shared/contract/presence.ts'
import { Secret } from '../../../shared/contract/secret.ts'
import type { Clock } from '../ports.ts'
import type { Vault } from '../vault/vault.ts'
import {
  createPresenceAudience,
  type PresenceAudience,
  type PresenceListener,
  type WindowSession,
} from './audience.ts'
import { createPresenceCodes } from './codes.ts'

export type { WindowSession }

/**
 * A proof ends after this time without a call that needs it, and also with a lock or the session.
 * Milliseconds.
 */
const PROOF_IDLE_MS = 60 * 60_000

export type Presence = {
  newSession(opened: WindowSession['opened']): WindowSession
  isPresent(session: WindowSession): boolean
  /**
   * Also counts as a use of the proof.
   * @throws KeywayError presence_required
   */
  demand(session: WindowSession): void
  view(session: WindowSession): PresenceView
  /** Codes that may be shown in this window; none without presence. */
  codesFor(session: WindowSession): ShownCode[]
  /**
   * Shows a code in windows with presence and on the terminal, never in this window.
   * @throws KeywayError presence_required | rate_limited
   */
  showCode(session: WindowSession): void
  /** @throws KeywayError wrong_passphrase | wrong_code | rate_limited; nothing is proven then */
  check(session: WindowSession, proof: PresenceProof): Promise<void>
  /** Applies a proof. `session` may be a new one that replaces the checked one. */
  grant(session: WindowSession): void
  /**
   * A link was created for a caller at the local socket.
   * @throws KeywayError rate_limited
   */
  linkMade(): void
  /**
   * Registers an open window; its events depend on its presence at that moment. Returns a function that
   * unregisters it.
   */
  attach(session: WindowSession, listener: PresenceListener): () => void
  /** Registers the terminal that started Keyway. Returns a function that unregisters it. */
  attachTerminal(show: (codes: ShownCode[]) => void): () => void
  close(): void
}

export type PresenceDeps = {
  clock: Clock
  activity: { append(entry: ActivityEntry): void }
  vault: Pick<Vault, 'state' | 'onChange' | 'verifyPassphrase'>
}

export function createPresence(deps: PresenceDeps): Presence {
  const { clock, vault } = deps
  const proofs = createProofs(clock)
  const isPresent = (session: WindowSession): boolean => session.opened === 'person' || proofs.has(session.id)
  const audience = createPresenceAudience({ ...deps, isPresent })
  const limits = createPresenceLimits(clock)
  const codes = createPresenceCodes(clock, (live) => audience.showCodes(live))
  const methods = (): ProofMethod[] => {
    if (hasPassphrase(vault)) return ['passphrase']
    return audience.places().length > 0 ? ['code'] : []
  }
  return {
    newSession: (opened) => ({ id: randomUUID(), opened }),
    isPresent,
    demand(session) {
      if (!isPresent(session)) throw presenceRequired(methods())
      proofs.used(session.id)
    },
    view: (session) => ({
      present: isPresent(session),
      methods: methods(),
      codeAppears: audience.places(),
      codeExpiresAt: codes.of(session.id)?.expiresAt ?? null,
    }),
    codesFor: (session) => (isPresent(session) ? codes.live() : []),
    showCode(session) {
      if (!methods().includes('code')) throw presenceRequired(methods())
      if (codes.of(session.id) === null) limits.codes()
      codes.issue(session.id)
    },
    check: (session, proof) =>
      guess(
        { limit: limits.proofs, audience, how: 'code' in proof ? 'a code' : 'a passphrase' },
        async () => {
          if ('code' in proof) codes.redeem(session.id, proof.code)
          else await vault.verifyPassphrase(new Secret(proof.passphrase))
        },
      ),
    grant: (session) => proofs.add(session.id),
    linkMade() {
      limits.links()
      audience.note('link-made', 'A link to the window was made from a shell; the window may only look')
    },
    attach: (session, listener) => audience.attach(session, listener, codes.live()),
    attachTerminal: audience.attachTerminal,
    close: endProofsAtLock(vault, proofs.clear),
  }
}

/** One attempt at a proof: limited in number, and logged whether it was right or not. */
async function guess(
  { limit, audience, how }: { limit: RateLimit; audience: PresenceAudience; how: string },
  attempt: () => Promise<void>,
): Promise<void> {
  // Counted before the result is known: a thousand concurrent guesses are a thousand guesses.
  const release = limit()
  try {
    await attempt()
  } catch (error) {
    const failure = asKeywayError(error)
    if (failure.code === 'wrong_code' || failure.code === 'wrong_passphrase')
      audience.note('refused', `A window opened from a shell gave ${how} that is not right`)
    else release()
    throw failure
  }
  release()
  audience.note('proved', `A window opened from a shell proved by ${how} that it is the person`)
}

function createProofs(clock: Clock) {
  const usedAt = new Map<string, number>()
  const has = (id: string): boolean => {
    const at = usedAt.get(id)
    if (at !== undefined && clock.monotonicMs() - at < PROOF_IDLE_MS) return true
    usedAt.delete(id)
    return false
  }
  const add = (id: string): void => void usedAt.set(id, clock.monotonicMs())
  return {
    has,
    add,
    used: (id: string): void => {
      if (has(id)) add(id)
    },
    clear: () => usedAt.clear(),
  }
}

function endProofsAtLock(vault: PresenceDeps['vault'], end: () => void): () => void {
  let was = vault.state().kind
  return vault.onChange(({ kind }) => {
    if (was === 'unlocked' && kind !== 'unlocked') end()
    was = kind
  })
}

function hasPassphrase(vault: PresenceDeps['vault']): boolean {
  const state = vault.state()
  return state.kind !== 'uninitialised' && state.wraps.includes('passphrase')
}

function presenceRequired(methods: readonly ProofMethod[]): KeywayError {
  return new KeywayError('presence_required', {
    details: { methods },
    ...(methods.length > 0
      ? {}
      : {
          nextStep:
            'Use the window that Keyway opened when it started, or start Keyway in a terminal and press Enter there.',
        }),
  })
}

// Rate limits for what a looping program could use to flood the audit log and the terminal, or to guess; for
// all windows together.

const MINUTE_MS = 60_000

/**
 * Takes one attempt and returns a function that undoes it.
 * @throws KeywayError rate_limited, with the seconds until the next attempt
 */
export type RateLimit = () => () => void

export type PresenceLimits = {
  links: RateLimit
  codes: RateLimit
  /** Only wrong attempts stay counted. */
  proofs: RateLimit
}

function createPresenceLimits(clock: Clock): PresenceLimits {
  return {
    links: createRateLimit(clock, { most: 20, withinMs: MINUTE_MS }),
    codes: createRateLimit(clock, { most: 10, withinMs: 10 * MINUTE_MS }),
    proofs: createRateLimit(clock, { most: 10, withinMs: 10 * MINUTE_MS }),
  }
}

function createRateLimit(clock: Clock, limit: { most: number; withinMs: number }): RateLimit {
  let taken: Array<{ at: number }> = []
  return () => {
    const now = clock.monotonicMs()
    taken = taken.filter(({ at }) => now - at < limit.withinMs)
    const [oldest] = taken
    if (oldest !== undefined && taken.length >= limit.most) {
      throw new KeywayError('rate_limited', {
        details: { retryAfterSeconds: Math.ceil((oldest.at + limit.withinMs - now) / 1000) },
      })
    }
    const mine = { at: now }
    taken.push(mine)
    return () => {
      taken = taken.filter((each) => each !== mine)
    }
  }
}
