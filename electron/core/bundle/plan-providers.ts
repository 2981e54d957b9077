import type { ProviderRecord } from '../../../shared/contract/provider.ts'
import { freeSlug } from '../../../shared/domain/foreign-provider.ts'
import { slugAvailability } from '../../../shared/domain/slug-availability.ts'
import { secretOrNull } from '../../../shared/contract/secret.ts'
import { newId } from '../ids.ts'
import { sealClientSecret, sealRegistration } from '../providers/provider-secrets.ts'
import type { BundledProvider } from './bundle-content.ts'
import { fitProvider } from './fit-provider.ts'
import { freeId, type Planning } from './planning.ts'

/** Where what belonged to a provider of the bundle goes: id and whether the import makes it. Absent: nowhere. */
export type Homes = ReadonlyMap<string, { providerId: string; isNew: boolean }>

export function planProviders(planning: Planning): { providers: ProviderRecord[]; homes: Homes } {
  const { content, chooser, here, outcome } = planning
  const homes = new Map<string, { providerId: string; isNew: boolean }>()
  const ids = new Set(here.providers().map(({ id }) => id))
  const slugs = new Set(here.takenSlugs())
  const providers: ProviderRecord[] = []
  for (const provider of content.providers) {
    const fit = fitProvider(provider, here)
    if (chooser.choose('providers', provider, fit) === 'skip') {
      outcome.skipped.providers += 1
      if (fit.counterpart !== null) homes.set(provider.id, { providerId: fit.counterpart.id, isNew: false })
      continue
    }
    const id = freeId(provider.id, ids, () => newId('prv'))
    const slug = slugFor(provider, slugs, here.presetSlugs)
    ids.add(id)
    slugs.add(slug)
    homes.set(provider.id, { providerId: id, isNew: true })
    if (slug !== provider.slug) outcome.renamed.push({ kind: 'provider', from: provider.slug, to: slug })
    providers.push(recordOf(provider, { id, slug }, planning))
  }
  return { providers, homes }
}

function slugFor(
  { slug, preset }: BundledProvider,
  taken: ReadonlySet<string>,
  presetSlugs: readonly string[],
): string {
  if (slugAvailability(slug, { preset, presetSlugs, takenSlugs: taken }) === 'free') return slug
  // Underscores are the presets' own; a second registration of one has hyphens.
  const base = slug.replaceAll('_', '-')
  return freeSlug(base, new Set([...taken, ...presetSlugs, base]))
}

function recordOf(
  provider: BundledProvider,
  { id, slug }: { id: string; slug: string },
  { box, now }: Planning,
): ProviderRecord {
  const { clientSecret, registration, ...rest } = provider
  return {
    ...rest,
    id,
    slug,
    sealedClientSecret: sealClientSecret(box, id, clientSecret ?? '', null),
    sealedRegistration: sealRegistration(box, id, secretOrNull(registration)),
    updatedAt: now,
  }
}
