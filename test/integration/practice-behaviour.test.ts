// Every way in which the practice provider can misbehave, seen from the client's end of the line.
import * as oidc from 'openid-client'
import { describe, expect, it } from 'vitest'
import type { PracticeFaultInput } from '../../electron/practice-provider/faults.ts'
import type { PracticeProvider } from '../../electron/practice-provider/provider.ts'
import {
  callApi,
  discoverAs,
  signInForTokens,
  startPracticeProvider,
} from '../support/start-practice-provider.ts'

/** A provider with one signed-in account, and a raw refresh that shows the answer as it came. */
async function signedIn() {
  const provider = await startPracticeProvider()
  const config = await discoverAs(provider)
  const tokens = await signInForTokens(config)
  const refresh = (refreshToken = tokens.refresh_token!, init: RequestInit = {}): Promise<Response> =>
    fetch(provider.url('/token'), {
      ...init,
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'refresh_token',
        refresh_token: refreshToken,
        client_id: provider.clients.native.clientId,
      }),
    })
  provider.clearStats()
  return { provider, config, tokens, refresh }
}

/** The system's code of a connection that failed, e.g. ECONNREFUSED. */
async function connectionFailure(attempt: Promise<unknown>): Promise<string> {
  const thrown: unknown = await attempt.then(
    () => null,
    (failure: unknown) => failure,
  )
  const cause = thrown instanceof Error ? thrown.cause : null
  return cause instanceof Error && 'code' in cause ? String(cause.code) : String(thrown)
}

const strikeOnce = (provider: PracticeProvider, fault: PracticeFaultInput) =>
  provider.behave({ faults: [{ ...fault, times: 1 }] })

describe('successful responses in non-conformant formats', () => {
  it('tokens live as long as they are told to', async () => {
    const { provider, refresh } = await signedIn()
    await provider.behave({ accessTokenSeconds: 1 })
    const answer = await (await refresh()).json()
    expect(answer.expires_in).toBe(1)
    await expect
      .poll(async () => (await callApi(provider, '/api/me', answer.access_token)).status, { timeout: 4000 })
      .toBe(401)
  })

  it.each([
    ['string', '3600'],
    ['milliseconds', 3_600_000],
    ['omitted', undefined],
  ] as const)('expires_in as %s', async (expiresIn, expected) => {
    const { provider, refresh } = await signedIn()
    await provider.behave({ expiresIn })
    expect((await (await refresh()).json()).expires_in).toBe(expected)
  })

  it.each([
    ['lowercase', 'bearer'],
    ['omitted', undefined],
  ] as const)('token_type %s', async (tokenType, expected) => {
    const { provider, refresh } = await signedIn()
    await provider.behave({ tokenType })
    expect((await (await refresh()).json()).token_type).toBe(expected)
  })

  it('a form-encoded answer with status 201', async () => {
    const { provider, refresh } = await signedIn()
    await provider.behave({ tokenAnswerFormat: 'form', tokenAnswerStatus: 201 })
    const answer = await refresh()
    expect(answer.status).toBe(201)
    expect(answer.headers.get('content-type')).toContain('application/x-www-form-urlencoded')
    const accessToken = new URLSearchParams(await answer.text()).get('access_token')
    expect((await callApi(provider, '/api/me', accessToken!)).status).toBe(200)
  })

  it('without rotation the same refresh token goes on working', async () => {
    const { provider, tokens, refresh } = await signedIn()
    await provider.behave({ rotateRefreshTokens: false })
    expect((await (await refresh()).json()).refresh_token).toBe(tokens.refresh_token)
    expect((await refresh()).status).toBe(200)
    expect(provider.stats()).toMatchObject({ refreshes: 2, reuseDetections: 0 })
  })

  it('an answer that leaves the refresh token out keeps the old one good', async () => {
    const { provider, refresh } = await signedIn()
    await provider.behave({ refreshTokenOnRefresh: 'omitted' })
    expect((await (await refresh()).json()).refresh_token).toBeUndefined()
    expect((await refresh()).status).toBe(200)
  })

  it('whoever is picked, another account can come back', async () => {
    const { provider, config } = await signedIn()
    await provider.behave({ signInAs: 'grace@example.test' })
    const tokens = await signInForTokens(config, { account: 'ada@example.test' })
    expect(tokens.claims()).toMatchObject({ email: 'grace@example.test' })
  })

  it('the Date header can be off', async () => {
    const { provider } = await signedIn()
    await provider.behave({ dateSkewMs: -3_600_000 })
    // A header counts whole seconds, so that it may be up to one before the moment.
    const before = Date.now() - 1000
    const answer = await fetch(provider.url('/.well-known/openid-configuration'))
    const said = Date.parse(answer.headers.get('date')!) + 3_600_000
    const order = [before, said, Date.now()]
    expect(order.toSorted((one, other) => one - other)).toEqual(order)
  })
})

describe('answers that are no answer, while nothing has happened at the provider', () => {
  it('503 with and without Retry-After, 429 with a date', async () => {
    const { provider, refresh } = await signedIn()
    await provider.behave({
      faults: [
        { kind: 'status', status: 503, retryAfter: 7, times: 1 },
        { kind: 'status', status: 503, times: 1 },
        { kind: 'status', status: 429, retryAfter: 'Fri, 01 Jan 2100 00:00:00 GMT', times: 1 },
      ],
    })
    const answers = [await refresh(), await refresh(), await refresh()]
    expect(answers.map(({ status, headers }) => [status, headers.get('retry-after')])).toEqual([
      [503, '7'],
      [503, null],
      [429, 'Fri, 01 Jan 2100 00:00:00 GMT'],
    ])
    // All used up: the refresh token was never touched.
    expect((await refresh()).status).toBe(200)
    expect(provider.stats()).toMatchObject({ tokenRequests: 4, refreshes: 1, reuseDetections: 0 })
    expect(provider.stats().visits.map(({ fault, status }) => [fault, status])).toEqual([
      ['status', 503],
      ['status', 503],
      ['status', 429],
      [null, 200],
    ])
  })

  it('a web page, broken JSON, nothing at all, 200 with an error in it', async () => {
    const { provider, refresh } = await signedIn()
    await strikeOnce(provider, { kind: 'html' })
    const html = await refresh()
    expect([html.status, html.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
    await strikeOnce(provider, { kind: 'invalid-json' })
    await expect((await refresh()).json()).rejects.toThrow(SyntaxError)
    await strikeOnce(provider, { kind: 'empty' })
    expect(await (await refresh()).text()).toBe('')
    await strikeOnce(provider, { kind: 'error-with-200' })
    const wrapped = await refresh()
    expect([wrapped.status, await wrapped.json()]).toEqual([200, { ok: false, error: 'invalid_grant' }])
    expect((await refresh()).status).toBe(200)
  })

  it('ten megabytes', async () => {
    const { provider, refresh } = await signedIn()
    await strikeOnce(provider, { kind: 'huge' })
    expect((await (await refresh()).arrayBuffer()).byteLength).toBeGreaterThan(10 * 1024 * 1024)
  })

  it('an invalid_grant that is said once', async () => {
    const { provider, config, tokens } = await signedIn()
    await strikeOnce(provider, {
      kind: 'status',
      status: 400,
      error: 'invalid_grant',
      grantType: 'refresh_token',
    })
    await expect(oidc.refreshTokenGrant(config, tokens.refresh_token!)).rejects.toMatchObject({
      error: 'invalid_grant',
    })
  })

  it('a fault for refreshes leaves sign-ins alone', async () => {
    const { provider, config, refresh } = await signedIn()
    await provider.behave({ faults: [{ kind: 'status', status: 503, grantType: 'refresh_token' }] })
    expect((await refresh()).status).toBe(503)
    expect((await signInForTokens(config)).access_token).toBeTypeOf('string')
    expect((await refresh()).status).toBe(503)
  })

  it('a delay, after which all is well', async () => {
    const { provider, refresh } = await signedIn()
    await strikeOnce(provider, { kind: 'delay', ms: 600_000 })
    await provider.behave({ rotateRefreshTokens: false })
    const order: string[] = []
    const giveUp = new AbortController()
    const delayed = refresh(undefined, { signal: giveUp.signal }).finally(() => order.push('delayed'))
    await expect.poll(() => provider.stats().visits[0]?.fault).toBe('delay')
    // The delay is one request's: what is asked after it is answered before it.
    expect((await refresh()).status).toBe(200)
    order.push('next')
    giveUp.abort()
    await expect(delayed).rejects.toThrow('aborted')
    expect(order).toEqual(['next', 'delayed'])
    await strikeOnce(provider, { kind: 'delay', ms: 20 })
    expect((await refresh()).status).toBe(200)
  })

  it.each(['hang', 'stall'] as const)('%s: no end of it until the caller gives up', async (kind) => {
    const { provider, refresh } = await signedIn()
    await strikeOnce(provider, { kind })
    const giveUp = AbortSignal.timeout(300)
    const attempt = refresh(undefined, { signal: giveUp }).then((answer) => answer.text())
    await expect(attempt).rejects.toThrow('timeout')
    await expect.poll(() => provider.stats().visits[0]?.endedAt).toBeTypeOf('number')
    expect(provider.stats().visits[0]?.status).toBeNull()
  })

  it('faults strike elsewhere too: the API, discovery, revocation, everywhere', async () => {
    const { provider, config, tokens } = await signedIn()
    await provider.behave({ faults: [{ kind: 'status', status: 401, at: 'api', times: 1 }] })
    const refused = await callApi(provider, '/api/me', tokens.access_token)
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([
      401,
      expect.stringContaining('invalid_token'),
    ])
    expect((await callApi(provider, '/api/me', tokens.access_token)).status).toBe(200)

    await provider.behave({ faults: [{ kind: 'status', status: 500, at: 'revocation', times: 1 }] })
    await expect(oidc.tokenRevocation(config, tokens.refresh_token!)).rejects.toThrow('unexpected')
    await provider.behave({ faults: [{ kind: 'status', status: 502, at: 'everywhere' }] })
    expect((await fetch(provider.url('/.well-known/openid-configuration'))).status).toBe(502)
    expect((await fetch(provider.url('/'))).status).toBe(502)
  })
})

describe('answers lost after the provider has acted', () => {
  it.each([
    ['torn', 'UND_ERR_SOCKET'],
    ['reset', 'ECONNRESET'],
  ] as const)('%s: the refresh token is used up, so the next try ends the grant', async (kind, failure) => {
    const { provider, refresh } = await signedIn()
    await provider.behave({ faults: [{ kind, when: 'after', times: 1 }] })
    expect(await connectionFailure(refresh().then((answer) => answer.text()))).toBe(failure)
    expect(provider.stats()).toMatchObject({ tokenRequests: 1, refreshes: 1 })
    expect(provider.stats().visits[0]).toMatchObject({ fault: kind, refresh: 'rotated', status: null })

    const again = await refresh()
    expect([again.status, (await again.json()).error]).toEqual([400, 'invalid_grant'])
    expect(provider.stats().reuseDetections).toBe(1)
    expect(provider.grants()).toEqual([])
  })

  it('a torn answer really begins with the real one', async () => {
    const { provider, refresh } = await signedIn()
    await strikeOnce(provider, { kind: 'torn' })
    const answer = await refresh()
    const reader = answer.body!.getReader()
    const first = await reader.read()
    expect(new TextDecoder().decode(first.value)).toMatch(/^\{"access_token":"[\w-]{43}"/)
    await expect(reader.read()).rejects.toThrow('terminated')
  })

  it('503 although the token was rotated', async () => {
    const { provider, refresh } = await signedIn()
    await strikeOnce(provider, { kind: 'status', status: 503, when: 'after' })
    expect((await refresh()).status).toBe(503)
    expect(provider.stats().refreshes).toBe(1)
    expect((await refresh()).status).toBe(400)
  })

  it('a revocation that happened, whose answer is lost', async () => {
    const { provider, config, tokens } = await signedIn()
    await strikeOnce(provider, { kind: 'reset', at: 'revocation', when: 'after' })
    await expect(oidc.tokenRevocation(config, tokens.refresh_token!)).rejects.toThrow('fetch failed')
    expect(provider.stats().revocations.refresh_token).toBe(1)
    expect(provider.grants()).toEqual([])
  })
})

describe('outages', () => {
  it('connections are refused, also on lines that were open; afterwards everything is still there', async () => {
    const { provider, tokens, refresh } = await signedIn()
    await provider.behave({ outage: { kind: 'refused' } })
    expect(await connectionFailure(refresh())).toBe('ECONNREFUSED')
    expect(await connectionFailure(callApi(provider, '/api/me', tokens.access_token))).toBe('ECONNREFUSED')
    expect(provider.stats().tokenRequests).toBe(0)

    await provider.behave({ outage: { kind: 'none' } })
    expect((await callApi(provider, '/api/me', tokens.access_token)).status).toBe(200)
    expect((await refresh()).status).toBe(200)
  })

  it('an outage can end by itself', async () => {
    const { provider, tokens } = await signedIn()
    await provider.behave({ outage: { kind: 'refused', forMs: 600 } })
    expect(await connectionFailure(callApi(provider, '/api/me', tokens.access_token))).toBe('ECONNREFUSED')
    await expect
      .poll(() =>
        callApi(provider, '/api/me', tokens.access_token).then(
          ({ status }) => status,
          () => null,
        ),
      )
      .toBe(200)
    expect(provider.behaviour().outage).toEqual({ kind: 'none' })
  })

  it('a connection that is cut without a word', async () => {
    const { provider, refresh } = await signedIn()
    await strikeOnce(provider, { kind: 'reset' })
    expect(await connectionFailure(refresh())).toBe('ECONNRESET')
    expect((await refresh()).status).toBe(200)
  })

  it('behaving normally again ends everything at once', async () => {
    const { provider, refresh } = await signedIn()
    await provider.behave({
      outage: { kind: 'refused' },
      accessTokenSeconds: 1,
      faults: [{ kind: 'hang', at: 'everywhere' }],
    })
    await provider.behaveNormally()
    expect((await (await refresh()).json()).expires_in).toBe(3600)
  })
})

describe('changing the behaviour', () => {
  it('refuses what is no behaviour, says which field, and leaves the old one in force', async () => {
    const { provider } = await signedIn()
    const before = provider.behaviour()
    const wrong = { accessTokenSeconds: 0 }
    await expect(provider.behave(wrong)).rejects.toMatchObject({
      code: 'invalid_request',
      message: expect.stringContaining('accessTokenSeconds'),
    })
    await expect(provider.behave({ faults: [{ kind: 'reset', at: 'api', when: 'after' }] })).rejects.toThrow(
      'not for the API',
    )
    expect(provider.behaviour()).toEqual(before)
  })

  it('shows how often a fault is still going to strike', async () => {
    const { provider, refresh } = await signedIn()
    await provider.behave({ faults: [{ kind: 'status', status: 503, times: 3 }] })
    await refresh()
    expect(provider.behaviour().faults).toMatchObject([{ kind: 'status', times: 2 }])
  })
})
