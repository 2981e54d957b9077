// What a provider must have to be registered, over the real API: addresses for its flow, a slug that can be
// reached, and no bottomless JSON.
import { expect, test } from 'vitest'
import { providerRecord } from '../../shared/contract/provider.ts'
import { freeSlug } from '../../shared/domain/foreign/provider.ts'
import { ROUTE_WORDS, slugAvailability } from '../../shared/domain/slug-availability.ts'
import { startLocalInMemory, startRealLocal, type Json } from '../support/local-api.ts'

const token = 'https://acme.test/token'
const authorization = 'https://acme.test/authorize'
const deviceAuthorization = 'https://acme.test/device'

async function start() {
  const local = await startRealLocal()
  const key = local.addApp({ manage: true, grants: [] })
  const register = (json: object): Promise<{ status: number; body: Json }> =>
    local.ask('/api/integrations', { key, json: { slug: 'acme', name: 'Acme', clientId: 'c', ...json } })
  return { ...local, key, register }
}

const incomplete: Array<[flow: string, endpoints: object, missing: string]> = [
  ['authorization_code', {}, 'spec.endpoints.authorization'],
  ['authorization_code', { authorization }, 'spec.endpoints.token'],
  ['authorization_code', { token }, 'spec.endpoints.authorization'],
  ['authorization_code', { token, userinfo: 'https://acme.test/me' }, 'spec.endpoints.authorization'],
  ['device_code', { token, authorization }, 'spec.endpoints.deviceAuthorization'],
  ['device_code', { deviceAuthorization }, 'spec.endpoints.token'],
  ['client_credentials', { authorization }, 'spec.endpoints.token'],
  ['client_credentials', {}, 'spec.endpoints.token'],
]

test.each(incomplete)(
  'the %s flow with %j alone is refused, naming %s and what would do',
  async (flow, endpoints, missing) => {
    const { register, keyway } = await start()
    const refused = await register({ flow, spec: { endpoints } })
    expect(refused).toMatchObject({ status: 400, body: { code: 'invalid_request', field: missing } })
    expect(refused.body.message).toContain('spec.discovery.issuer')
    expect(keyway.providers.find('acme')).toBeNull()
  },
)

test('with an issuer, a metadata address, a preset or the addresses of its flow it is registered', async () => {
  const { register } = await start()
  const complete = [
    { spec: { discovery: { issuer: 'https://acme.test' } } },
    { spec: { discovery: { url: 'https://acme.test/meta' } }, flow: 'device_code' },
    { spec: { endpoints: { authorization, token } } },
    { spec: { endpoints: { nativeAuthorization: authorization, token } } },
    { spec: { endpoints: { deviceAuthorization, token } }, flow: 'device_code' },
    { spec: { endpoints: { token } }, flow: 'client_credentials' },
  ]
  for (const [index, json] of complete.entries()) {
    expect(await register({ slug: `acme-${index}`, ...json })).toMatchObject({ status: 201 })
  }
})

test('a change that takes the last address away is refused; one that has nothing to do with addresses is not', async () => {
  const { register, ask, key, keyway } = await start()
  await register({ spec: { endpoints: { authorization, token } } })
  const patch = (json: object) => ask('/api/integrations/acme', { key, method: 'PATCH', json })
  const before = keyway.providers.find('acme')
  const refused = await patch({ spec: { endpoints: { token: null } } })
  expect(refused).toMatchObject({ status: 400, body: { field: 'spec.endpoints.token' } })
  expect(await patch({ flow: 'device_code' })).toMatchObject({ status: 400 })
  expect(keyway.providers.find('acme')).toEqual(before)
  expect(await patch({ name: 'Other', flow: 'client_credentials' })).toMatchObject({ status: 200 })
})

test('a slug that is also a word of an address is reserved, everywhere a slug is taken', async () => {
  const { register } = await start()
  for (const slug of ROUTE_WORDS) {
    const refused = await register({ slug, spec: { endpoints: { authorization, token } } })
    expect(refused).toMatchObject({ status: 409, body: { code: 'slug_reserved', field: 'slug' } })
    expect(freeSlug(slug, new Set())).toBe(`${slug}-2`)
  }
  const known = { preset: null, presetSlugs: [], takenSlugs: [] }
  expect(slugAvailability('Connect', known)).toBe('reserved')
  expect(slugAvailability('connect-2', known)).toBe('free')
})

test('every word that stands in an address where a slug may stand is reserved', async () => {
  const routes = (await routesOf()).map((url) => url.split('/').slice(1))
  // Where one address has a parameter and another one, alike up to there, has a word.
  const words = routes.flatMap((route) =>
    routes.flatMap((other) => {
      const at = route.findIndex((part, index) => part !== other[index])
      const [part, word] = [route[at], other[at]]
      return part?.startsWith(':') === true && word !== undefined && !word.startsWith(':') ? [word] : []
    }),
  )
  expect(new Set(words).size).toBeGreaterThan(2)
  // Words that no slug can be, or below which no slug is looked up, need no place in the list.
  const slugs = [...new Set(words)].filter((word) => /^[a-z0-9-]+$/.test(word))
  expect(slugs.filter((word) => !(ROUTE_WORDS as readonly string[]).includes(word))).toEqual([])
})

/** Of the addresses in which a slug may stand. */
async function routesOf(): Promise<string[]> {
  const { ask } = await startLocalInMemory()
  const { paths } = (await ask('/openapi.json')).body as { paths: object }
  const urls = Object.keys(paths).map((path) => path.replaceAll(/\{(\w+)\}/g, ':$1'))
  return urls.filter((url) => /^\/api\/(?:integrations|auth)\//.test(url))
}

test.each(['GitHub', 'a b', '-a', 'a--b', 'ü', 'a/b', '', 'x'.repeat(64), 5, null])(
  'the slug %j is refused with what a slug is',
  async (slug) => {
    const { register } = await start()
    const { status, body } = await register({ slug, spec: { endpoints: { authorization, token } } })
    expect({ status, field: body.field }).toEqual({ status: 400, field: 'slug' })
    expect(body.message).toContain('lowercase letters, digits and single hyphens')
    expect(JSON.stringify(body)).not.toContain('Invalid input')
  },
)

test('what an older version took still opens: without addresses, with a reserved slug, with a secret in an address', () => {
  const stored = { name: 'Old', clientId: 'c', sealedClientSecret: null, createdAt: 1, updatedAt: 1 }
  const records = [
    { ...stored, id: 'prv_1', slug: 'old' },
    { ...stored, id: 'prv_2', slug: 'connect', spec: { endpoints: { token } } },
    { ...stored, id: 'prv_3', slug: 'leaky', spec: { resources: ['https://x.test/{client_secret}'] } },
  ]
  for (const record of records) expect(providerRecord.safeParse(record).success).toBe(true)
})

function nested(levels: number): unknown {
  let value: unknown = 'x'
  for (let level = 0; level < levels; level += 1) value = level % 2 === 0 ? [value] : { a: value }
  return value
}

/** JSON text of any depth; the language's own writer gives up before the reader does. */
const deepText = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels)

test('JSON nested without end is refused in words in every field of every call, and the host goes on', async () => {
  const { ask, call, key, register } = await start()
  await register({ spec: { endpoints: { authorization, token } } })
  const send = async (path: string, method: string, body: string) => {
    const headers = { 'content-type': 'application/json' }
    const response = await call(path, { key, method, headers, body })
    return { status: response.status, text: await response.text() }
  }
  const spec = (inner: string) =>
    `{"spec":{"account":{"request":{"method":"POST","url":"https://a.test","body":${inner}}}}}`
  for (const levels of [33, 100, 10_000, 100_000]) {
    const deep = deepText(levels)
    const calls: Array<[path: string, method: string, body: string]> = [
      ['/api/integrations', 'POST', `{"slug":"deep","name":"Deep",${spec(deep).slice(1)}`],
      ['/api/integrations/acme', 'PATCH', spec(deep)],
      ['/api/integrations/acme', 'PATCH', `{"spec":${deep}}`],
      ['/api/integrations/acme', 'PATCH', `{"parameters":{"a":${deep}}}`],
      ['/api/integrations/acme', 'PATCH', `{"spec":{"authorize":{"extraParams":{"a":${deep}}}}}`],
      ['/api/integrations/token', 'POST', `{"provider":"acme","scopes":${deep}}`],
      ['/api/integrations/acme/connect', 'POST', `{"code":${deep}}`],
      ['/api/apps/me', 'PATCH', `{"authProviders":${deep}}`],
    ]
    for (const [path, method, body] of calls) {
      const { status, text } = await send(path, method, body)
      expect([400, 413], `${method} ${path} at ${levels}: ${text}`).toContain(status)
      expect(JSON.parse(text)).toMatchObject({ code: expect.stringMatching(/^(?:invalid_|payload_too)/) })
    }
    const proxied = await send(
      '/api/integrations/acme/request',
      'POST',
      `{"url":"/x","method":"POST","data":${deep}}`,
    )
    expect(proxied.status).toBeLessThan(500)
  }
  expect(await ask('/api/integrations/acme', { key })).toMatchObject({ status: 200 })
  // The control: as deep as a body may be.
  const fine = await ask('/api/integrations/acme', {
    key,
    method: 'PATCH',
    json: { spec: { account: { request: { method: 'POST', url: 'https://a.test', body: nested(30) } } } },
  })
  expect(fine.status).toBe(200)
})
