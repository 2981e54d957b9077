// Connect by URL: honest servers of every kind become filled forms, hostile documents become coded failures
// with nothing kept.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import { providerInput } from '../../shared/contract/provider.ts'
import { testCertificates } from '../support/certificates/certificates.ts'
import { createFakeClock } from '../support/fake-clock.ts'
import { answerOf, makeOAuthClient, resolvedProvider } from '../support/oauth.ts'
import { always, startAnswering } from '../support/providers/answering-server.ts'
import { startPracticeProvider } from '../support/start-practice-provider.ts'
import { signInWithHttp } from '../support/user-agent.ts'

const redirectUris = ['http://127.0.0.1:7317/oauth2/callback']
type Handler = (origin: string) => object | string | ((response: ServerResponse) => void)

/** Serves documents by path; everything else is a 404. */
async function serve(documents: Readonly<Record<string, Handler>>) {
  const paths: string[] = []
  const place = { origin: '' }
  const server = await startAnswering((request: IncomingMessage, response) => {
    const path = (request.url ?? '').replace(/\?.*$/, '')
    paths.push(`${request.method} ${path}`)
    const found = documents[path]?.(place.origin)
    if (typeof found === 'function') found(response)
    else always(found === undefined ? 404 : 200, found ?? 'no')(request, response)
  })
  place.origin = server.origin
  return { origin: server.origin, paths }
}

const metadata = (issuer: string, base = issuer): object => ({
  issuer,
  authorization_endpoint: `${base}/authorize`,
  token_endpoint: `${base}/token`,
  scopes_supported: ['openid', 'email', 'offline_access', 'files'],
})

const discover = (url: string) => makeOAuthClient().discover(url, { redirectUris })

describe('an address that can be connected to', () => {
  it('is a real issuer: found, registered, signed in at, with no client id from the person', async () => {
    const practice = await startPracticeProvider()
    const client = makeOAuthClient()
    const { draft, registered, steps, missing } = await client.discover(practice.issuer, { redirectUris })
    expect(missing).toEqual([])
    expect(registered?.registration?.reveal()).toContain('accessToken')
    expect(steps.filter(({ outcome }) => outcome === 'failed')).toEqual([])
    expect(draft.scopes).toEqual(['openid', 'profile', 'email', 'offline_access'])
    expect(JSON.stringify(steps)).not.toContain(
      String(draft.clientSecret ?? registered?.registration?.reveal()),
    )

    const input = providerInput.parse(draft)
    const provider = resolvedProvider(input.spec, {
      clientId: input.clientId,
      clientSecret: input.clientSecret ?? null,
    })
    const { url, authorizationState } = await client.authorize(provider, {
      redirectUri: redirectUris[0] ?? null,
      scopes: input.scopes,
      secondaryScopes: [],
      loginHint: null,
      prompt: null,
      optionalParams: {},
    })
    const outcome = await signInWithHttp(url, { account: 'ada@example.test', stopAtCallback: true })
    const callback = new URL(outcome.kind === 'stopped' ? outcome.callbackUrl : '').searchParams
    expect(
      answerOf(await client.exchange(provider, authorizationState, callback)).refreshToken,
    ).not.toBeNull()
  })

  it.each([
    ['OpenID Connect discovery', '/.well-known/openid-configuration', ''],
    ['the same below a path', '/tenant/.well-known/openid-configuration', '/tenant'],
    ['RFC 8414', '/.well-known/oauth-authorization-server', ''],
    ['RFC 8414 with the path inserted', '/.well-known/oauth-authorization-server/tenant', '/tenant'],
    ['RFC 8414 with the path in front', '/tenant/.well-known/oauth-authorization-server', '/tenant'],
    ['OpenID Connect with the path inserted', '/.well-known/openid-configuration/tenant', '/tenant'],
  ])('is an issuer by %s', async (_name, path, issuerPath) => {
    const { origin } = await serve({ [path]: (base) => metadata(`${base}${issuerPath}`) })
    const { draft, missing } = await discover(`${origin}${issuerPath}`)
    expect(draft.spec).toMatchObject({
      discovery: { issuer: `${origin}${issuerPath}` },
      endpoints: { token: `${origin}${issuerPath}/token` },
    })
    expect(missing).toEqual(['clientId'])
  })

  it('is a metadata document itself, or a server at the root of the pasted page', async () => {
    const { origin } = await serve({ '/.well-known/openid-configuration': (base) => metadata(base) })
    for (const url of [
      `${origin}/.well-known/openid-configuration`,
      `${origin}/docs/start#top`,
      origin.replace('http://', ''),
    ]) {
      expect((await discover(url)).draft.spec).toMatchObject({ discovery: { issuer: origin } })
    }
  })

  it.each([
    ['/mcp', '/mcp'],
    ['/mcp/', '/mcp'],
    ['/', ''],
    ['/.well-known/oauth-protected-resource', ''],
  ])(
    'is a resource that describes the whole host, and its API is what was typed: %s',
    async (typed, base) => {
      const { origin } = await serve({
        '/.well-known/oauth-authorization-server': (at) => metadata(at),
        '/.well-known/oauth-protected-resource': (at) => ({ resource: at, authorization_servers: [at] }),
      })
      const { draft } = await discover(`${origin}${typed}`)
      expect(draft.spec).toMatchObject({ resources: [origin], api: { baseUrl: `${origin}${base}` } })
    },
  )

  it.each(['well-known', 'challenge'])(
    'is an MCP server whose %s names its authorization server',
    async (how) => {
      const authorization = await serve({
        '/.well-known/oauth-authorization-server': (base) => metadata(base),
      })
      const document = (base: string): object => ({
        resource: `${base}/mcp`,
        resource_name: 'Files',
        authorization_servers: [authorization.origin],
        scopes_supported: ['files'],
      })
      const resource = await serve({
        [how === 'well-known' ? '/.well-known/oauth-protected-resource/mcp' : '/elsewhere']: document,
        '/mcp': (base) => (response) => {
          const challenge = how === 'challenge' ? `Bearer resource_metadata="${base}/elsewhere"` : 'Bearer'
          response.writeHead(401, { 'www-authenticate': challenge, 'content-type': 'text/event-stream' })
          // An event stream that never ends: only its headers are wanted.
          response.write(': hello\n\n')
        },
      })
      const { draft, steps } = await discover(`${resource.origin}/mcp`)
      expect(draft).toMatchObject({
        name: 'Files',
        scopes: ['files', 'offline_access'],
        spec: {
          discovery: { issuer: authorization.origin },
          resources: [`${resource.origin}/mcp`],
          api: { baseUrl: `${resource.origin}/mcp` },
        },
      })
      expect(steps.map(({ name, outcome }) => `${name}: ${outcome}`)).toContain('Protected resource: ok')
      expect(providerInput.safeParse({ ...draft, clientId: 'x' }).success).toBe(true)
    },
  )

  it.each([
    [
      'quoted',
      (base: string) =>
        `Bearer error="invalid_token", scope="files.read me", resource_metadata="${base}/elsewhere"`,
    ],
    ['unquoted', (base: string) => `Bearer resource_metadata=${base}/elsewhere, scope="files.read me"`],
  ])(
    'is an MCP server that speaks only POST, and asks for the scopes that its challenge names (%s)',
    async (_name, challenge) => {
      const authorization = await serve({
        '/.well-known/oauth-authorization-server': (base) => metadata(base),
      })
      const documents: Record<string, Handler> = {
        '/elsewhere': (base) => ({
          resource: `${base}/mcp`,
          authorization_servers: [authorization.origin],
          scopes_supported: ['files.read', 'files.write', 'admin'],
        }),
      }
      const resource = await startAnswering((request, response) => {
        const base = `http://${request.headers.host ?? ''}`
        if (request.url === '/mcp' && request.method === 'POST') {
          response.writeHead(401, { 'www-authenticate': challenge(base) }).end()
          return
        }
        const found = documents[request.url ?? '']?.(base)
        const missing = request.url === '/mcp' ? 405 : 404
        always(found === undefined ? missing : 200, (found as object | undefined) ?? 'no')(request, response)
      })
      const { draft } = await discover(`${resource.origin}/mcp`)
      expect(draft.scopes).toEqual(['files.read', 'me', 'offline_access'])
      expect(draft.spec).toMatchObject({ resources: [`${resource.origin}/mcp`] })
    },
  )

  it('is the root of a server whose issuer lies below, when the metadata is at that issuer’s own place as well', async () => {
    const below = (base: string): object => metadata(`${base}/api/auth`)
    const honest = await serve({
      '/.well-known/oauth-authorization-server': below,
      '/.well-known/oauth-authorization-server/api/auth': below,
    })
    const { draft } = await discover(honest.origin)
    expect(draft.spec).toMatchObject({ discovery: { issuer: `${honest.origin}/api/auth` } })
    const claims = await serve({ '/.well-known/oauth-authorization-server': below })
    await expect(discover(claims.origin)).rejects.toMatchObject({ code: 'discovery_failed' })
  })

  it('is not sent a POST when it is an issuer', async () => {
    const { origin, paths } = await serve({ '/.well-known/openid-configuration': (base) => metadata(base) })
    await discover(origin)
    expect(paths.filter((path) => path.startsWith('POST'))).toEqual([])
  })

  it('redirects up to five times', async () => {
    const hop =
      (count: number): Handler =>
      (base) =>
      (response) => {
        const next = count === 1 ? '/real' : `/hop${count - 1}`
        response.writeHead(302, { location: `${base}${next}` }).end()
      }
    const documents = {
      '/hop1': hop(1),
      '/hop2': hop(2),
      '/hop3': hop(3),
      '/hop4': hop(4),
      '/hop5': hop(5),
      '/real': (base: string) => metadata(base),
    }
    const five = await serve({ ...documents, '/.well-known/openid-configuration': hop(5) })
    expect((await discover(five.origin)).draft.spec).toMatchObject({ discovery: { issuer: five.origin } })
    const six = await serve({ ...documents, '/.well-known/openid-configuration': hop(6) })
    await expect(discover(six.origin)).rejects.toMatchObject({ code: 'discovery_failed' })
  })

  it('registers less where the server does not take all that its metadata names', async () => {
    const device = 'urn:ietf:params:oauth:grant-type:device_code'
    const asked: Array<Record<string, unknown>> = []
    const takes = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
      const base = `http://${request.headers.host ?? ''}`
      let text = ''
      for await (const chunk of request) text += String(chunk)
      if (request.url === '/.well-known/openid-configuration') {
        const grants = { grant_types_supported: ['authorization_code', device] }
        const document = { ...metadata(base), ...grants, registration_endpoint: `${base}/register` }
        return always(200, document)(request, response)
      }
      if (request.url !== '/register') return always(404, 'no')(request, response)
      const wanted = JSON.parse(text) as Record<string, unknown>
      asked.push(wanted)
      const isTooMuch = (wanted['grant_types'] as string[]).includes(device)
      const refusal = { error: 'invalid_client_metadata', error_description: 'no such grant' }
      return always(isTooMuch ? 400 : 201, isTooMuch ? refusal : { client_id: 'made-up' })(request, response)
    }
    const { origin } = await startAnswering((request, response) => void takes(request, response))
    expect((await discover(origin)).draft.clientId).toBe('made-up')
    expect(asked.map((wanted) => wanted['grant_types'])).toEqual([
      ['authorization_code', 'refresh_token', device],
      ['authorization_code', 'refresh_token'],
    ])
  })

  it('refuses to register, and says what to do instead', async () => {
    const { origin } = await serve({
      '/.well-known/openid-configuration': (base) => ({
        ...metadata(base),
        registration_endpoint: `${base}/register`,
      }),
      '/register': () => (response) => {
        response
          .writeHead(403, { 'content-type': 'application/json' })
          .end('{"error":"access_denied","error_description":"by hand only"}')
      },
    })
    const { missing, steps, registered } = await discover(origin)
    expect(missing).toEqual(['clientId'])
    expect(registered).toBeNull()
    expect(steps.at(-1)).toMatchObject({
      outcome: 'failed',
      explanation: expect.stringContaining('by hand only') as string,
    })
  })
})

describe('a hostile or useless address', () => {
  const hostile: Array<[string, Handler]> = [
    ['another issuer', () => metadata('https://evil.example')],
    [
      'a plain http endpoint elsewhere',
      (base) => ({ ...metadata(base), token_endpoint: 'http://evil.example/token' }),
    ],
    [
      'a script as endpoint',
      (base) => ({ ...metadata(base), authorization_endpoint: 'javascript:alert(1)' }),
    ],
    ['wrong types', (base) => ({ ...metadata(base), token_endpoint: 7, scopes_supported: 'openid' })],
    ['a list', () => []],
    ['a web page', () => '<html>Welcome</html>'],
    ['torn JSON', () => '{"issuer": "'],
    [
      'user info in an endpoint',
      (base) => ({ ...metadata(base), token_endpoint: `${base.replace('//', '//user:pw@')}/token` }),
    ],
    [
      'a redirect to plain http elsewhere',
      () => (response) => {
        response.writeHead(302, { location: 'http://evil.example/' }).end()
      },
    ],
    [
      'a redirect to a file',
      () => (response) => {
        response.writeHead(302, { location: 'file:///etc/passwd' }).end()
      },
    ],
    ['five megabytes', () => JSON.stringify({ issuer: 'x'.repeat(5_000_000) })],
  ]

  it.each(hostile)('with %s is refused with a code', async (_name, handler) => {
    const { origin } = await serve({ '/.well-known/openid-configuration': handler })
    await expect(discover(origin)).rejects.toMatchObject({ code: 'discovery_failed' })
  })

  it('is refused for what is wrong with its document, not for the places where there is none', async () => {
    const { origin } = await serve({
      '/.well-known/openid-configuration': (base) => ({ ...metadata(base), token_endpoint: 7 }),
    })
    await expect(discover(origin)).rejects.toMatchObject({
      message: expect.stringMatching(/openid-configuration is not usable: token_endpoint/) as string,
    })
    await expect(discover((await serve({})).origin)).rejects.toMatchObject({
      message: expect.stringContaining('There is no server metadata') as string,
    })
  })

  it('elsewhere may not point at services of this machine', async () => {
    const asked: string[] = []
    const answers: Record<string, () => Response> = {
      'https://evil.example/.well-known/openid-configuration': () =>
        Response.json({ ...metadata('https://evil.example'), token_endpoint: 'http://127.0.0.1:7317/token' }),
      'https://evil.example/.well-known/oauth-authorization-server': () =>
        new Response(null, { status: 302, headers: { location: 'http://localhost:9200/' } }),
      'https://evil.example/.well-known/oauth-protected-resource': () =>
        Response.json({
          resource: 'https://evil.example/',
          authorization_servers: ['http://127.0.0.1:9200'],
        }),
    }
    const client = makeOAuthClient({
      fetchFor: () => (url) => {
        asked.push(url)
        return Promise.resolve(answers[url]?.() ?? new Response(null, { status: 404 }))
      },
    })
    await expect(client.discover('https://evil.example', { redirectUris })).rejects.toMatchObject({
      code: 'discovery_failed',
    })
    expect(asked.filter((url) => !url.startsWith('https://evil.example'))).toEqual([])
  })

  it('may not describe a resource of somebody else', async () => {
    const { origin } = await serve({
      '/.well-known/oauth-protected-resource/mcp': () => ({
        resource: 'https://bank.example/',
        authorization_servers: ['https://evil.example'],
      }),
    })
    await expect(discover(`${origin}/mcp`)).rejects.toMatchObject({ code: 'discovery_failed' })
  })

  it.each([
    'http://evil.example',
    'ftp://server.example',
    'https://user:pw@server.example',
    '',
    'not an address',
    'javascript:alert(1)',
  ])('of the form %j is not asked at all', async (url) => {
    const client = makeOAuthClient({ fetchFor: () => () => Promise.reject(new Error('asked')) })
    await expect(client.discover(url, { redirectUris })).rejects.toMatchObject({ code: 'invalid_request' })
  })

  it('with a certificate that nobody vouches for is said to need its authority', async () => {
    const { certificate, key } = testCertificates
    const { origin } = await startAnswering(always(200, 'no'), { cert: certificate, key })
    await expect(discover(origin)).rejects.toMatchObject({
      code: 'config_error',
      nextStep: expect.stringContaining('PEM certificate') as string,
    })
  })

  it('that is silent ends after ten seconds, with the steps so far', async () => {
    const clock = createFakeClock()
    const arrived = Promise.withResolvers<void>()
    const { origin } = await startAnswering(() => arrived.resolve())
    const outcome = makeOAuthClient({ clock }).discover(origin, { redirectUris })
    outcome.catch(() => undefined)
    await arrived.promise
    clock.advance(10_000)
    const request = `GET ${origin}/.well-known/oauth-protected-resource`
    await expect(outcome).rejects.toMatchObject({
      code: 'discovery_failed',
      details: { steps: [{ request, explanation: 'No answer before the time was over.' }] },
    })
  })
})

describe('an issuer that goes down', () => {
  it('is taken at its last word for as long as Keyway runs', async () => {
    const clock = createFakeClock()
    const up = { now: true }
    const { origin } = await startAnswering((request, response) => {
      const isMetadata = request.url?.includes('.well-known') === true
      const base = `http://${request.headers.host ?? ''}`
      if (isMetadata) always(up.now ? 200 : 503, up.now ? metadata(base) : 'later')(request, response)
      else always(200, { access_token: 'at', token_type: 'Bearer' })(request, response)
    })
    const client = makeOAuthClient({ clock })
    const provider = resolvedProvider({ discovery: { issuer: origin } })
    answerOf(await client.clientCredentials(provider, []))
    up.now = false
    clock.advance(2 * 3_600_000)
    answerOf(await client.clientCredentials(provider, []))
    // One that never answered has no last word: nothing was sent, so nothing is lost.
    const stranger = await makeOAuthClient({ clock }).clientCredentials(provider, [])
    expect(stranger).toMatchObject({ kind: 'retry', sent: false })
  })
})
