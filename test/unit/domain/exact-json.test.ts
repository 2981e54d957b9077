import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { numberText, parseJson, parseJsonAsWritten, parseJsonOr } from '../../../shared/domain/exact-json.ts'
import { readForeign } from '../../../shared/domain/foreign/foreign.ts'
import { readText, textOf } from '../../../shared/domain/json-path.ts'

const idIn = (text: string): string | null => readText(parseJson(text), 'id')

describe('a number that comes from outside keeps its digits', () => {
  test.each([
    ['948493988897554433', '948493988897554433'],
    ['948493988897554434', '948493988897554434'],
    ['-948493988897554433', '-948493988897554433'],
    ['9007199254740991', '9007199254740991'],
    ['9007199254740992', '9007199254740992'],
    ['9007199254740993', '9007199254740993'],
    ['1234567890123456789012345678901234567890', '1234567890123456789012345678901234567890'],
    ['12345678901234567.0', '12345678901234567'],
    ['12345678901234567e0', '12345678901234567'],
    ['1e20', '100000000000000000000'],
    ['100000000000000000000', '100000000000000000000'],
    ['1E+21', '1000000000000000000000'],
    ['1.5e3', '1500'],
    ['1234567890123456.5', '1234567890123456.5'],
    ['94849398889755.4433001', '94849398889755.4433001'],
    ['0.1', '0.1'],
    ['1.0', '1'],
    ['-0', '0'],
    ['42', '42'],
  ])('%s is read as %s', (written, text) => {
    expect(idIn(`{"id":${written}}`)).toBe(text)
    expect(idIn(`{ "id" :\n\t${written} }`)).toBe(text)
    expect(readText(parseJson(`[[${written}]]`), '[0][0]')).toBe(text)
    expect(textOf(parseJson(written))).toBe(text)
    // Beside a long number, which sends the whole text the other way.
    expect(idIn(`{"other":11111111111111111111,"id":${written}}`)).toBe(text)
  })

  test('whatever its sign, length, place and spelling, two different ones stay two, and one stays one', () => {
    const digits = fc
      .tuple(fc.constantFrom('', '-'), fc.bigInt({ min: 1n, max: 10n ** 40n }))
      .map(([sign, value]) => `${sign}${value}`)
    fc.assert(
      fc.property(digits, fc.constantFrom('', '.0', 'e0', '.000', 'E+0'), (id, spelling) => {
        expect(idIn(`{"a":{"x":[1,{"y":2}]},"id":${id}${spelling}}`)).toBe(id)
        const next = `${BigInt(id) + 1n}`
        expect(idIn(`{"id":${next}}`)).not.toBe(id)
        const parsed = parseJson(`{"a":[{"b":${id}}]}`)
        expect(readText(parsed, 'a[0].b')).toBe(id)
      }),
    )
  })

  test('all the rest is what JSON.parse makes of it', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const plain: unknown = JSON.parse(text)
        if (/\d{16}|\d[.\d]{15}/.test(text)) return
        expect(parseJson(text)).toStrictEqual(plain)
      }),
    )
  })

  test('digits in strings are left alone: hashes, tokens, times', () => {
    const text = '{"hash":"12345678901234567890","a":["x: 12345678901234567890"],"at":1764500000123}'
    expect(parseJson(text)).toStrictEqual(JSON.parse(text))
  })

  test('of members that come twice the last one counts, as ever', () => {
    expect(idIn('{"id":1,"id":948493988897554433}')).toBe('948493988897554433')
    expect(idIn('{"id":948493988897554433,"id":948493988897554434}')).toBe('948493988897554434')
    expect(idIn('{"id":948493988897554433,"id":"a"}')).toBe('a')
  })

  test('a member called __proto__ is a member', () => {
    const parsed = parseJson('{"__proto__":{"id":948493988897554433},"n":948493988897554433}')
    expect(Object.getPrototypeOf(parsed)).toBe(Object.prototype)
    expect(readText(parsed, '__proto__.id')).toBe('948493988897554433')
    expect(readText(parsed, 'id')).toBeNull()
  })

  test('a byte order mark is no part of the text', () => {
    expect(parseJson('\uFEFF{"id":948493988897554433}')).toEqual({ id: '948493988897554433' })
    expect(parseJson('\uFEFF{"id":1}')).toEqual({ id: 1 })
  })

  test.each(['{"id":0948493988897554433}', '{"id":948493988897554433', '{"id":.5}', '', '\uFEFF\uFEFF1'])(
    'what is no JSON stays none: %s',
    (text) => {
      expect(() => parseJson(text)).toThrow(SyntaxError)
      expect(parseJsonOr(text)).toBeUndefined()
    },
  )

  test('a text nested without end is refused, with a long number in it too', () => {
    const deep = `${'['.repeat(200_000)}948493988897554433${']'.repeat(200_000)}`
    expect(() => parseJson(deep)).toThrow(SyntaxError)
  })

  test('a number without end is no text, and one that is too long to write out stays as it was written', () => {
    expect(numberText(Number.POSITIVE_INFINITY)).toBeNull()
    expect(readText(parseJson('{"id":1e400}'), 'id')).toBeNull()
    expect(parseJson('[11111111111111111111,1e999999999]')).toEqual(['11111111111111111111', '1e999999999'])
    expect(numberText(1e-7)).toBe('0.0000001')
  })
})

describe('what is written out again', () => {
  test.each([
    '{"id":948493988897554433,"nested":[{"n":-12345678901234567890.50}]}',
    '{"a":1.0,"b":1e5,"c":-0,"d":0.1,"e":1E400,"f":"1.0","g":[9007199254740993]}',
    '948493988897554433',
    '"948493988897554433"',
    '{"plain":[1,2,3],"text":"x"}',
  ])('has each number as it came: %s', (text) => {
    expect(JSON.stringify(parseJsonAsWritten(text))).toBe(text)
  })

  test('for every JSON text', () => {
    const number = fc
      .tuple(
        fc.constantFrom('', '-'),
        fc.integer({ min: 1 }),
        fc.constantFrom('', '.50', '.0001', 'e7', 'E-3', '000000000000000001'),
      )
      .map(([sign, whole, tail]) => `${sign}${whole}${tail}`)
    fc.assert(
      fc.property(fc.array(number, { minLength: 1 }), (numbers) => {
        const text = `{"data":[${numbers.join(',')}]}`
        expect(JSON.stringify(parseJsonAsWritten(text))).toBe(text)
      }),
    )
  })
})

describe('a client id that a foreign file has as a number', () => {
  const ID = '948493988897554433'
  const addresses = { authUrl: 'https://a.example/authorize', accessTokenUrl: 'https://a.example/token' }
  const postman = (id: string): string =>
    `{"auth":{"type":"oauth2","oauth2":{${JSON.stringify(addresses).slice(1, -1)},"clientId":${id}}}}`
  test.each([
    ['Postman', postman(ID)],
    [
      'Postman, by a variable',
      `{"variable":[{"key":"id","value":${ID}}],"item":[{"request":${postman('"{{id}}"')}}]}`,
    ],
    [
      'Insomnia, JSON',
      `{"_type":"export","resources":[{"_type":"request","name":"A","authentication":{"type":"oauth2","grantType":"authorization_code","authorizationUrl":"https://a.example/authorize","accessTokenUrl":"https://a.example/token","clientId":${ID}}}]}`,
    ],
    [
      'Insomnia, YAML',
      `type: collection.insomnia.rest/5.0\ncollection:\n  - name: A\n    authentication:\n      type: oauth2\n      grantType: authorization_code\n      authorizationUrl: https://a.example/authorize\n      accessTokenUrl: https://a.example/token\n      clientId: ${ID}\n`,
    ],
    ['oidc-agent', `[{"issuer":"https://a.example","client_id":${ID},"scope":"openid"}]`],
  ])('%s: all its digits', (_name, text) => {
    const read = readForeign(text, 'auto')
    if (read.kind === 'unreadable') throw new Error(read.problem)
    expect(read.providers.map(({ draft }) => draft.clientId)).toEqual([ID])
  })
})
