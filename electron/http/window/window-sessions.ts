// Sessions of windows in a browser. A cookie alone will not do: browsers send it to whatever listens on another port of this machine, so each
// session has a second half, which only the page at this very origin was given.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Clock } from '../../core/ports.ts'

/** With the port behind it: two Keyways on one machine share the browser's cookies. */
const COOKIE = 'keyway_window_'
/** A window that has not been used for this long signs itself out. */
const IDLE_MS = 12 * 60 * 60_000
const MOST = 50

export type WindowSessions = {
  /** A new session: the Set-Cookie value, and what the page has to send beside the cookie. */
  open(port: number): { cookie: string; proof: string }
  /** True when one of the Cookie headers belongs to a session with this proof; keeps it alive. */
  has(cookies: readonly string[], proof: string): boolean
}

type Session = { proofHash: Buffer; usedAt: number }

/** In memory only: a restart signs every browser out. */
export function createWindowSessions(clock: Clock): WindowSessions {
  const sessions = new Map<string, Session>()
  const prune = (): void => {
    for (const [name, { usedAt }] of sessions) {
      if (clock.monotonicMs() - usedAt > IDLE_MS || sessions.size >= MOST) sessions.delete(name)
    }
  }
  return {
    open(port) {
      prune()
      const value = randomBytes(32).toString('base64url')
      const proof = randomBytes(32).toString('base64url')
      sessions.set(hashOf(value).toString('base64'), {
        proofHash: hashOf(proof),
        usedAt: clock.monotonicMs(),
      })
      return { cookie: `${COOKIE}${port}=${value}; Path=/ui; HttpOnly; SameSite=Strict`, proof }
    },
    has(cookies, proof) {
      const proofHash = hashOf(proof)
      return cookies.flatMap(valuesIn).some((value) => {
        const session = sessions.get(hashOf(value).toString('base64'))
        if (session === undefined || clock.monotonicMs() - session.usedAt > IDLE_MS) return false
        if (!timingSafeEqual(session.proofHash, proofHash)) return false
        session.usedAt = clock.monotonicMs()
        return true
      })
    },
  }
}

function hashOf(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

/** Whatever port they were set at: the server may have moved since. */
function valuesIn(cookie: string): string[] {
  return cookie
    .split(';')
    .map((pair) => pair.trim().split('='))
    .filter(([name = '']) => name.startsWith(COOKIE))
    .map(([, value]) => value ?? '')
}
