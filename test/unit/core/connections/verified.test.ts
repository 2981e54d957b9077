// The status of a connection comes from the provider and its API, never from the mere existence of a token.
import { describe, expect, test } from 'vitest'
import { connectionState } from '../../../../shared/domain/connection-state.ts'
import type { TokenResponse } from '../../../../electron/core/oauth/types.ts'
import { aConnect, aProvider } from '../../../support/builders.ts'
import { passing } from '../../../support/fake-oauth-client.ts'
import { settle } from '../../../support/settle.ts'
import { startConnected, startTestKeyway, type TestKeyway } from '../../../support/start-keyway.ts'

const stateOf = ({ keyway, clock }: TestKeyway, id: string): string =>
  connectionState(keyway.connections.get(id)!, clock.now()).kind

async function withPastedToken(identity: { id: string | null; label: string | null }) {
  const started = await startTestKeyway()
  started.oauth.identity = identity
  const provider = started.keyway.providers.create(aProvider())
  const flow = await started.keyway.connections.connect(
    aConnect({ providerId: provider.id, kind: 'access_token', token: 'abc', account: 'work' }),
  )
  if (flow.kind !== 'done') throw new Error(flow.kind)
  return { ...started, connectionId: flow.connectionId }
}

describe('a pasted access token', () => {
  test('is not verified, and its scopes are not confirmed', async () => {
    const started = await withPastedToken({ id: null, label: null })
    const { keyway, connectionId } = started
    expect(stateOf(started, connectionId)).toBe('not_verified')
    expect(keyway.connections.get(connectionId)).toMatchObject({
      grantedScopes: ['read', 'write'],
      scopesConfirmed: false,
      lastOutcome: { status: 'ok' },
    })
  })

  test('is verified by an answer that names its owner', async () => {
    const started = await withPastedToken({ id: 'u-9', label: 'ada@example.test' })
    expect(stateOf(started, started.connectionId)).toBe('verified')
  })

  test('is verified by the first request that its API takes', async () => {
    const started = await withPastedToken({ id: null, label: null })
    started.clock.advance(60_000)
    started.keyway.tokens.reportApiOutcome(started.connectionId, 1, 'worked')
    expect(stateOf(started, started.connectionId)).toBe('verified')
    expect(started.keyway.connections.get(started.connectionId)?.verifiedAt).toBe(started.clock.now())
  })

  test('another one put in its place starts over', async () => {
    const started = await withPastedToken({ id: 'u-9', label: 'ada@example.test' })
    const { keyway, oauth, connectionId } = started
    oauth.identity = { id: null, label: null }
    const { providerId } = keyway.connections.get(connectionId)!
    await keyway.connections.connect(
      aConnect({ providerId, connectionId, kind: 'access_token', token: 'abcd' }),
    )
    expect(keyway.connections.get(connectionId)?.identity.id).toBe('u-9')
    expect(stateOf(started, connectionId)).toBe('not_verified')
  })
})

test('when it was verified last moves on with refreshes and with what the API takes', async () => {
  const { keyway, connectionId, clock } = await startConnected()
  const at = () => keyway.connections.get(connectionId)?.verifiedAt
  expect(at()).toBe(clock.now())
  keyway.tokens.reportApiOutcome(connectionId, 1, 'worked')
  clock.advance(5 * 60_000)
  keyway.tokens.reportApiOutcome(connectionId, 1, 'worked')
  const worked = clock.now()
  clock.advance(15_000)
  expect(at()).toBe(worked)
  clock.advance(60_000)
  await keyway.connections.refresh(connectionId)
  expect(at()).toBe(clock.now())
})

test('a refusal by the API takes the last good answer back out of what is still to be noted', async () => {
  const { keyway, connectionId, clock } = await startConnected()
  const signedInAt = clock.now()
  keyway.tokens.reportApiOutcome(connectionId, 1, 'worked')
  clock.advance(60_000)
  keyway.tokens.reportApiOutcome(connectionId, 1, 'worked')
  keyway.tokens.reportApiOutcome(connectionId, 1, 'unauthorized')
  clock.advance(15_000)
  expect(keyway.connections.get(connectionId)).toMatchObject({
    verifiedAt: signedInAt,
    lastOutcome: { status: 'reconnect_needed' },
  })
})

test('scopes are confirmed by the answer that lists them, and by none that does not', async () => {
  const silent = await startConnected({})
  expect(silent.keyway.connections.get(silent.connectionId)?.scopesConfirmed).toBe(true)
  const { keyway, oauth, connectionId, clock } = await startUnlisted()
  expect(keyway.connections.get(connectionId)?.scopesConfirmed).toBe(false)
  oauth.loss = null
  clock.advance(60_000)
  await keyway.connections.refresh(connectionId)
  expect(keyway.connections.get(connectionId)?.scopesConfirmed).toBe(true)
})

/** Connected by a response without scopes. */
async function startUnlisted() {
  const started = await startTestKeyway()
  started.oauth.loss = (outcome) =>
    outcome.kind === 'ok'
      ? { ...outcome, response: { ...outcome.response, scopes: null } satisfies TokenResponse }
      : outcome
  const provider = started.keyway.providers.create(aProvider())
  const flow = await started.keyway.connections.connect(
    aConnect({ providerId: provider.id, kind: 'client_credentials', account: 'app' }),
  )
  if (flow.kind !== 'done') throw new Error(flow.kind)
  return { ...started, connectionId: flow.connectionId }
}

describe('refreshing now', () => {
  test('tells the outcome of an outage, of a revoked grant and of a success', async () => {
    const { keyway, connectionId, oauth, server } = await startConnected()
    const status = async () => (await keyway.connections.refresh(connectionId)).lastOutcome.status
    oauth.script = () => passing()
    expect(await status()).toBe('retrying')
    oauth.script = null
    expect(await status()).toBe('ok')
    server.endAllGrants()
    expect(await status()).toBe('reconnect_needed')
  })

  test('of a token that nothing can refresh is refused in words, and the connection stays as it is', async () => {
    const { keyway, connectionId, clock } = await startConnected({
      provider: { spec: { refresh: { supported: 'no' } } },
    })
    const before = keyway.connections.get(connectionId)
    await expect(keyway.connections.refresh(connectionId)).rejects.toMatchObject({
      code: 'invalid_request',
      nextStep: 'Reconnect to get a fresh token.',
    })
    expect(keyway.connections.get(connectionId)).toEqual(before)
    expect((await keyway.tokens.get(connectionId, {})).kind).toBe('ok')
    clock.advance(3_601_000)
    await settle()
    expect((await keyway.connections.refresh(connectionId)).lastOutcome.status).toBe('reconnect_needed')
  })

  test('of a token that is too young for its provider is no success', async () => {
    const { keyway, connectionId, server, clock } = await startConnected({
      provider: { spec: { refresh: { minAgeSeconds: 600 } } },
    })
    await expect(keyway.connections.refresh(connectionId)).rejects.toMatchObject({ code: 'retrying' })
    expect(keyway.connections.get(connectionId)?.lastOutcome.status).toBe('ok')
    expect(server.counts.refreshes).toBe(0)
    clock.advance(601_000)
    expect((await keyway.connections.refresh(connectionId)).lastOutcome.status).toBe('ok')
    expect(server.counts.refreshes).toBe(1)
  })
})
