// Patterns of a provider: linear in any case, rejected if invalid, and a configuration error if stored.
import fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import { presets } from '../../../../shared/presets/presets.ts'
import { providerInput, type ProviderInputDraft } from '../../../../shared/contract/provider.ts'
import { KeywayError } from '../../../../shared/contract/errors.ts'
import { specOf } from '../../../../electron/core/providers/store.ts'
import { literally, matchPattern, patternsOf } from '../../../../electron/core/providers/data-patterns.ts'
import { templateValues } from '../../../../electron/core/oauth/request-format.ts'
import { openTestKeyway } from '../../../support/open-test-keyway.ts'
import { tempFolder } from '../../../support/temp-folder.ts'

const HOSTILE = ['(a+)+', '(a|a)*', '(a*)*', '(.*a){12}', '([a-z]+)+x', '(x+x+)+y', '(?:a?){30}a{30}']

describe('a pattern that comes as data', () => {
  test.each(HOSTILE)('%s answers at once for the longest value there may be', (pattern) => {
    // In JavaScript's own engine the first of these does not return.
    expect(matchPattern(pattern, `${'a'.repeat(299)}!`)).toBe('misfits')
  })

  test('matches the whole value, as it did in JavaScript, for every pattern of every preset', () => {
    const all = presets.flatMap((preset) =>
      patternsOf(specOf(preset, {})).map(({ field, pattern }) => ({ slug: preset.slug, field, pattern })),
    )
    expect(all.length).toBeGreaterThan(30)
    expect(all.filter(({ pattern }) => matchPattern(pattern, 'x') === 'unreadable')).toEqual([])
    const value = fc.oneof(
      fc.string({ maxLength: 40 }),
      fc.webUrl(),
      fc.domain(),
      fc.constantFrom('eu', '.eu', '2026-01', 'v21.0', 'accounts.zoho.eu', 'a\nb', 'www.paypal.com'),
    )
    fc.assert(
      fc.property(fc.constantFrom(...all), value, (one, text) => {
        const wanted = new RegExp(`^(?:${one.pattern})$`).test(text) ? 'fits' : 'misfits'
        expect([one, text, matchPattern(one.pattern, text)]).toEqual([one, text, wanted])
      }),
      { numRuns: 1000 },
    )
  })

  test.each(['(?=a)a', '(?<!a)b', '(a)\\1', '(', 'a{1001}', `a${'b'.repeat(300)}`, '((a{1000}){1000})'])(
    '%s cannot be read',
    (pattern) => expect(matchPattern(pattern, 'a')).toBe('unreadable'),
  )

  test('made of a text matches that text alone', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), (text) => {
        expect(matchPattern(literally(text), text)).toBe('fits')
        expect(matchPattern(literally(text), `${text}x`)).toBe('misfits')
      }),
    )
  })
})

describe('a provider with patterns of its own', () => {
  const draft = (spec: object, parameters = {}): ProviderInputDraft => ({
    slug: 'own',
    name: 'Own',
    clientId: 'id',
    parameters,
    spec: { endpoints: { authorization: 'https://a.example/a', token: 'https://a.example/t' }, ...spec },
  })
  const open = async () => {
    const opened = await openTestKeyway(tempFolder())
    onTestFinished(() => opened.close())
    return opened.keyway.providers
  }
  const failureOf = (call: () => unknown): KeywayError => {
    try {
      call()
    } catch (error) {
      if (error instanceof KeywayError) return error
      throw error
    }
    throw new Error('it was taken')
  }
  const parameter = (pattern: string) => ({
    templateParameters: [
      { name: 'ok', label: 'Ok', pattern: '^[a-z]+$', required: false },
      { name: 'tenant', label: 'Tenant', pattern, example: 'acme' },
    ],
  })

  test.each([
    ['spec.templateParameters.1.pattern', parameter('(?=a)a')],
    ['spec.api.dynamicHostPattern', { api: { dynamicHostPattern: '(?!x)' } }],
    [
      'spec.authorize.tokenHostFromCallback.pattern',
      { authorize: { tokenHostFromCallback: { param: 'location', pattern: '(a)\\1' } } },
    ],
  ])('is refused, with the field named, when %s cannot be read', async (field, spec) => {
    const providers = await open()
    const failure = failureOf(() => providers.create(providerInput.parse(draft(spec))))
    expect([failure.code, failure.details['field']]).toEqual(['invalid_request', field])
    expect(providers.list()).toEqual([])
    const { id } = providers.create(providerInput.parse(draft(parameter('[a-z]+'))))
    expect(failureOf(() => providers.update(id, { spec })).details['field']).toBe(field)
    expect(providers.find(id)?.spec.api.dynamicHostPattern).toBeNull()
  })

  test('is refused when a value does not fit, and takes one that does', async () => {
    const providers = await open()
    const bad = draft(parameter('(a+)+'), { tenant: `${'a'.repeat(200)}!` })
    const failure = failureOf(() => providers.create(providerInput.parse(bad)))
    expect([failure.code, failure.details['field']]).toEqual(['invalid_request', 'parameters.tenant'])
    expect(providers.create(providerInput.parse(draft(parameter('(a+)+'), { tenant: 'aaa' }))).slug).toBe(
      'own',
    )
  })

  test('that was stored with one that cannot be read stays as it is, and its use is an error of the configuration', () => {
    const spec = providerInput.parse(draft({ ...parameter('(?=a)a'), client: {} })).spec
    const provider = {
      id: 'prv-1',
      slug: 'own',
      name: 'Own',
      clientId: 'id',
      clientSecret: null,
      spec: specOf(null, spec),
      parameters: { tenant: 'a' },
      extraCa: null,
    }
    const failure = failureOf(() => templateValues({ userAgent: 'test' }, provider))
    expect([failure.code, failure.details['parameter']]).toEqual(['config_error', 'tenant'])
    expect(failure.message).toMatch(/pattern of Tenant/)
  })
})
