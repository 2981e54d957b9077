// Whether a slug may be used; the form and the save apply the same rule.

/** Reserved even without a preset of that name: apps written for leash use them. */
const ALWAYS_RESERVED = ['gmail', 'google_calendar', 'google_drive'] as const

/**
 * Words that occur in URLs of the local API where a slug may occur; a provider of that name could not be
 * addressed.
 */
export const ROUTE_WORDS = ['connect', 'connections', 'token'] as const

export type SlugAvailability = 'free' | 'taken' | 'reserved'

/**
 * `preset` is the preset that the registration is based on, if any. It may use its own slug, and any slug
 * that no preset has, so that one preset can be registered twice.
 */
export function slugAvailability(
  slug: string,
  known: { preset: string | null; presetSlugs: Iterable<string>; takenSlugs: Iterable<string> },
): SlugAvailability {
  const wanted = slug.toLowerCase()
  const isReserved =
    wanted !== known.preset &&
    (has(ALWAYS_RESERVED, wanted) || has(ROUTE_WORDS, wanted) || has(known.presetSlugs, wanted))
  if (isReserved) return 'reserved'
  return has(known.takenSlugs, wanted) ? 'taken' : 'free'
}

function has(slugs: Iterable<string>, wanted: string): boolean {
  for (const slug of slugs) if (slug.toLowerCase() === wanted) return true
  return false
}
