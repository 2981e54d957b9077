// Canonical JSON: equal values have equal text, whatever the order of their members.

/** Members sorted by name; members that JSON omits are omitted. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(sorted(value)) ?? 'null'
}

/** Whether two values are equal as JSON. An undefined member counts as absent. */
export function sameJson(one: unknown, other: unknown): boolean {
  if (one === other) return true
  if (one === undefined || other === undefined) return false
  return canonicalJson(one) === canonicalJson(other)
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  // Without a prototype, so that a member named __proto__ is an ordinary member.
  const copy = Object.create(null) as Record<string, unknown>
  for (const name of Object.keys(value).toSorted())
    copy[name] = sorted((value as Record<string, unknown>)[name])
  return copy
}
