import type { Adapter } from 'oidc-provider'
import { describe, expect, it, vi } from 'vitest'
import { createTokenStore } from '../../../electron/practice-provider/token-store.ts'
import type { KeptTokens } from '../../../shared/contract/practice-provider.ts'

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

describe('kept over a restart', () => {
  async function keptBy(act: (shelf: (kind: string) => Adapter) => Promise<void>) {
    const states: KeptTokens[] = []
    const keep = async (state: KeptTokens): Promise<void> => {
      // As a file would hold it.
      states.push(JSON.parse(JSON.stringify(state)) as KeptTokens)
    }
    const store = createTokenStore({ before: null, keep })
    await act((kind) => store.adapter(kind, reuse))
    await store.kept()
    return { state: states.at(-1)!, states }
  }
  const again = (before: KeptTokens) => {
    const store = createTokenStore({ before, keep: async () => undefined })
    return { store, shelf: (kind: string): Adapter => store.adapter(kind, reuse) }
  }
  const issue = async (shelf: (kind: string) => Adapter): Promise<void> => {
    await shelf('Grant').upsert('g1', { accountId: 'ada', clientId: 'c1' }, 60)
    await shelf('RefreshToken').upsert('r1-secret', { grantId: 'g1', jti: 'r1-secret' }, 60)
    await shelf('AccessToken').upsert('a1-secret', { grantId: 'g1', jti: 'a1-secret' }, 60)
    await shelf('Session').upsert('s1', { uid: 'u1' }, 60)
    await shelf('Client').upsert('c2', { client_secret: 'of-a-client' }, 60)
  }

  it('grants and tokens work on; of tokens only hashes are kept, and nothing else with a secret is', async () => {
    const { state } = await keptBy(issue)
    expect(JSON.stringify(state)).not.toMatch(/-secret|of-a-client|s1/)
    const { shelf, store } = again(state)
    expect(await shelf('AccessToken').find('a1-secret')).toMatchObject({ grantId: 'g1', jti: 'a1-secret' })
    expect(await shelf('RefreshToken').find('r1-secret')).toMatchObject({ jti: 'r1-secret' })
    expect(await shelf('AccessToken').find('another')).toBeUndefined()
    expect(store.grants()).toMatchObject([{ id: 'g1', accountId: 'ada', refreshTokens: 1, accessTokens: 1 }])
  })

  it('a refresh token that was used up before is recognized, and ends its grant', async () => {
    const { state } = await keptBy(async (shelf) => {
      await issue(shelf)
      await shelf('RefreshToken').consume('r1-secret')
    })
    const { shelf, store } = again(state)
    await expect(shelf('RefreshToken').consume('r1-secret')).rejects.toThrow('used before')
    expect(store.grants()).toEqual([])
  })

  it('what was issued is kept before it is handed out', async () => {
    const order: string[] = []
    const store = createTokenStore({
      before: null,
      keep: async () => {
        await Promise.resolve()
        order.push('kept')
      },
    })
    await store.adapter('RefreshToken', reuse).upsert('r1', { grantId: 'g1' }, 60)
    order.push('handed out')
    expect(order).toEqual(['kept', 'handed out'])
    // A sign-in page is not worth a write.
    await store.adapter('Interaction', reuse).upsert('i1', {}, 60)
    expect(order).toHaveLength(2)
  })
})

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
