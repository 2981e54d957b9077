import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cleanName, isolated, nameProblem, nameSchema, shown } from '../../../shared/contract/name.ts'

const schema = nameSchema({ empty: 'A name is needed.' })

/** Everything that can change direction, written out here so that the rule is not checked with itself. */
const BIDI = [0x061c, 0x200e, 0x200f, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069]
const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, n) => from + n)
const INVISIBLE = [
  0x00ad,
  0x034f,
  0x115f,
  0x1160,
  0x17b4,
  0x17b5,
  0x200b,
  0x2800,
  0x3164,
  0xfeff,
  0xffa0,
  0xfffc,
  ...range(0x180b, 0x180f),
  ...range(0x2060, 0x206f),
  ...range(0xe0000, 0xe007f),
  ...range(0xe0100, 0xe01ef),
  ...range(0xfff9, 0xfffb),
]
const CONTROL = [...range(0, 0x1f), ...range(0x7f, 0x9f), 0x2028, 0x2029]
const FORBIDDEN = new Set([...BIDI, ...INVISIBLE, ...CONTROL])
const SOMETIMES = [0x200c, 0x200d, 0xfe0e, 0xfe0f]

const hostile = fc.constantFrom(...FORBIDDEN, ...SOMETIMES).map((code) => String.fromCodePoint(code))
const anything = fc
  .array(
    fc.oneof(
      { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 3 }) },
      hostile,
      {
        weight: 6,
        arbitrary: fc.constantFrom(
          'a',
          ' ',
          'ب',
          'ह',
          '्',
          '👩',
          '\u{1F3FD}',
          '💻',
          '❤',
          '1',
          '\u20e3',
          '\u0301',
          '\u200d',
          '\ufe0f',
        ),
      },
      fc.constantFrom('\ud800', '\udc41', '\udb40'),
    ),
    { maxLength: 30 },
  )
  .map((parts) => parts.join(''))

const codesOf = (text: string): number[] => Array.from(text, (character) => character.codePointAt(0) ?? 0)

function expectHarmless(name: string): void {
  const codes = codesOf(name)
  expect(codes.filter((code) => FORBIDDEN.has(code))).toEqual([])
  expect(name.isWellFormed()).toBe(true)
  expect(name).toMatch(/[\p{L}\p{N}\p{P}\p{S}]/u)
  expect(name).toBe(name.trim())
  // A joiner or selector always stands right behind something that is seen.
  expect(name).not.toMatch(/(?:^|\s|\u200c|\u200d)(?:\u200c|\u200d|\ufe0e|\ufe0f)/u)
  expect(name).not.toMatch(/(?:\ufe0e|\ufe0f)(?:\u200c|\ufe0e|\ufe0f)/u)
  expect(name).not.toMatch(/[A-Za-z](?:\u200c|\u200d|\ufe0e|\ufe0f)/u)
  expect(name).not.toMatch(/(?:\u200c|\u200d)$/u)
}

describe('a name that is typed', () => {
  test.each([
    'Backup script',
    "O'Neil & Söhne GmbH",
    '日本語の名前',
    'כלי שלי',
    'أداتي',
    'नमस्ते',
    '👩🏽‍💻 tools',
    '🏴󠁧󠁢󠁥󠁮󠁧󠁿',
    '❤️',
    '1️⃣',
    '🇨🇭',
    'می‌خواهم',
    'क्‍ष',
    'a',
    '…',
    '<b>x</b>',
  ])('is taken as it is: %s', (name) => expect(schema.parse(name)).toBe(name))

  test('is refused with every character that reorders or hides, wherever it stands, and the sentence names it', () => {
    for (const code of [...BIDI, ...INVISIBLE]) {
      const hidden = String.fromCodePoint(code)
      for (const name of [`${hidden}a`, `a${hidden}b`, `a${hidden}`, hidden, `👩${hidden}💻`]) {
        // At the ends this one counts as a space, which is left out.
        if (code === 0xfeff && name.trim() !== name) continue
        const parsed = schema.safeParse(name)
        expect(parsed.success, `U+${code.toString(16)} in ${JSON.stringify(name)}`).toBe(false)
        expect(parsed.error?.issues[0]?.message).toContain(code.toString(16).toUpperCase().padStart(4, '0'))
      }
    }
    for (const code of CONTROL)
      expect(schema.safeParse(`a${String.fromCodePoint(code)}b`).success).toBe(false)
    for (const lone of ['a\ud800', '\udc00b', '\udb40 \udc41'])
      expect(schema.safeParse(lone).success).toBe(false)
  })

  test('keeps joiners and selectors only where they change what is seen', () => {
    for (const name of [
      'a\u200db',
      'a\u200c',
      '\u200da',
      'ب\u200d',
      'ب\u200d\u200dا',
      'ب\u200d1',
      '💻\u200d',
      'a\ufe0f',
      '💻\ufe0f\ufe0f',
    ]) {
      expect([name, schema.safeParse(name).success]).toEqual([name, false])
    }
    // An invisible message behind a flag.
    expect(schema.safeParse('🏴\u{E0068}\u{E0069}\u{E007F}').success).toBe(false)
  })

  test('has one space where several were typed, and is not made of spaces and marks alone', () => {
    expect(schema.parse('  a \u3000\u00a0 b ')).toBe('a b')
    for (const name of ['', ' \u2003 ', '\u0301', '\u0301a', `a${'\u0301'.repeat(9)}`]) {
      expect([name, schema.safeParse(name).success]).toEqual([name, false])
    }
    expect(schema.safeParse('a'.repeat(101)).success).toBe(false)
  })

  test('whatever is taken can neither reorder text, nor look empty, nor hide anything', () => {
    let taken = 0
    fc.assert(
      fc.property(anything, (text) => {
        const parsed = schema.safeParse(text)
        if (!parsed.success) return
        taken += 1
        expectHarmless(parsed.data)
        expect(schema.parse(parsed.data)).toBe(parsed.data)
      }),
      { numRuns: 3000 },
    )
    expect(taken).toBeGreaterThan(50)
  })
})

describe('a name from elsewhere', () => {
  test('is cleaned into one that could be typed here, or is empty; cleaning twice is cleaning once', () => {
    fc.assert(
      fc.property(anything, fc.integer({ min: 5, max: 100 }), (text, most) => {
        const clean = cleanName(text, most)
        expect(clean.length).toBeLessThanOrEqual(most)
        expect(cleanName(clean, most)).toBe(clean)
        if (clean === '') return
        expectHarmless(clean)
        expect(nameProblem(clean)).toBeNull()
      }),
      { numRuns: 3000 },
    )
  })

  test('keeps what is seen', () => {
    expect(cleanName('rm -rf\u202e evil')).toBe('rm -rf evil')
    expect(cleanName('Ada\u2028Lovelace\u200b')).toBe('Ada Lovelace')
    expect(cleanName('\u2066\u3164')).toBe('')
    expect(cleanName('👩🏽‍💻 می‌خواهم')).toBe('👩🏽‍💻 می‌خواهم')
    expect(cleanName(`${'x'.repeat(98)}👩‍💻`)).toBe(`${'x'.repeat(98)}👩`)
  })

  test('in a sentence it is a paragraph of its own where it runs from right to left', () => {
    expect(isolated('Backup script')).toBe('Backup script')
    expect(isolated('כלי')).toBe('\u2068כלי\u2069')
    expect(isolated('\u2069א\u202e')).toBe('\u2068א\u2069')
    fc.assert(
      fc.property(anything, (text) => {
        const inner = isolated(text).replace(/^\u2068(.*)\u2069$/su, '$1')
        expect(codesOf(inner).some((code) => BIDI.includes(code))).toBe(false)
      }),
    )
    expect(shown('a\u001b[31m')).toBe('a [31m')
  })
})
