import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseCallback, pastedCallback } from '../../../shared/domain/callback-url.ts'

const from = (query: string) => parseCallback(new URLSearchParams(query))

describe('a callback', () => {
  it('with a code brings state, issuer and what else the server added', () => {
    expect(from('code=c&state=s&iss=https%3A%2F%2Fas.example&realmId=42')).toEqual({
      kind: 'code',
      code: 'c',
      state: 's',
      iss: 'https://as.example',
      extra: { realmId: '42' },
    })
  })

  it('with an error is an error, even when a code came too', () => {
    const both = from('error=access_denied&error_description=no%0Away&code=c&state=s')
    expect(both).toMatchObject({ kind: 'error', error: 'access_denied', description: 'no way', state: 's' })
  })

  it.each([
    ['code=a&code=b&state=s', 'duplicate'],
    ['code=a&state=s&state=t', 'duplicate'],
    ['code=a&iss=x&iss=y', 'duplicate'],
    ['code=a&error=&error=x', 'duplicate'],
    ['code=a&other=1&other=1', 'duplicate'],
    ['code=a%00b&state=s', 'control_characters'],
    ['state=s', 'nothing'],
    ['code=&state=s', 'nothing'],
    ['', 'nothing'],
    [`code=${'a'.repeat(70_000)}`, 'too_long'],
    [Array.from({ length: 200 }, (_, index) => `p${index}=1`).join('&'), 'too_long'],
  ])('of the kind %.40s is refused as %s', (query, reason) => {
    expect(from(query)).toMatchObject({ kind: 'invalid', reason })
  })

  it('never throws and never invents a code, whatever the query', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (query) => {
        const found = from(query)
        const invented = found.kind === 'code' && new URLSearchParams(query).get('code') !== found.code
        expect(invented).toBe(false)
      }),
    )
  })

  it('with any parameter twice is refused', () => {
    const name = fc.constantFrom('code', 'state', 'iss', 'error', 'scope', 'x')
    fc.assert(
      fc.property(name, fc.string(), fc.string(), (twice, one, other) => {
        const parameters = new URLSearchParams([
          [twice, one],
          ['filler', ''],
          [twice, other],
        ])
        expect(parseCallback(parameters)).toMatchObject({ kind: 'invalid', reason: 'duplicate' })
      }),
    )
  })
})

describe('what a person pasted', () => {
  const state = 'flow-state'

  it.each([
    ['https://page.example/back?code=c&state=theirs', { code: 'c', state: 'theirs' }],
    [
      'http://127.0.0.1:7317/oauth2/callback?error=access_denied&state=s',
      { error: 'access_denied', state: 's' },
    ],
    ['https://page.example/back#code=c', { code: 'c', state }],
    ['keyway://oauth2/callback?code=c&state=s', { code: 'c', state: 's' }],
    ['?code=c&state=s', { code: 'c', state: 's' }],
    ['code=c&state=s&scope=a,b', { code: 'c', state: 's', scope: 'a,b' }],
    ['  4/0Ab_c-d.e~f  ', { code: '4/0Ab_c-d.e~f', state }],
  ])('as %s is understood', (text, expected) => {
    expect(Object.fromEntries(pastedCallback(text, { state }) ?? [])).toEqual(expected)
  })

  it.each([
    '',
    '   ',
    'two words',
    'https://page.example/back',
    'https://page.example/?state=s',
    'x'.repeat(70_000),
  ])('as %.30j is nothing to go on', (text) => {
    expect(pastedCallback(text, { state })).toBeNull()
  })

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        pastedCallback(text, { state })
      }),
    )
  })
})
