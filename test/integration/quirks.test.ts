// Each quirk class at a loopback server that insists on it, from authorize to refresh to revoke; and the same
// server without the data, to show that it really deviates. At the end a table names the test that covers
// each class.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { providerSpec, type ProviderSpecInput } from '../../shared/contract/provider-spec.ts'
import { Secret } from '../../shared/contract/secret.ts'
import { missingScopes } from '../../shared/domain/scope-comparison.ts'
import { presets } from '../../shared/presets/presets.ts'
import { quirkClasses } from './quirks/classes.ts'
import { type Circle, runCircle } from './quirks/circle.ts'
import {
  type NonConformantServer,
  startNonConformantServer,
} from '../support/providers/non-conformant-server.ts'
import type { ServerRules } from '../support/providers/server-rules.ts'
import { addresses, type Quirk, together } from './quirks/quirk.ts'
import { addressQuirks } from './quirks/addresses.ts'
import { apiQuirks } from './quirks/api.ts'
import { authorizeQuirks } from './quirks/authorize.ts'
import { callbackQuirks } from './quirks/callback.ts'
import { clientQuirks } from './quirks/client.ts'
import { redirectQuirks } from './quirks/redirect.ts'
import { refreshQuirks } from './quirks/refresh.ts'
import { replyQuirks } from './quirks/reply.ts'
import { revokeQuirks } from './quirks/revoke.ts'
import { toleratedQuirks } from './quirks/tolerated.ts'
import { answerOf, grantOf, makeOAuthClient, resolvedProvider } from '../support/oauth.ts'

const quirks: readonly Quirk[] = [
  ...authorizeQuirks,
  ...addressQuirks,
  ...clientQuirks,
  ...replyQuirks,
  ...callbackQuirks,
  ...refreshQuirks,
  ...apiQuirks,
  ...revokeQuirks,
  ...redirectQuirks,
]

const readme = join(import.meta.dirname, '..', '..', 'README.md')
const covered = new Map<number, string[]>()
/** Notes that the running test covers these classes. */
function covers(classes: readonly number[], title = String(expect.getState().currentTestName)): void {
  for (const number of classes) covered.set(number, [...(covered.get(number) ?? []), title])
}

const me = { 'GET /api/me': () => ({ id: 'u1', email: 'ada@example.test' }) }
const rulesOf = (quirk: Quirk): ServerRules => ({ api: me, ...quirk.rules })

function circleWith(
  quirk: Quirk,
  server: NonConformantServer,
  how: 'with the data' | 'without it',
): Promise<Circle> {
  const data = how === 'with the data' ? quirk.spec(server.origin) : (quirk.plainSpec?.(server.origin) ?? {})
  const request = how === 'with the data' ? quirk.request : { ...quirk.request, ...quirk.plainRequest }
  return runCircle({
    client: makeOAuthClient({ contactEmail: 'me@example.test' }),
    server,
    provider: resolvedProvider(together(addresses(server.origin, quirk.rules), data), {
      clientId: quirk.clientId ?? 'made-up-client',
      clientSecret: quirk.secret ?? null,
      parameters: how === 'with the data' ? (quirk.parameters?.(server.origin) ?? {}) : {},
    }),
    ...(request === undefined ? {} : { request }),
    refreshes: quirk.refreshes ?? true,
  })
}

describe.each(quirks)('$title', (quirk) => {
  it('is met by data', async () => {
    const server = await startNonConformantServer(rulesOf(quirk))
    const circle = await circleWith(quirk, server, 'with the data')
    expect(circle.broken).toBeNull()
    quirk.check?.(circle as Required<Circle>, server)
    covers(quirk.classes, quirk.title)
  })

  it('is a quirk indeed', async () => {
    const server = await startNonConformantServer(rulesOf(quirk))
    const circle = await circleWith(quirk, server, 'without it')
    expect({ brokenAt: circle.broken?.step ?? 'works', circle }).toMatchObject({ brokenAt: quirk.plain })
  })
})

describe.each(toleratedQuirks)('without data: $title', (quirk) => {
  it('is understood', async () => {
    covers(quirk.classes, quirk.title)
    const server = await startNonConformantServer({ api: me, ...quirk.rules })
    const spec = quirk.spec?.(server.origin) ?? {}
    const circle = await runCircle({
      client: makeOAuthClient(),
      server,
      provider: resolvedProvider(together(addresses(server.origin, quirk.rules), spec), {
        clientSecret: quirk.secret ?? null,
      }),
      ...(quirk.request === undefined ? {} : { request: quirk.request }),
    })
    expect(circle.broken).toBeNull()
    quirk.check(circle as Required<Circle>, server)
  })
})

const request = {
  redirectUri: 'http://127.0.0.1:7317/oauth2/callback',
  scopes: ['read', 'write'],
  secondaryScopes: [],
  loginHint: null,
  prompt: null,
  optionalParams: {},
}

describe('what does not fit the circle', () => {
  it('a client registered by the server’s own API, and by RFC 7591', async () => {
    covers([21])
    const server = await startNonConformantServer({
      client: { id: 'registered-client', secret: 'registered-secret', auth: 'post' },
      api: me,
      routes: {
        'POST /api/v1/apps': ({ params }) =>
          params['client_name'] === 'Keyway' && params['redirect_uris'] === request.redirectUri
            ? { body: { app: { id: 'registered-client' }, secret: 'registered-secret' } }
            : { status: 422, body: { error: 'wrong fields' } },
        'POST /register': ({ params, format }) =>
          format === 'json' && params['application_type'] === 'native'
            ? {
                status: 201,
                body: {
                  client_id: 'rfc-client',
                  registration_access_token: 'rat',
                  registration_client_uri: 'x',
                },
              }
            : { status: 400, body: { error: 'invalid_client_metadata' } },
      },
    })
    const base = addresses(server.origin, {})
    const registrationRequest = {
      url: `${server.origin}/api/v1/apps`,
      format: 'form' as const,
      fields: { client_name: '{app_name}', redirect_uris: '{redirect_uri}', scopes: '{scope}' },
      clientIdPath: 'app.id',
      clientSecretPath: 'secret',
    }
    const client = makeOAuthClient()
    const wishes = { redirectUris: [request.redirectUri], scopes: ['read'] }
    const perInstance = resolvedProvider(together(base, { client: { registrationRequest } }), {
      clientId: '',
    })
    const registered = await client.register(perInstance, wishes)
    expect(registered).toMatchObject({ clientId: 'registered-client', auth: 'client_secret_post' })
    const provider = resolvedProvider(base, {
      clientId: registered.clientId,
      clientSecret: registered.clientSecret?.reveal() ?? null,
    })
    expect((await runCircle({ client, provider, server })).broken).toBeNull()
    const standard = resolvedProvider(
      together(base, { endpoints: { registration: `${server.origin}/register` } }),
    )
    const { registration, ...rest } = await client.register(standard, wishes)
    expect(rest).toMatchObject({ clientId: 'rfc-client', clientSecret: null, auth: 'none' })
    expect(registration?.reveal()).toBe('{"accessToken":"rat","uri":"x"}')
    await expect(client.register(resolvedProvider(base), wishes)).rejects.toMatchObject({
      code: 'config_error',
    })
  })

  it.each<[string, object, object]>([
    ['without the end of the secret', { client_secret: 's' }, { clientSecretExpiresAt: null }],
    ['with null members', { client_secret_expires_at: null, scope: null }, { clientSecret: null }],
    ['with a number as id and an empty secret', { client_id: 42, client_secret: '' }, { clientId: '42' }],
    [
      'with an end that is a date',
      { client_secret: 's', client_secret_expires_at: '2030-01-02T03:04:05Z' },
      { clientSecretExpiresAt: Date.parse('2030-01-02T03:04:05Z') },
    ],
  ])('a registration answer %s', async (_name, members, expected) => {
    covers([79])
    const server = await startNonConformantServer({
      routes: { 'POST /register': () => ({ body: { client_id: 'c', ...members } }) },
    })
    const spec = together(addresses(server.origin, {}), {
      endpoints: { registration: `${server.origin}/register` },
    })
    const wishes = { redirectUris: [request.redirectUri], scopes: ['read'] }
    const { clientSecret, ...registered } = await makeOAuthClient().register(resolvedProvider(spec), wishes)
    expect({ ...registered, clientSecret: clientSecret?.reveal() ?? null }).toMatchObject(expected)
  })

  it('a registration that takes localhost and not 127.0.0.1', async () => {
    covers([87])
    const server = await startNonConformantServer({
      routes: {
        'POST /register': ({ params }) =>
          JSON.stringify(params).includes('//localhost:')
            ? { status: 201, body: { client_id: 'c' } }
            : { status: 400, body: { error: 'invalid_redirect_uri' } },
      },
    })
    const spec = together(addresses(server.origin, {}), {
      endpoints: { registration: `${server.origin}/register` },
    })
    const wishes = { redirectUris: [request.redirectUri], scopes: ['read'] }
    const registered = await makeOAuthClient().register(resolvedProvider(spec), wishes)
    expect(registered).toMatchObject({ clientId: 'c', redirectHost: 'localhost' })
  })

  it('a refusal inside a 200 in words of its own', async () => {
    covers([88])
    const failure: ServerRules['failure'] = (_code, description) => ({
      body: { errcode: 40_029, errmsg: description },
    })
    const server = await startNonConformantServer({ authorize: { codeLifetimeMs: -1 }, failure })
    const provider = resolvedProvider(addresses(server.origin, {}))
    const { broken } = await runCircle({ client: makeOAuthClient(), provider, server })
    expect(broken).toEqual({ step: 'exchange', said: 'refused 40029: 40029: the code has lapsed' })
  })

  it('scopes that are granted under other names, or by implication: data of the provider', () => {
    covers([81])
    const rules = providerSpec.parse({
      scopes: {
        implies: { repo: ['public_repo'] },
        equivalent: [['email', 'https://id.example.test/userinfo.email']],
      },
    }).scopes
    const [asked, granted] = [
      ['repo', 'public_repo', 'email'],
      ['repo', 'https://id.example.test/userinfo.email'],
    ]
    expect(missingScopes(asked, granted, rules)).toEqual([])
    expect(missingScopes(asked, granted)).toEqual(['public_repo', 'email'])
  })

  it('a callback whose signature or host was tampered with is refused', async () => {
    covers([45])
    const quirk = callbackQuirks.find(({ classes }) => classes.includes(45)) as Quirk
    const server = await startNonConformantServer(rulesOf(quirk))
    const client = makeOAuthClient()
    const spec = together(addresses(server.origin, quirk.rules), quirk.spec(server.origin))
    const provider = resolvedProvider(spec, { clientSecret: quirk.secret ?? null })
    const { url, authorizationState } = await client.authorize(provider, request)
    const location = (await fetch(url, { redirect: 'manual' })).headers.get('location') ?? ''
    for (const [name, value] of [
      ['timestamp', '1'],
      ['shop', 'evil.example'],
      ['hmac', '00'],
    ] as const) {
      const forged = new URL(location).searchParams
      forged.set(name, value)
      await expect(client.exchange(provider, authorizationState, forged)).rejects.toMatchObject({
        code: 'invalid_request',
      })
    }
    answerOf(await client.exchange(provider, authorizationState, new URL(location).searchParams))
  })

  it('a callback that names a foreign token host gets no code and no secret', async () => {
    covers([20])
    const server = await startNonConformantServer()
    const client = makeOAuthClient()
    const rule = { param: 'accounts-server', pattern: 'accounts\\.example' }
    const spec = together(addresses(server.origin, {}), { authorize: { tokenHostFromCallback: rule } })
    const provider = resolvedProvider(spec)
    const { authorizationState } = await client.authorize(provider, request)
    const callback = new URLSearchParams({
      code: 'c',
      state: authorizationState.state,
      'accounts-server': 'https://evil.example',
    })
    expect(await client.exchange(provider, authorizationState, callback)).toMatchObject({
      kind: 'config_error',
      code: 'target_not_allowed',
    })
    expect(server.requests.filter(({ path }) => path === '/token')).toEqual([])
  })

  it('a revocation that says ok:false in a 200 did not happen', async () => {
    covers([35, 69])
    const server = await startNonConformantServer({
      revoke: { param: 'token', reply: { body: { ok: false, error: 'not_allowed' } } },
    })
    server.book.access.add('access-1')
    const spec = together(addresses(server.origin, { revoke: {} }), {
      token: { success: { path: 'ok', value: true, errorPath: 'error' } },
    })
    const tokens = {
      refreshToken: null,
      accessToken: new Secret('access-1'),
      scopes: [],
      redirectUri: null,
      dpopKey: null,
      values: {},
    }
    expect(await makeOAuthClient().revoke(resolvedProvider(spec), tokens)).toMatchObject({
      revoked: 'failed',
    })
  })

  it('a grace period in which the used-up refresh token is still taken', async () => {
    covers([50])
    const server = await startNonConformantServer({ refresh: { grace: true }, api: me })
    const client = makeOAuthClient()
    const provider = resolvedProvider(
      together(addresses(server.origin, {}), { refresh: { reuseGraceSeconds: 1800 } }),
    )
    const { answer } = (await runCircle({ client, provider, server, refreshes: false })) as Required<Circle>
    answerOf(await client.refresh(provider, grantOf(answer)))
    answerOf(await client.refresh(provider, grantOf(answer)))
    expect(provider.spec.refresh.reuseGraceSeconds).toBe(1800)
  })

  it('a token address that was given up is named, and the others are data', async () => {
    covers([56])
    const server = await startNonConformantServer({
      api: me,
      routes: { 'POST /v1/token': () => ({ status: 410, body: '<h1>Gone</h1>' }) },
    })
    const alternatives = [`${server.origin}/token`]
    const spec = together(addresses(server.origin, {}), {
      endpoints: { token: `${server.origin}/v1/token` },
      token: { alternatives },
    })
    const provider = resolvedProvider(spec)
    const circle = await runCircle({ client: makeOAuthClient(), provider, server })
    expect(circle.broken).toMatchObject({
      step: 'exchange',
      said: expect.stringContaining('http_410') as string,
    })
    const [other = ''] = provider.spec.token.alternatives
    const moved = resolvedProvider(together(spec, { endpoints: { token: other } }))
    expect((await runCircle({ client: makeOAuthClient(), provider: moved, server })).broken).toBeNull()
  })

  it('a token check that the provider demands from time to time', async () => {
    covers([65])
    const server = await startNonConformantServer({
      routes: {
        'GET /validate': ({ headers }) =>
          headers['authorization'] === 'OAuth good' ? { body: { user_id: '1' } } : { status: 401, body: {} },
      },
    })
    const validation = { url: `${server.origin}/validate`, everySeconds: 3600, scheme: 'OAuth' }
    const provider = resolvedProvider({ account: { validation } })
    const client = makeOAuthClient()
    const check = (token: string) =>
      client.validate(provider, {
        accessToken: new Secret(token),
        tokenType: 'Bearer',
        dpopKey: null,
        values: {},
      })
    expect(await check('good')).toBe('valid')
    expect(await check('ended')).toBe('invalid')
    expect(
      await makeOAuthClient().validate(resolvedProvider({}), {
        accessToken: new Secret('t'),
        tokenType: 'Bearer',
        dpopKey: null,
        values: {},
      }),
    ).toBe('unknown')
  })

  it('a token check along the whole life of a grant', async () => {
    covers([65])
    const server = await startNonConformantServer({
      api: { ...me, 'GET /validate': () => ({ user_id: 'u1' }) },
      revoke: { param: 'token' },
    })
    const validation = { url: `${server.origin}/validate`, everySeconds: 3600, scheme: 'Bearer' }
    const spec = together(addresses(server.origin, { revoke: {} }), { account: { validation } })
    const [client, provider] = [makeOAuthClient(), resolvedProvider(spec)]
    const circle = (await runCircle({ client, provider, server })) as Required<Circle>
    expect(circle.broken).toBeNull()
    expect(circle.revocation.revoked).toBe('at_provider')
    expect(await client.validate(provider, grantOf(circle.refreshed))).toBe('invalid')
  })

  it('a code that has lapsed ends the sign-in and nothing else', async () => {
    covers([47])
    const server = await startNonConformantServer({ authorize: { codeLifetimeMs: -1 } })
    const provider = resolvedProvider(addresses(server.origin, {}))
    const { broken } = await runCircle({ client: makeOAuthClient(), provider, server })
    expect(broken).toMatchObject({
      step: 'exchange',
      said: expect.stringContaining('the code has lapsed') as string,
    })
  })

  it('one client for two entries of a family, each with scopes of its own', async () => {
    covers([77])
    const server = await startNonConformantServer({ api: me, revoke: { param: 'token' } })
    for (const scope of ['mail', 'calendar']) {
      const provider = resolvedProvider(addresses(server.origin, { revoke: {} }))
      const circle = await runCircle({
        client: makeOAuthClient(),
        provider,
        server,
        request: { scopes: [scope] },
      })
      expect(circle.broken).toBeNull()
      expect(circle.answer?.scopes).toEqual([scope])
    }
  })

  it('a client-id metadata document where the server takes one (PAR and DPoP: oauth.test.ts)', async () => {
    covers([66])
    const server = await startNonConformantServer({
      routes: {
        'GET /.well-known/openid-configuration': (_request, origin) => ({
          body: {
            issuer: origin,
            authorization_endpoint: `${origin}/authorize`,
            token_endpoint: `${origin}/token`,
            client_id_metadata_document_supported: true,
          },
        }),
      },
    })
    const clientMetadataUrl = 'https://keyway.example/client.json'
    const found = await makeOAuthClient({ clientMetadataUrl }).discover(server.origin, {
      redirectUris: [request.redirectUri],
    })
    expect(found.draft).toMatchObject({
      clientId: clientMetadataUrl,
      spec: { client: { auth: 'none', metadataDocument: true } },
    })
    expect(found.missing).toEqual([])
    // Without an address of Keyway's own, the person's: the description to publish is shown.
    const byHand = await makeOAuthClient().discover(server.origin, { redirectUris: [request.redirectUri] })
    expect(byHand.draft.spec).toMatchObject({ client: { auth: 'none', metadataDocument: true } })
    expect(byHand.missing).toEqual(['clientId'])
    expect(JSON.parse(byHand.steps.at(-1)?.answer ?? '')).toMatchObject({
      redirect_uris: [request.redirectUri],
      token_endpoint_auth_method: 'none',
    })
    const published = resolvedProvider(together(addresses(server.origin, {}), byHand.draft.spec ?? {}), {
      clientId: clientMetadataUrl,
    })
    const own = await startNonConformantServer({ client: { id: clientMetadataUrl, auth: 'none' }, api: me })
    const provider = { ...published, spec: resolvedProvider(addresses(own.origin, {})).spec }
    expect((await runCircle({ client: makeOAuthClient(), provider, server: own })).broken).toBeNull()
  })
})

describe('the device flow', () => {
  const start = async (rules: ServerRules, spec: ProviderSpecInput = {}) => {
    const quick = {
      ...rules.device,
      reply: rules.device?.reply ?? ((fields) => ({ ...fields, interval: 0.01 })),
    }
    const server = await startNonConformantServer({ ...rules, device: quick })
    const client = makeOAuthClient()
    const endpoints = { deviceAuthorization: `${server.origin}/device` }
    const provider = resolvedProvider(together(addresses(server.origin, rules), { endpoints }, spec))
    const code = await client.startDevice(provider, ['read'])
    return { server, code, outcome: client.pollDevice(provider, code, new AbortController().signal) }
  }

  it('code, waiting, tokens', async () => {
    covers([67])
    const { outcome, code, server } = await start({ device: { pending: 2 } })
    expect(code).toMatchObject({ userCode: 'ABCD-1234', verificationUriComplete: null })
    answerOf(await outcome)
    expect(server.book.polls).toBe(3)
  })

  it('without the secret, with scopes under another name and an older field name', async () => {
    covers([67, 68])
    const rules: ServerRules = {
      device: {
        scopeName: 'scopes',
        reply: ({ verification_uri, ...fields }) => ({
          ...fields,
          verification_url: verification_uri,
          expires_in: '600',
          interval: '0.01',
        }),
      },
    }
    const spec = {
      device: { withoutSecret: true, scopeParam: 'scopes' },
      client: { auth: 'client_secret_post' as const },
    }
    const { outcome, server } = await start(rules, spec)
    answerOf(await outcome)
    expect(server.last('/token').params['scopes']).toBe('read')
  })

  it('numbers for text, and members that are empty', async () => {
    covers([90])
    const reply: NonNullable<ServerRules['device']>['reply'] = (fields) => ({
      ...fields,
      user_code: 12_345_678,
      verification_uri_complete: '',
      interval: '0.01',
    })
    const { outcome, code } = await start({ device: { reply } })
    expect(code).toMatchObject({ userCode: '12345678', verificationUriComplete: null })
    answerOf(await outcome)
  })

  it('errors under other names', async () => {
    covers([68])
    const aliases = { authorization_declined: 'access_denied', code_gone: 'expired_token' }
    const declined = await start(
      { device: { error: 'authorization_declined' } },
      { device: { errorAliases: aliases } },
    )
    await expect(declined.outcome).rejects.toMatchObject({ code: 'access_denied' })
    const gone = await start({ device: { error: 'code_gone' } }, { device: { errorAliases: aliases } })
    await expect(gone.outcome).rejects.toMatchObject({ code: 'flow_expired' })
  })
})

describe('what is shown and not sent', () => {
  it('short codes, refresh for some apps, one address per app: data for the window', () => {
    covers([47, 55, 76])
    const specs = presets.map(({ spec }) => providerSpec.parse(spec))
    expect(
      specs.filter(({ authorize }) => authorize.codeLifetimeSeconds !== null).length,
    ).toBeGreaterThanOrEqual(2)
    expect(specs.filter(({ refresh }) => refresh.supported === 'sometimes').length).toBeGreaterThanOrEqual(8)
    expect(specs.filter(({ redirect }) => redirect.onePerApp).length).toBeGreaterThanOrEqual(5)
  })

  it('presets of one family share their token address', () => {
    covers([77])
    const families = Map.groupBy(
      presets.filter(({ family }) => family !== null),
      ({ family }) => family,
    )
    expect([...families].map(([family, members]) => [family, members.length])).toEqual(
      expect.arrayContaining([
        ['google', 5],
        ['microsoft', 3],
      ]),
    )
    for (const [family, members] of families) {
      const tokens = new Set(members.map(({ spec }) => providerSpec.parse(spec).endpoints.token))
      expect([family, tokens.size]).toEqual([family, 1])
    }
  })
})

describe('the catalogue', () => {
  it('is covered, class by class', () => {
    const numbers = Object.keys(quirkClasses).map(Number)
    expect(numbers).toEqual(numbers.map((_number, index) => index + 1))
    expect(readFileSync(readme, 'utf8')).toContain(`${numbers.length} known ways in which providers deviate`)
    expect(numbers.filter((number) => !covered.has(number))).toEqual([])
  })
})

afterAll(() => {
  const lines = Object.entries(quirkClasses).map(
    ([number, name]) =>
      `${number.padStart(3)}  ${name}: ${(covered.get(Number(number)) ?? ['NOT COVERED']).join(' | ')}`,
  )
  process.stdout.write(`\nQuirk classes covered: ${covered.size} of ${lines.length}\n${lines.join('\n')}\n`)
})
