import { describe, expect, it } from 'vitest'
import { createFakeClock } from '../../../support/fake-clock.ts'
import { answerOf, makeOAuthClient, resolvedProvider } from '../../../support/oauth.ts'

const code = {
  device_code: 'made-up-device-code',
  user_code: 'ABCD-1234',
  verification_uri: 'https://as.example/activate',
  expires_in: 300,
  interval: 5,
}
const tokens = { access_token: 'at', token_type: 'Bearer' }
const error = (name: string) => () => Response.json({ error: name }, { status: 400 })

/** A device flow with a clock that the test controls; each poll takes the next response. */
async function startFlow(answers: Array<() => Response | Promise<Response>>, reply: object = code) {
  const clock = createFakeClock()
  const polledAt: number[] = []
  const client = makeOAuthClient({
    clock,
    fetchFor: () => (url) => {
      if (url.endsWith('/device')) return Promise.resolve(Response.json(reply))
      polledAt.push(clock.monotonicMs() / 1000)
      return Promise.resolve((answers.shift() ?? error('authorization_pending'))())
    },
  })
  const provider = resolvedProvider({
    endpoints: { token: 'https://as.example/token', deviceAuthorization: 'https://as.example/device' },
  })
  const device = await client.startDevice(provider, ['read'])
  const controller = new AbortController()
  const outcome = client.pollDevice(provider, device, controller.signal)
  outcome.catch(() => undefined)
  const advance = async (seconds: number): Promise<void> => {
    for (let second = 0; second < seconds; second += 1) {
      // Enough ticks for a running poll to return and set its next timer.
      for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate)
      clock.advance(1000)
    }
    for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate)
  }
  return { clock, polledAt, device, controller, outcome, advance }
}

describe('device polling', () => {
  it('waits the interval, slows down for good when told to, and takes the tokens', async () => {
    const flow = await startFlow([
      error('authorization_pending'),
      error('slow_down'),
      error('authorization_pending'),
      () => Response.json(tokens),
    ])
    await flow.advance(31)
    expect(flow.polledAt).toEqual([5, 10, 20, 30])
    answerOf(await flow.outcome)
  })

  it('backs off when the server is silent or overloaded, and honours Retry-After', async () => {
    const flow = await startFlow([
      () => Promise.reject(new TypeError('fetch failed')),
      () => new Response('', { status: 503 }),
      () => new Response('', { status: 429, headers: { 'retry-after': '60' } }),
      () => Response.json(tokens),
    ])
    await flow.advance(140)
    expect(flow.polledAt).toEqual([5, 15, 35, 95])
    answerOf(await flow.outcome)
  })

  it('ends with the code, by the monotonic clock', async () => {
    const flow = await startFlow([])
    flow.clock.jumpTo(flow.clock.now() + 10 * 86_400_000)
    await flow.advance(20)
    expect(flow.polledAt).toEqual([5, 10, 15, 20])
    await flow.advance(281)
    await expect(flow.outcome).rejects.toMatchObject({ code: 'flow_expired' })
    expect(flow.polledAt.every((at) => at < 300)).toBe(true)
  })

  it('ends at once when cancelled, denied or set up wrongly', async () => {
    const cancelled = await startFlow([])
    cancelled.controller.abort()
    await expect(cancelled.outcome).rejects.toMatchObject({ code: 'flow_cancelled' })
    const denied = await startFlow([error('access_denied')])
    await denied.advance(6)
    await expect(denied.outcome).rejects.toMatchObject({ code: 'access_denied' })
    const wrong = await startFlow([error('invalid_client')])
    await wrong.advance(6)
    expect(await wrong.outcome).toMatchObject({ kind: 'config_error', code: 'invalid_client' })
  })

  it.each<[string, object]>([
    ['a script as address', { verification_uri: 'javascript:alert(1)' }],
    ['plain http elsewhere', { verification_uri: 'http://evil.example/' }],
    ['no code', { user_code: '' }],
    ['control characters in the code', { user_code: 'A\u0007B' }],
  ])('does not begin with %s', async (_name, wrong) => {
    await expect(startFlow([], { ...code, ...wrong })).rejects.toMatchObject({
      code: 'provider_response_invalid',
    })
  })
})
