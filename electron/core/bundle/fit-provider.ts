// How a provider of a bundle fits in here. Two registrations count as the same when they are one client at one server: then the grants of
// the one work with the other. By name alone nothing is ever the same, or a token could be sent to a server that is not its own.
import { isDeepStrictEqual } from 'node:util'
import type { BundleChoice, BundleClash } from '../../../shared/contract/bundle.ts'
import type { ProviderRecord } from '../../../shared/contract/provider.ts'
import { slugAvailability } from '../../../shared/domain/slug-availability.ts'
import type { BundledProvider } from './bundle-content.ts'
import type { Here } from './here.ts'

export type Fit = {
  clash: BundleClash | null
  /** The suggested one first. */
  choices: BundleChoice[]
}
export type ProviderFit = Fit & {
  differs: string[]
  /** The provider here that serves its connections when it is skipped; null: they have none then. */
  counterpart: ProviderRecord | null
}

export function fitProvider(provider: BundledProvider, here: Here): ProviderFit {
  if (provider.preset !== null && !here.presetSlugs.includes(provider.preset)) {
    return {
      ...clash(
        'preset_unknown',
        null,
        `It builds on the preset "${provider.preset}", which this Keyway does not have.`,
        ['skip'],
      ),
      differs: [],
      counterpart: null,
    }
  }
  const others = here.providers().filter(({ id, slug }) => id === provider.id || slug === provider.slug)
  const same = others.find((other) => isSameClient(provider, other, here))
  if (same !== undefined) {
    const text = `"${same.name}" is registered here with the same client.`
    return {
      ...clash('here_already', same.id, text, ['skip', 'keep_both']),
      differs: differences(provider, same),
      counterpart: same,
    }
  }
  const [other] = others
  const availability = slugAvailability(provider.slug, {
    preset: provider.preset,
    presetSlugs: here.presetSlugs,
    takenSlugs: here.takenSlugs(),
  })
  if (other === undefined && availability === 'free') {
    return { clash: null, choices: ['add', 'skip'], differs: [], counterpart: null }
  }
  const text =
    other === undefined
      ? `The slug "${provider.slug}" is not free here.`
      : `"${other.name}" has this slug or id here, and is another client or another server.`
  return {
    ...clash('slug_taken', other?.id ?? null, text, ['keep_both', 'skip']),
    differs: other === undefined ? [] : differences(provider, other),
    counterpart: null,
  }
}

export function clash(
  kind: BundleClash['kind'],
  withId: string | null,
  message: string,
  choices: BundleChoice[],
): Fit {
  return { clash: { kind, withId, message }, choices }
}

function isSameClient(provider: BundledProvider, other: ProviderRecord, here: Here): boolean {
  return isDeepStrictEqual(basisOf(provider, here), basisOf(other, here))
}

/** What a grant hangs on. */
function basisOf(
  provider: Pick<ProviderRecord, 'clientId' | 'parameters' | 'preset' | 'spec'>,
  here: Here,
): unknown {
  const { endpoints, discovery } = here.specOf(provider)
  return [
    provider.clientId,
    provider.parameters,
    endpoints.token,
    endpoints.authorization,
    discovery.issuer,
    discovery.url,
  ]
}

const COMPARED = [
  'name',
  'slug',
  'clientId',
  'scopes',
  'secondaryScopes',
  'parameters',
  'allowedHosts',
  'privateHosts',
  'redirect',
  'redirectHost',
  'flow',
  'extraCa',
  'spec',
] as const

function differences(provider: BundledProvider, other: ProviderRecord): string[] {
  return COMPARED.filter((name) => !isDeepStrictEqual(provider[name], other[name]))
}
