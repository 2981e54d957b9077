// JSON in one spelling: the same value has the same text, in whatever order its members were written.

/** Members in the order of their names; what JSON leaves out is left out. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(sorted(value)) ?? 'null'
}

/** Whether two values are the same JSON. A member that is undefined is one that is not there. */
export function sameJson(one: unknown, other: unknown): boolean {
  if (one === other) return true
  if (one === undefined || other === undefined) return false
  return canonicalJson(one) === canonicalJson(other)
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  // Without a prototype, so that a member called __proto__ is a member.
  const copy = Object.create(null) as Record<string, unknown>
  for (const name of Object.keys(value).toSorted())
    copy[name] = sorted((value as Record<string, unknown>)[name])
  return copy
}
