// The end of a token by every means that servers have (RFC 6749 5.1).
import { describe, expect, it } from 'vitest'
import type { z } from 'zod'
import { tokenSpec } from '../../../shared/contract/provider-token-spec.ts'
import { parseTokenReply } from '../../../shared/domain/token-response.ts'

const NOW = Date.parse('2026-11-21T12:00:00Z')

function parse(body: object, spec: z.input<typeof tokenSpec> = {}) {
  const reply = { status: 200, text: JSON.stringify(body), receivedAt: NOW, serverNow: NOW }
  return parseTokenReply(reply, tokenSpec.parse(spec))
}

/** A JWT without a valid signature: only its payload is read. */
function jwt(payload: object | string, header: object = { alg: 'RS256', typ: 'at+jwt' }): string {
  const part = (value: object | string): string =>
    Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
  return `${part(header)}.${part(payload)}.c2lnbmF0dXJl`
}
const IN_AN_HOUR = NOW / 1000 + 3600

describe('the lifetime of a token', () => {
  const opaque = 'at'
  it.each([
    ['expires_in', { expires_in: 3600 }, 3600],
    ['expires_in as text', { expires_in: '3600' }, 3600],
    ['expires_in with a fraction', { expires_in: 3599.5 }, 3599.5],
    ['expires_in as text with a fraction', { expires_in: '3599.5' }, 3599.5],
    ['negative expires_in', { expires_in: -3600 }, null],
    ['expires_in of 0', { expires_in: 0 }, null],
    ['null', { expires_in: null }, null],
    ['empty', { expires_in: '' }, null],
    ['a list', { expires_in: [3600] }, null],
    ['expires_in that is a moment', { expires_in: IN_AN_HOUR }, 3600],
    ['expires_in that is a date', { expires_in: '2026-11-21T13:00:00Z' }, 3600],
    ['expires_at in seconds', { expires_at: IN_AN_HOUR }, 3600],
    ['expires_at in seconds, as text', { expires_at: String(IN_AN_HOUR) }, 3600],
    ['expires_at with a fraction', { expires_at: IN_AN_HOUR + 0.5 }, 3600.5],
    ['expires_at in milliseconds', { expires_at: IN_AN_HOUR * 1000 }, 3600],
    ['expires_at as ISO date', { expires_at: '2026-11-21T13:00:00Z' }, 3600],
    ['expires_at with an offset', { expires_at: '2026-11-21T15:00:00+02:00' }, 3600],
    ['expires_at without a time zone', { expires_at: '2026-11-21T13:00:00' }, 3600],
    ['expires_at without a time zone and T', { expires_at: '2026-11-21 13:00:00.0' }, 3600],
    ['expires_at in the past', { expires_at: NOW / 1000 - 5 }, null],
    ['expires_on of Azure AD v1', { expires_on: String(IN_AN_HOUR) }, 3600],
    ['expires_on as a US date', { expires_on: '11/21/2026 13:00:00 +00:00' }, 3600],
    ['.expires of ASP.NET', { '.expires': 'Sat, 21 Nov 2026 13:00:00 GMT' }, 3600],
    ['ext_expires_in, which is for an outage', { ext_expires_in: 7200 }, null],
    ['expires_in before all others', { expires_in: 60, expires_at: IN_AN_HOUR, ext_expires_in: 7 }, 60],
    ['wrong expires_in, then expires_on', { expires_in: 'soon', expires_on: IN_AN_HOUR }, 3600],
  ])('is read from %s', (_name, members, lifetimeSeconds) => {
    expect(parse({ access_token: opaque, ...members })).toMatchObject({ tokens: { lifetimeSeconds } })
  })

  it.each([
    ['with exp', jwt({ exp: IN_AN_HOUR }), 3600],
    ['with exp and letters of other alphabets', jwt({ exp: IN_AN_HOUR, name: 'Grüße 🙂 ÿþ' }), 3600],
    ['with exp as text', jwt({ exp: String(IN_AN_HOUR) }), 3600],
    ['without exp', jwt({ sub: 'x' }), null],
    ['with exp in milliseconds', jwt({ exp: IN_AN_HOUR * 1000 }), null],
    ['with exp in the past', jwt({ exp: NOW / 1000 - 1 }), null],
    ['with exp in a hundred years', jwt({ exp: NOW / 1000 + 100 * 365 * 86_400 }), null],
    ['with exp that is a list', jwt({ exp: [IN_AN_HOUR] }), null],
    ['without algorithm', jwt({ exp: IN_AN_HOUR }, {}), null],
    ['of two parts', jwt({ exp: IN_AN_HOUR }).split('.').slice(0, 2).join('.'), null],
    ['of five parts', `${jwt({ exp: IN_AN_HOUR })}.a.b`, null],
    ['that is no JSON', jwt('exp'), null],
    ['that is nested deeply', jwt('['.repeat(50_000)), null],
    ['that only looks like one', 'v1.abc.def', null],
  ])('is read from a JWT %s when nothing else tells', (_name, token, lifetimeSeconds) => {
    expect(parse({ access_token: token })).toMatchObject({ tokens: { lifetimeSeconds } })
    expect(parse({ access_token: token, expires_in: 60 })).toMatchObject({ tokens: { lifetimeSeconds: 60 } })
  })

  it('is the usual one of the provider only where the response does not tell', () => {
    const spec = { defaultLifetimeSeconds: 7200 }
    expect(parse({ access_token: 'at' }, spec)).toMatchObject({ tokens: { lifetimeSeconds: 7200 } })
    expect(parse({ access_token: 'at', expires_at: IN_AN_HOUR }, spec)).toMatchObject({
      tokens: { lifetimeSeconds: 3600 },
    })
    const told = jwt({ exp: IN_AN_HOUR })
    expect(parse({ access_token: told }, spec)).toMatchObject({ tokens: { lifetimeSeconds: 3600 } })
    expect(parse({ access_token: told, expires_in: 0 }, { zeroExpiresInMeansNever: true })).toMatchObject({
      tokens: { lifetimeSeconds: null },
    })
  })
})

describe('the lifetime of a refresh token', () => {
  it.each([
    ['refresh_expires_in of Keycloak', { refresh_expires_in: 1800 }, 1800],
    ['0 for an offline token of Keycloak', { refresh_expires_in: 0 }, null],
    ['refresh_token_expires_in', { refresh_token_expires_in: '1800' }, 1800],
    ['x_refresh_token_expires_in of Intuit', { x_refresh_token_expires_in: 8_726_400 }, 8_726_400],
    ['refresh_token_expires_at', { refresh_token_expires_at: IN_AN_HOUR }, 3600],
    ['refresh_expires_at as a date', { refresh_expires_at: '2026-11-21T13:00:00Z' }, 3600],
    ['the earlier of two', { refresh_expires_in: 60, x_refresh_token_expires_in: 90 }, 60],
    ['a refresh token that is a JWT', { refresh_token: jwt({ exp: IN_AN_HOUR }) }, 3600],
    ['nothing', {}, null],
  ])('is read from %s', (_name, members, refreshLifetimeSeconds) => {
    expect(parse({ access_token: 'at', refresh_token: 'rt', ...members })).toMatchObject({
      tokens: { refreshLifetimeSeconds },
    })
  })
})
