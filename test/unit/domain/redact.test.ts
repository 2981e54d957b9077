import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { KeywayError } from '../../../shared/contract/errors.ts'
import { Secret } from '../../../shared/contract/secret.ts'
import { redact, redactText } from '../../../shared/domain/redact.ts'

const CANARY = 'cAnAry7Secret'
const printed = (value: unknown): string => JSON.stringify(redact(value)) ?? 'undefined'

describe('redacting a value', () => {
  it.each([
    ['access_token'],
    ['refreshToken'],
    ['id_token'],
    ['clientSecret'],
    ['client_secret'],
    ['password'],
    ['passphrase'],
    ['Authorization'],
    ['proxy-authorization'],
    ['Cookie'],
    ['set-cookie'],
    ['client_assertion'],
    ['code_verifier'],
    ['code'],
    ['device_code'],
    ['state'],
    ['X-API-Key'],
    ['apiKey'],
    ['api_key'],
    ['privateKey'],
    ['credentials'],
    ['DPoP'],
    ['ticket'],
  ])('hides what is named %s, wherever it stands', (name) => {
    const shapes = [
      { [name]: CANARY },
      { deep: [{ [name]: CANARY }] },
      { [name]: [CANARY] },
      { [name]: { inner: CANARY } },
      new Map([[name, CANARY]]),
      new URLSearchParams({ [name]: CANARY }),
      { text: `${name}=${CANARY}` },
      { text: `${name}: ${CANARY}` },
      { text: `{"${name}":"${CANARY}","status":200}` },
      { text: `{ ${name}: '${CANARY}' }` },
      new Error(`refused ${name}=${CANARY}`),
    ]
    for (const shape of shapes) expect(printed(shape)).not.toContain(CANARY)
  })

  it('hides headers by name', () => {
    const headers = new Headers({ authorization: `Bearer ${CANARY}`, accept: 'application/json' })
    expect(redact({ headers })).toEqual({
      headers: { authorization: '[redacted]', accept: 'application/json' },
    })
    expect(printed({ rawHeaders: ['Authorization', CANARY] })).not.toContain(CANARY)
  })

  it('shows no body, whatever it holds', () => {
    for (const name of ['body', 'requestBody', 'response_body', 'rawBody', 'payload'])
      for (const body of [CANARY, { grant: CANARY }, [CANARY]])
        expect(printed({ [name]: body })).not.toContain(CANARY)
  })

  it('follows an error through its causes, its own fields and its siblings', () => {
    const inner = Object.assign(new Error(`Bearer ${CANARY} refused`), {
      response: { headers: { 'set-cookie': CANARY } },
      code: 'ECONNRESET',
    })
    const middle = new AggregateError([inner], `https://x.example/cb?code=${CANARY}`)
    const outer = new KeywayError('provider_error', { details: { token: CANARY }, cause: middle })
    const text = printed(outer)
    expect(text).not.toContain(CANARY)
    expect(text).toContain('provider_error')
    expect(text).toContain('ECONNRESET')
    expect(text).toContain('redact.test.ts')
  })

  it('hides a message that the stack repeats', () => {
    const error = new Error(`the server said ${CANARY}-0123456789abcdef0123456789`)
    error.message = 'changed afterwards'
    expect(printed(error)).not.toContain(CANARY)
  })

  it('prints a Secret as its fingerprint when one can be made, and never as itself', () => {
    const secret = new Secret(CANARY)
    expect(redact({ token: secret, list: [secret] })).toEqual({ token: '[secret]', list: ['[secret]'] })
    expect(redact(secret, { fingerprint: () => '0123456789ab' })).toBe('[secret 0123456789ab]')
    expect(redact(secret, { fingerprint: () => null })).toBe('[secret]')
  })

  it('keeps what helps: codes, names, numbers, times, identifiers, addresses without their query', () => {
    const facts = {
      code: 'disk_full',
      cause: { code: 'ENOSPC', syscall: 'write' },
      tokenType: 'Bearer',
      tokenEndpoint: 'https://id.example.com/token',
      expiresIn: 3600,
      token: null,
      connectionId: 'con_7k2mf0a9x3b8c1d6',
      requestId: '0199b6a2-7c3e-7d4f-8a5b-6c7d8e9f0a1b',
      hash: 'a1'.repeat(32),
      setAsidePath:
        '/home/me/.config/keyway/connections/set-aside/con_7k2mf0a9x3b8c1d6.json.2026-11-21T12-00-00-000Z',
      scopes: ['repo', 'read:org'],
      at: new Date(0),
      on: true,
    }
    expect(redact(facts)).toEqual({ ...facts, at: '1970-01-01T00:00:00.000Z' })
    expect(redact({ url: 'http://127.0.0.1:7317/oauth2/callback?code=abc&state=def#x=y' })).toEqual({
      url: 'http://127.0.0.1:7317/oauth2/callback?code=[redacted]&state=[redacted]#x=[redacted]',
    })
    expect(redact({ code: CANARY })).toEqual({ code: '[redacted]' })
  })

  it('survives cycles, depth, size, getters that throw, and unusual objects', () => {
    const cycle: Record<string, unknown> = { token: CANARY }
    cycle['self'] = cycle
    let deep: unknown = CANARY
    for (let level = 0; level < 50; level += 1) deep = { deep }
    const hostile = {
      get bad() {
        throw new Error(CANARY)
      },
    }
    const odd = [cycle, deep, hostile, Array.from({ length: 5000 }, () => 'x'), 'y'.repeat(1e6)]
    const more = [
      Buffer.from(CANARY),
      12n,
      Symbol('s'),
      () => CANARY,
      Object.create(null) as unknown,
      undefined,
    ]
    for (const value of [...odd, ...more]) {
      const text = printed(value)
      expect(text).not.toContain(CANARY)
      expect(text.length).toBeLessThan(20_000)
    }
  })

  it('never throws, and never shows a value under a secret name, for any JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom('token', 'client_secret', 'Cookie'), (value, name) => {
        expect(() => redact(value)).not.toThrow()
        expect(printed({ a: [value, { [name]: CANARY, rest: value }] })).not.toContain(CANARY)
      }),
    )
  })
})

describe('redacting text', () => {
  const jwt = `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJub2JvZHkifQ.${'s'.repeat(43)}`
  it.each([
    [`Authorization: Bearer ${CANARY}`],
    [`authorization: Basic ${btoa(`id:${CANARY}`)}`],
    [`Cookie: a=1; session=${CANARY}; b=2`],
    [`curl -H "X-API-Key: ${CANARY}" http://127.0.0.1:7317/`],
    [`the answer was bearer ${CANARY}, odd`],
    [`id token ${jwt} was refused`],
    [`jwe ${jwt}.${'c'.repeat(20)}.${'t'.repeat(22)}`],
    [`GET /oauth2/callback?code=${CANARY}&iss=x HTTP/1.1`],
    [`keyway://callback?odd_parameter=${CANARY}`],
    [`https://user:${CANARY}@proxy.example.com:8080/`],
    [`https://id.example.com/cb#access_token=${CANARY}`],
    [`grant_type=refresh_token&refresh_token=${CANARY}`],
    [`{"error":"x","refresh_token":"${CANARY}\\"more"}`],
    [`the form had password: "${CANARY} with spaces ${CANARY}"`],
    [`-----BEGIN PRIVATE KEY-----\n${CANARY}\n-----END PRIVATE KEY-----`],
    [`-----BEGIN PRIVATE KEY-----\n${CANARY} and cut off`],
    [`refused: ghp_${CANARY}0123456789`],
    [`refused: ${CANARY}${'0123456789abcdef'.repeat(2)}`],
    [`refused: ${CANARY}/9fQ2+${'k3J'.repeat(8)}==`],
  ])('hides the secret in %j', (text) => {
    const shown = redactText(text)
    expect(shown).not.toContain(CANARY)
    expect(shown).not.toContain(btoa(`id:${CANARY}`))
    expect(shown).not.toContain(jwt.split('.')[2])
    expect(shown).toContain('[redacted]')
  })

  it.each([
    ['The provider answered with an error.'],
    ['ENOSPC: no space left on device, write'],
    ['client uses Basic authentication with a bearer token'],
    ['invalid_grant'],
    ['token_type: Bearer'],
    ['    at loadAll (file:///home/ada/app/node_modules/some-package/dist/index.js:12:34)'],
    ['con_7k2mf0a9x3b8c1d6 at github'],
    ['listening on http://127.0.0.1:7317/'],
    ['0199b6a2-7c3e-7d4f-8a5b-6c7d8e9f0a1b'],
  ])('leaves %j as it is', (text) => {
    expect(redactText(text)).toBe(text)
  })

  // That no expression in it can backtrack is the architecture test's to say (regular-expressions.test.ts).
  it('takes a megabyte of hostile text without hanging', { timeout: 120_000 }, () => {
    const hostile = ['a="', 'token:', '"'.repeat(50), 'eyJ.', '?x=', '-----BEGIN A-----'].map((piece) =>
      piece.repeat(20_000),
    )
    for (const text of hostile) expect(redactText(text)).toBeTypeOf('string')
  })
})
