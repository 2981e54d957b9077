// Where a secret may stand in a provider's description: each leaf of the schema is either marked for it or
// refuses it.
import { expect, test } from 'vitest'
import { providerInput, providerRecord } from '../../../shared/contract/provider.ts'
import { providerSpec, providerSpecInput } from '../../../shared/contract/provider-spec.ts'
import { leavesOf, sparseWith } from '../../support/spec-leaves.ts'

const SECRETS = ['{client_secret}', '{access_token}', '{refresh_token}', '{id_token}']
const leaves = leavesOf(providerSpec)
/**
 * Bodies and headers of requests to the provider. Whoever adds one here says why no browser and no screen
 * sees it.
 */
const SINKS = [
  'token.extraParams.x',
  'token.exchangeParams.x',
  'token.headers.x',
  'token.postExchange.params.x',
  'refresh.params.x',
  'refresh.headers.x',
  'revocation.authHeader',
  'revocation.body.x',
  'account.request.headers.x',
  'account.request.body',
  'api.tokenHeader',
]

const forms = (secret: string) => [secret, `a${secret}b`, `https://h.test/${secret}`, `h{client_id}${secret}`]

test('every field of the schema refuses secrets, but for the bodies and headers that are named here', () => {
  expect(leaves.length).toBeGreaterThan(120)
  const taking = new Set<string>()
  for (const { path, name } of leaves) {
    for (const text of SECRETS.flatMap(forms)) {
      if (providerSpecInput.safeParse(sparseWith(providerSpec, path, text)).success) taking.add(name)
    }
  }
  expect([...taking].toSorted()).toEqual(SINKS.toSorted())
})

test('a list, a nested body and a map refuse and take the same way', () => {
  const refused = [
    { resources: ['https://api.test', 'https://api.test/{client_secret}'] },
    { authorize: { extraParams: { ok: 'x', bad: '{access_token}' } } },
    { redirect: { note: 'see {client_secret}' } },
    { api: { baseUrl: '{token.refresh_token}' } },
    { authorize: { extraParams: { code: '{callback.code}' } } },
    // Never kept, so it could not be filled; refused where it is written, not dropped where it is used.
    { token: { extraParams: { x: '{token.access_token}' } } },
  ]
  for (const spec of refused) {
    expect(providerInput.safeParse({ slug: 'x', name: 'X', clientId: 'c', spec }).success).toBe(false)
  }
  const body = { query: [{ deep: '{access_token}' }], id: '{client_id}' }
  const taken = { account: { request: { method: 'POST', url: 'https://h.test/me', body } } }
  expect(providerSpecInput.safeParse(taken).success).toBe(true)
})

test('the refusal names the field, the placeholder and where it may stand', () => {
  const spec = { authorize: { extraParams: { hint: '{client_secret}' } } }
  const { error } = providerInput.safeParse({ slug: 'x', name: 'X', spec })
  expect(error?.issues[0]?.path).toEqual(['spec', 'authorize', 'extraParams', 'hint'])
  expect(error?.issues[0]?.message).toMatch(/\{client_secret\}.*body or header/)
})

test('a template parameter cannot take the name of a value that Keyway fills', () => {
  for (const name of ['client_secret', 'access_token', 'client_id', 'user_agent']) {
    const spec = { templateParameters: [{ name, label: 'Mine' }] }
    expect(providerSpecInput.safeParse(spec).success).toBe(false)
  }
  expect(providerSpecInput.safeParse({ templateParameters: [{ name: 'tenant', label: 'T' }] }).success).toBe(
    true,
  )
})

test('what an older version stored still opens', () => {
  const record = {
    ...providerInput
      .omit({ clientSecret: true, spec: true })
      .parse({ slug: 'old', name: 'Old', clientId: 'c' }),
    id: 'prv_1',
    sealedClientSecret: null,
    createdAt: 1,
    updatedAt: 1,
    spec: {
      authorize: { extraParams: { hint: '{client_secret}' } },
      resources: ['https://h.test/{client_secret}'],
    },
  }
  expect(providerRecord.safeParse(record).data?.spec).toEqual(record.spec)
})
