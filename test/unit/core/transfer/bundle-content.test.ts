import { beforeAll, expect, test } from 'vitest'
import { openBundle, sealBundle } from '../../../../electron/core/transfer/bundle-file.ts'
import { parseContent } from '../../../../electron/core/transfer/content.ts'
import { KeywayError } from '../../../../shared/contract/errors.ts'
import type { Preset } from '../../../../shared/contract/preset.ts'
import { Secret } from '../../../../shared/contract/secret.ts'
import { presets } from '../../../../shared/presets/presets.ts'
import { anApp, aProvider } from '../../../support/builders.ts'
import { signIn, startTestKeyway } from '../../../support/start-keyway.ts'

type Content = {
  providers: Record<string, unknown>[]
  connections: Record<string, unknown>[]
  apps: Record<string, unknown>[]
  settings: Record<string, unknown>
}

const passphrase = 'tin drum, blue whale'
let whole: Content

const github: Preset = presets.find(({ slug }) => slug === 'github')!

beforeAll(async () => {
  const a = await startTestKeyway({ presets: [github] })
  const provider = a.keyway.providers.create(aProvider())
  a.keyway.providers.create(aProvider({ slug: 'github', name: 'GitHub', preset: 'github', spec: {} }))
  await signIn(a, { providerId: provider.id, account: 'work' })
  a.keyway.apps.create(anApp())
  const { content } = await a.keyway.ui['bundle.export']({ passphrase })
  whole = (await openBundle(content, new Secret(passphrase))).content as Content
})

function issuesOf(change: (content: Content) => void): { field: string; message: string }[] {
  const content = structuredClone(whole)
  change(content)
  try {
    parseContent(content)
  } catch (error) {
    const isExpected =
      error instanceof KeywayError && error.code === 'bundle_damaged' && error.details['step'] === 'content'
    if (!isExpected) throw error
    return error.details['issues'] as { field: string; message: string }[]
  }
  return []
}

const fieldsOf = (change: (content: Content) => void): string[] => [
  ...new Set(issuesOf(change).map(({ field }) => field)),
]

test('what was exported parses, secrets and all', () => {
  expect(issuesOf(() => undefined)).toEqual([])
  expect(whole.providers[0]).toMatchObject({ slug: 'acme', clientSecret: 'made-up-client-secret' })
  expect(whole.connections[0]).toMatchObject({
    account: 'work',
    tokens: { refreshToken: expect.any(String) },
  })
  expect(JSON.stringify(whole)).not.toContain('kw1.')
})

test('each field that is not right is named', () => {
  expect(
    fieldsOf(({ providers, connections, apps, settings }) => {
      providers[0]!['slug'] = 'Not A Slug'
      providers[0]!['spec'] = { token: { format: 'xml' } }
      connections[0]!['account'] = ''
      ;(connections[0]!['tokens'] as Record<string, unknown>)['accessToken'] = 7
      apps[0]!['keys'] = [{ id: 'key_1', sha256: 'not a hash', createdAt: 1, expiresAt: null }]
      settings['port'] = 80
    }).toSorted(),
  ).toEqual(
    [
      'providers.0.slug',
      'providers.0.spec.token.format',
      'connections.0.account',
      'connections.0.tokens.accessToken',
      'apps.0.keys.0.sha256',
      'settings.port',
    ].toSorted(),
  )
})

test.each([['../../escape'], ['__proto__'], ['con_UPPER'], ['a'.repeat(65)], ['']])(
  'an id that would be a file name of somebody else (%s) is refused',
  (id) => {
    expect(fieldsOf(({ connections }) => (connections[0]!['id'] = id))).toEqual(['connections.0.id'])
    expect(fieldsOf(({ apps }) => (apps[0]!['id'] = id))).toEqual(['apps.0.id'])
  },
)

test('contradictions are named: ids that stand twice, connections without their provider', () => {
  expect(fieldsOf(({ connections }) => connections.push(structuredClone(connections[0]!)))).toEqual([
    'connections.1.id',
  ])
  expect(fieldsOf(({ connections }) => (connections[0]!['providerId'] = 'prv_gone'))).toEqual([
    'connections.0.providerId',
  ])
  expect(fieldsOf((content) => delete (content as Partial<Content>).apps)).toEqual(['apps'])
})

test('a provider on a preset that is not here can only be skipped, with its connections', async () => {
  const b = await startTestKeyway()
  const secret = new Secret(passphrase)
  const content = await sealBundle(whole, { passphrase: secret, createdAt: 1, cost: { N: 2, r: 1, p: 1 } })
  const report = await b.keyway.ui['bundle.inspect']({ content, passphrase })
  expect(report.providers.map(({ slug, clash, choices }) => [slug, clash?.kind ?? null, choices])).toEqual([
    ['acme', null, ['add', 'skip']],
    ['github', 'preset_unknown', ['skip']],
  ])
  const done = await b.keyway.ui['bundle.import']({
    content,
    passphrase,
    choices: { providers: {}, connections: {}, apps: {}, keepKeys: [], settings: 'skip' },
  })
  expect(done).toMatchObject({ added: { providers: 1, connections: 1 }, skipped: { providers: 1 } })
})

test('deviations that make no spec with their preset are named as well', async () => {
  const b = await startTestKeyway({
    presets: [{ ...github, spec: { ...github.spec, token: { format: 'nonsense' as 'form' } } }],
  })
  const content = await sealBundle(whole, {
    passphrase: new Secret(passphrase),
    createdAt: 1,
    cost: { N: 2, r: 1, p: 1 },
  })
  await expect(b.keyway.ui['bundle.inspect']({ content, passphrase })).rejects.toMatchObject({
    code: 'bundle_damaged',
    details: { step: 'content', field: 'providers.1.spec.token.format' },
  })
})
