import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  joinScopes,
  missingScopes,
  parseScopes,
  sameScopes,
  unionScopes,
} from '../../../shared/domain/scopes.ts'

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
    const aliases = { email: 'https://x.example/auth/userinfo.email' }
    expect(missingScopes(['email'], ['https://x.example/auth/userinfo.email'], aliases)).toEqual([])
  })
})
