import { createHash, randomBytes } from 'node:crypto'
import type { Clock } from '../../core/ports.ts'

const COOKIE = 'keyway_window'
/** A window that has not been used for this long signs itself out. */
const IDLE_MS = 12 * 60 * 60_000
const MOST = 50

export type WindowSessions = {
  /** The Set-Cookie value of a new session. */
  open(): string
  /** True when one of the Cookie headers belongs to a session; keeps it alive. */
  has(cookies: readonly string[]): boolean
}

/** In memory only: a restart signs every browser out. */
export function createWindowSessions(clock: Clock): WindowSessions {
  const usedAt = new Map<string, number>()
  const nameOf = (value: string): string => createHash('sha256').update(value).digest('base64')
  const prune = (): void => {
    for (const [name, at] of usedAt) {
      if (clock.monotonicMs() - at > IDLE_MS || usedAt.size >= MOST) usedAt.delete(name)
    }
  }
  return {
    open() {
      prune()
      const value = randomBytes(32).toString('base64url')
      usedAt.set(nameOf(value), clock.monotonicMs())
      return `${COOKIE}=${value}; Path=/ui; HttpOnly; SameSite=Strict`
    },
    has(cookies) {
      return cookies.flatMap(valuesIn).some((value) => {
        const name = nameOf(value)
        const at = usedAt.get(name)
        if (at === undefined || clock.monotonicMs() - at > IDLE_MS) return false
        usedAt.set(name, clock.monotonicMs())
        return true
      })
    },
  }
}

function valuesIn(cookie: string): string[] {
  return cookie
    .split(';')
    .map((pair) => pair.trim().split('='))
    .filter(([name]) => name === COOKIE)
    .map(([, value]) => value ?? '')
}
