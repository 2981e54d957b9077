// What a name may contain, and how a name from elsewhere is displayed. People decide by names, so no name may
// reorder the text around it, look empty or contain hidden characters. A name typed here is refused with a
// message; a name from elsewhere is cleaned.
import { z } from 'zod'

const MOST = 100
/** More combining marks than this would be drawn over the lines above and below. */
const MOST_MARKS = 8

// Characters that Unicode calls ignorable, and characters that are drawn as nothing or that fonts need not
// draw.
const HIDDEN =
  '[\\p{Cc}\\p{Cs}\\p{Co}\\p{Zl}\\p{Zp}\\p{Default_Ignorable_Code_Point}\\p{Bidi_Control}\\p{Noncharacter_Code_Point}' +
  '\\u2800\\u2D7F\\uFFF9-\\uFFFC\\u{13430}-\\u{13446}\\u{16FE4}\\u{1D159}]'
const anyHidden = new RegExp(HIDDEN, 'u')
const allHidden = new RegExp(HIDDEN, 'gu')
const visible = /[\p{L}\p{N}\p{P}\p{S}]/u
const spaces = /[\p{Zs}\p{Zl}\p{Zp}\p{Cc}]+/gu
const typedSpaces = /\p{Zs}+/gu
const leadingMarks = /^\p{M}+/u
const highStack = new RegExp(`(\\p{Mn}{${MOST_MARKS}})\\p{Mn}+`, 'u')
const highStacks = new RegExp(highStack.source, 'gu')

// Between two letters of these scripts a joiner changes how they are written. Elsewhere it is only invisible.
const SCRIPTS =
  'Arab Syrc Mand Nkoo Mong Adlm Rohg Deva Beng Guru Gujr Orya Taml Telu Knda Mlym Sinh Khmr Mymr Tibt'.split(
    ' ',
  )
const JOINED = `[${SCRIPTS.map((script) => `\\p{Script=${script}}`).join('')}]`
const LETTER = '[\\p{L}\\p{M}]'
const joiners = new RegExp(`(?<=${LETTER})(?<=${JOINED})[\\u200C\\u200D](?=${LETTER})(?=${JOINED})`, 'gu')
// Emoji (UTS 51): sequences with joiners, keycaps, and the three flags that are spelled with invisible tags.
const PICTURE = '\\p{Extended_Pictographic}(?:\\p{Emoji_Modifier}|[\\uFE0E\\uFE0F])?'
const TAGGED_FLAG =
  '\\u{1F3F4}\\u{E0067}\\u{E0062}(?:\\u{E0065}\\u{E006E}\\u{E0067}|\\u{E0073}\\u{E0063}\\u{E0074}|\\u{E0077}\\u{E006C}\\u{E0073})\\u{E007F}'
const emoji = new RegExp(`${TAGGED_FLAG}|[0-9#*]\\uFE0F\\u20E3|${PICTURE}(?:\\u200D${PICTURE})*`, 'gu')

/** Removes the joiners that are allowed to be invisible. */
const withoutJoiners = (text: string): string => text.replaceAll(emoji, '*').replaceAll(joiners, '')

/** Null for a valid name; otherwise a sentence that states the problem. */
export function nameProblem(name: string): string | null {
  const hidden = anyHidden.exec(withoutJoiners(name))?.[0]
  if (hidden !== undefined) {
    const code = `U+${(hidden.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
    return `Letters, digits, punctuation and emoji; no control characters and nothing invisible (${code}).`
  }
  if (!visible.test(name)) return 'At least one visible character is needed.'
  return leadingMarks.test(name) || highStack.test(name)
    ? `Accents follow a letter, at most ${MOST_MARKS} of them.`
    : null
}

/**
 * A name typed here (app, account, provider). Runs of spaces become one; leading and trailing spaces are
 * removed.
 */
export function nameSchema({ empty, long }: { empty: string; long?: string }) {
  return z
    .string()
    .overwrite((text) => text.replaceAll(typedSpaces, ' ').trim())
    .min(1, empty)
    .max(MOST, long ?? `At most ${MOST} characters.`)
    .superRefine((name, context) => {
      const problem = name === '' ? null : nameProblem(name)
      if (problem !== null) context.addIssue({ code: 'custom', message: problem })
    })
}

/**
 * Names as an earlier version accepted them, so that nothing stored is lost. They are cleaned when displayed.
 */
export const storedName = z
  .string()
  .min(1)
  .max(2 * MOST)

/** Text from elsewhere other than names (slugs, scopes, patterns) that an approval shows. */
export const visibleText = (text: string): boolean => !anyHidden.test(text)
export const VISIBLE_TEXT = 'Control characters and invisible characters are not allowed.'

/**
 * Converts a name from a provider, another tool or an older version to a valid name; empty when nothing
 * visible is left.
 */
export function cleanName(name: string, most: number = MOST): string {
  return cleaned(cut(cleaned(name), most))
}

/** Like {@link cleanName}, at any length: for text from elsewhere that is not a name. */
export function shown(text: string): string {
  return anyHidden.test(text) ? cleaned(text) : text
}

// Letters of right-to-left scripts, and the digits used with them.
const rightToLeft = /[\u0590-\u08FF\uFB1D-\uFDFF\uFE70-\uFEFE\u{10800}-\u{10FFF}\u{1E800}-\u{1EFFF}]/u

const ISOLATED = /\u2068([^\p{Bidi_Control}]*)\u2069/gu

/**
 * Text from elsewhere for use inside a sentence: without hidden characters, and isolated (UAX 9, FSI and PDI)
 * where its letters run from right to left. Text that is isolated already stays as it is.
 */
export function isolated(text: string): string {
  if (text.includes('\u2068')) {
    const around = text.replaceAll(ISOLATED, '')
    const isApart = !anyHidden.test(withoutJoiners(around)) && !rightToLeft.test(around)
    if (isApart) return text.replaceAll(ISOLATED, (_whole, inner: string) => `\u2068${shown(inner)}\u2069`)
  }
  const clean = shown(text)
  return rightToLeft.test(clean) ? `\u2068${clean}\u2069` : clean
}

function cleaned(text: string): string {
  const kept: string[] = []
  let at = 0
  const wellFormed = text.replaceAll(/\p{Cs}/gu, '').replaceAll(spaces, ' ')
  for (const found of wellFormed.matchAll(emoji)) {
    kept.push(withoutHidden(wellFormed.slice(at, found.index)), found[0])
    at = found.index + found[0].length
  }
  kept.push(withoutHidden(wellFormed.slice(at)))
  const bare = kept.join('').replaceAll(highStacks, '$1').trim().replace(leadingMarks, '').trim()
  return visible.test(bare) ? bare : ''
}

function withoutHidden(text: string): string {
  const places = new Set([...text.matchAll(joiners)].map(({ index }) => index))
  return text.replaceAll(allHidden, (hidden, at: number) => (places.has(at) ? hidden : ''))
}

function cut(text: string, most: number): string {
  if (text.length <= most) return text
  // Do not cut through a character.
  return text.slice(0, most).replace(/\p{Cs}$/u, '')
}

/** Account labels are compared case-insensitively. */
export const labelKey = (label: string): string => label.normalize('NFC').toLowerCase()

export const sameLabel = (one: string, other: string): boolean => labelKey(one) === labelKey(other)
