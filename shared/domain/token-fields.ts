// Finds tokens under other names in a response that has none under the standard ones. Nothing is read by
// these names until the person has set them.
import { readTokenBody } from './token-response.ts'

export type TokenFields = { accessToken: string; refreshToken?: string; expiresIn?: string }

/** The places that may hold an access token: at the top of a response and one level below. */
export function tokenFieldsIn(text: string): TokenFields[] {
  const read = readTokenBody(text)
  if (read.kind === 'unreadable') return []
  const inner = Object.entries(read.body).flatMap(([name, value]): Place[] =>
    isPlainName(name) && isMembers(value) ? [{ before: `${name}.`, members: value }] : [],
  )
  return [{ before: '', members: read.body }, ...inner].flatMap(fieldsAt)
}

type Place = { before: string; members: Readonly<Record<string, unknown>> }

function fieldsAt({ before, members }: Place): TokenFields[] {
  const texts = Object.keys(members).filter((name) => isPlainName(name) && isText(members[name]))
  const named = (pattern: RegExp): string | null => {
    const name = texts.find((one) => pattern.test(one) && !OTHER_TOKENS.test(one))
    return name === undefined ? null : `${before}${name}`
  }
  const accessToken = named(/^(?:oauth_?)?access_?token$/i) ?? named(/token$|^(?:jwt|bearer)$/i)
  if (accessToken === null) return []
  const refreshToken = texts.find((name) => /^(?:oauth_?)?refresh_?token$/i.test(name))
  const expiresIn = named(/^(?:access_?token_?)?expires_?in$/i)
  return [
    {
      accessToken,
      ...(refreshToken === undefined ? {} : { refreshToken: `${before}${refreshToken}` }),
      ...(expiresIn === null ? {} : { expiresIn }),
    },
  ]
}

/** Tokens that are no access tokens. */
const OTHER_TOKENS = /^(?:oauth_?)?(?:refresh|id|csrf|xsrf|device)_?token$/i

const isMembers = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isText = (value: unknown): boolean =>
  (typeof value === 'string' && value !== '') || typeof value === 'number'

/** Can be a step of a path. */
const isPlainName = (name: string): boolean => /^[A-Za-z_]\w*$/.test(name)
