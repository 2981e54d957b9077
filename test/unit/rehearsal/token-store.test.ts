import type { Adapter } from 'oidc-provider'
import { describe, expect, it, vi } from 'vitest'
import { createTokenStore } from '../../../electron/rehearsal/token-store.ts'

const reuse = (): Error => new Error('used before')

async function withGrant() {
  const store = createTokenStore()
  const shelf = (kind: string): Adapter => store.adapter(kind, reuse)
  await shelf('Grant').upsert('g1', { accountId: 'ada', clientId: 'c1' }, 60)
  await shelf('RefreshToken').upsert('r1', { grantId: 'g1', accountId: 'ada', clientId: 'c1' }, 60)
  await shelf('AccessToken').upsert('a1', { grantId: 'g1', accountId: 'ada', clientId: 'c1' }, 60)
  await shelf('Interaction').upsert('i1', { grantId: 'g1' }, 60)
  return { store, shelf }
}

describe('the token store', () => {
  it('a refresh token can be used up once; the second time ends its grant, however close the two were', async () => {
    const { store, shelf } = await withGrant()
    await shelf('RefreshToken').consume('r1')
    expect(store.grants()).toMatchObject([{ refreshTokens: 0, accessTokens: 1 }])
    await expect(shelf('RefreshToken').consume('r1')).rejects.toThrow('used before')
    expect(store.grants()).toEqual([])
    expect(await shelf('AccessToken').find('a1')).toBeUndefined()
    // A sign-in that is under way has nothing to do with it.
    expect(await shelf('Interaction').find('i1')).toBeDefined()
  })

  it('gives copies: what a caller does with a record does not change the store', async () => {
    const { shelf } = await withGrant()
    const found = await shelf('AccessToken').find('a1')
    if (typeof found === 'object') found.clientId = 'changed'
    expect(await shelf('AccessToken').find('a1')).toMatchObject({ clientId: 'c1' })
  })

  it('forgets what has run out, and does not pile it up', async () => {
    vi.useFakeTimers()
    try {
      const { store, shelf } = await withGrant()
      vi.advanceTimersByTime(61_000)
      expect(await shelf('AccessToken').find('a1')).toBeUndefined()
      expect(store.grants()).toEqual([])
      expect(store.expireAccessTokens({})).toBe(1)
      for (let write = 0; write < 600; write += 1) await shelf('AccessToken').upsert(`x${write}`, {}, 1)
      vi.advanceTimersByTime(2000)
      for (let write = 0; write < 500; write += 1) await shelf('Session').upsert('s', { uid: 'u' }, 60)
      expect(store.expireAccessTokens({})).toBe(0)
    } finally {
      vi.useRealTimers()
    }
  })
})
