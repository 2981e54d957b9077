import { randomBytes } from 'node:crypto'

export type Issued = {
  redirectUri: string | null
  challenge: string | null
  challengeMethod: string | null
  scope: string
  params: Readonly<Record<string, string>>
  /** On the monotonic clock. */
  givenAtMs: number
}

/** What the server has given out. */
export type OddBook = {
  readonly codes: Map<string, Issued>
  readonly access: Set<string>
  readonly refresh: Map<string, Issued>
  /** Used-up refresh tokens that came back: each is a reuse that a real provider would punish. */
  readonly reused: string[]
  readonly spent: Map<string, Issued>
  readonly revoked: Set<string>
  /** Polls of the device code so far. */
  polls: number
  make(kind: string): string
}

export function createOddBook(): OddBook {
  return {
    codes: new Map(),
    access: new Set(),
    refresh: new Map(),
    reused: [],
    spent: new Map(),
    revoked: new Set(),
    polls: 0,
    make: (kind) => `${kind}-${randomBytes(9).toString('hex')}`,
  }
}
