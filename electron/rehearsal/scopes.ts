// The scopes that exist here, with what a person reads about them on the consent page.
export const scopeWords: Readonly<Record<string, string>> = {
  openid: 'Know who you are',
  profile: 'See your name',
  email: 'See your e-mail address',
  offline_access: 'Keep access while you are away',
  'files.read': 'See your files',
  'files.write': 'Change your files',
}

export const scopeNames: readonly string[] = Object.keys(scopeWords)

/** What a request without a scope gets (RFC 6749 section 3.3 lets a server have a default). */
export const defaultScope = 'files.read'

/** Scopes of the protected API and of every further resource. */
export const resourceScopes = 'files.read files.write'
