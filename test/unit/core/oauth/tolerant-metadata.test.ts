// Server metadata (RFC 8414) and resource metadata (RFC 9728): an optional member that cannot be used is left
// out and named in a step; a required one gets its own outcome.
import { describe, expect, it } from 'vitest'
import type { ProviderCheckStep } from '../../../../shared/contract/ui-api.ts'
import { answerOf, makeOAuthClient, resolvedProvider } from '../../../support/oauth.ts'

const ORIGIN = 'https://as.example'
const OIDC = `${ORIGIN}/.well-known/openid-configuration`
const RESOURCE = 'https://api.example/mcp'
const RESOURCE_METADATA = 'https://api.example/.well-known/oauth-protected-resource/mcp'
const redirectUris = ['http://127.0.0.1:7317/oauth2/callback']

const metadata = {
  issuer: ORIGIN,
  authorization_endpoint: `${ORIGIN}/authorize`,
  token_endpoint: `${ORIGIN}/token`,
}
type Documents = Record<string, BodyInit | object>

function clientOver(documents: Documents) {
  return makeOAuthClient({
    fetchFor: () => (url) => {
      const found = documents[url]
      if (found === undefined) return Promise.resolve(new Response('no', { status: 404 }))
      const isPlain = typeof found === 'object' && found.constructor === Object
      return Promise.resolve(new Response(isPlain ? JSON.stringify(found) : (found as BodyInit)))
    },
  })
}
const discover = (url: string, documents: Documents) =>
  clientOver(documents).discover(url, { redirectUris: [] })
const told = (steps: readonly ProviderCheckStep[]): string =>
  steps.map(({ explanation }) => explanation).join('\n')

const endpoints = {
  revocation_endpoint: 'revocation',
  device_authorization_endpoint: 'deviceAuthorization',
  userinfo_endpoint: 'userinfo',
  introspection_endpoint: 'introspection',
  pushed_authorization_request_endpoint: 'pushedAuthorization',
  registration_endpoint: 'registration',
} as const
const wrongAddresses: Array<[value: unknown, reason: string]> = [
  [null, 'null'],
  ['', 'empty'],
  [7, 'a number'],
  [true, 'true or false'],
  [{}, 'an object'],
  [[`${ORIGIN}/x`], 'a list'],
  ['http://as.example/x', 'not https'],
  ['/relative', 'not an address'],
  [`https://user:pw@as.example/x`, 'holds a user name'],
  [`${ORIGIN}/x#part`, 'holds a fragment'],
  [`${ORIGIN}/${'x'.repeat(2000)}`, 'too long'],
]
const flags = [
  'require_pushed_authorization_requests',
  'authorization_response_iss_parameter_supported',
  'client_id_metadata_document_supported',
]
const wrongFlags: Array<[unknown, string]> = [
  [null, 'null'],
  ['', 'empty'],
  ['true', 'text'],
  [1, 'a number'],
  [[true], 'a list'],
]
const lists = [
  'code_challenge_methods_supported',
  'dpop_signing_alg_values_supported',
  'grant_types_supported',
  'id_token_signing_alg_values_supported',
  'response_modes_supported',
  'scopes_supported',
  'token_endpoint_auth_methods_supported',
]
const wrongLists: Array<[unknown, string]> = [
  [null, 'null'],
  ['', 'empty'],
  ['openid', 'text'],
  [7, 'a number'],
  [{ 0: 'openid' }, 'an object'],
  ['2026-12-01T00:00:00Z', 'text'],
  [[7, null], '2 of 2 entries'],
]

describe('server metadata', () => {
  it.each(
    Object.entries(endpoints).flatMap(([name, field]) =>
      wrongAddresses.map(([value, reason]) => ({ name, field, value, reason })),
    ),
  )('$name ($reason) is left out and said', async ({ name, field, value, reason }) => {
    const { draft, steps, missing } = await discover(ORIGIN, { [OIDC]: { ...metadata, [name]: value } })
    expect(draft).toMatchObject({
      spec: { endpoints: { token: metadata.token_endpoint, [field]: null } },
    })
    expect(missing).toEqual(['clientId'])
    expect(told(steps)).toContain(`${name} (${reason})`)
  })

  it.each([
    ...flags.flatMap((name) => wrongFlags.map(([value, reason]) => ({ name, value, reason }))),
    ...lists.flatMap((name) => wrongLists.map(([value, reason]) => ({ name, value, reason }))),
  ])('$name ($reason) is left out and said', async ({ name, value, reason }) => {
    const { steps, missing } = await discover(ORIGIN, { [OIDC]: { ...metadata, [name]: value } })
    expect(missing).toEqual(['clientId'])
    expect(told(steps)).toContain(`${name} (${reason})`)
  })

  it('keeps the usable entries of a list, at most 500', async () => {
    const many = Array.from({ length: 612 }, (_, index) => `scope${index}`)
    const mixed = await discover(ORIGIN, {
      [OIDC]: { ...metadata, scopes_supported: ['openid', 7, 'offline_access', null] },
    })
    expect(mixed.draft.scopes).toEqual(['openid', 'offline_access'])
    expect(told(mixed.steps)).toContain('scopes_supported (2 of 4 entries)')
    const long = await discover(ORIGIN, { [OIDC]: { ...metadata, scopes_supported: ['openid', ...many] } })
    expect(long.draft.scopes).toEqual(['openid'])
    expect(told(long.steps)).toContain('scopes_supported (113 entries after the first 500)')
    const whole = await discover(ORIGIN, { [OIDC]: { ...metadata, scopes_supported: many.slice(0, 500) } })
    expect(told(whole.steps)).not.toContain('Left out')
  })

  it.each([null, '', 7, {}, ['https://as.example'], 'http://as.example', 'as.example', undefined])(
    'without a usable issuer (%j) is refused for that',
    async (issuer) => {
      const outcome = discover(ORIGIN, { [OIDC]: { ...metadata, issuer } })
      await expect(outcome).rejects.toMatchObject({
        code: 'discovery_failed',
        message: expect.stringContaining('is not usable: issuer (') as string,
      })
    },
  )

  it.each(['authorization_endpoint', 'token_endpoint'])(
    'with a wrong %s is refused for that, with none it is asked for',
    async (name) => {
      for (const value of [7, 'http://as.example/x', ['x'], 'https://user:pw@as.example/x']) {
        await expect(discover(ORIGIN, { [OIDC]: { ...metadata, [name]: value } })).rejects.toMatchObject({
          code: 'discovery_failed',
          message: expect.stringContaining(`is not usable: ${name} (`) as string,
        })
      }
      for (const value of [null, '', undefined]) {
        const { missing } = await discover(ORIGIN, { [OIDC]: { ...metadata, [name]: value } })
        expect(missing).toContain(`spec.endpoints.${name === 'token_endpoint' ? 'token' : 'authorization'}`)
      }
    },
  )

  it('does not stop a registered provider for members that it does not need', async () => {
    const wrong = { revocation_endpoint: null, userinfo_endpoint: '', scopes_supported: 'all', jwks_uri: 7 }
    const client = clientOver({
      [OIDC]: { ...metadata, ...wrong },
      [metadata.token_endpoint]: { access_token: 'at', token_type: 'Bearer' },
    })
    answerOf(await client.clientCredentials(resolvedProvider({ discovery: { issuer: ORIGIN } }), []))
  })

  it('with a wrong address that is needed names it, and never the network', async () => {
    const client = clientOver({ [OIDC]: { ...metadata, token_endpoint: 'http://as.example/token' } })
    const outcome = await client.clientCredentials(resolvedProvider({ discovery: { issuer: ORIGIN } }), [])
    expect(outcome).toMatchObject({
      kind: 'config_error',
      message: expect.stringContaining('token_endpoint (not https)') as string,
      nextStep: expect.stringContaining('Enter it on the page of Acme') as string,
    })
  })

  it('that was left out in part is named in the provider check', async () => {
    const client = clientOver({ [OIDC]: { ...metadata, revocation_endpoint: null } })
    const provider = resolvedProvider({ discovery: { issuer: ORIGIN } })
    const flow = { redirectUri: redirectUris[0] ?? null, choosesHost: true, scopes: [] }
    const steps = await client.checkProvider(provider, { ...flow, flow: 'authorization_code' })
    expect(steps.find(({ name }) => name === 'Discovery')?.explanation).toContain(
      'revocation_endpoint (null)',
    )
  })
})

describe('the bytes of a document', () => {
  const json = JSON.stringify({ ...metadata, note: 'Grüße' })
  const utf16be = Buffer.from(json, 'utf16le').swap16()
  const bodies: Array<[string, Uint8Array]> = [
    ['a byte order mark', Buffer.from(`\uFEFF${json}`)],
    ['UTF-16 with a mark', Buffer.from(`\uFEFF${json}`, 'utf16le')],
    ['UTF-16 big-endian with a mark', Buffer.concat([Buffer.from([0xfe, 0xff]), utf16be])],
    ['UTF-16 without a mark', Buffer.from(json, 'utf16le')],
    ['UTF-16 big-endian without a mark', utf16be],
    ['Latin-1', Buffer.from(json, 'latin1')],
    ['space around it', Buffer.from(`\r\n\t ${json} \n\n`)],
    ['a member twice', Buffer.from(json.replace('{', `{"issuer":"${ORIGIN}/other",`))],
  ]
  it.each(bodies)('may have %s', async (_name, bytes) => {
    const { draft } = await discover(ORIGIN, { [OIDC]: bytes as BodyInit })
    expect(draft.spec).toMatchObject({ discovery: { issuer: ORIGIN } })
  })

  it.each([
    ['empty', '', 'The answer was empty.'],
    ['a web page', '<!doctype html><p>Welcome', 'The answer was a web page instead of JSON.'],
    ['half of it', json.slice(0, 40), 'The answer broke off in the middle, or is no JSON.'],
    ['a list', '[]', 'The answer was JSON, but not an object.'],
    ['null', 'null', 'The answer was JSON, but not an object.'],
    ['words', 'it works', 'The answer was plain text instead of JSON.'],
  ])('that are %s are said to be that', async (_name, body, sentence) => {
    await expect(discover(ORIGIN, { [OIDC]: body })).rejects.toMatchObject({
      code: 'discovery_failed',
      message: expect.stringContaining(sentence) as string,
    })
  })
})

describe('resource metadata', () => {
  const resource = { resource: RESOURCE, authorization_servers: [ORIGIN], scopes_supported: ['files'] }

  it.each([
    ...wrongLists.map(([value, reason]) => ({ name: 'scopes_supported', value, reason })),
    { name: 'resource_name', value: null, reason: 'null' },
    { name: 'resource_name', value: ['x'], reason: 'a list' },
    { name: 'resource_name', value: 'x'.repeat(201), reason: 'too long' },
  ])('$name ($reason) is left out and said', async ({ name, value, reason }) => {
    const { draft, steps } = await discover(RESOURCE, {
      [RESOURCE_METADATA]: { ...resource, [name]: value },
      [OIDC]: metadata,
    })
    expect(draft.spec).toMatchObject({ resources: [RESOURCE], discovery: { issuer: ORIGIN } })
    expect(told(steps)).toContain(`${name} (${reason})`)
  })

  it.each([undefined, null, '', 'https://as.example', [], [7], {}])(
    'gives the resource without authorization servers (%j)',
    async (servers) => {
      const document = { ...resource, authorization_servers: servers }
      const alone = await discover(RESOURCE, { [RESOURCE_METADATA]: document })
      expect(alone.draft).toMatchObject({ scopes: ['files'], spec: { resources: [RESOURCE] } })
      expect(alone.missing).toEqual(['clientId', 'spec.endpoints.token', 'spec.endpoints.authorization'])
      // The resource may be its own authorization server.
      const origin = 'https://api.example'
      const own = await discover(RESOURCE, {
        [RESOURCE_METADATA]: document,
        [`${origin}/.well-known/oauth-authorization-server`]: { ...metadata, issuer: origin },
      })
      expect(own.draft.spec).toMatchObject({ resources: [RESOURCE], discovery: { issuer: origin } })
    },
  )

  it('uses the authorization servers that can be used', async () => {
    const servers = [null, 'http://as.example', 7, ORIGIN]
    const { draft, steps } = await discover(RESOURCE, {
      [RESOURCE_METADATA]: { ...resource, authorization_servers: servers },
      [OIDC]: metadata,
    })
    expect(draft.spec).toMatchObject({ discovery: { issuer: ORIGIN } })
    expect(told(steps)).toContain('authorization_servers (3 of 4 entries)')
  })

  it.each([null, '', 7, ['x'], 'mcp', undefined])(
    'without a usable resource (%j) says so in its step',
    async (value) => {
      const failed = discover(RESOURCE, { [RESOURCE_METADATA]: { ...resource, resource: value } })
      const { details } = await failed.then(
        () => ({ details: {} }),
        (error: { details: { steps?: ProviderCheckStep[] } }) => error,
      )
      expect(told((details as { steps: ProviderCheckStep[] }).steps)).toMatch(/not usable: resource \(/)
    },
  )
})

describe('an address without any metadata', () => {
  it('lists every address that was tried with its result', async () => {
    const failure = await discover(RESOURCE, { [RESOURCE]: 'hello' }).then(
      () => null,
      (error: { message: string; details: { steps: ProviderCheckStep[] } }) => error,
    )
    const steps = failure?.details.steps ?? []
    expect(steps.map(({ request }) => request)).toEqual([
      `GET ${RESOURCE_METADATA}`,
      'GET https://api.example/.well-known/oauth-protected-resource',
      `GET ${RESOURCE}`,
      `GET ${RESOURCE}/.well-known/openid-configuration`,
      'GET https://api.example/.well-known/oauth-authorization-server/mcp',
      `GET ${RESOURCE}/.well-known/oauth-authorization-server`,
      'GET https://api.example/.well-known/openid-configuration/mcp',
      `POST ${RESOURCE}`,
      'GET https://api.example/.well-known/openid-configuration',
      'GET https://api.example/.well-known/oauth-authorization-server',
    ])
    expect(steps.every(({ explanation }) => /HTTP 404|names no resource/.test(explanation))).toBe(true)
    expect(failure?.message).toBe(`There is no server metadata for ${RESOURCE}: 10 addresses were tried.`)
  })
})
