import type { Preset } from '../../../shared/contract/preset.ts'

export type FoundCategory = { category: string; presets: Preset[] }

/** A URL, or enough of one to be meant as such. */
export function looksLikeAddress(query: string): boolean {
  if (/^https?:\/\//i.test(query)) return true
  return (
    /^(?:[a-z0-9-]+\.)+[a-z]{2,}(?::\d+)?(?:\/\S*)?$/i.test(query) ||
    /^(?:localhost|127\.0\.0\.1)(?::\d+)?(?:\/\S*)?$/i.test(query)
  )
}

/**
 * Presets whose name, slug or category contains every word of the query; those whose name begins with it
 * first.
 */
export function searchPresets(presets: readonly Preset[], query: string): FoundCategory[] {
  const sought = query.toLocaleLowerCase()
  const found = sought === '' ? presets : presets.filter((preset) => hasAllWords(preset, sought))
  const ranked = [...found].sort((a, b) => rank(b, sought) - rank(a, sought) || a.name.localeCompare(b.name))
  const byCategory = new Map<string, Preset[]>()
  for (const preset of ranked)
    byCategory.set(preset.category, [...(byCategory.get(preset.category) ?? []), preset])
  const all = [...byCategory].map(([category, inside]) => ({ category, presets: inside }))
  // With a query the best match is first; without one the categories have a fixed order.
  return sought === '' ? all.sort((a, b) => place(a.category) - place(b.category)) : all
}

const order = ['developer', 'google', 'microsoft', 'communication', 'productivity', 'storage', 'ai', 'design']

function place(category: string): number {
  const at = order.indexOf(category)
  // The generic ones come last, because few people need them.
  return at >= 0 ? at : category === 'identity' ? order.length + 1 : order.length
}

function hasAllWords({ name, slug, category }: Preset, sought: string): boolean {
  const known = `${name} ${slug} ${slug.replaceAll('_', ' ')} ${category}`.toLocaleLowerCase()
  return sought.split(/\s+/).every((word) => known.includes(word))
}

function rank({ name, slug }: Preset, sought: string): number {
  if (sought === '') return 0
  if (name.toLocaleLowerCase() === sought || slug === sought) return 3
  return name.toLocaleLowerCase().startsWith(sought) || slug.startsWith(sought) ? 2 : 1
}
