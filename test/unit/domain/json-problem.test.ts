import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readJson } from '../../../shared/domain/json-path.ts'

test('the place is that of the first character that does not fit', () => {
  const places = [
    ['', 1, 1],
    ['{"a": made-up}', 1, 7],
    ['{\n  "a": 1\n  "b": 2\n}', 3, 3],
    ['[1, 2,]', 1, 7],
    ['{"a": 1} x', 1, 10],
    ['{"a" 1}', 1, 6],
    ['{"a": "un\nclosed"}', 1, 7],
    ['[[1, 2}', 1, 7],
    ['{"a": 1', 1, 8],
  ] as const
  for (const [text, line, column] of places)
    expect([text, readJson(text)]).toEqual([text, { ok: false, line, column }])
})

test('it agrees with the engine on what is JSON, and never throws on what is not', () => {
  const cut = fc.tuple(fc.jsonValue(), fc.nat(), fc.string({ maxLength: 3 })).map(([value, at, junk]) => {
    const text = JSON.stringify(value)
    return text.slice(0, at % (text.length + 1)) + junk
  })
  fc.assert(
    fc.property(cut, (text) => {
      const read = readJson(text)
      // A number with more digits than a double keeps is read as text.
      const holdsLongNumber = /\d{16}/.test(text.replaceAll('.', ''))
      if (read.ok) return holdsLongNumber || JSON.stringify(read.value) === JSON.stringify(JSON.parse(text))
      return read.line > 0 && read.column > 0
    }),
  )
})
