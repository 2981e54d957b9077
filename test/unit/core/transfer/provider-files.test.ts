import { describe, expect, test } from 'vitest'
import { presets } from '../../../../shared/presets/presets.ts'
import { aProvider } from '../../../support/builders.ts'
import { startTestKeyway } from '../../../support/start-keyway.ts'

const definition = {
  slug: 'acme',
  name: 'Acme',
  clientId: 'made-up-client',
  scopes: ['read'],
  spec: {
    endpoints: { authorization: 'https://a.example.test/auth', token: 'https://a.example.test/token' },
  },
}

describe('a provider out of a file', () => {
  test('is what was exported, but for the secret, which is said', async () => {
    const a = await startTestKeyway()
    const { id } = a.keyway.providers.create(aProvider({ scopes: ['read', 'write'] }))
    const { json, code } = await a.keyway.ui['providers.export']({ id })
    for (const text of [json, code]) {
      const b = await startTestKeyway()
      const { provider, notes } = await b.keyway.ui['providers.import']({ json: text })
      const { id: _id, createdAt: _c, updatedAt: _u, hasClientSecret, ...same } = provider
      expect(a.keyway.providers.find(id)).toMatchObject(same)
      expect(hasClientSecret).toBe(false)
      expect(notes).toEqual(['The client secret is not in the file: enter it.'])
      const second = b.keyway.ui['providers.import']({ json: text })
      await expect(second).rejects.toMatchObject({ code: 'slug_taken', details: { field: 'slug' } })
      expect((await b.keyway.ui['providers.import']({ json: text, slug: 'acme-2' })).provider.slug).toBe(
        'acme-2',
      )
    }
  })

  test('with anything wrong names each field and registers nothing', async () => {
    const { keyway } = await startTestKeyway()
    const half = {
      ...definition,
      slug: 'Not A Slug',
      scopes: ['two words'],
      colour: 'red',
      spec: { token: { format: 'xml', brightness: 1 } },
    }
    const error: unknown = await keyway.ui['providers.import']({ json: JSON.stringify(half) }).catch(
      (e: unknown) => e,
    )
    expect(error).toMatchObject({ code: 'invalid_request' })
    const { issues } = (error as { details: { issues: { field: string }[] } }).details
    expect(new Set(issues.map(({ field }) => field))).toEqual(
      new Set(['slug', 'scopes.0', 'colour', 'spec.token.format', 'spec.token']),
    )
    expect(keyway.providers.list()).toEqual([])
  })

  test('that is not JSON says where, without quoting it', async () => {
    const { keyway } = await startTestKeyway()
    const error: unknown = await keyway.ui['providers.import']({
      json: '{\n  "slug": "acme",\n  "clientSecret": made-up-secret\n}',
    }).catch((e: unknown) => e)
    expect(error).toMatchObject({ code: 'invalid_request', details: { field: 'json', line: 3, column: 19 } })
    expect(JSON.stringify(error)).not.toContain('made-up')
    for (const json of ['[]', 'null', '"acme"', 'defineProvider()'])
      await expect(keyway.ui['providers.import']({ json })).rejects.toMatchObject({ code: 'invalid_request' })
  })
})

describe('another tool’s file', () => {
  const pizauth = (host: string): string => `account "acme" {
    auth_uri = "https://${host}/authorize";
    token_uri = "https://${host}/token";
    client_id = "made-up-id";
    scopes = ["read"];
  }`

  test('becomes drafts with slugs that are free here; nothing is registered', async () => {
    const { keyway } = await startTestKeyway({ presets })
    keyway.providers.create(aProvider({ slug: 'acme' }))
    const read = await keyway.ui['providers.readForeign']({ text: pizauth('a.example.test'), format: 'auto' })
    expect(read).toMatchObject({
      format: 'pizauth',
      providers: [{ draft: { slug: 'acme-2', clientId: 'made-up-id' } }],
    })
    expect(keyway.providers.list()).toHaveLength(1)
  })

  test('of a server that there is a preset for says so', async () => {
    const { keyway } = await startTestKeyway({ presets })
    const token = presets.find(({ slug }) => slug === 'github')!.spec.endpoints?.token
    const text = pizauth('a.example.test').replace('https://a.example.test/token', token!)
    const read = await keyway.ui['providers.readForeign']({ text, format: 'pizauth' })
    expect(read.providers[0]!.notes[0]).toContain('preset for this server ("GitHub")')
  })

  test('that cannot be read says where', async () => {
    const { keyway } = await startTestKeyway()
    await expect(
      keyway.ui['providers.readForeign']({ text: 'account "a" {\n nonsense', format: 'pizauth' }),
    ).rejects.toMatchObject({ code: 'invalid_request', details: { field: 'text', line: 2 } })
  })
})
