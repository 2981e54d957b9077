import { describe, expect, it } from 'vitest'
import { providerSpec, type ProviderSpecInput } from '../../../shared/contract/provider-spec.ts'
import { missingScopes, scopesToUpgrade, type ScopeRules } from '../../../shared/domain/scope-comparison.ts'

const rulesOf = (scopes: ProviderSpecInput['scopes']): ScopeRules => providerSpec.parse({ scopes }).scopes

type Row = [
  what: string,
  rules: ProviderSpecInput['scopes'],
  asked: string[],
  granted: string[],
  missing: string[],
]

describe('the scopes that were not granted', () => {
  it.each<Row>([
    ['the same', {}, ['a', 'b'], ['b', 'a'], []],
    ['one is lacking', {}, ['a', 'b'], ['a'], ['b']],
    ['nothing was granted', {}, ['a'], [], ['a']],
    ['nothing was asked for', {}, [], ['a'], []],
    ['scopes that ask for tokens', {}, ['openid', 'offline_access', 'offline'], ['a'], []],
    ['another case', {}, ['read'], ['Read'], ['read']],
    ['a server that answers in lower case', {}, ['Files.Read', 'Mail.Read'], ['files.read'], ['Mail.Read']],
    ['a server with scopes in both cases', {}, ['Read', 'read'], ['read'], ['Read']],
    ['an answer that is not in lower case', {}, ['Read', 'Write'], ['read', 'Other'], ['Read', 'Write']],
    ['a stored answer that was not cut', {}, ['a', 'b', 'c'], ['a,', ',b', 'c'], []],
    ['a scope with a plus', {}, ['blob:svg+xml'], ['blob:svg+xml'], []],
    ['no case', { ignoreCase: true }, ['read', 'WRITE'], ['Read', 'Write'], []],
    ['a group of equal names', { equivalent: [['a', 'x', 'y']] }, ['a', 'y'], ['x'], []],
    [
      'groups that overlap',
      {
        equivalent: [
          ['a', 'b'],
          ['b', 'c'],
        ],
      },
      ['c'],
      ['a'],
      [],
    ],
    ['an included scope', { implies: { w: ['r'] } }, ['w', 'r'], ['w'], []],
    ['an included scope the other way', { implies: { w: ['r'] } }, ['w', 'r'], ['r'], ['w']],
    ['steps', { implies: { admin: ['write'], write: ['read'] } }, ['read'], ['admin'], []],
    ['a circle', { implies: { a: ['b'], b: ['a'] } }, ['a', 'c'], ['b'], ['c']],
    ['included and equal', { implies: { w: ['r'] }, equivalent: [['r', 'read']] }, ['read'], ['w'], []],
    [
      'all of a kind',
      { implies: { read: ['read:*'] } },
      ['read:a', 'read:', 'readx'],
      ['read'],
      ['read:', 'readx'],
    ],
    ['the same part', { implies: { 'write:*': ['read:*'] } }, ['read:a', 'read:b'], ['write:a'], ['read:b']],
    ['a part and all of it', { implies: { '*.all': ['*.*'] } }, ['x.read', 'y.read'], ['x.all'], ['y.read']],
    ['a part that looks like a rule', { implies: { 'w:*': ['r:*'] } }, ['r:$&'], ['w:$&'], []],
    ['a short name', { prefixes: ['https://x.example/'] }, ['https://x.example/a'], ['a'], []],
    ['a full name', { prefixes: ['https://x.example/'] }, ['a'], ['https://x.example/a'], []],
    [
      'another resource',
      { prefixes: ['https://x.example/'] },
      ['https://y.example/a'],
      ['a'],
      ['https://y.example/a'],
    ],
    [
      'a prefix in another case',
      { prefixes: ['https://X.example/'], ignoreCase: true },
      ['A'],
      ['https://x.example/a'],
      [],
    ],
    ['never named', { notReported: ['profile'] }, ['profile', 'a'], ['a'], []],
    ['everything, answered singly', { allSuffix: '.default' }, ['api://x/.default'], ['a'], []],
    [
      'everything, not answered',
      { allSuffix: '.default' },
      ['api://x/a', 'api://y/a'],
      ['api://x/.default'],
      ['api://y/a'],
    ],
    ['names of built-in objects', {}, ['constructor', '__proto__'], ['a'], ['constructor', '__proto__']],
  ])('%s', (_what, rules, asked, granted, missing) => {
    expect(missingScopes(asked, granted, rulesOf(rules))).toEqual(missing)
  })
})

describe('what a connection lacks', () => {
  const connection = (
    given: Partial<Parameters<typeof scopesToUpgrade>[0]>,
  ): Parameters<typeof scopesToUpgrade>[0] => ({
    how: 'authorization_code',
    requestedScopes: ['read'],
    grantedScopes: ['read'],
    scopesConfirmed: true,
    ...given,
  })
  it.each<[string, Partial<Parameters<typeof scopesToUpgrade>[0]>, string[], string[]]>([
    ['nothing', {}, ['read'], []],
    ['a scope that the provider got later', {}, ['read', 'write'], ['write']],
    ['the same where the provider names no scopes', { scopesConfirmed: false }, ['read', 'write'], ['write']],
    ['nothing that was requested and not confirmed', { scopesConfirmed: false }, ['read'], []],
    ['what was refused', { requestedScopes: ['read', 'write'] }, ['read'], ['write']],
    ['a scope granted before it was added', { grantedScopes: ['read', 'write'] }, ['read', 'write'], []],
    [
      'nothing of a pasted token',
      { how: 'pasted_access_token', scopesConfirmed: false },
      ['read', 'write'],
      [],
    ],
    [
      'a scope that a pasted token is known not to have',
      { how: 'pasted_refresh_token' },
      ['write'],
      ['write'],
    ],
  ])('%s', (_what, given, providerScopes, missing) => {
    expect(scopesToUpgrade(connection(given), providerScopes, rulesOf({}))).toEqual(missing)
  })
})
