// One-time codes that a person reads in one place and enters in another: random, valid for a short time, few
// attempts, one per session.
import { createHash, randomInt, timingSafeEqual } from 'node:crypto'
import { KeywayError } from '../../../shared/contract/errors.ts'
import type { ShownCode } from '../../../shared/contract/presence.ts'
import type { Clock } from '../ports.ts'

/** No letters that look like digits. 8 of 32 characters: 40 bits for three attempts. */
const ALPHABET = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789'
const LENGTH = 8
const LIFETIME_MS = 2 * 60_000
const ATTEMPTS = 3

export type PresenceCodes = {
  /** The code of the session; creates one if there is none. */
  issue(sessionId: string): ShownCode
  /** The codes that may be shown now. */
  live(): ShownCode[]
  of(sessionId: string): ShownCode | null
  /** @throws KeywayError wrong_code if the code is wrong; after three attempts the code is invalid */
  redeem(sessionId: string, typed: string): void
  drop(sessionId: string): void
}

type Issued = ShownCode & { hash: Buffer; attemptsLeft: number }

/** `onChange` receives the codes that may be shown now. */
export function createPresenceCodes(clock: Clock, onChange: (live: ShownCode[]) => void): PresenceCodes {
  const issued = new Map<string, Issued>()
  const live = (): ShownCode[] => [...issued.values()].filter(isLive).map(shown)
  const isLive = ({ expiresAt }: Issued): boolean => clock.now() < expiresAt
  const drop = (sessionId: string): void => {
    if (issued.delete(sessionId)) onChange(live())
  }
  const find = (sessionId: string): Issued | null => {
    const found = issued.get(sessionId)
    if (found !== undefined && isLive(found)) return found
    drop(sessionId)
    return null
  }
  return {
    issue(sessionId) {
      const known = find(sessionId)
      if (known !== null) return shown(known)
      const code = Array.from({ length: LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')
      const entry: Issued = {
        // Not the session id, which must stay private.
        id: hashOf(`${sessionId}:${code}`).toString('base64url').slice(0, 12),
        code: `${code.slice(0, 4)}-${code.slice(4)}`,
        expiresAt: clock.now() + LIFETIME_MS,
        hash: hashOf(code),
        attemptsLeft: ATTEMPTS,
      }
      issued.set(sessionId, entry)
      clock.after(LIFETIME_MS, () => void find(sessionId))
      onChange(live())
      return shown(entry)
    },
    live,
    of: (sessionId) => {
      const found = find(sessionId)
      return found === null ? null : shown(found)
    },
    redeem(sessionId, typed) {
      const found = find(sessionId)
      if (found === null) throw noCode()
      found.attemptsLeft -= 1
      const isRight = timingSafeEqual(found.hash, hashOf(normalized(typed)))
      if (isRight || found.attemptsLeft === 0) drop(sessionId)
      if (!isRight) throw wrongCode(found.attemptsLeft)
    },
    drop,
  }
}

const shown = ({ id, code, expiresAt }: Issued): ShownCode => ({ id, code, expiresAt })
const hashOf = (text: string): Buffer => createHash('sha256').update(text).digest()
const normalized = (typed: string): string => typed.toUpperCase().replaceAll(/[\s-]/g, '')

const noCode = (): KeywayError =>
  new KeywayError('wrong_code', {
    message: 'There is no code for this window, or it has run out.',
    nextStep: 'Show a new code and type it within two minutes.',
    details: { field: 'code' },
  })

const wrongCode = (attemptsLeft: number): KeywayError =>
  new KeywayError('wrong_code', {
    nextStep: attemptsLeft === 0 ? 'Show a new code and type that one.' : 'Compare it and type it again.',
    details: { field: 'code', attemptsLeft },
  })
