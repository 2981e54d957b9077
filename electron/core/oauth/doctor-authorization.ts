import { asKeywayError } from '../../../shared/contract/errors.ts'
import { parseCallback } from '../../../shared/domain/callback-url.ts'
import { asDiscoveryError } from './metadata.ts'
import type { Check } from './doctor-check.ts'
import type { RecordedExchange } from './redacted-exchange.ts'
import { sendWire } from './wire.ts'

/** Asks for the sign-in page as a browser without cookies would. */
export async function checkAuthorization(check: Check): Promise<void> {
  const { deps, provider, redirectUri, log, recorder, signal } = check
  try {
    const { url } = await check.authorize(
      provider,
      { redirectUri, scopes: [], secondaryScopes: [], loginHint: null, prompt: null, optionalParams: {} },
      signal,
    )
    recorder.take()
    const headers = { accept: 'text/html', 'user-agent': deps.userAgent }
    const wire = { fetch: deps.fetchFor(provider), clock: deps.clock, signal }
    const reply = await sendWire(wire, { method: 'GET', url, headers, body: null })
    const [seen] = recorder.take().slice(-1)
    log.add({
      name: 'Sign-in page',
      ...seen,
      ...judge(check, { ...reply, location: reply.headers.get('location') }),
    })
  } catch (error) {
    const [seen] = recorder.take().slice(-1)
    const { message, nextStep } = asKeywayError(asDiscoveryError(error))
    log.add({ name: 'Sign-in page', outcome: 'failed', ...seen, explanation: `${message} ${nextStep}` })
  }
}

type Verdict = { outcome: 'ok' | 'warning' | 'failed'; explanation: string }

function judge(
  { redirectUri }: Check,
  reply: { status: number; text: string; location: string | null },
): Verdict & Partial<RecordedExchange> {
  const error = errorIn(reply.location)
  if (error !== null) return { outcome: 'failed', explanation: `The server answers with ${error}.` }
  if (reply.status < 400) return { outcome: 'ok', explanation: 'The server shows its sign-in.' }
  if (/redirect[ _]?ur[il]|AADSTS50011/i.test(reply.text)) {
    const what = redirectUri ?? 'the redirect address'
    return {
      outcome: 'failed',
      explanation: `The server does not know the redirect address. Register ${what} there, to the letter.`,
    }
  }
  if (/client[ _]?id|invalid_client/i.test(reply.text)) {
    return { outcome: 'failed', explanation: 'The server does not know the client id.' }
  }
  const outcome = reply.status >= 500 ? 'warning' : 'failed'
  return { outcome, explanation: `The server answers ${reply.status} instead of a sign-in page.` }
}

/** An error that the server sends straight back to the redirect address. */
function errorIn(location: string | null): string | null {
  if (location === null || !URL.canParse(location)) return null
  const callback = parseCallback(new URL(location).searchParams)
  if (callback.kind !== 'error' || callback.error === 'login_required') return null
  return callback.description === null ? callback.error : `${callback.error}: ${callback.description}`
}
