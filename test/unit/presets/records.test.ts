// Beside the requests (test/integration/presets.test.ts): every other fact of a record is in its preset, and
// what nobody checked is marked.
import { expect, it } from 'vitest'
import type { Preset } from '../../../shared/contract/preset.ts'
import { presets } from '../../../shared/presets/presets.ts'
import { dataDifferences, isUnsure } from '../../support/catalog/compare-data.ts'
import { demandedRecord, departures } from '../../support/catalog/departures.ts'
import { readRecords, type CatalogRecord } from '../../support/catalog/record.ts'

const records = readRecords()
const pairOf = (slug: string): [Preset, CatalogRecord] => {
  const preset = presets.find((one) => one.slug === slug)
  const record = records.find((one) => one.slug === slug)
  if (preset === undefined || record === undefined) throw new Error(`half of ${slug} is missing`)
  return [preset, record]
}

it.each(records.map(({ slug }) => slug))('%s holds what its record says', (slug) => {
  const [preset, record] = pairOf(slug)
  expect(dataDifferences(preset, demandedRecord(record))).toEqual([])
})

it.each(departures.filter(({ where }) => where === 'data'))(
  'the departure of $slug from its record is a real one',
  ({ slug }) => {
    const [preset, record] = pairOf(slug)
    expect(dataDifferences(preset, record)).not.toEqual([])
  },
)

it('notices a wrong life, a wrong rule of the redirect, a forgotten mark', () => {
  const [preset, record] = pairOf('x')
  const spoilt = structuredClone(preset) as Preset & { unsure: string[] }
  Object.assign(spoilt.spec, {
    redirect: { loopback: 'no', hosts: ['localhost'] },
    refresh: { supported: 'yes' },
  })
  spoilt.unsure.length = 0
  const found = dataDifferences(spoilt, record).join('\n')
  expect(found).toContain('loopback is "no"')
  expect(found).toContain('loopback names is ["localhost"]')
  expect(found).toContain('scope for a refresh token is null')
  expect(found).toContain('refresh.rotates is not marked as unsure')
})

/** What the catalogue lists as to be settled before anybody relies on it. */
const doubts: ReadonlyArray<readonly [slug: string, path: string]> = [
  ['figma', 'scopes.separator'],
  ['figma', 'authorize.pkce'],
  ...['linear', 'calendly', 'vercel', 'cloudflare', 'mastodon'].map(
    (slug) => [slug, 'client.publicPossible'] as const,
  ),
  ['calendly', 'defaultScopes'],
  ['hubspot', 'redirect'],
  ['hubspot', 'endpoints.token'],
  ['slack_user', 'endpoints'],
  ['monday', 'api.tokenHeader'],
  ['threads', 'endpoints'],
  ['todoist', 'endpoints'],
  ['netlify', 'endpoints'],
  ...['sentry', 'oura', 'typeform', 'withings', 'mailchimp', 'keycloak', 'webex', 'supabase', 'patreon'].map(
    (slug) => [slug, 'endpoints.token'] as const,
  ),
]

it.each(doubts)('a doubt about %s is shown at %s', (slug, path) => {
  expect(isUnsure(pairOf(slug)[0], path)).toBe(true)
})

it('the service that is winding down says so, and the discouraged one too', () => {
  expect(pairOf('fitbit')[0].notes.join(' ')).toMatch(/switched off/)
  expect(pairOf('stripe')[0].notes.join(' ')).toMatch(/advises new platforms against/)
})
