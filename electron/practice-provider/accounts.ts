// The fictional accounts of the practice provider. Addresses end in .test (RFC 2606), so none of them can be
// real.
import { createHash } from 'node:crypto'

export type PracticeAccount = {
  /** The OpenID `sub`: stable for one address. */
  readonly id: string
  readonly email: string
  readonly name: string
}

export type AccountStore = {
  /** The accounts to choose from. */
  readonly known: readonly PracticeAccount[]
  byId(id: string): PracticeAccount | null
  /** The account with this address; any text that looks like an address gets one. Null for anything else. */
  byEmail(email: string): PracticeAccount | null
}

const looksLikeAddress = /^[^\s@<>"]{1,64}@[^\s@<>"]{1,120}$/

export function createAccountStore(people: ReadonlyArray<{ email: string; name?: string }>): AccountStore {
  const known = people.map(({ email, name }) => accountFor(email, name))
  const accounts = new Map(known.map((account) => [account.id, account]))

  return {
    known,
    byId: (id) => accounts.get(id) ?? null,
    byEmail(email) {
      const address = email.trim().toLowerCase()
      if (!looksLikeAddress.test(address)) return null
      const account = accounts.get(idFor(address)) ?? accountFor(address)
      accounts.set(account.id, account)
      return account
    },
  }
}

/** The claims about an account in userinfo, the id token and `GET /api/me`. */
export function accountClaims(account: PracticeAccount): {
  sub: string
  email: string
  email_verified: boolean
  name: string
  preferred_username: string
} {
  return {
    sub: account.id,
    email: account.email,
    email_verified: true,
    name: account.name,
    preferred_username: account.email.split('@')[0] ?? account.email,
  }
}

export const madeUpPeople: ReadonlyArray<{ email: string; name: string }> = [
  { email: 'ada@example.test', name: 'Ada Lovelace' },
  { email: 'grace@example.test', name: 'Grace Hopper' },
  { email: 'mary@example.test', name: 'Mary Jackson' },
]

function accountFor(email: string, name?: string): PracticeAccount {
  const address = email.trim().toLowerCase()
  return { id: idFor(address), email: address, name: name ?? address }
}

const idFor = (address: string): string =>
  `rehearsal-${createHash('sha256').update(address).digest('hex').slice(0, 16)}`

// The supported scopes, with their descriptions on the consent page.
export const scopeWords: Readonly<Record<string, string>> = {
  openid: 'Know who you are',
  profile: 'See your name',
  email: 'See your e-mail address',
  offline_access: 'Keep access while you are away',
  'files.read': 'See your files',
  'files.write': 'Change your files',
}

export const scopeNames: readonly string[] = Object.keys(scopeWords)

/** Granted to a request without a scope (RFC 6749 section 3.3 allows a default). */
export const defaultScope = 'files.read'

/** Scopes of the protected API and of every further resource. */
export const resourceScopes = 'files.read files.write'
