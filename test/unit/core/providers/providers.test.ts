import { describe, expect, test } from 'vitest'
import type { Preset } from '../../../../shared/contract/preset.ts'
import { preset } from '../../../../shared/contract/preset.ts'
import { SECRET_PLACEHOLDER } from '../../../../shared/contract/provider.ts'
import { aProvider } from '../../../support/builders.ts'
import { createMemoryKeyValueStore } from '../../../support/memory-ports.ts'
import { memoryStores, startTestKeyway } from '../../../support/start-keyway.ts'

const gmail: Preset = preset.parse({
  slug: 'gmail',
  name: 'Gmail',
  category: 'mail',
  docsUrl: null,
  consoleUrl: 'https://console.example.test',
  defaultScopes: ['mail.read'],
  spec: {
    endpoints: {
      authorization: 'https://accounts.example.test/auth',
      token: 'https://accounts.example.test/token',
    },
    authorize: { extraParams: { access_type: 'offline', prompt: 'consent' } },
    api: { hosts: ['mail.example.test'] },
  },
  confidence: 'documented',
})
const start = (options: Parameters<typeof startTestKeyway>[0] = {}) =>
  startTestKeyway({ presets: [gmail], ...options })
const codeOf = (task: () => unknown): string => {
  try {
    task()
  } catch (error) {
    return (error as { code: string }).code
  }
  return 'no failure'
}

describe('slugs', () => {
  test('those of presets belong to their presets, whether or not these are registered', async () => {
    const { keyway } = await start()
    for (const slug of ['gmail', 'google_calendar', 'google_drive']) {
      expect(codeOf(() => keyway.providers.create(aProvider({ slug })))).toBe('slug_reserved')
    }
    expect(keyway.providers.create(aProvider({ slug: 'gmail', preset: 'gmail' })).slug).toBe('gmail')
  })

  test('one preset may be registered several times under other slugs', async () => {
    const { keyway } = await start()
    keyway.providers.create(aProvider({ slug: 'gmail', preset: 'gmail' }))
    expect(codeOf(() => keyway.providers.create(aProvider({ slug: 'gmail', preset: 'gmail' })))).toBe(
      'slug_taken',
    )
    keyway.providers.create(aProvider({ slug: 'gmail-work', preset: 'gmail' }))
    expect(keyway.providers.list().map(({ slug }) => slug)).toEqual(['gmail', 'gmail-work'])
  })

  test('are unique, have no underscores of their own, and never change', async () => {
    const { keyway } = await start()
    const { id } = keyway.providers.create(aProvider({ slug: 'acme' }))
    expect(codeOf(() => keyway.providers.create(aProvider({ slug: 'acme' })))).toBe('slug_taken')
    expect(codeOf(() => keyway.providers.create(aProvider({ slug: 'my_acme' })))).toBe('invalid_request')
    expect(codeOf(() => keyway.providers.create(aProvider({ slug: 'x', preset: 'unknown' })))).toBe(
      'invalid_request',
    )
    expect(codeOf(() => keyway.providers.update(id, { slug: 'other' } as never))).toBe('slug_immutable')
    expect(keyway.providers.find('acme')?.id).toBe(id)
    expect(keyway.providers.find(id)?.slug).toBe('acme')
    expect(keyway.providers.find('other')).toBeNull()
  })
})

describe('the spec', () => {
  test('is the preset’s with the registration’s own deviations on top; maps are merged, lists replaced', async () => {
    const { keyway } = await start()
    const view = keyway.providers.create(
      aProvider({
        slug: 'gmail',
        preset: 'gmail',
        spec: {
          authorize: { extraParams: { prompt: 'select_account' } },
          api: { hosts: ['other.example.test'] },
        },
      }),
    )
    expect(view.spec.authorize.extraParams).toEqual({ access_type: 'offline', prompt: 'select_account' })
    expect(view.spec.api.hosts).toEqual(['other.example.test'])
    expect(view.spec.endpoints.token).toBe('https://accounts.example.test/token')
    expect(view.spec.authorize.pkce).toBe('S256')
    expect(view.overrides).toEqual({
      authorize: { extraParams: { prompt: 'select_account' } },
      api: { hosts: ['other.example.test'] },
    })
  })

  test('cannot smuggle anything into all objects', async () => {
    const { keyway } = await start()
    const spec = JSON.parse('{"authorize":{"extraParams":{"__proto__":"polluted"}}}') as object
    keyway.providers.create(aProvider({ slug: 'gmail', preset: 'gmail', spec }))
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })
})

describe('the client secret', () => {
  test('is sealed on disk, never in a view, and opened only to be used', async () => {
    const { keyway, stores } = await start()
    const view = keyway.providers.create(aProvider())
    expect(view.hasClientSecret).toBe(true)
    expect(JSON.stringify([view, keyway.snapshot(), stores.providers.entries()])).not.toContain(
      'made-up-client-secret',
    )
    expect(keyway.providers.resolve(view.id).clientSecret?.reveal()).toBe('made-up-client-secret')
  })

  test('stays when it is left out or its placeholder comes back, goes when it is emptied', async () => {
    const { keyway } = await start()
    const { id } = keyway.providers.create(aProvider())
    const secret = (): string | undefined => keyway.providers.resolve(id).clientSecret?.reveal()
    keyway.providers.update(id, { name: 'Renamed' })
    keyway.providers.update(id, { clientSecret: SECRET_PLACEHOLDER })
    expect(secret()).toBe('made-up-client-secret')
    keyway.providers.update(id, { clientSecret: 'made-up-second' })
    expect(secret()).toBe('made-up-second')
    keyway.providers.update(id, { clientSecret: '' })
    expect(secret()).toBeUndefined()
  })

  test('of one provider does not open as another’s', async () => {
    const { keyway, stores, clock } = await start()
    const one = keyway.providers.create(aProvider({ slug: 'one' }))
    const two = keyway.providers.create(aProvider({ slug: 'two', clientSecret: 'made-up-other' }))
    const record = stores.providers.get(one.id) as object
    const foreign = stores.providers.get(two.id) as { sealedClientSecret: string }
    stores.providers.set(one.id, { ...record, sealedClientSecret: foreign.sealedClientSecret })
    const next = await start({ stores, clock })
    expect(codeOf(() => next.keyway.providers.resolve(one.id))).toBe('data_damaged')
  })

  test('cannot be read or set while the vault is locked', async () => {
    const { keyway, vault } = await start()
    const { id } = keyway.providers.create(aProvider())
    vault.lock()
    expect(codeOf(() => keyway.providers.resolve(id))).toBe('vault_locked')
    expect(codeOf(() => keyway.providers.update(id, { clientSecret: 'made-up' }))).toBe('vault_locked')
    expect(keyway.providers.update(id, { name: 'Still possible' }).provider.name).toBe('Still possible')
  })
})

describe('saving', () => {
  test.each([
    [{ clientId: 'made-up-other' }, true],
    [{ clientSecret: 'made-up-other' }, true],
    [{ scopes: ['read'] }, true],
    [{ clientSecret: SECRET_PLACEHOLDER }, false],
    [{ name: 'Other' }, false],
    [{ allowedHosts: ['x.example.test'] }, false],
    [{ scopes: ['read', 'write'] }, false],
  ])('%j: a new authorization is %s', async (patch, reauthorise) => {
    const { keyway } = await start()
    const { id } = keyway.providers.create(aProvider())
    expect(keyway.providers.update(id, patch).reauthorise).toBe(reauthorise)
  })

  test('a full disk changes nothing', async () => {
    const { KeywayError } = await import('../../../../shared/contract/errors.ts')
    const providers = createMemoryKeyValueStore()
    const { keyway } = await start({ stores: { ...memoryStores(), providers } })
    const { id } = keyway.providers.create(aProvider())
    providers.failNext(new KeywayError('disk_full'))
    expect(codeOf(() => keyway.providers.update(id, { name: 'Lost' }))).toBe('disk_full')
    expect(keyway.providers.find(id)?.name).toBe('Acme')
  })

  test('shows the redirect address to register, with the port the server really has', async () => {
    const { keyway } = await start()
    const { id } = keyway.providers.create(aProvider())
    expect(keyway.providers.find(id)?.redirectUri).toBe('http://127.0.0.1:7317/oauth2/callback')
    keyway.serverChanged({ url: 'http://127.0.0.1:4242', listening: true, failure: null, socketPath: null })
    expect(keyway.providers.find(id)?.redirectUri).toBe('http://127.0.0.1:4242/oauth2/callback')
  })
})

describe('a file that somebody edited', () => {
  test('an entry that does not parse is reported, kept as it is, and its slug stays taken', async () => {
    const { keyway, stores, clock } = await start()
    const good = keyway.providers.create(aProvider({ slug: 'good' }))
    const odd = { slug: 'odd', name: 42, from: 'a later version' }
    stores.providers.set('prv_odd', odd)
    const next = await start({ stores, clock })
    expect(next.keyway.providers.list().map(({ id }) => id)).toEqual([good.id])
    expect(next.keyway.snapshot().damages[0]?.file).toContain('prv_odd')
    expect(codeOf(() => next.keyway.providers.create(aProvider({ slug: 'odd' })))).toBe('slug_taken')
    next.keyway.providers.update(good.id, { name: 'Changed' })
    expect(stores.providers.get('prv_odd')).toEqual(odd)
  })
})
