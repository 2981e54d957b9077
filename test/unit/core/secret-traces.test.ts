// A secret is found in every encoding, and nothing else is.
import { expect, test } from 'vitest'
import fc from 'fast-check'
import { openScopes, secretTraces } from '../../../electron/core/secret-traces.ts'
import { namedSecrets } from '../../../shared/domain/redact.ts'

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~+/='.split('')
const token = fc
  .string({ unit: fc.constantFrom(...alphabet), minLength: 24, maxLength: 120 })
  .filter((text) => /[a-z].*\d|\d.*[a-z]/i.test(text) && text.replaceAll(/[^A-Za-z0-9]/g, '').length >= 20)

const percent = (text: string) =>
  text
    .split('')
    .map((char) => `%${char.charCodeAt(0).toString(16).padStart(2, '0')}`)
    .join('')
const writings: Record<string, (secret: string) => string> = {
  plain: (secret) => secret,
  'upper case': (secret) => secret.toUpperCase(),
  'lower case': (secret) => secret.toLowerCase(),
  'percent-encoded': encodeURIComponent,
  'percent-encoded whole': percent,
  'percent-encoded twice': (secret) => encodeURIComponent(percent(secret)),
  'JSON-escaped': (secret) => JSON.stringify(secret.replaceAll('/', String.raw`\/`)),
  'escaped by code': (secret) =>
    secret
      .split('')
      .map((char) => String.raw`\u` + char.charCodeAt(0).toString(16).padStart(4, '0'))
      .join(''),
  'as entities': (secret) =>
    secret
      .split('')
      .map((char) => `&#${char.charCodeAt(0)};`)
      .join(''),
  spaced: (secret) => secret.split('').join(' '),
  'in groups': (secret) => secret.replaceAll(/(.{4})/g, '$1-'),
  'wide letters': (secret) =>
    secret
      .split('')
      .map((char) => (/[A-Za-z0-9]/.test(char) ? String.fromCharCode(char.charCodeAt(0) + 0xfee0) : char))
      .join(''),
  base64: (secret) => Buffer.from(secret).toString('base64'),
  base64url: (secret) => Buffer.from(secret).toString('base64url'),
  'base64 within a longer text': (secret) => Buffer.from(`ab${secret}`).toString('base64'),
  hex: (secret) => Buffer.from(secret).toString('hex'),
  'without its end': (secret) => secret.slice(0, -3),
  'without its beginning': (secret) => secret.slice(5),
}

test.each(Object.entries(writings))('a secret is found %s, and no fragment of it is left', (_name, write) => {
  fc.assert(
    fc.property(
      token,
      fc.constantFrom('', 'The token ', 'x='),
      fc.constantFrom('', ' is not valid.', '&z'),
      (secret, before, after) => {
        const traces = secretTraces([secret])
        const text = `${before}${write(secret)}${after}`
        const scrubbed = traces.scrub(text)
        expect(traces.isIn(text)).toBe(true)
        expect(scrubbed).toContain('[secret]')
        expect(traces.isIn(scrubbed)).toBe(false)
      },
    ),
    { numRuns: 60 },
  )
})

test('twelve characters in a row are a trace, eleven are none', () => {
  fc.assert(
    fc.property(token, fc.nat(), (secret, at) => {
      const start = at % (secret.length - 12)
      const part = secret.slice(start, start + 12)
      const traces = secretTraces([secret])
      expect(traces.isIn(`"${part}"`)).toBe(true)
      expect(traces.isIn(`"${part.slice(0, 11)}"`)).toBe(false)
    }),
  )
})

test('ordinary words, scopes, addresses and ids of others are left as they are', () => {
  const traces = secretTraces(['8f2Kd93-jsQ_zzT0pLwq71.xUvB', 'client-secret-5566778899', 'abc123xy'])
  const texts = [
    'https://www.googleapis.com/auth/drive.readonly',
    'ada@example.test',
    'The refresh token has expired.',
    '948493988897554433',
  ]
  for (const text of texts) {
    expect(traces.isIn(text)).toBe(false)
    expect(traces.scrub(text)).toBe(text)
  }
  // The control: the same places with a secret in them.
  for (const text of texts) expect(traces.isIn(`${text} 8f2Kd93-jsQ_zz`)).toBe(true)
  expect(traces.isIn('it was ABC123XY')).toBe(true)
})

test('a number that is part of a token is an id, not a secret; a token that is a number is one', () => {
  expect(secretTraces(['123456789012345-AbCdEfGhIjKlMn']).isIn('123456789012345')).toBe(false)
  expect(secretTraces(['123456789012345']).isIn('123456789012345')).toBe(true)
})

test('scopes that hold a token only together are none', () => {
  const traces = secretTraces(['8f2Kd93jsQzzT0pLwq71xUvB'])
  expect(openScopes(['8f2Kd9', '3jsQzz', 'T0pLwq', '71xUvB'], traces)).toBeNull()
  expect(openScopes(['read', '8f2Kd93jsQzzT0'], traces)).toEqual(['read'])
  expect(openScopes(['read', 'write'], traces)).toEqual(['read', 'write'])
})

test('a long text is searched in one go, at its ends and in its middle', () => {
  const secret = 'q9Zr7Yt3Wm1Xk5Vb8Nc2'
  const long = 'lorem ipsum 12 '.repeat(4000)
  const text = `${secret}${long}${secret.toLowerCase()}${long}${encodeURIComponent(secret)}`
  expect(secretTraces([secret]).scrub(text)).toBe(`[secret]${long}[secret]${long}[secret]`)
})

test('the texts under names of secrets are found anywhere in a reply; words and other fields are not', () => {
  const reply = {
    authed_user: { access_token: 'xoxp-1234567890' },
    list: [{ client_secret: 'made-up-secret-1' }],
    token_type: 'bearer-token-1',
    token_hint: 'refresh_token',
    error: 'invalid_grant',
    name: 'Ada Lovelace 1815',
  }
  expect(namedSecrets(reply).toSorted()).toEqual(['made-up-secret-1', 'xoxp-1234567890'])
})
