// A token endpoint that redirects, refuses inside a 200 or cannot be read: the outcome that it is, never the
// network, never endless retrying, and the refresh token is kept.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import type { TokenOutcome } from '../../electron/core/oauth/types.ts'
import { Secret } from '../../shared/contract/secret.ts'
import { answerOf, makeOAuthClient, resolvedProvider } from '../support/oauth.ts'
import { always, startAnswering } from '../support/providers/answering-server.ts'
import { settle } from '../support/settle.ts'
import { signIn, startConnected } from '../support/start-keyway.ts'

const REFRESH = 'made-up-refresh-token'
const good = { access_token: 'new-access', token_type: 'Bearer', expires_in: 60 }

const refreshAt = (origin: string): Promise<TokenOutcome> =>
  makeOAuthClient().refresh(resolvedProvider({ endpoints: { token: `${origin}/token` } }), {
    refreshToken: new Secret(REFRESH),
    accessToken: new Secret('made-up-access-token'),
    scopes: [],
    redirectUri: null,
    dpopKey: null,
    values: {},
  })

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return text
}

/** Redirects /token to `location`, and answers everything else with tokens. */
async function startRedirecting(status: number, location: string) {
  const seen: Array<{ method: string; url: string; body: string }> = []
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = request.url ?? ''
    seen.push({ method: request.method ?? '', url, body: await bodyOf(request) })
    if (url === '/token') response.writeHead(status, { location }).end()
    else always(200, good)(request, response)
  }
  const { origin } = await startAnswering((request, response) => void answer(request, response))
  return { origin, seen }
}

describe('a token endpoint that redirects', () => {
  it.each([307, 308])('with %i within its origin is followed with method and body', async (status) => {
    const { origin, seen } = await startRedirecting(status, '/oauth/token/')
    answerOf(await refreshAt(origin))
    expect(seen.map(({ method, url }) => `${method} ${url}`)).toEqual(['POST /token', 'POST /oauth/token/'])
    expect(seen[1]?.body).toBe(seen[0]?.body)
    expect(seen[1]?.body).toContain(REFRESH)
  })

  it.each([301, 307, 308])(
    'with %i to another origin is not followed, and the target is named',
    async (status) => {
      const other = await startAnswering(always(200, good))
      const { origin } = await startRedirecting(status, `${other.origin}/token?echo=${REFRESH}`)
      const outcome = await refreshAt(origin)
      expect(outcome).toMatchObject({
        kind: 'config_error',
        code: `http_${status}`,
        message: `The token address of Acme redirects to ${other.origin}/token (HTTP ${status}).`,
        nextStep: 'Use the address that the token address has moved to.',
      })
      expect(JSON.stringify(outcome)).not.toContain(REFRESH)
      expect(other.count).toBe(0)
    },
  )

  it('for ever is followed three times', async () => {
    const { origin, seen } = await startRedirecting(307, '/token')
    expect(await refreshAt(origin)).toMatchObject({ kind: 'config_error', code: 'http_307' })
    expect(seen).toHaveLength(4)
  })

  it.each(['javascript:alert(1)', 'http://', 'file:///etc/passwd'])(
    'to %j is not followed',
    async (target) => {
      const { origin } = await startRedirecting(308, target)
      expect(await refreshAt(origin)).toMatchObject({ kind: 'config_error', code: 'http_308' })
    },
  )

  it('without an address says what it can', async () => {
    const { origin } = await startAnswering(always(308, ''))
    expect(await refreshAt(origin)).toMatchObject({
      kind: 'config_error',
      message: 'The token address of Acme redirects (HTTP 308).',
    })
  })
})

describe('a refusal inside a 200', () => {
  it.each<[string, object, object]>([
    ['error', { error: 'invalid_grant' }, { kind: 'ended' }],
    ['an error with a code inside', { error: { code: 'invalid_grant' } }, { kind: 'ended' }],
    ['a list of errors', { errors: [{ code: 'invalid_grant' }] }, { kind: 'ended' }],
    ['errorCode', { errorCode: 'invalid_client' }, { kind: 'config_error', code: 'invalid_client' }],
    ['Error', { Error: 'invalid_grant' }, { kind: 'ended' }],
    ['err', { err: 'invalid_grant' }, { kind: 'ended' }],
    [
      'errcode with errmsg',
      { errcode: 40_029, errmsg: 'invalid code' },
      { kind: 'refused', code: '40029', message: '40029: invalid code' },
    ],
    [
      'error_type',
      { error_type: 'OAuthException', error_message: 'no' },
      { kind: 'refused', message: 'OAuthException: no' },
    ],
    [
      'fault',
      { fault: { faultstring: 'Invalid token', detail: { errorcode: 'oauth.v2.InvalidToken' } } },
      { kind: 'refused', message: 'oauth.v2.InvalidToken: Invalid token' },
    ],
    ['success false', { success: false, message: 'no' }, { kind: 'refused', message: 'unsuccessful: no' }],
    ['success as text', { success: 'false', msg: 'no' }, { kind: 'refused', message: 'unsuccessful: no' }],
    ['ok 0', { ok: 0, reason: 'no' }, { kind: 'refused', message: 'unsuccessful: no' }],
    ['status error', { status: 'error', message: 'no' }, { kind: 'refused', message: 'unsuccessful: no' }],
    ['a result that is the code', { result: 'failed', message: 'invalid_grant' }, { kind: 'ended' }],
    ['an error of false', { error: false, code: 0 }, { kind: 'retry', code: 'no_token_in_answer' }],
  ])('by %s is the outcome that it is', async (_name, body, expected) => {
    const { origin } = await startAnswering(always(200, body))
    expect(await refreshAt(origin)).toMatchObject(expected)
  })

  it('is none beside a token', async () => {
    const { origin } = await startAnswering(always(200, { ...good, status: 'error', code: 1, error: null }))
    answerOf(await refreshAt(origin))
  })
})

const unreadable = (code: string): TokenOutcome => ({
  kind: 'retry',
  code,
  message: 'Acme answered 200 with something that cannot be read.',
  retryAfterMs: null,
  sent: true,
})

describe('a token endpoint that cannot be read', () => {
  it.each(['html_answer', 'empty_answer', 'no_token_in_answer', 'answer_too_large', 'redirected'])(
    'at the sign-in (%s) is said to be that, and not the network',
    async (code) => {
      const started = await startConnected()
      started.oauth.script = () => unreadable(code)
      const flow = await signIn(started, { providerId: started.providerId })
      expect(flow).toMatchObject({ kind: 'failed', failure: { code: 'provider_response_invalid' } })
    },
  )

  it('is retried three times, then seldom; the refresh token is kept and works again', async () => {
    const { keyway, oauth, clock, connectionId } = await startConnected()
    const view = () => keyway.connections.get(connectionId)!
    let asked = 0
    oauth.script = () => {
      asked += 1
      return unreadable('html_answer')
    }
    const hour = 3_600_000
    clock.advance(hour)
    await settle()
    for (let second = 0; second < 60; second += 1) {
      clock.advance(1000)
      await settle(4)
    }
    expect(view().lastOutcome).toMatchObject({ status: 'config_error', code: 'provider_response_invalid' })
    expect(view().hasRefreshToken).toBe(true)
    expect(asked).toBe(4)
    clock.advance(24 * hour)
    await settle()
    expect(asked).toBeLessThan(50)
    oauth.script = null
    await keyway.connections.refresh(connectionId)
    expect(view().lastOutcome.status).toBe('ok')
  })

  it('of another kind, such as a silent one, is retried as before', async () => {
    const { keyway, oauth, connectionId } = await startConnected()
    oauth.script = () => ({ ...unreadable('timeout'), kind: 'retry' }) as TokenOutcome
    for (let count = 0; count < 6; count += 1) await keyway.connections.refresh(connectionId)
    expect(keyway.connections.get(connectionId)?.lastOutcome.status).toBe('retrying')
  })
})
