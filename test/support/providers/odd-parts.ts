import type { OddBook } from './odd-book.ts'
import type { OddRules, Reply } from './odd-rules.ts'

export type OddParts = { rules: OddRules; book: OddBook; origin: string }

/** A standard failure, or as the rules shape it. */
export function failed({ rules }: OddParts, code: string, description: string): Reply {
  if (rules.failure !== undefined) return rules.failure(code, description)
  const status = code === 'invalid_client' ? 401 : 400
  return { status, body: { error: code, error_description: description } }
}

/** The first thing that is wrong with the parameters, or null. */
export function wrongWith(
  have: Readonly<Record<string, string>>,
  rules: { required?: OddRules['apiRequired']; forbidden?: readonly string[] | undefined },
): string | null {
  for (const [name, wanted] of Object.entries(rules.required ?? {})) {
    const value = have[name]
    if (value === undefined) return `${name} is missing`
    const fits = wanted === true || (typeof wanted === 'string' ? value === wanted : wanted.test(value))
    if (!fits) return `${name} is ${value}`
  }
  const extra = (rules.forbidden ?? []).find((name) => name in have)
  return extra === undefined ? null : `${extra} is not allowed`
}
