// Interprets the response to a sign-in request that was sent without a person. Pure.
import { parseCallback } from '../../../../shared/domain/callback-url.ts'

/** What the server rejects. It decides which variants are tried next. */
export type Complaint =
  'redirect' | 'scope' | 'resource' | 'pkce' | 'response mode' | 'client' | 'address' | 'other'

export type SignInVerdict =
  | { outcome: 'ok'; explanation: string }
  | { outcome: 'warning' | 'failed'; explanation: string; complaint: Complaint }

type Answer = { status: number; text: string; location: string | null }

export function signInVerdict(
  asked: { url: string; redirectUri: string | null },
  answer: Answer,
): SignInVerdict {
  const error = errorIn(answer.location)
  if (error !== null) {
    const complaint = complaintIn(error)
    return {
      outcome: 'failed',
      explanation: `The server answers with ${error.replace(/\.$/, '')}.`,
      complaint,
    }
  }
  const { status } = answer
  if (status < 400) return { outcome: 'ok', explanation: 'The server shows its sign-in.' }
  if (status === 404 || status === 405 || status === 410) {
    const explanation = `There is no sign-in page at the authorization address (HTTP ${status}).`
    return { outcome: 'failed', explanation, complaint: 'address' }
  }
  // An error page may repeat the request, which contains all these words.
  const complaint = complaintIn(withoutRequest(answer.text, asked.url))
  const explanation = sentences(asked.redirectUri)[complaint] ?? refusal(status)
  return { outcome: status >= 500 && complaint === 'other' ? 'warning' : 'failed', explanation, complaint }
}

/** The subject of an error message from the server or from a rejected pushed request. */
export function complaintIn(words: string): Complaint {
  if (/redirect[ _]?ur[il]|AADSTS50011/i.test(words)) return 'redirect'
  if (/code[ _]?challenge|pkce/i.test(words)) return 'pkce'
  if (/response[ _]?mode/i.test(words)) return 'response mode'
  if (/invalid_(?:target|resource)|resource[ _]?(?:indicator|server|parameter)/i.test(words))
    return 'resource'
  if (/\bscopes?\b|invalid_scope/i.test(words)) return 'scope'
  if (/client[ _]?id|(?:invalid|unauthori[sz]ed|unknown)[ _]client/i.test(words)) return 'client'
  return 'other'
}

const refusal = (status: number): string => `The server answers ${status} instead of a sign-in page.`

function sentences(redirectUri: string | null): Partial<Record<Complaint, string>> {
  const what = redirectUri ?? 'the redirect address'
  return {
    redirect: `The server does not know the redirect address. Register ${what} there, to the letter.`,
    client: 'The server does not know the client id.',
    pkce: 'The server does not like the way of PKCE.',
    scope: 'The server does not like the scopes.',
    resource: 'The server does not know the resource.',
    'response mode': 'The server does not like the response mode.',
  }
}

function withoutRequest(text: string, url: string): string {
  const { search } = new URL(url)
  const values = [...new URL(url).searchParams].flatMap(([name, value]) => [`${name}=${value}`, value])
  const escaped = search.replaceAll('&', '&amp;')
  return [escaped, search, ...values.filter((value) => value.length > 7)].reduce(
    (left, part) => (part === '' ? left : left.replaceAll(part, ' ')),
    // An echoed query is removed, including its parameter names.
    text.replace(/[?&;][a-z_]+=[^\s"'<>]*/gi, ' '),
  )
}

/** An error that the server sends with a redirect to the redirect URI or to an error page. */
function errorIn(location: string | null): string | null {
  if (location === null || !URL.canParse(location)) return null
  const callback = parseCallback(new URL(location).searchParams)
  if (callback.kind !== 'error' || callback.error === 'login_required') return null
  return callback.description === null ? callback.error : `${callback.error}: ${callback.description}`
}
