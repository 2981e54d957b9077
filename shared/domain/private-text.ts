// Shortens personal data that is not secret, for reports that a person passes on.

// Matches only from the beginning of a run: otherwise a long run without @ would be tried from each of its
// characters.
const ADDRESS =
  /(?<![\p{L}\p{N}._%+-])[._%+-]*([\p{L}\p{N}])[\p{L}\p{N}._%+-]*@([\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+)/gu

/** Mail addresses keep their first letter and their domain: `a…@example.test`. */
export function maskAddresses(text: string): string {
  return text.replace(ADDRESS, '$1…@$2')
}

/** Enough of an id to recognize it: `abcdef… (32 characters)`. */
export function shortenedId(id: string): string {
  if (id === '') return ''
  const kept = id.length <= 8 ? id.slice(0, 2) : id.slice(0, 6)
  return `${kept}… (${id.length} characters)`
}
