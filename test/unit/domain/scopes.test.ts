import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { providerSpec } from '../../../shared/contract/provider-spec.ts'
import { parseScopes, typedScopes } from '../../../shared/contract/scope-list.ts'
import { missingScopes } from '../../../shared/domain/scope-comparison.ts'
import { joinScopes, sameScopes, scopeReading, unionScopes } from '../../../shared/domain/scopes.ts'

const scope = fc.stringMatching(/^[a-z][a-z:./_-]{0,15}$/)
const scopes = fc.uniqueArray(scope, { minLength: 1, maxLength: 8 })

describe('scopes', () => {
  it.each([' ', ',', '+'] as const)('come back from a request joined with "%s"', (separator) => {
    fc.assert(
      fc.property(scopes, (list) => {
        expect(parseScopes(joinScopes(list, separator), separator)).toEqual(list)
      }),
    )
  })

  it('are the same in any order and with repetitions', () => {
    fc.assert(
      fc.property(
        scopes.chain((list) =>
          fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
        ),
        ([list, shuffled]) => {
          expect(sameScopes(list, [...shuffled, ...shuffled])).toBe(true)
          expect(missingScopes(list, shuffled)).toEqual([])
        },
      ),
    )
  })

  it('lack exactly what was requested and not granted', () => {
    fc.assert(
      fc.property(scopes, scopes, (requested, granted) => {
        const missing = missingScopes(requested, granted)
        expect(missing.every((one) => requested.includes(one) && !granted.includes(one))).toBe(true)
        expect(missingScopes(requested, unionScopes(granted, missing))).toEqual([])
      }),
    )
  })

  it('are read from arrays, from commas where spaces were agreed, and from nothing as null', () => {
    expect(parseScopes(['a', 'b', 'a'])).toEqual(['a', 'b'])
    expect(parseScopes('repo,gist')).toEqual(['repo', 'gist'])
    expect(parseScopes('read write, admin', ',')).toEqual(['read', 'write', 'admin'])
    expect(parseScopes(' a\tb  a ')).toEqual(['a', 'b'])
    expect(parseScopes('')).toEqual([])
    expect(parseScopes(undefined)).toBeNull()
    expect(parseScopes(7)).toBeNull()
    expect(parseScopes([{}])).toBeNull()
  })

  it('count as granted under a full name, under an alias, and when they only ask for tokens', () => {
    expect(missingScopes(['Files.Read', 'offline_access'], ['https://graph.example/Files.Read'])).toEqual([])
    expect(missingScopes(['email'], ['https://x.example/auth/userinfo.email'])).toEqual(['email'])
    const { scopes: rules } = providerSpec.parse({
      scopes: { aliases: { email: 'https://x.example/auth/userinfo.email' } },
    })
    expect(missingScopes(['email'], ['https://x.example/auth/userinfo.email'], rules)).toEqual([])
  })
})

describe('a list of scopes from outside', () => {
  const deep = JSON.parse(`${'['.repeat(50)}"a"${']'.repeat(50)}`) as unknown
  it.each<[string, unknown, string[] | null]>([
    ['spaces', 'a b c', ['a', 'b', 'c']],
    ['commas', 'a,b,c', ['a', 'b', 'c']],
    ['comma and space', 'a, b, c', ['a', 'b', 'c']],
    ['space and comma', 'a ,b ,c', ['a', 'b', 'c']],
    ['mixed', 'a,b c', ['a', 'b', 'c']],
    ['plus', 'a+b+c', ['a', 'b', 'c']],
    ['encoded plus', 'a%2Bb', ['a', 'b']],
    ['encoded space', 'a%20b', ['a', 'b']],
    ['encoded comma', 'a%2Cb%2cc', ['a', 'b', 'c']],
    ['encoded comma and space', 'a%2C%20b', ['a', 'b']],
    ['tabs and newlines', '\ta\r\nb\n', ['a', 'b']],
    ['encoded newline', 'a%0Ab', ['a', 'b']],
    ['a byte order mark', '\uFEFFa b', ['a', 'b']],
    ['separators only', ' , ,', []],
    ['separators at the ends', ',a,b,', ['a', 'b']],
    ['repeated', 'a b a,b', ['a', 'b']],
    ['in another case', 'A a', ['A', 'a']],
    ['empty', '', []],
    ['one scope', 'a', ['a']],
    [
      'addresses',
      'https://x.example/auth/a https://x.example/auth/b',
      ['https://x.example/auth/a', 'https://x.example/auth/b'],
    ],
    ['quoted', '"a b"', ['a', 'b']],
    ['brackets in a name', 'identity identity[email]', ['identity', 'identity[email]']],
    ['an array', ['a', 'b', 'a'], ['a', 'b']],
    ['an empty array', [], []],
    ['one text in an array', ['a b,c'], ['a', 'b', 'c']],
    ['texts in an array', ['a b', 'c,d'], ['a', 'b', 'c', 'd']],
    ['a plus in an array', ['a+b', 'c'], ['a+b', 'c']],
    ['arrays in arrays', [['a'], ['b', ['c']]], ['a', 'b', 'c']],
    ['an array with other types', ['a', 7, null, {}, 'b'], ['a', 'b']],
    ['an array of other types', [7, null], null],
    ['an array in far too many arrays', deep, null],
    ['a JSON array as text', '["a","b"]', ['a', 'b']],
    ['an empty JSON array as text', '[]', []],
    ['JSON arrays in an array as text', '[["a"],["b[c]"]]', ['a', 'b[c]']],
    ['escaped slashes', String.raw`["https:\/\/x.example\/a"]`, ['https://x.example/a']],
    ['an array with single quotes as text', "['a', 'b']", ['a', 'b']],
    ['a plus beside another separator', 'blob:image/svg+xml atproto', ['blob:image/svg+xml', 'atproto']],
    ['null', null, null],
    ['undefined', undefined, null],
    ['a number', 7, null],
    ['true', true, null],
    ['an object', { a: true }, null],
  ])('is read with %s', (_what, value, expected) => {
    expect(parseScopes(value)).toEqual(expected)
  })

  it.each<[string, string, string[], string[]]>([
    ['a plus', 'blob:image/svg+xml', ['blob:image/svg+xml'], ['blob:image/svg+xml']],
    ['a plus between others', 'a+b+c+d', ['b+c'], ['a', 'b+c', 'd']],
    ['a comma', 'a,b,c', ['a,b'], ['a,b', 'c']],
    ['a comma, the longer name first', 'a,b,c', ['a,b', 'a,b,c'], ['a,b,c']],
    ['a comma after a space', 'x a,b', ['a,b'], ['x', 'a,b']],
    ['nothing special', 'a,b+c', ['z'], ['a', 'b+c']],
  ])('keeps a known scope with %s whole', (_what, text, known, expected) => {
    expect(parseScopes(text, ' ', known)).toEqual(expected)
  })

  it('knows the requested scopes and those that the provider describes', () => {
    const spec = providerSpec.parse({ scopes: { separator: ',', meanings: { 'a,b': 'Both' } } })
    const { separator, known } = scopeReading(spec.scopes, ['c+d'])
    expect(parseScopes('a,b,c+d', separator, known)).toEqual(['a,b', 'c+d'])
  })

  it('that was typed keeps its plus', () => {
    expect(typedScopes('blob:image/svg+xml')).toEqual(['blob:image/svg+xml'])
    expect(typedScopes('a, b c a')).toEqual(['a', 'b', 'c'])
    expect(typedScopes('["a", "b"]')).toEqual(['a', 'b'])
  })

  it('of any text is a list of scopes that no space or quote is in', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const names = parseScopes(text) ?? []
        expect(new Set(names).size).toBe(names.length)
        for (const name of names) expect(name).toMatch(/^[^\s"\p{Cc}]+$/u)
      }),
    )
  })

  it('of 50,000 brackets or separators is read at once', () => {
    expect(parseScopes('['.repeat(50_000))).toHaveLength(1)
    expect(parseScopes(`${'['.repeat(50_000)}x${']'.repeat(50_000)}`)).toHaveLength(1)
    expect(parseScopes(','.repeat(50_000))).toEqual([])
  })
})
