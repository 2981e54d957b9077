import { describe, expect, it } from 'vitest'
import { matchPattern } from '../../../electron/core/providers/data-patterns.ts'
import { providerSpec } from '../../../shared/contract/provider-spec.ts'
import { placeholdersIn } from '../../../shared/contract/provider-template.ts'
import {
  fillKnown,
  fillMap,
  fillTemplate,
  fillUrl,
  resolveParameters,
} from '../../../shared/domain/template.ts'

const parameters = providerSpec.parse({
  templateParameters: [
    { name: 'host', label: 'Host', default: 'git.example', pattern: '^[a-z0-9.-]+$', example: 'git.example' },
    { name: 'region', label: 'Region', required: false, pattern: '^(\\.eu)?$' },
  ],
}).templateParameters

describe('a template', () => {
  it('takes its values, and is nothing when one is missing', () => {
    expect(fillTemplate('Client {client_secret}', { client_secret: 'made-up' })).toBe('Client made-up')
    expect(fillTemplate('Client {client_secret}', { client_secret: '' })).toBeNull()
    expect(fillTemplate('{constructor}', {})).toBeNull()
    expect(placeholdersIn('{identity.accounts[0].base_uri}/{a}/{a}')).toEqual([
      'identity.accounts[0].base_uri',
      'a',
    ])
  })

  it('refuses a secret that its values are not meant to hold, instead of leaving it out silently', () => {
    for (const name of [
      'client_secret',
      'access_token',
      'refresh_token',
      'id_token',
      'token.refresh_token',
    ]) {
      expect(() => fillTemplate(`x{${name}}`, {})).toThrow(/may not stand here/)
      expect(() => fillMap({ a: `{${name}}` }, {})).toThrow(/may not stand here/)
      expect(() => fillKnown(`{${name}}`, {})).toThrow(/may not stand here/)
      // An address never holds one, whatever it is filled from.
      const address = fillUrl(`https://host.test/{${name}}`, { values: { [name]: 'made-up' } })
      expect(address).toMatchObject({ ok: false, reason: 'secret' })
    }
  })

  it('drops empty entries from a map', () => {
    expect(fillMap({ audience: '{audience}', prompt: 'consent', empty: '' }, { audience: '' })).toEqual({
      prompt: 'consent',
    })
  })

  it('leaves the braces of a query language alone', () => {
    expect(fillKnown('{ viewer { id } } {me{id}}', { access_token: 't' })).toBe('{ viewer { id } } {me{id}}')
  })

  it('has parameters with defaults and patterns', () => {
    expect(resolveParameters(parameters, {}, matchPattern)).toEqual({
      values: { host: 'git.example', region: '' },
      problems: [],
    })
    const bad = resolveParameters(parameters, { host: 'evil.example/x', region: '.us' }, matchPattern)
    expect(bad.values).toEqual({})
    expect(bad.problems.map(({ name }) => name)).toEqual(['host', 'region'])
  })
})

describe('a URL from a template', () => {
  const checked = ['host', 'region']

  it('is filled and checked again', () => {
    expect(fillUrl('https://{host}/a', { values: { host: 'git.example' }, checked })).toEqual({
      ok: true,
      url: 'https://git.example/a',
    })
    expect(fillUrl('https://api{region}.example/x', { values: { region: '' }, checked })).toMatchObject({
      url: 'https://api.example/x',
    })
    expect(fillUrl('{issuer}', { values: { issuer: 'http://evil.example' } })).toMatchObject({
      reason: 'unsafe',
    })
    expect(fillUrl('https://{host}/a', { values: {} })).toMatchObject({ reason: 'missing' })
  })

  it.each(['evil.example/', 'evil.example?', 'a@evil.example', 'evil.example#', 'a b', 'evil.example\\'])(
    'does not let the value %j move the host',
    (value) => {
      expect(fillUrl('https://{shop}.shop.example/a', { values: { shop: value } })).toMatchObject({
        reason: 'unsafe',
      })
    },
  )

  it('encodes what goes into path and query', () => {
    const values = { id: 'a/b?c', q: 'x&y=z' }
    expect(fillUrl('https://h.example/{id}?q={q}', { values })).toMatchObject({
      url: 'https://h.example/a%2Fb%3Fc?q=x%26y%3Dz',
    })
    expect(fillUrl('https://h.example/{id}/x', { values: { id: '..' } })).toMatchObject({ reason: 'unsafe' })
  })

  it('takes a host from a reply only when it matches the pattern of the provider', () => {
    const template = '{token.api_domain}/v1'
    const dynamicHostPattern = '^[a-z]+\\.api\\.example$'
    const at = (domain: string, pattern: string | null) =>
      fillUrl(template, {
        values: { 'token.api_domain': domain },
        match: matchPattern,
        dynamicHostPattern: pattern,
      })
    expect(at('https://acme.api.example', dynamicHostPattern)).toEqual({
      ok: true,
      url: 'https://acme.api.example/v1',
    })
    expect(at('acme.api.example', dynamicHostPattern)).toEqual({
      ok: true,
      url: 'https://acme.api.example/v1',
    })
    for (const evil of [
      'https://evil.example',
      'https://acme.api.example.evil.example',
      'https://evil.example/acme.api.example',
    ]) {
      expect(at(evil, dynamicHostPattern)).toMatchObject({ reason: 'host_refused' })
    }
    expect(at('https://acme.api.example@evil.example', dynamicHostPattern)).toMatchObject({ ok: false })
    expect(at('https://acme.api.example', null)).toMatchObject({ reason: 'host_refused' })
  })
})
