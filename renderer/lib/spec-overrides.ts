/**
 * The differences of a full description from its base, as a sparse object, so that later corrections of the
 * base still apply. Objects are compared by member, everything else as a whole. A removed entry of a map
 * becomes an empty string, which the core also treats as removed.
 */
export function overridesOf(full: unknown, base: unknown): Record<string, unknown> {
  return isObject(full) && isObject(base) ? differences(full, base) : {}
}

function differences(
  full: Readonly<Record<string, unknown>>,
  base: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const found: Record<string, unknown> = {}
  for (const name of new Set([...Object.keys(full), ...Object.keys(base)])) {
    const value = full[name]
    const before = base[name]
    if (value === undefined) {
      if (before !== undefined) found[name] = ''
    } else if (isObject(value) && isObject(before)) {
      const inside = differences(value, before)
      if (Object.keys(inside).length > 0) found[name] = inside
    } else if (JSON.stringify(value) !== JSON.stringify(before)) {
      found[name] = value
    }
  }
  return found
}

/** Merges two sparse descriptions; the second one wins. */
export function withOverrides(under: unknown, over: unknown): unknown {
  if (over === undefined) return under
  if (!isObject(under) || !isObject(over)) return over
  const merged: Record<string, unknown> = { ...under }
  for (const [name, value] of Object.entries(over)) merged[name] = withOverrides(under[name], value)
  return merged
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
