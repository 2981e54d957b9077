// What a failed token request means, over real sockets: retry, ended, refused or config_error, and whether
// the request may have arrived.
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import type { OAuthDeps } from '../../electron/core/oauth/types.ts'
import { KeywayError } from '../../shared/contract/errors.ts'
import { Secret } from '../../shared/contract/secret.ts'
import { testCertificates } from '../support/certificates/certificates.ts'
import { createFakeClock } from '../support/fake-clock.ts'
import { createMemoryLogger } from '../support/memory-ports.ts'
import { makeOAuthClient, resolvedProvider } from '../support/oauth.ts'
import { always, startAnswering } from '../support/providers/answering-server.ts'
import { idToken } from './quirks/addresses.ts'

const REFRESH = 'made-up-refresh-token'
const SECRET = 'made-up-client-secret'

const tokens = () => ({
  refreshToken: new Secret(REFRESH),
  accessToken: new Secret('made-up-access-token'),
  scopes: [],
  redirectUri: null,
  dpopKey: null,
  values: {},
})

const at = (origin: string) =>
  resolvedProvider(
    { endpoints: { token: `${origin}/token` }, client: { auth: 'client_secret_post' } },
    { clientSecret: SECRET },
  )

const refreshAt = (origin: string, deps: Partial<OAuthDeps> = {}, signal?: AbortSignal) =>
  makeOAuthClient(deps).refresh(at(origin), tokens(), signal)

const good = { access_token: 'new-access', token_type: 'Bearer', expires_in: 60 }

describe('an answer that is no token', () => {
  it.each([
    [
      'invalid_grant',
      400,
      { error: 'invalid_grant', error_description: 'gone' },
      { kind: 'ended', code: 'invalid_grant', message: 'gone' },
    ],
    ['invalid_grant with 401', 401, { error: 'invalid_grant' }, { kind: 'ended' }],
    ['invalid_grant in a 200', 200, { error: 'invalid_grant' }, { kind: 'ended' }],
    ['invalid_client', 401, { error: 'invalid_client' }, { kind: 'config_error', code: 'invalid_client' }],
    [
      'unauthorized_client',
      400,
      { error: 'unauthorized_client' },
      { kind: 'config_error', code: 'unauthorized_client' },
    ],
    [
      'invalid_request',
      400,
      { error: 'invalid_request', error_description: 'duplicate parameter' },
      { kind: 'config_error' },
    ],
    ['invalid_request without words', 400, { error: 'invalid_request' }, { kind: 'refused' }],
    [
      'invalid_grant under a 500',
      500,
      { error: 'invalid_grant' },
      { kind: 'refused', code: 'invalid_grant' },
    ],
    ['invalid_grant under a 429', 429, { error: 'invalid_grant' }, { kind: 'retry', code: 'http_429' }],
    [
      'invalid_request that means the token',
      400,
      { error: 'invalid_request', error_description: 'The refresh token is expired' },
      { kind: 'refused' },
    ],
    ['unsupported_grant_type', 400, { error: 'unsupported_grant_type' }, { kind: 'config_error' }],
    [
      'an unknown code',
      400,
      { error: 'interaction_required' },
      { kind: 'refused', code: 'interaction_required' },
    ],
    ['an empty 400', 400, '', { kind: 'refused', code: 'http_400' }],
    ['an empty 401', 401, '', { kind: 'refused', code: 'http_401' }],
    ['plain words with 400', 400, 'Token expired', { kind: 'refused', code: 'http_400' }],
    ['JSON without a code', 403, { reason: 7 }, { kind: 'refused', code: 'http_403' }],
    ['a web page with 403', 403, '<html>Blocked</html>', { kind: 'retry', code: 'html_answer', sent: true }],
    ['a web page with 200', 200, '<html>Log in to the Wi-Fi</html>', { kind: 'retry', code: 'html_answer' }],
    ['a torn body', 200, '{"access_token":"new', { kind: 'retry', code: 'torn_answer' }],
    ['an empty 200', 200, '', { kind: 'retry', code: 'empty_answer' }],
    ['wrong types', 200, { access_token: 7.5e300, expires_in: [], x: {} }, { kind: 'ok' }],
    ['no token', 200, { token_type: 'Bearer' }, { kind: 'retry', code: 'no_token_in_answer' }],
    ['408', 408, '', { kind: 'retry', code: 'http_408', sent: true }],
    ['425', 425, '', { kind: 'retry', code: 'http_425' }],
    ['500 with JSON', 500, { error: 'server_error' }, { kind: 'retry', code: 'http_500' }],
    ['503 with invalid_grant', 503, { error: 'invalid_grant' }, { kind: 'retry', code: 'http_503' }],
    [
      'a later in a 400',
      400,
      { error: 'temporarily_unavailable' },
      { kind: 'retry', code: 'temporarily_unavailable' },
    ],
    ['a later in a 200', 200, { ok: false, error: 'ratelimited' }, { kind: 'retry', code: 'ratelimited' }],
    ['404', 404, '<html>', { kind: 'config_error', code: 'http_404' }],
    ['415', 415, '', { kind: 'config_error', code: 'http_415' }],
  ])('%s', async (_name, status, body, expected) => {
    const { origin } = await startAnswering(always(status, body))
    expect(await refreshAt(origin)).toMatchObject(expected)
  })

  it.each([
    ['12', 12_000],
    ['0', 0],
    ['999999999', 86_400_000],
    ['soon', null],
    ['Sat, 21 Nov 2026 12:00:30 GMT', 30_000],
  ])('with Retry-After %s waits %s ms', async (header, retryAfterMs) => {
    const date = 'Sat, 21 Nov 2026 12:00:00 GMT'
    const { origin } = await startAnswering(always(429, '', { date, 'retry-after': header }))
    expect(await refreshAt(origin)).toMatchObject({
      kind: 'retry',
      code: 'http_429',
      retryAfterMs,
      sent: true,
    })
  })

  it('follows no redirect: a login page in between is passing, a moved address is a setting', async () => {
    const other = await startAnswering(always(200, good))
    const portal = await startAnswering(always(302, '', { location: `${other.origin}/login` }))
    expect(await refreshAt(portal.origin)).toMatchObject({ kind: 'retry', code: 'redirected' })
    const moved = await startAnswering(always(308, '', { location: `${other.origin}/token` }))
    expect(await refreshAt(moved.origin)).toMatchObject({ kind: 'config_error', code: 'http_308' })
    expect(other.count).toBe(0)
  })

  it('reads a challenge without a body as what RFC 6749 says it is', async () => {
    const { origin } = await startAnswering(always(401, '', { 'www-authenticate': 'Basic realm="x"' }))
    expect(await refreshAt(origin)).toMatchObject({ kind: 'config_error', code: 'invalid_client' })
  })

  it('keeps the old refresh token when the answer has none', async () => {
    const { origin } = await startAnswering(always(200, good))
    expect(await refreshAt(origin)).toMatchObject({
      kind: 'ok',
      response: { refreshToken: null, lifetimeSeconds: 60 },
    })
  })
})

/** Where nobody listens any more. */
async function closedOrigin(): Promise<string> {
  const server = createServer()
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  await new Promise<void>((resolve) => {
    server.close(() => resolve())
  })
  return `http://127.0.0.1:${port}`
}

describe('a server that does not answer', () => {
  it('refused connection: nothing was sent', async () => {
    const closed = await closedOrigin()
    expect(await refreshAt(closed)).toMatchObject({
      kind: 'retry',
      code: 'unreachable',
      sent: false,
    })
  })

  it.each(['ENOTFOUND', 'EAI_AGAIN', 'ECONNREFUSED'])(
    '%s, also for several addresses: nothing was sent',
    async (code) => {
      const one = Object.assign(new Error(code), { code })
      const failed = (cause: Error) => () => Promise.reject(new TypeError('fetch failed', { cause }))
      for (const cause of [
        one,
        new AggregateError([one, Object.assign(new Error('x'), { code: 'ENETUNREACH' })]),
      ]) {
        expect(await refreshAt('https://server.example', { fetchFor: () => failed(cause) })).toMatchObject({
          kind: 'retry',
          sent: false,
        })
      }
      const mixed = new AggregateError([one, Object.assign(new Error('x'), { code: 'ECONNRESET' })])
      expect(await refreshAt('https://server.example', { fetchFor: () => failed(mixed) })).toMatchObject({
        sent: true,
      })
    },
  )

  it('a connection cut before or in the middle of the answer: it may have arrived', async () => {
    const before = await startAnswering((request) => request.socket.destroy())
    expect(await refreshAt(before.origin)).toMatchObject({ kind: 'retry', code: 'network_error', sent: true })
    const middle = await startAnswering((request, response) => {
      response.writeHead(200, { 'content-length': '500' })
      response.write('{"access_token":"new')
      setImmediate(() => request.socket.destroy())
    })
    expect(await refreshAt(middle.origin)).toMatchObject({ kind: 'retry', code: 'network_error', sent: true })
  })

  it.each(['headers', 'body'])(
    'silence before the %s ends after 20 seconds, five more than a caller waits',
    async (part) => {
      const clock = createFakeClock()
      const arrived = Promise.withResolvers<void>()
      const { origin } = await startAnswering((_request, response) => {
        if (part === 'body') response.writeHead(200).write('{')
        arrived.resolve()
      })
      const outcome = refreshAt(origin, { clock })
      await arrived.promise
      clock.advance(19_999)
      clock.advance(1)
      expect(await outcome).toMatchObject({ kind: 'retry', code: 'timeout', sent: true })
    },
  )

  it('10 MB are not read to the end', async () => {
    const sent = { bytes: 0 }
    const { origin } = await startAnswering((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      const chunk = 'x'.repeat(65_536)
      const push = (): void => {
        while (sent.bytes < 10_000_000 && !response.destroyed) {
          sent.bytes += chunk.length
          if (!response.write(chunk)) {
            response.once('drain', push)
            return
          }
        }
        response.end()
      }
      push()
    })
    expect(await refreshAt(origin)).toMatchObject({ kind: 'retry', code: 'answer_too_large' })
    expect(sent.bytes).toBeLessThan(10_000_000)
  })

  it('a certificate that nobody vouches for is a setting, and nothing was sent', async () => {
    const { certificate, key } = testCertificates
    const { origin } = await startAnswering(always(200, good), { cert: certificate, key })
    const outcome = await refreshAt(origin)
    expect(outcome).toMatchObject({ kind: 'config_error', code: 'tls_failure' })
    expect(outcome).toMatchObject({ nextStep: expect.stringContaining('authority') as string })
  })

  it('an extra authority that cannot be read is a setting too', async () => {
    const unreadable = new KeywayError('invalid_request', { message: 'Not PEM.', nextStep: 'Give PEM.' })
    const outcome = await refreshAt('https://server.example', {
      fetchFor: () => () => Promise.reject(unreadable),
    })
    expect(outcome).toMatchObject({ kind: 'config_error', code: 'setup', nextStep: 'Give PEM.' })
  })

  it('a cancelled call ends at once', async () => {
    const controller = new AbortController()
    const { origin } = await startAnswering(() => controller.abort())
    expect(await refreshAt(origin, {}, controller.signal)).toMatchObject({ kind: 'retry', code: 'aborted' })
  })

  it('an address that is neither https nor on this machine is never called', async () => {
    const provider = resolvedProvider({
      endpoints: { token: '{token.host}/token' },
      api: { dynamicHostPattern: '.*' },
    })
    const called: string[] = []
    const client = makeOAuthClient({
      fetchFor: () => (url) => {
        called.push(url)
        return Promise.resolve(Response.json(good))
      },
    })
    const outcome = await client.refresh(provider, {
      ...tokens(),
      values: { 'token.host': 'http://evil.example' },
    })
    expect(outcome).toMatchObject({ kind: 'config_error' })
    expect(called).toEqual([])
  })
})

describe('what is said about it', () => {
  it('holds no secret, even when the server echoes all of them', async () => {
    const logger = createMemoryLogger()
    const echo = `bad ${REFRESH} of ${SECRET} with made-up-access-token`
    const { origin } = await startAnswering(always(400, { error: 'odd', error_description: echo }))
    const outcome = await refreshAt(origin, { logger })
    const told = JSON.stringify([outcome, logger.lines])
    expect([REFRESH, SECRET, 'made-up-access-token'].filter((secret) => told.includes(secret))).toEqual([])
    expect(told).toContain('bad [secret] of [secret]')
  })

  it('names what to change', async () => {
    const { origin } = await startAnswering(always(415, ''))
    const outcome = await refreshAt(origin)
    expect(outcome).toMatchObject({ nextStep: expect.stringContaining('JSON') as string })
  })
})

describe('an id_token', () => {
  const signIn = async (claims: object, headers: Record<string, string> = {}) => {
    const nonce = { value: '' }
    const { origin } = await startAnswering((_request, response) => {
      const token = idToken({ iss: origin, nonce: nonce.value, ...claims })
      always(200, { ...good, id_token: token }, headers)(_request, response)
    })
    const provider = resolvedProvider({
      discovery: { issuer: origin },
      endpoints: { authorization: `${origin}/authorize`, token: `${origin}/token` },
    })
    const client = makeOAuthClient()
    const { url, authorizationState } = await client.authorize(provider, {
      redirectUri: 'http://127.0.0.1:7317/oauth2/callback',
      scopes: ['openid'],
      secondaryScopes: [],
      loginHint: null,
      prompt: null,
      optionalParams: {},
    })
    nonce.value = new URL(url).searchParams.get('nonce') ?? ''
    return client.exchange(
      provider,
      authorizationState,
      new URLSearchParams({ code: 'c', state: authorizationState.state }),
    )
  }

  it('that fits is taken', async () => {
    expect(await signIn({})).toMatchObject({ kind: 'ok' })
  })

  it.each([
    ['another issuer', { iss: 'https://evil.example' }],
    ['another audience', { aud: 'somebody-else' }],
    ['another nonce', { nonce: 'replayed' }],
    ['no nonce', { nonce: undefined }],
    ['its end in the past', { exp: 1000, iat: 900 }],
    ['no subject', { sub: undefined }],
  ])('with %s ends the sign-in', async (_name, claims) => {
    expect(await signIn(claims)).toMatchObject({ kind: 'refused', code: 'id_token_invalid' })
  })

  it('is judged by the clock of the server that made it', async () => {
    const hoursAgo = Date.now() - 5 * 3_600_000
    const seconds = Math.floor(hoursAgo / 1000)
    const dated = { iat: seconds, exp: seconds + 600 }
    expect(await signIn(dated)).toMatchObject({ kind: 'refused' })
    expect(await signIn(dated, { date: new Date(hoursAgo).toUTCString() })).toMatchObject({ kind: 'ok' })
  })

  it('that does not hold at a refresh does not cost the new tokens', async () => {
    const logger = createMemoryLogger()
    const answer = { ...good, refresh_token: 'rotated', id_token: idToken({ iss: 'https://evil.example' }) }
    const { origin } = await startAnswering(always(200, answer))
    const outcome = await refreshAt(origin, { logger })
    expect(outcome).toMatchObject({ kind: 'ok', response: { idToken: null } })
    expect(outcome.kind === 'ok' && outcome.response.refreshToken?.reveal()).toBe('rotated')
    expect(logger.lines.filter(({ level }) => level === 'warn')).toHaveLength(1)
  })
})
