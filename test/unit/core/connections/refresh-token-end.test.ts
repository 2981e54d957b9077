// The end of a refresh token that the response does not state: by the provider's usual lifetime.
import { describe, expect, it } from 'vitest'
import { connectionAnswer } from '../../../../electron/http/connections/views.ts'
import type { TokenOutcome } from '../../../../electron/core/oauth/types.ts'
import type { ProviderSpecInput } from '../../../../shared/contract/provider-spec.ts'
import { connectionState } from '../../../../shared/domain/connection-state.ts'
import { settle } from '../../../support/settle.ts'
import { startConnected } from '../../../support/start-keyway.ts'
import { createMemoryProvider } from '../../../support/memory-provider.ts'
import { createFakeClock } from '../../../support/fake-clock.ts'

const DAY_MS = 86_400_000
const TEN_DAYS = 10 * 86_400

async function connected(refresh: ProviderSpecInput['refresh'], rotates = true) {
  const clock = createFakeClock()
  const server = createMemoryProvider(clock)
  server.rotates = rotates
  const started = await startConnected({ clock, server, provider: { spec: { refresh } } })
  const view = () => started.keyway.connections.get(started.connectionId)!
  const signedInAt = clock.now()
  const refreshAfter = async (ms: number): Promise<void> => {
    clock.advance(ms)
    await settle()
    await started.keyway.connections.refresh(started.connectionId)
  }
  return { ...started, clock, view, signedInAt, refreshAfter }
}

describe('the end of a refresh token by the usual lifetime of its provider', () => {
  it('starts again with each new token', async () => {
    const { view, signedInAt, refreshAfter, clock } = await connected({
      refreshTokenLifetimeSeconds: TEN_DAYS,
    })
    expect(view().refreshTokenExpiresAt).toBe(signedInAt + 10 * DAY_MS)
    expect(view().stopsWorkingAt).toBe(signedInAt + 10 * DAY_MS)
    const { signInBefore } = connectionAnswer(view()).data
    expect(Date.parse(signInBefore ?? '')).toBe(Math.floor((signedInAt + 10 * DAY_MS) / 1000) * 1000)
    await refreshAfter(DAY_MS)
    expect(view().refreshTokenExpiresAt).toBe(clock.now() + 10 * DAY_MS)
  })

  it('stays where the token stays and has a fixed end', async () => {
    const { view, signedInAt, refreshAfter, clock } = await connected(
      { refreshTokenLifetimeSeconds: TEN_DAYS, rotates: 'no' },
      false,
    )
    await refreshAfter(DAY_MS)
    expect(view().refreshTokenExpiresAt).toBe(signedInAt + 10 * DAY_MS)
    expect(connectionState(view(), clock.now()).kind).toBe('verified')
    await refreshAfter(7 * DAY_MS)
    expect(connectionState(view(), clock.now())).toMatchObject({
      kind: 'ends',
      end: { at: signedInAt + 10 * DAY_MS, because: 'refresh_token_expires' },
    })
  })

  it('starts again with each use where it is an idle limit, and is used before it', async () => {
    const { view, refreshAfter, clock } = await connected(
      { refreshTokenLifetimeSeconds: TEN_DAYS, keepAliveSeconds: 4 * 86_400, rotates: 'no' },
      false,
    )
    await refreshAfter(DAY_MS)
    expect(view().refreshTokenExpiresAt).toBe(clock.now() + 10 * DAY_MS)
    expect(view().nextRefreshAt ?? Infinity).toBeLessThan(clock.now() + 4 * DAY_MS)
  })

  it('is that of the response where it states one', async () => {
    const { view, refreshAfter, clock, oauth } = await connected({ refreshTokenLifetimeSeconds: TEN_DAYS })
    oauth.loss = (outcome): TokenOutcome =>
      outcome.kind === 'ok'
        ? { kind: 'ok', response: { ...outcome.response, refreshTokenExpiresAt: clock.now() + DAY_MS } }
        : outcome
    await refreshAfter(DAY_MS / 2)
    expect(view().refreshTokenExpiresAt).toBe(clock.now() + DAY_MS)
    expect(connectionState(view(), clock.now()).kind).toBe('ends')
  })

  it('is none without a refresh token', async () => {
    const clock = createFakeClock()
    const server = createMemoryProvider(clock)
    server.issuesRefreshToken = false
    const provider = { spec: { refresh: { refreshTokenLifetimeSeconds: TEN_DAYS } } }
    const { keyway, connectionId } = await startConnected({ clock, server, provider })
    expect(keyway.connections.get(connectionId)).toMatchObject({ refreshTokenExpiresAt: null })
  })
})
