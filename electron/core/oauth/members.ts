// Reads the members of a document from outside. An optional member that cannot be used is left out and named,
// so that one wrong member does not make the whole document useless.
import { isSafeUrl } from '../../../shared/contract/provider-template.ts'
import { textOf } from '../../../shared/domain/json-path.ts'

/** `value`: undefined if the member cannot be used. `note`: why, or what of it is not used. */
type Reading<Value> = { value: Value | undefined; note: string | null }
export type MemberReader<Value> = (value: unknown) => Reading<Value>

type Members<Readers extends Record<string, MemberReader<unknown>>> = {
  [Name in keyof Readers]?: ReturnType<Readers[Name]>['value']
}

/**
 * The usable members of a document. `leftOut` names the others, each with the reason in parentheses. Members
 * without a reader are dropped. `null` is the same as absent, but it is named.
 */
export function optionalMembers<Readers extends Record<string, MemberReader<unknown>>>(
  document: Readonly<Record<string, unknown>>,
  readers: Readers,
): { members: Members<Readers>; leftOut: string[] } {
  const members = {} as Members<Readers>
  const leftOut: string[] = []
  for (const [name, read] of Object.entries(readers)) {
    if (!Object.hasOwn(document, name)) continue
    const { value, note } = read(document[name])
    if (value !== undefined) Reflect.set(members, name, value)
    if (note !== null) leftOut.push(`${name} (${note})`)
  }
  return { members, leftOut }
}

/** The sentence for a step; empty if nothing was left out. */
export function leftOutSentence(leftOut: readonly string[]): string {
  return leftOut.length === 0 ? '' : ` Left out because it cannot be used: ${leftOut.join(', ')}.`
}

const used = <Value>(value: Value): Reading<Value> => ({ value, note: null })
const unusable = (note: string): Reading<never> => ({ value: undefined, note })

/** An address that may be called: https, or http on this machine. */
export const addressMember: MemberReader<string> = (value) => {
  if (typeof value !== 'string' || value === '') return unusable(kindOf(value))
  if (value.length > 2000) return unusable('too long')
  if (!URL.canParse(value)) return unusable('not an address')
  return isSafeUrl(value) ? used(value) : unusable(reasonAgainst(new URL(value)))
}

function reasonAgainst({ protocol, username, password }: URL): string {
  if (username !== '' || password !== '') return 'holds a user name'
  return protocol === 'https:' ? 'holds a fragment' : 'not https'
}

export const flagMember: MemberReader<boolean> = (value) =>
  typeof value === 'boolean' ? used(value) : unusable(kindOf(value))

/** A text of at most `longest` characters; a number becomes its digits. */
export const textMember =
  (longest: number): MemberReader<string> =>
  (value) => {
    const found = textOf(value)
    if (found === null) return unusable(kindOf(value))
    return found.length > longest ? unusable('too long') : used(found)
  }

const MAX_ITEMS = 500

/** A list. Items that cannot be used, and items after the first 500, are left out. */
export const listOf =
  <Value>(item: MemberReader<Value>): MemberReader<Value[]> =>
  (value) => {
    if (!Array.isArray(value)) return unusable(kindOf(value))
    const items = value.slice(0, MAX_ITEMS).map((each) => item(each).value)
    const usable = items.filter((each) => each !== undefined)
    if (value.length > MAX_ITEMS) {
      const more = value.length - MAX_ITEMS
      return { value: usable, note: `${more} entries after the first ${MAX_ITEMS}` }
    }
    const misfits = items.length - usable.length
    if (misfits === 0) return used(usable)
    const note = `${misfits} of ${items.length} entries`
    return usable.length === 0 ? unusable(note) : { value: usable, note }
  }

const onlyText: MemberReader<string> = (value) =>
  typeof value === 'string' && value !== '' && value.length <= 300 ? used(value) : unusable(kindOf(value))

/** A list of names: scopes, methods, algorithms. */
export const namesMember = listOf(onlyText)

/** What was found instead, without its content. */
function kindOf(value: unknown): string {
  if (value === null || value === '') return value === null ? 'null' : 'empty'
  if (Array.isArray(value)) return 'a list'
  const kinds: Record<string, string> = { string: 'text', number: 'a number', boolean: 'true or false' }
  return kinds[typeof value] ?? 'an object'
}
