// Who asks the token endpoint for what, read off the request without judging it. Secrets in it are not kept.

export type TokenRequestFacts = { clientId: string | null; grantType: string | null }

export function tokenRequestFacts(body: Buffer, authorization: string | undefined): TokenRequestFacts {
  const form = new URLSearchParams(body.toString('utf8'))
  return {
    grantType: form.get('grant_type'),
    clientId: form.get('client_id') ?? basicUser(authorization),
  }
}

/** The user part of HTTP Basic, form-decoded as RFC 6749 section 2.3.1 has it. */
function basicUser(authorization: string | undefined): string | null {
  const [, encoded] = /^Basic +([A-Za-z0-9+/=]+) *$/i.exec(authorization ?? '') ?? []
  if (encoded === undefined) return null
  const [user] = Buffer.from(encoded, 'base64').toString('utf8').split(':')
  // As the one field of a form, so that "+" and %XX are decoded alike and a stray % does no harm.
  return user === undefined ? null : new URLSearchParams(`id=${user.replaceAll('&', '%26')}`).get('id')
}
