/** A handle made from a name: "Acme Cloud (EU)" → "acme-cloud-eu". May be empty when the name has no letters or digits of that kind. */
export function slugFrom(name: string): string {
  return name
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 63)
    .replace(/-$/, '')
}

/** The first of "acme", "acme-2", "acme-3" … that is free. */
export function freeSlug(wanted: string, isFree: (slug: string) => boolean): string {
  if (wanted === '' || isFree(wanted)) return wanted
  for (let count = 2; count < 1000; count += 1) {
    const next = `${wanted.slice(0, 58)}-${count}`
    if (isFree(next)) return next
  }
  return wanted
}
