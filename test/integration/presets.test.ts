// Every preset through the real OAuth client, request by request, against the record of what its provider
// demands. The record is read by test/support/catalog without a look at the preset, so that a wrong separator
// or a missing parameter cannot agree with itself.
import { afterAll, describe, expect, it } from 'vitest'
import type { Preset } from '../../shared/contract/preset.ts'
import { presets } from '../../shared/presets/presets.ts'
import { compareWithRecord } from '../support/catalog/compare-preset.ts'
import { demandedRecord, departures } from '../support/catalog/departures.ts'
import { mutations } from './presets/mutations.ts'
import { setupsOf } from '../support/catalog/person.ts'
import { readRecords, type CatalogRecord } from '../support/catalog/record.ts'

const records = readRecords()

const presetOf = (slug: string): Preset => {
  const found = presets.find((preset) => preset.slug === slug)
  if (found === undefined) throw new Error(`there is no preset ${slug}`)
  return found
}
const recordOf = (slug: string): CatalogRecord => {
  const found = records.find((record) => record.slug === slug)
  if (found === undefined) throw new Error(`there is no record of ${slug}`)
  return found
}

describe('what a preset sends is what its provider demands', () => {
  let compared = 0
  afterAll(() => {
    process.stdout.write(`presets: ${compared} / ${presets.length} built and compared\n`)
  })

  it.each(presets.map(({ slug }) => slug))('%s', async (slug) => {
    expect(await compareWithRecord(presetOf(slug), demandedRecord(recordOf(slug)))).toEqual([])
    compared += 1
  })

  it('there is a record for every preset and a preset for every record', () => {
    expect(presets.map(({ slug }) => slug)).toEqual(records.map(({ slug }) => slug))
    expect(presets).toHaveLength(83)
  })

  it('every record is set up in at least one way, and discovery answers and fails wherever there is an issuer', () => {
    const withIssuer = records.filter(({ issuer }) => issuer !== null)
    expect(records.filter((record) => setupsOf(record).length === 0)).toEqual([])
    for (const record of withIssuer) {
      expect(new Set(setupsOf(record).map(({ discovery }) => discovery))).toEqual(
        new Set(['answers', 'unreachable']),
      )
    }
    expect(withIssuer).toHaveLength(24)
  })
})

describe('the comparison bites', () => {
  it.each(mutations)('notices $what in $slug', async ({ slug, mutate, notices }) => {
    const preset = structuredClone(presetOf(slug))
    mutate(preset.spec as never)
    const found = await compareWithRecord(preset, demandedRecord(recordOf(slug)))
    expect(found.join('\n')).toMatch(notices)
  })

  it.each(departures.filter(({ where }) => where === 'requests'))(
    'the departure of $slug from its record is a real one',
    async ({ slug }) => {
      expect(await compareWithRecord(presetOf(slug), recordOf(slug))).not.toEqual([])
    },
  )
})
