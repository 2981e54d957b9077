// Whether a slug may be taken; the same answer live in the form and at the save.

/** Reserved even where the preset catalogue should lack them: apps written for leash use them by name. */
const ALWAYS_RESERVED = ['gmail', 'google_calendar', 'google_drive'] as const

/**
 * Words that stand in an address of the local API where a slug may stand; a provider of that name could not
 * be reached by it.
 */
export const ROUTE_WORDS = ['connect', 'connections', 'token'] as const

export type SlugAvailability = 'free' | 'taken' | 'reserved'

/**
 * `preset` is the preset that the registration builds on, if any: its own slug is free for it, and so is any
 * slug that no preset has, which is how one preset is registered twice.
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
