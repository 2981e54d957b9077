// What an app that may manage providers can change of one that holds a secret or accounts, and how a change
// is merged into what is there.
import { expect, test } from 'vitest'
import { changedFields, guardedFields } from '../../electron/http/security/provider-changes.ts'
import { providerChange, providerInput } from '../../shared/contract/provider.ts'
import { providerSpec, providerSpecInput } from '../../shared/contract/provider-spec.ts'
import { startRealLocal, type Json, type RealLocal } from '../support/local-api.ts'
import { at, leavesOf, sparseWith, valuesFor, type Leaf } from '../support/spec-leaves.ts'

const SECRET = 'a-client-secret-of-this-test'
const path = '/api/integrations/acme'
const addresses = {
  endpoints: { authorization: 'https://acme.test/authorize', token: 'https://acme.test/token' },
}

async function withProvider(extra: Record<string, unknown> = {}): Promise<
  RealLocal & {
    key: string
    patch: (json: unknown, query?: string) => Promise<{ status: number; body: Json }>
  }
> {
  const local = await startRealLocal()
  const key = local.addApp({ manage: true, grants: [] })
  const json = {
    slug: 'acme',
    name: 'Acme',
    clientId: 'c-1',
    clientSecret: SECRET,
    scopes: ['read'],
    spec: addresses,
  }
  const made = await local.ask('/api/integrations', { key, json: { ...json, ...extra } })
  expect(made.status).toBe(201)
  const patch = (change: unknown, query = '') =>
    local.ask(path + query, { key, method: 'PATCH', json: change })
  return { ...local, key, patch }
}

const fields = providerInput.omit({ slug: true, preset: true, clientSecret: true, spec: true })
const leaves: Array<Leaf & { inSpec: boolean }> = [
  ...leavesOf(fields).map((leaf) => Object.assign(leaf, { inSpec: false })),
  ...leavesOf(providerSpec).map((leaf) => Object.assign(leaf, { inSpec: true, name: `spec.${leaf.name}` })),
]

/** The change of one leaf, or null when the value does not fit. */
function changeOf({ path: names, inSpec }: Leaf & { inSpec: boolean }, value: unknown): unknown {
  const [first = '', ...rest] = names
  const change = inSpec
    ? { spec: sparseWith(providerSpec, names, value) }
    : { [first]: sparseWith(fields.shape[first as keyof typeof fields.shape], rest, value) }
  const isValid = !inSpec || providerSpecInput.safeParse(change.spec).success
  return isValid && providerChange.safeParse(change).success ? change : null
}

test('every field of a registration but names, scopes and notes is guarded, whatever is put there', async () => {
  const { keyway, patch } = await withProvider()
  const before = keyway.providers.find('acme')!
  const [harmless, guarded, undecided] = [new Set<string>(), new Set<string>(), new Set<string>()]
  for (const leaf of leaves) {
    let changes = 0
    for (const value of valuesFor(leaf.schema)) {
      const change = changeOf(leaf, value)
      if (change === null) continue
      const { after } = keyway.providers.preview(before.id, providerChange.parse(change))
      if (
        changedFields(before.spec, after.spec).length === 0 &&
        changedFields({ ...before, spec: 0 }, { ...after, spec: 0, updatedAt: before.updatedAt }).length === 0
      )
        continue
      changes += 1
      ;(guardedFields(before, after).length > 0 ? guarded : harmless).add(leaf.name)
    }
    if (changes === 0) undecided.add(leaf.name)
  }
  expect([...undecided]).toEqual([])
  expect([...harmless].toSorted()).toEqual(
    [
      'name',
      'scopes.0',
      'secondaryScopes.0',
      'spec.redirect.note',
      'spec.refresh.note',
      'spec.scopes.meanings.x',
    ].toSorted(),
  )
  expect(guarded.size).toBe(leaves.length - harmless.size)
  // What is seen here is what the API does.
  expect(await patch({ name: 'Acme 2', scopes: ['write'] })).toMatchObject({ status: 200 })
  expect(await patch({ clientId: 'other' })).toMatchObject({ status: 400, body: { field: 'clientSecret' } })
})

const attacks: Array<[what: string, change: object]> = [
  ['the token endpoint', { spec: { endpoints: { token: 'https://evil.test/token' } } }],
  ['where the browser is sent', { spec: { endpoints: { authorization: 'https://evil.test/a' } } }],
  ['the redirect address', { spec: { redirect: { uri: 'https://evil.test/cb' } } }],
  ['PKCE', { spec: { authorize: { pkce: 'off' } } }],
  ['the nonce', { spec: { authorize: { nonce: 'off' } } }],
  ['DPoP', { spec: { dpop: 'always' } }],
  ['where a scope is read', { spec: { token: { paths: { scope: 'access_token' } } } }],
  ['where the account label is read', { spec: { token: { paths: { accountLabel: 'refresh_token' } } } }],
  ['where an error is read', { spec: { token: { errorInSuccess: { errorPath: 'access_token' } } } }],
  ['how the client authenticates', { spec: { client: { secretParam: 'state' } } }],
  ['the way the code comes back', { redirect: 'paste' }],
  ['the flow', { flow: 'client_credentials' }],
  ['trusted certificates', { extraCa: 'x' }],
  ['hosts', { allowedHosts: ['evil.test'] }],
  ['a value for the placeholder of an address', { parameters: { tenant: 'evil' } }],
]

test.each(attacks)('a change of %s needs the client secret in the same request', async (_what, change) => {
  const { keyway, patch } = await withProvider()
  const before = keyway.providers.find('acme')
  for (const secret of [undefined, '••••••••']) {
    const refused = await patch({ ...change, ...(secret === undefined ? {} : { clientSecret: secret }) })
    expect(refused).toMatchObject({ status: 400, body: { code: 'invalid_request', field: 'clientSecret' } })
    expect(refused.body.changed).toBeTypeOf('string')
  }
  expect(keyway.providers.find('acme')).toEqual(before)
  expect(await patch({ ...change, clientSecret: SECRET })).toMatchObject({ status: 200 })
  expect(keyway.providers.find('acme')).not.toEqual(before)
})

test('with an account connected, the right to its token is needed too; the same provider without accounts needs only the secret', async () => {
  const local = await startRealLocal()
  const id = await local.signIn()
  const change = { spec: { endpoints: { userinfo: 'https://other.test/userinfo' } } }
  const ask = (key: string) =>
    local.ask(`/api/integrations/${local.provider.id}`, {
      key,
      method: 'PATCH',
      json: { ...change, clientSecret: 'mine' },
    })
  const before = local.keyway.providers.find(local.provider.id)
  const blind = local.addApp({ manage: true, grants: [{ target: { kind: 'all' }, proxy: true }] })
  expect(await ask(blind)).toMatchObject({ status: 403, body: { changed: 'spec.endpoints.userinfo' } })
  expect(local.keyway.providers.find(local.provider.id)).toEqual(before)
  const grants = [{ target: { kind: 'connection' as const, connectionId: id }, token: true }]
  expect(await ask(local.addApp({ manage: true, grants }))).toMatchObject({ status: 200 })
})

test('a partial spec leaves everything else as it is, and null empties', async () => {
  const { keyway, patch } = await withProvider({
    spec: {
      ...addresses,
      authorize: { extraParams: { prompt: 'consent', audience: 'a' } },
      resources: ['https://api.test'],
    },
  })
  const before = keyway.providers.find('acme')!.spec
  await patch({ spec: { endpoints: { revocation: 'https://acme.test/revoke' } }, clientSecret: SECRET })
  const { spec } = keyway.providers.find('acme')!
  expect(spec).toEqual({
    ...before,
    endpoints: { ...before.endpoints, revocation: 'https://acme.test/revoke' },
  })
  const emptied = { endpoints: { revocation: null }, authorize: { extraParams: { audience: null, hd: 'x' } } }
  expect((await patch({ spec: emptied, clientSecret: SECRET })).status).toBe(200)
  expect(keyway.providers.find('acme')!.spec).toEqual({
    ...before,
    authorize: { ...before.authorize, extraParams: { prompt: 'consent', hd: 'x' } },
  })
  const none = await patch({ spec: { token: { format: null } }, clientSecret: SECRET })
  expect(none).toMatchObject({ status: 400, body: { field: 'spec.token.format' } })
  const unknown = await patch({ spec: { tokn: {} }, clientSecret: SECRET })
  expect(unknown).toMatchObject({ status: 400, body: { code: 'invalid_request' } })
})

test('a change of any one leaf changes only that leaf, and the secret that comes along stays the secret', async () => {
  const { keyway, patch } = await withProvider({ spec: rich })
  const before = keyway.providers.find('acme')!
  const seen = new Set<string>()
  for (const leaf of leaves.filter(({ inSpec }) => inSpec)) {
    for (const value of valuesFor(leaf.schema).slice(0, 3)) {
      const inList = leaf.path.indexOf('0')
      const own = inList === -1 ? leaf.path : leaf.path.slice(0, inList)
      // An object that is not there yet comes whole, with the members that it must have; one that is there
      // takes the leaf alone.
      const missing = own.findIndex((_, index) => (at(before.spec, own.slice(0, index)) ?? null) === null)
      const isThere = missing === -1 && inList === -1
      const change = isThere ? { spec: alone(leaf.path, value) } : changeOf(leaf, value)
      if (change === null || changeOf(leaf, value) === null) continue
      const prefix = (missing === -1 ? own : own.slice(0, missing)).join('.')
      const { after } = keyway.providers.preview(before.id, providerChange.parse(change))
      for (const field of changedFields(before.spec, after.spec)) {
        expect(field === prefix || field.startsWith(`${prefix}.`)).toBe(true)
        seen.add(leaf.name)
      }
    }
  }
  expect(seen.size).toBe(leaves.filter(({ inSpec }) => inSpec).length)
  expect(await patch({ spec: { token: { format: 'json' } }, clientSecret: SECRET })).toMatchObject({
    status: 200,
  })
  const { spec } = keyway.providers.find('acme')!
  expect(spec).toEqual({ ...before.spec, token: { ...before.spec.token, format: 'json' } })
  expect(keyway.providers.resolve(before.id).clientSecret?.reveal()).toBe(SECRET)
})

/** Every optional part is there, so that a leaf of it can be changed alone. */
const rich = {
  ...addresses,
  client: {
    registrationRequest: {
      url: 'https://r.test',
      format: 'json',
      fields: { a: 'b' },
      clientIdPath: 'i',
      clientSecretPath: 's',
    },
  },
  scopes: { secondary: { param: 'user_scope', separator: ',' } },
  token: {
    secondToken: { accessToken: 'b.token' },
    envelope: { dataPath: 'data' },
    postExchange: { method: 'GET', url: 'https://p.test', params: { a: 'b' } },
  },
  revocation: { url: 'https://acme.test/revoke' },
  account: {
    request: { url: 'https://acme.test/me' },
    resource: { url: 'https://acme.test/r', itemsPath: 'i', idPath: 'i', labelPath: 'l', bindAs: 'site' },
  },
}

const alone = (names: readonly string[], value: unknown): unknown =>
  names.toReversed().reduce((inner, name) => ({ [name]: inner }), value)

test('?spec=replace puts the spec in the place of the old one, as a file that is applied means it', async () => {
  const { keyway, patch } = await withProvider({ spec: { ...addresses, authorize: { pkce: 'plain' } } })
  expect((await patch({ spec: addresses, clientSecret: SECRET }, '?spec=replace')).status).toBe(200)
  expect(keyway.providers.find('acme')!.overrides).toEqual(addresses)
  expect(await patch({}, '?spec=both')).toMatchObject({ status: 400, body: { field: 'spec' } })
})
