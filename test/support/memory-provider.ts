// An authorization server as a data structure: codes, grants, rotating refresh tokens with reuse detection.
// It counts what a real one would hold against its client.
import { randomBytes } from 'node:crypto'
import type { Clock } from '../../electron/core/ports.ts'

export type MemoryAccount = { id: string; label: string }

type Grant = {
  account: MemoryAccount
  scopes: readonly string[]
  /** The refresh token that is taken now; older ones of the same grant are reuse. */
  refreshToken: string | null
  /** Used-up refresh token → the one that took its place. */
  used: Map<string, string>
  accessTokens: Map<string, number>
  /** Monotonic, or null while it lives. */
  endedAt: number | null
}

export type MemoryProvider = {
  account: MemoryAccount
  lifetimeSeconds: number
  tokenType: string
  issuesRefreshToken: boolean
  rotates: boolean
  authorise(scopes: readonly string[]): string
  exchange(code: string): MemoryTokens | { error: string }
  refresh(refreshToken: string): MemoryTokens | { error: string }
  /** For the app itself. */
  issue(scopes: readonly string[]): MemoryTokens
  revoke(token: string): void
  /** Whether an API of this provider would take the token now. */
  isAlive(accessToken: string): boolean
  /** Since when (monotonic) it would not; null while it would, 0 for one that never was. */
  deadSince(accessToken: string): number | null
  endAllGrants(): void
  /** A used-up refresh token came back; `successor` is the one that was given for it. */
  onReuse: ((reuse: { successor: string }) => void) | null
  readonly counts: {
    exchanges: number
    refreshes: number
    rotations: number
    reuses: number
    revocations: number
  }
}

export type MemoryTokens = {
  accessToken: string
  refreshToken: string | null
  expiresInSeconds: number
  scopes: readonly string[]
  account: MemoryAccount
}

export function createMemoryProvider(
  clock: Clock,
  random = () => randomBytes(9).toString('hex'),
): MemoryProvider {
  const grants = new Set<Grant>()
  const codes = new Map<string, Grant>()
  const byRefresh = new Map<string, Grant>()
  const counts = { exchanges: 0, refreshes: 0, rotations: 0, reuses: 0, revocations: 0 }
  const name = (kind: string): string => `made-up-${kind}-${random()}`

  const tokensOf = (grant: Grant): MemoryTokens => {
    const accessToken = name('access')
    grant.accessTokens.set(accessToken, clock.monotonicMs() + provider.lifetimeSeconds * 1000)
    return {
      accessToken,
      refreshToken: grant.refreshToken,
      expiresInSeconds: provider.lifetimeSeconds,
      scopes: grant.scopes,
      account: grant.account,
    }
  }
  const open = (scopes: readonly string[]): Grant => {
    const grant: Grant = {
      account: provider.account,
      scopes,
      refreshToken: provider.issuesRefreshToken ? name('refresh') : null,
      used: new Map(),
      accessTokens: new Map(),
      endedAt: null,
    }
    grants.add(grant)
    if (grant.refreshToken !== null) byRefresh.set(grant.refreshToken, grant)
    return grant
  }
  const endGrant = (grant: Grant): void => {
    grant.endedAt ??= clock.monotonicMs()
  }

  const provider: MemoryProvider = {
    account: { id: 'u-1', label: 'ada@example.test' },
    lifetimeSeconds: 3600,
    tokenType: 'Bearer',
    issuesRefreshToken: true,
    rotates: true,
    counts,
    onReuse: null,
    authorise(scopes) {
      const code = name('code')
      codes.set(code, open(scopes))
      return code
    },
    exchange(code) {
      counts.exchanges += 1
      const grant = codes.get(code)
      codes.delete(code)
      return grant === undefined ? { error: 'invalid_grant' } : tokensOf(grant)
    },
    refresh(refreshToken) {
      counts.refreshes += 1
      const grant = byRefresh.get(refreshToken)
      if (grant === undefined || grant.endedAt !== null) return { error: 'invalid_grant' }
      const successor = grant.used.get(refreshToken)
      if (successor !== undefined) {
        counts.reuses += 1
        provider.onReuse?.({ successor })
        endGrant(grant)
        return { error: 'invalid_grant' }
      }
      if (provider.rotates) {
        counts.rotations += 1
        grant.refreshToken = name('refresh')
        grant.used.set(refreshToken, grant.refreshToken)
        byRefresh.set(grant.refreshToken, grant)
      }
      return tokensOf(grant)
    },
    issue(scopes) {
      const grant = open(scopes)
      grant.refreshToken = null
      return tokensOf(grant)
    },
    revoke(token) {
      counts.revocations += 1
      const grant = byRefresh.get(token) ?? [...grants].find(({ accessTokens }) => accessTokens.has(token))
      if (grant !== undefined) endGrant(grant)
    },
    deadSince(accessToken) {
      const grant = [...grants].find(({ accessTokens }) => accessTokens.has(accessToken))
      const expiresAt = grant?.accessTokens.get(accessToken)
      if (grant === undefined || expiresAt === undefined) return 0
      const end = Math.min(expiresAt, grant.endedAt ?? Number.POSITIVE_INFINITY)
      return end <= clock.monotonicMs() ? end : null
    },
    isAlive: (accessToken) => provider.deadSince(accessToken) === null,
    endAllGrants: () => grants.forEach(endGrant),
  }
  return provider
}
