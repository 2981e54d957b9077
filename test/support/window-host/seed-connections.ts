import type { ConnectionView, LifeEvent } from '../../../shared/contract/connection.ts'
import type { ProviderView } from '../../../shared/contract/provider.ts'
import { probeOf } from '../../../electron/core/connections/probe.ts'
import { proxyPolicy } from '../../../electron/core/connections/proxy-policy.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

type Sketch = {
  id: string
  provider: ProviderView
  account: string
  identity?: string
  minutesLeft?: number | null
  lifetimeMinutes?: number
  status?: ConnectionView['lastOutcome']['status']
  code?: string
  message?: string
  nextStep?: string
  missing?: string[]
  isDefault?: boolean
  usedMinutesAgo?: number | null
  refreshToken?: boolean
  stopsInMinutes?: number
  /** Null: nothing has shown yet that its token works. */
  verifiedMinutesAgo?: number | null
}

/** A connection as the core would show it, from the few things that matter to a test. */
export function connectionOf(sketch: Sketch, now: number): ConnectionView {
  const lifetime = (sketch.lifetimeMinutes ?? 60) * MINUTE
  const left = sketch.minutesLeft === undefined ? 42 : sketch.minutesLeft
  const expiresAt = left === null ? null : now + left * MINUTE
  const issuedAt = expiresAt === null ? now - 2 * HOUR : expiresAt - lifetime
  const refresh = sketch.refreshToken ?? true
  const status = sketch.status ?? 'ok'
  return {
    id: sketch.id,
    providerId: sketch.provider.id,
    providerSlug: sketch.provider.slug,
    providerName: sketch.provider.name,
    account: sketch.account,
    isDefault: sketch.isDefault ?? false,
    identity: { id: `id-${sketch.id}`, label: sketch.identity ?? null },
    how: 'authorization_code',
    requestedScopes: [...sketch.provider.scopes, ...(sketch.missing ?? [])],
    grantedScopes: sketch.provider.scopes,
    hasRefreshToken: refresh,
    generation: 17,
    issuedAt,
    expiresAt,
    lifetimeSeconds: expiresAt === null ? null : lifetime / 1000,
    refreshTokenExpiresAt: null,
    values: {},
    browser: null,
    lastOutcome: {
      status,
      code: sketch.code ?? null,
      message: sketch.message ?? null,
      nextStep: sketch.nextStep ?? null,
      at: now - 3 * MINUTE,
      retryAt: status === 'retrying' ? now + 4 * MINUTE : null,
    },
    createdAt: now - 40 * DAY,
    updatedAt: now - 3 * MINUTE,
    lastAuthorizedAt: now - 12 * DAY,
    lastUsedAt: sketch.usedMinutesAgo === null ? null : now - (sketch.usedMinutesAgo ?? 6) * MINUTE,
    verifiedAt: sketch.verifiedMinutesAgo === null ? null : now - (sketch.verifiedMinutesAgo ?? 6) * MINUTE,
    scopesConfirmed: sketch.verifiedMinutesAgo !== null,
    life: lifeOf(issuedAt, lifetime, expiresAt, { status, now }),
    nextRefreshAt: refresh && expiresAt !== null && status === 'ok' ? expiresAt - 5 * MINUTE : null,
    apiBaseUrl: sketch.provider.spec.api.baseUrl,
    probe: probeOf(sketch.provider, sketch.provider.spec, { values: {} }, policyOf(sketch.provider)),
    missingScopes: sketch.missing ?? [],
    stopsWorkingAt: sketch.stopsInMinutes === undefined ? null : now + sketch.stopsInMinutes * MINUTE,
  }
}

const policyOf = (provider: ProviderView) => proxyPolicy(provider, provider.spec, { values: {} })

function lifeOf(
  issuedAt: number,
  lifetime: number,
  expiresAt: number | null,
  { status, now }: { status: string; now: number },
): LifeEvent[] {
  const blank = {
    fingerprint: null,
    refreshFingerprint: null,
    expiresAt: null,
    code: null,
    message: null,
    by: null,
  }
  const events: LifeEvent[] = []
  for (let back = 5; back >= 0; back -= 1) {
    const at = issuedAt - back * lifetime * 0.93
    const kind = back === 5 ? 'connected' : back % 2 === 0 ? 'refreshed' : 'rotated'
    const fingerprint = (0x9f3a_11c7_02b4 + back * 0x1_3d7a_91).toString(16).slice(0, 12)
    events.push({
      ...blank,
      at,
      kind,
      fingerprint,
      refreshFingerprint: kind === 'refreshed' ? null : '41be07d2a9c3',
      expiresAt: expiresAt === null ? null : at + lifetime,
    })
    for (const share of [0.2, 0.31, 0.55, 0.72]) {
      const used = at + lifetime * share * 0.93
      if (used < now)
        events.push({ ...blank, at: used, kind: 'used', by: share < 0.5 ? 'Backup script' : 'Notes agent' })
    }
  }
  if (status !== 'ok') {
    events.push({
      ...blank,
      at: now - 3 * MINUTE,
      kind: status === 'retrying' ? 'retrying' : 'failed',
      code: status === 'retrying' ? 'retrying' : 'token_expired',
      message:
        status === 'retrying'
          ? 'The provider answered 503.'
          : 'The provider ended the grant (invalid_grant).',
    })
  }
  return events
}
