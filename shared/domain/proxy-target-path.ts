// What a path may not hold. An upstream may decode once more than we do and then normalise, so each decoding is looked at.
export type PathCheck = { kind: 'ok' } | { kind: 'refused'; reason: string }

const DECODINGS = 3

/** `path`: as sent, without query. An encoded slash alone is fine (project ids such as `group%2Fname` need it). */
export function checkPath(path: string): PathCheck {
  let current = path
  for (let round = 0; ; round += 1) {
    // Servers that fold look-alikes (full-width dots and slashes) together read yet another path.
    const flaw = flawOf(current, round) ?? flawOf(current.normalize('NFKC'), round)
    if (flaw !== null) return { kind: 'refused', reason: flaw }
    if (round === DECODINGS || !current.includes('%')) break
    const next = decode(current)
    if (next === null) {
      // Only the path as sent must be well-formed; what a decoding happens to leave over may be a literal percent sign.
      if (round === 0) return { kind: 'refused', reason: 'The path has a broken percent-encoding.' }
      break
    }
    current = next
  }
  return { kind: 'ok' }
}

function flawOf(path: string, round: number): string | null {
  if (/[\\\p{Cc}]/u.test(path)) return 'The path holds a backslash or a control character.'
  if (round > 0 && path.includes('//')) return 'The path hides an empty segment.'
  if (path.startsWith('//')) return 'The path starts with two slashes.'
  // `..;x` is `..` to servers that cut path parameters off.
  if (path.split('/').some((segment) => /^\.{1,2}(?:;.*)?$/s.test(segment))) {
    return 'The path holds a dot segment.'
  }
  return null
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text)
  } catch (error) {
    if (error instanceof URIError) return null
    throw error
  }
}
