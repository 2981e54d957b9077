import { randomBytes } from 'node:crypto'
import type { ServerRules, Reply } from './server-rules.ts'

export type ServerParts = { rules: ServerRules; book: ServerState; origin: string }

/** A standard failure, or as the rules shape it. */
export function failed({ rules }: ServerParts, code: string, description: string): Reply {
  if (rules.failure !== undefined) return rules.failure(code, description)
  const status = code === 'invalid_client' ? 401 : 400
  return { status, body: { error: code, error_description: description } }
}

/** The first thing that is wrong with the parameters, or null. */
export function wrongWith(
  have: Readonly<Record<string, string>>,
  rules: { required?: ServerRules['apiRequired']; forbidden?: readonly string[] | undefined },
): string | null {
  for (const [name, wanted] of Object.entries(rules.required ?? {})) {
    const value = have[name]
    if (value === undefined) return `${name} is missing`
    const fits = wanted === true || (typeof wanted === 'string' ? value === wanted : wanted.test(value))
    if (!fits) return `${name} is ${value}`
  }
  const extra = (rules.forbidden ?? []).find((name) => name in have)
  return extra === undefined ? null : `${extra} is not allowed`
}

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
export type ServerState = {
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

export function createServerState(): ServerState {
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
