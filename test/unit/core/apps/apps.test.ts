import { describe, expect, test } from 'vitest'
import type { AppRecord } from '../../../../shared/contract/app.ts'
import type { Keyway } from '../../../../electron/core/keyway.ts'
import { anApp } from '../../../support/builders.ts'
import { startConnected, startTestKeyway } from '../../../support/start-keyway.ts'

const codeOf = (task: () => unknown): string => {
  try {
    task()
  } catch (error) {
    return (error as { code: string }).code
  }
  return 'no failure'
}

/** How often remembered answers were declared outdated since. */
const changesOf = (keyway: Keyway): (() => number) => {
  let changes = 0
  keyway.onPermissionsChanged(() => void (changes += 1))
  return () => changes
}

describe('keys', () => {
  test('are shown once, stored as a hash, and authenticate', async () => {
    const { keyway, stores } = await startTestKeyway()
    const { app, key } = keyway.apps.create(anApp())
    expect(key).toMatch(/^kw_[A-Za-z0-9_-]{43}$/)
    const seen = JSON.stringify([keyway.snapshot(), keyway.apps.list(), stores.apps.entries()])
    expect(seen).not.toContain(key)
    expect(JSON.stringify(keyway.apps.list())).not.toContain('sha256')
    expect(keyway.apps.authenticate(key)).toMatchObject({ app: { id: app.id } })
    expect(keyway.apps.authenticate(key)).toBe(keyway.apps.authenticate(key))
  })

  test.each(['', 'kw_', `kw_${'A'.repeat(43)}`, 'Bearer x', `kw_${'A'.repeat(10_000)}`])(
    'no other does: %s',
    async (key) => {
      const { keyway } = await startTestKeyway()
      keyway.apps.create(anApp())
      expect(keyway.apps.authenticate(key)).toBeNull()
    },
  )

  test('work after a restart', async () => {
    const { keyway, stores, clock } = await startTestKeyway()
    const { key } = keyway.apps.create(anApp())
    await keyway.close()
    const next = await startTestKeyway({ stores, clock })
    expect(next.keyway.apps.authenticate(key)?.app.name).toBe('Script')
  })

  test('rotate with an overlap, after which the old one is refused and remembered answers are outdated', async () => {
    const { keyway, clock } = await startTestKeyway()
    const { app, key } = keyway.apps.create(anApp())
    const fresh = keyway.apps.rotateKey(app.id, 60)
    expect(keyway.apps.authenticate(key)).not.toBeNull()
    expect(keyway.apps.authenticate(fresh.key)).not.toBeNull()
    const changes = changesOf(keyway)
    clock.advance(60 * 60_000)
    expect(changes()).toBeGreaterThan(0)
    expect(keyway.apps.authenticate(key)).toBeNull()
    expect(keyway.apps.authenticate(fresh.key)).not.toBeNull()
    const now = keyway.apps.rotateKey(app.id, 0)
    expect(keyway.apps.authenticate(fresh.key)).toBeNull()
    expect(keyway.apps.authenticate(now.key)).not.toBeNull()
  })

  test('end with their app, and rest while it is paused', async () => {
    const { keyway } = await startTestKeyway()
    const { app, key } = keyway.apps.create(anApp())
    const changes = changesOf(keyway)
    keyway.apps.update(app.id, { paused: true })
    expect(keyway.apps.authenticate(key)).toBeNull()
    expect(changes()).toBeGreaterThan(0)
    keyway.apps.update(app.id, { paused: false })
    expect(keyway.apps.authenticate(key)).not.toBeNull()
    keyway.apps.remove(app.id)
    expect(keyway.apps.authenticate(key)).toBeNull()
    expect(codeOf(() => keyway.apps.remove(app.id))).toBe('not_found')
  })

  test('what a session knows of its app is never older than the last change', async () => {
    const { keyway } = await startTestKeyway()
    const { app, key } = keyway.apps.create(anApp())
    keyway.apps.authenticate(key)
    keyway.apps.update(app.id, { grants: [] })
    expect(keyway.apps.authenticate(key)?.app.grants).toEqual([])
  })
})

describe('an app', () => {
  test('a change of one field leaves the others alone', async () => {
    const { keyway } = await startTestKeyway()
    const { app } = keyway.apps.create(anApp({ origins: ['https://app.example.test'], manage: true }))
    expect(keyway.apps.update(app.id, { name: 'Renamed' })).toMatchObject({
      name: 'Renamed',
      manage: true,
      origins: ['https://app.example.test'],
      grants: app.grants,
    })
  })

  test('has a name of its own', async () => {
    const { keyway } = await startTestKeyway()
    keyway.apps.create(anApp())
    expect(codeOf(() => keyway.apps.create(anApp({ name: 'SCRIPT' })))).toBe('name_taken')
  })

  test('a grant that ends outdates remembered answers', async () => {
    const { keyway, clock } = await startTestKeyway()
    keyway.apps.create(anApp({ grants: [{ target: { kind: 'all' }, expiresAt: clock.now() + 5000 }] }))
    const changes = changesOf(keyway)
    clock.advance(5000)
    expect(changes()).toBeGreaterThan(0)
  })

  test('its last use is kept, without a write for each', async () => {
    const { keyway, stores, clock } = await startTestKeyway()
    const { app } = keyway.apps.create(anApp())
    clock.advance(1000)
    for (let n = 0; n < 100; n += 1) keyway.apps.noteUse(app.id)
    expect((stores.apps.get(app.id) as AppRecord).lastUsedAt).toBeNull()
    await keyway.close()
    expect((stores.apps.get(app.id) as AppRecord).lastUsedAt).toBe(clock.now())
  })

  test('an entry that cannot be read opens nothing and is kept', async () => {
    const { keyway, stores, clock } = await startTestKeyway()
    const { app, key } = keyway.apps.create(anApp())
    const odd = { ...(stores.apps.get(app.id) as object), grants: 'everything' }
    stores.apps.set(app.id, odd)
    const next = await startTestKeyway({ stores, clock })
    expect(next.keyway.apps.authenticate(key)).toBeNull()
    expect(stores.apps.get(app.id)).toEqual(odd)
    expect(next.keyway.snapshot().damages).toHaveLength(1)
  })

  test('shows what it declared to need and nothing gives', async () => {
    const { keyway } = await startConnected()
    const { app } = keyway.apps.create(
      anApp({
        authProviders: [
          { provider: 'acme', scopes: ['read'] },
          { provider: 'acme', scopes: ['read', 'admin'] },
          { provider: 'elsewhere', scopes: ['x'] },
        ],
      }),
    )
    expect(app.missing).toEqual([
      { provider: 'acme', scopes: ['admin'] },
      { provider: 'elsewhere', scopes: ['x'] },
    ])
  })
})
