import { PassThrough } from 'node:stream'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { say } from '../../../electron/cli/output.ts'

function said(...lines: string[]): string {
  const stream = new PassThrough()
  say(stream, ...lines)
  return String(stream.read())
}

test('what others named neither steers the terminal nor reorders the line, and is seen', () => {
  expect(said('a\u001b[31mred\u009b2J\r\u0007')).toBe('a\\u001b[31mred\\u009b2J\\u000d\\u0007\n')
  expect(said('rm -rf\u202e evil \u2066x\u200b')).toBe('rm -rf\\u202e evil \\u2066x\\u200b\n')
  expect(said('\u{E0041}', 'b\u2028c')).toBe('\\udb40\\udc41\nb\\u2028c\n')
  expect(said('plain · “quoted”\ttab 日本 👩‍💻')).toBe('plain · “quoted”\ttab 日本 👩‍💻\n')
})

test('words from right to left are set apart, each name for itself', () => {
  expect(said('“כלי שלי” wants the token as חשבון at Acme')).toBe(
    '“\u2068כלי שלי\u2069” wants the token as \u2068חשבון\u2069 at Acme\n',
  )
  expect(said('אבג  דהו')).toBe('\u2068אבג\u2069  \u2068דהו\u2069\n')
})

test('JSON stays the same JSON, whatever is in it', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.string({ unit: 'binary' }), (value, text) => {
      const whole = { value, text }
      expect(JSON.parse(said(JSON.stringify(whole)))).toEqual(JSON.parse(JSON.stringify(whole)))
    }),
  )
  expect(said(JSON.stringify(['א\u202e']))).toBe('["א\\u202e"]\n')
})

test('no line that is said holds a control that anybody else put there', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const line = said(text)
        .slice(0, -1)
        .replaceAll(/\u2068([^\u2068\u2069]*)\u2069/gu, '$1')
      expect(line).not.toMatch(/[^\P{Cc}\n\t]|\p{Bidi_Control}/u)
    }),
  )
})
