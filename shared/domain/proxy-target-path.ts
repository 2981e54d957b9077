// What a path may not hold. An upstream may decode once more than we do and then normalise, so each decoding is looked at.
export type PathCheck = { kind: 'ok' } | { kind: 'refused'; reason: string }

/** A path that still changes after so many decodings was made to hide something. */
const MOST_DECODINGS = 8

/** `path`: as sent, without query. An encoded slash alone is fine (project ids such as `group%2Fname` need it). */
export function checkPath(path: string): PathCheck {
  // Only the path as sent must be well-formed; what a decoding happens to leave over may be a literal percent sign.
  if (decoded(path) === null) return refused('The path has a broken percent-encoding.')
  const forms = decodings(path)
  if (forms === null) return refused('The path is percent-encoded too often.')
  for (const [round, form] of [path, ...forms].entries()) {
    // Servers that fold look-alikes (full-width dots and slashes) together read yet another path.
    const flaw = flawOf(form, round) ?? flawOf(form.normalize('NFKC'), round)
    if (flaw !== null) return refused(flaw)
  }
  return { kind: 'ok' }
}

const refused = (reason: string): PathCheck => ({ kind: 'refused', reason })

/** What the path becomes when it is decoded once, twice and so on, until it stays the same; null when that takes too long. */
export function decodings(path: string): string[] | null {
  const forms: string[] = []
  let current = path
  while (current.includes('%')) {
    const next = current.replaceAll(/(?:%[0-9a-f]{2})+/gi, decodeRun)
    if (next === current) break
    if (forms.length === MOST_DECODINGS) return null
    forms.push(next)
    current = next
  }
  return forms
}

/** A broken escape beside it, or bytes that are no UTF-8, keep no lenient server from decoding the rest. */
function decodeRun(run: string): string {
  return (
    decoded(run) ??
    run.replaceAll(/%([0-7][0-9a-f])/gi, (_whole, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    )
  )
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text)
  } catch (error) {
    if (error instanceof URIError) return null
    throw error
  }
}

function flawOf(path: string, round: number): string | null {
  if (/[\\\p{Cc}]/u.test(path)) return 'The path holds a backslash or a control character.'
  // Of two bytes where one is enough (RFC 3629 3): lenient servers read `/` and `.` there.
  if (/%c[01]%[89ab]/i.test(path)) return 'The path holds an overlong encoding.'
  if (round > 0 && path.includes('//')) return 'The path hides an empty segment.'
  if (path.startsWith('//')) return 'The path starts with two slashes.'
  // `..;x` is `..` to servers that cut path parameters off.
  if (path.split('/').some((segment) => /^\.{1,2}(?:;.*)?$/s.test(segment))) {
    return 'The path holds a dot segment.'
  }
  return null
}
