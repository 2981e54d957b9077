// Finds secrets in text from outside before it is shown or stored. A provider may echo a token in any field,
// in part or encoded: percent-encoded, JSON-escaped, base64, hex, in other case, with spaces. Twelve
// consecutive characters of a secret count as the secret, because that does not happen by chance.

const FRAGMENT = 12
const BLOCK = FRAGMENT / 2
const INDEXED = 2000
/** Shorter than a fragment but longer than common words: found only as a whole. */
const SHORT = 8
/** Even shorter: found only in exactly this spelling. */
const SHORTEST = 4

export const HIDDEN = '[secret]'

export type SecretTraces = {
  /** Whether a text contains a trace of a secret; such a value is not stored. */
  isIn(text: string): boolean
  /** The text with every trace replaced by `[secret]`. */
  scrub(text: string): string
}

export function secretTraces(given: Iterable<string | null | undefined>): SecretTraces {
  const secrets = [...new Set(given)].filter(
    (secret) => typeof secret === 'string' && secret.length >= SHORTEST,
  )
  const finders = (['letters', 'all'] as const).map((what) => createFinder(secrets as string[], what))
  const exact = (secrets as string[]).filter((secret) => secret.length < SHORT)
  const found = (text: string): Range[] =>
    secrets.length === 0 ? [] : finders.flatMap((find) => find(text)).toSorted(([a], [b]) => a - b)
  return {
    isIn: (text) => exact.includes(text.trim()) || found(text).length > 0,
    scrub(text) {
      const hidden = withoutRanges(text, found(text))
      return exact.reduce((rest, secret) => rest.replaceAll(secret, HIDDEN), hidden)
    },
  }
}

/** The text, or null if it contains a secret. */
export const openText = (text: string | null, traces: SecretTraces): string | null =>
  text === null || traces.isIn(text) ? null : text

export function openValues(
  values: Readonly<Record<string, string>>,
  traces: SecretTraces,
): Record<string, string> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => !traces.isIn(value)))
}

/** The scopes without secrets; null if they contain a secret only together (a token with spaces in it). */
export function openScopes(scopes: readonly string[] | null, traces: SecretTraces): string[] | null {
  if (scopes === null) return null
  const open = scopes.filter((scope) => !traces.isIn(scope))
  const isSpread = traces.isIn(open.join(' '))
  return isSpread || (open.length === 0 && scopes.length > 0) ? null : open
}

type Range = readonly [start: number, end: number]
type Folded = { text: string; starts: number[]; ends: number[] }

/**
 * Finds the ranges of a text that reveal a secret; `letters` ignores everything except letters and digits.
 */
function createFinder(secrets: readonly string[], what: 'letters' | 'all'): (text: string) => Range[] {
  const forms = secrets.map((secret) => formsOf(secret).map((form) => foldedForm(form, what)))
  const long = forms.flat().filter((form) => form.length >= FRAGMENT)
  const whole = forms.flatMap(([plain = '']) =>
    plain.length >= SHORT && plain.length < FRAGMENT ? [plain] : [],
  )
  const hay = long.join('\u0000')
  const hasNumber = long.some((form) => /^\d+$/.test(form))
  let blocks: Set<string> | null = null
  const inSet = (block: string): boolean => {
    blocks ??= blocksOf(hay)
    return blocks.has(block)
  }
  return (text) => {
    const folded = fold(text, what)
    // A short text (scope, label) is searched directly; a whole body gets an index.
    const holdsBlock = text.length < INDEXED ? (block: string) => hay.includes(block) : inSet
    const runs = [...runsIn(folded.text, hay, holdsBlock), ...wholesIn(folded.text, whole)]
    return runs.flatMap(([start, end]) => {
      // A plain number inside a token (an account id) is not secret.
      const isNumber = /^\d+$/.test(folded.text.slice(start, end))
      if (isNumber && !hasNumber && end - start < 2 * FRAGMENT) return []
      return [[folded.starts[start] ?? 0, folded.ends[end - 1] ?? text.length] as const]
    })
  }
}

function blocksOf(hay: string): Set<string> {
  const blocks = new Set<string>()
  for (let at = 0; at + BLOCK <= hay.length; at += 1) blocks.add(hay.slice(at, at + BLOCK))
  return blocks
}

/**
 * Every fragment of twelve contains one of the blocks of six of the text, so only their surroundings are
 * compared.
 */
function runsIn(text: string, hay: string, holdsBlock: (block: string) => boolean): Range[] {
  const runs: Array<[number, number]> = []
  for (let block = 0; block + BLOCK <= text.length; block += BLOCK) {
    if (!holdsBlock(text.slice(block, block + BLOCK))) continue
    for (let start = Math.max(0, block - BLOCK); start <= block; start += 1) {
      const end = start + FRAGMENT
      if (end > text.length || !hay.includes(text.slice(start, end))) continue
      const last = runs.at(-1)
      if (last !== undefined && start <= last[1]) last[1] = Math.max(last[1], end)
      else runs.push([start, end])
    }
  }
  return runs
}

function wholesIn(text: string, wholes: readonly string[]): Range[] {
  return wholes.flatMap((whole) => {
    const found: Range[] = []
    for (let at = text.indexOf(whole); at !== -1; at = text.indexOf(whole, at + whole.length)) {
      found.push([at, at + whole.length])
    }
    return found
  })
}

function withoutRanges(text: string, ranges: readonly Range[]): string {
  let shown = ''
  let at = 0
  for (const [start, end] of ranges) {
    if (end <= at) continue
    if (start >= at) shown += text.slice(at, start) + HIDDEN
    at = end
  }
  return shown + text.slice(at)
}

/** The encodings of a secret: plain, hex, and base64 at each offset. */
function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret, 'utf8')
  const inBase64 = [0, 1, 2].map((before) =>
    Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .slice(before === 0 ? 0 : before + 1),
  )
  return [secret, ...inBase64, bytes.toString('hex')]
}

const ESCAPE =
  /%(?:25)*([0-9a-f]{2})|\\+u\{?([0-9a-f]{4,6})\}?|\\+x([0-9a-f]{2})|&#x([0-9a-f]{1,6});|&#([0-9]{1,7});|\\+([^ux])/iy

/** The result of {@link fold} without positions; tokens rarely contain anything that could be an escape. */
function foldedForm(form: string, what: 'letters' | 'all'): string {
  if (/[^\x20-\x7e]|[%\\&]/.test(form)) return fold(form, what).text
  const plain = form.toLowerCase()
  return what === 'all' ? plain : plain.replaceAll(/[^a-z0-9]/g, '')
}

/** The text in one case with escapes decoded; each character knows its original position. */
function fold(text: string, what: 'letters' | 'all'): Folded {
  const folded: Folded = { text: '', starts: [], ends: [] }
  for (let at = 0; at < text.length;) {
    const first = text.charCodeAt(at)
    const escape = first === 0x25 || first === 0x5c || first === 0x26 ? escapeAt(text, at) : null
    const end = at + (escape?.length ?? 1)
    const char = escape?.char ?? text[at] ?? ''
    const plain = (char.charCodeAt(0) < 128 ? char : char.normalize('NFKC')).toLowerCase()
    for (const each of plain) {
      if (what === 'letters' && !/[a-z0-9]/.test(each)) continue
      folded.text += each
      for (let unit = 0; unit < each.length; unit += 1) {
        folded.starts.push(at)
        folded.ends.push(end)
      }
    }
    at = end
  }
  return folded
}

function escapeAt(text: string, at: number): { char: string; length: number } | null {
  ESCAPE.lastIndex = at
  const match = ESCAPE.exec(text)
  if (match === null) return null
  const [whole, percent, unicode, byte, hex, decimal, plain] = match
  if (plain !== undefined) return { char: plain, length: whole.length }
  const code =
    decimal === undefined ? Number.parseInt(percent ?? unicode ?? byte ?? hex ?? '0', 16) : Number(decimal)
  return { char: code <= 0x10ffff ? String.fromCodePoint(code) : ' ', length: whole.length }
}
