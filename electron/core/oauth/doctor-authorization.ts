import { asKeywayError, sentencesFor } from '../../../shared/contract/errors.ts'
import type { DoctorStep } from '../../../shared/contract/ui-api.ts'
import type { Check } from './doctor-check.ts'
import { signInVariants, withVariant } from './doctor-variants.ts'
import { complaintIn, signInVerdict, type Verdict } from './doctor-verdict.ts'
import { asDiscoveryError } from './metadata.ts'
import type { ResolvedProvider } from './oauth-client.ts'
import type { RecordedExchange } from './redacted-exchange.ts'
import { sendWire } from './wire.ts'

type Asked = { verdict: Verdict; seen: RecordedExchange | undefined }

/** Asks for the sign-in page as a browser without cookies would; when it is refused, in other ways until one is not. */
export async function checkAuthorization(check: Check): Promise<void> {
  const { provider, redirectUri, log } = check
  const { verdict, seen } = await ask(check, provider, redirectUri)
  const step = { name: 'Sign-in page', ...seen, outcome: verdict.outcome }
  if (verdict.outcome === 'ok') {
    log.add({ ...step, explanation: verdict.explanation })
    return
  }
  const found = await findFix(check, verdict)
  log.add({
    ...step,
    explanation: found === null ? verdict.explanation : `${verdict.explanation} ${found.explanation}`,
    fix: found?.fix ?? null,
  })
}

async function findFix(
  check: Check,
  { complaint }: Verdict & { outcome: 'warning' | 'failed' },
): Promise<{ explanation: string; fix: DoctorStep['fix'] } | null> {
  const { provider, redirectUri, signal } = check
  const variants = await signInVariants(check, complaint)
  for (const variant of variants) {
    if (signal.aborted) return null
    const address = variant.redirectUri ?? redirectUri
    const { verdict } = await ask(check, withVariant(provider, variant), address)
    if (verdict.outcome !== 'ok') continue
    const { label, spec } = variant
    return { explanation: `Another way worked: ${label}.`, fix: { label, spec } }
  }
  return null
}

async function ask(check: Check, provider: ResolvedProvider, redirectUri: string | null): Promise<Asked> {
  const { deps, recorder, signal, scopes } = check
  try {
    const request = {
      redirectUri,
      scopes,
      secondaryScopes: [],
      loginHint: null,
      prompt: null,
      optionalParams: {},
    }
    const { url } = await check.authorize(provider, request, signal)
    recorder.take()
    const headers = { accept: 'text/html', 'user-agent': deps.userAgent }
    const wire = { fetch: deps.fetchFor(provider), clock: deps.clock, signal }
    const reply = await sendWire(wire, { method: 'GET', url, headers, body: null })
    const answer = { ...reply, location: reply.headers.get('location') }
    return { verdict: signInVerdict({ url, redirectUri }, answer), seen: recorder.take().at(-1) }
  } catch (error) {
    const failure = asKeywayError(asDiscoveryError(error))
    const verdict = {
      outcome: 'failed' as const,
      explanation: sentencesFor('window', failure),
      complaint: complaintIn(failure.message),
    }
    return { verdict, seen: recorder.take().at(-1) }
  }
}
