// Identifiers that an earlier version stored rounded: the result of String(Number(id)).
import { describe, expect, test } from 'vitest'
import { sameAccount } from '../../../../electron/core/connections/store/record.ts'
import { openTokens } from '../../../../electron/core/connections/store/sealed.ts'
import { secretBoxOf } from '../../../../electron/core/vault/status.ts'
import { answerTo, signIn, startConnected, startTestKeyway } from '../../../support/start-keyway.ts'
import { aConnect } from '../../../support/builders.ts'

const ADA = '948493988897554433'
const BOB = '948493988897554434'
const ROUNDED = '948493988897554400'

/** A connection as the earlier version left it, opened by this one. */
async function startWithRounded(provider: Parameters<typeof startConnected>[0] = {}) {
  const first = await startConnected(provider)
  const { stores, clock, server, oauth, connectionId } = first
  const stored = first.keyway.connections.record(connectionId)
  if (stored === null) throw new Error('it is not there')
  const identity = { id: ROUNDED, label: 'ada@example.test' }
  await stores.connections.put(connectionId, { ...stored, identity })
  return {
    ...(await startTestKeyway({ stores, clock, server, oauth })),
    connectionId,
    providerId: first.providerId,
  }
}

describe('a sign-in whose identifier rounds to the stored one', () => {
  test('is asked about, once: then the exact one is stored and the grant goes on', async () => {
    const started = await startWithRounded()
    const { keyway, server, connectionId, providerId, vault } = started
    const before = keyway.connections.record(connectionId)
    server.account = { id: ADA, label: 'ada@example.test' }
    server.issuesRefreshToken = false
    const asked = await signIn(started, { providerId })
    expect(asked).toMatchObject({
      kind: 'confirming_account',
      about: 'rounded_id',
      was: `ada@example.test (${ROUNDED})`,
      is: `ada@example.test (${ADA})`,
    })
    expect(keyway.connections.record(connectionId)).toBe(before)
    const refreshToken = openTokens(secretBoxOf(vault), before!).refreshToken?.reveal()

    const done = await keyway.ui['flows.confirmAccount']({ id: asked.id, answer: 'replace' })
    expect(done).toMatchObject({ kind: 'done', connectionId })
    const after = keyway.connections.record(connectionId)!
    expect(after.identity.id).toBe(ADA)
    // The same account: its refresh token is kept, and its authorization was not revoked.
    expect(openTokens(secretBoxOf(vault), after).refreshToken?.reveal()).toBe(refreshToken)
    expect(server.counts.revocations).toBe(0)

    expect(await signIn(started, { providerId })).toMatchObject({ kind: 'done', connectionId })
    // Another identifier that rounds to the same number is another account now.
    server.account = { id: BOB, label: 'bob@example.test' }
    const bob = await signIn(started, { providerId })
    expect(bob.kind === 'done' && bob.connectionId).not.toBe(connectionId)
    expect(keyway.connections.list().map(({ identity }) => identity.id)).toEqual([ADA, BOB])
  })

  test('is asked about on a reconnect too', async () => {
    const started = await startWithRounded()
    const { server, connectionId, providerId } = started
    server.account = { id: BOB, label: 'bob@example.test' }
    expect(await signIn(started, { providerId, connectionId })).toMatchObject({ about: 'rounded_id' })
  })

  test('of another account becomes a connection of its own, and the one before is left alone', async () => {
    const started = await startWithRounded()
    const { keyway, server, connectionId, providerId } = started
    const before = keyway.connections.record(connectionId)
    server.account = { id: BOB, label: 'bob@example.test' }
    const asked = await signIn(started, { providerId })
    const added = await keyway.ui['flows.confirmAccount']({ id: asked.id, answer: 'add' })
    expect(added).toMatchObject({ kind: 'done', account: 'bob@example.test' })
    expect(keyway.connections.record(connectionId)).toBe(before)
    expect(keyway.connections.list().map(({ identity }) => identity.id)).toEqual([ROUNDED, BOB])
    expect(server.counts.revocations).toBe(0)
    // The exact identifier is stored now, so the person is not asked.
    expect(await signIn(started, { providerId })).toMatchObject({ kind: 'done', account: 'bob@example.test' })
  })

  test('is not replaced when nobody answers', async () => {
    const started = await startWithRounded()
    const { keyway, server, connectionId, providerId } = started
    const before = keyway.connections.record(connectionId)
    server.account = { id: ADA, label: 'ada@example.test' }
    const flow = await keyway.connections.connect(aConnect({ providerId }))
    await keyway.flows.callback(answerTo(flow, server.authorise(['read'])))
    expect(keyway.connections.record(connectionId)).toBe(before)
    expect(keyway.connections.list()).toHaveLength(1)
  })
})

describe('whether two identifiers may be one', () => {
  const same = (was: string, is: string, labels: [string | null, string | null] = [null, null]) =>
    sameAccount({ identity: { id: was, label: labels[0] } }, { identity: { id: is, label: labels[1] } })

  test.each([
    [ROUNDED, ADA, 'perhaps'],
    [ROUNDED, BOB, 'perhaps'],
    ['-948493988897554400', '-948493988897554433', 'perhaps'],
    ['9007199254740992', '9007199254740993', 'perhaps'],
    ['1.2345678901234568e+29', '123456789012345678901234567890', 'perhaps'],
    [ADA, ADA, 'yes'],
    [ADA, BOB, 'no'],
    [ROUNDED, '948493988897554999', 'no'],
    ['12345', '12345', 'yes'],
    ['12345', '12346', 'no'],
    ['7', '007', 'no'],
    ['9484939888975544e2', ADA, 'no'],
    ['u-1', 'u-2', 'no'],
    ['x'.repeat(300), 'x'.repeat(301), 'perhaps'],
    ['x'.repeat(300), 'x'.repeat(300), 'yes'],
  ])('%s and %s: %s', (was, is, answer) => {
    expect(same(was, is)).toBe(answer)
  })

  test('a stored one that fits to the digit may still be another’s rounded one: then the names decide', () => {
    expect(same(ROUNDED, ROUNDED, ['ada', 'ada'])).toBe('yes')
    expect(same(ROUNDED, ROUNDED, ['ada', 'bob'])).toBe('perhaps')
    expect(same('12345', '12345', ['ada', 'bob'])).toBe('yes')
    expect(same(ADA, ADA, ['ada', 'bob'])).toBe('yes')
  })
})
