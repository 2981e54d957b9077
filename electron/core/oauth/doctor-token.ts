import { randomBytes } from 'node:crypto'
import type { DoctorStep } from '../../../shared/contract/ui-api.ts'
import { asKeywayError, nextStepFor } from '../../../shared/contract/errors.ts'
import type { Check } from './doctor-check.ts'
import { tokenVariants, withVariant } from './doctor-variants.ts'
import type { ResolvedProvider, TokenOutcome } from './oauth-client.ts'
import type { RecordedExchange } from './redacted-exchange.ts'

type Tried = { outcome: TokenOutcome; seen: RecordedExchange | undefined }
type Try = (check: Check, provider: ResolvedProvider) => Promise<Tried>

const MOST_VARIANTS = 8

/** Sends a code that nobody was given. "invalid_grant" is the good answer: everything but the code was accepted. */
export async function checkTokenEndpoint(check: Check): Promise<void> {
  const { provider, log } = check
  const first = await tryCode(check, provider)
  const { outcome, seen } = first
  const step = { name: 'Token request', ...seen }
  if (isGood(outcome)) {
    log.add({
      ...step,
      outcome: 'ok',
      explanation: 'The server understood the request and the client; only the made-up code was refused.',
    })
    return
  }
  if (outcome.kind === 'ok') {
    log.add({
      ...step,
      outcome: 'warning',
      explanation: 'The server gave a token for a made-up code. Do not trust it with anything real.',
    })
    return
  }
  if (outcome.kind === 'retry' && !outcome.code.endsWith('_answer') && outcome.code !== 'redirected') {
    log.add({ ...step, outcome: 'warning', explanation: outcome.message })
    return
  }
  await addFailure(check, first, { tryOne: tryCode, isGood })
}

/** Asks for a token for the client itself, as every use of this provider would. */
export async function checkClientCredentials(check: Check): Promise<void> {
  const { provider, log } = check
  const how = { tryOne: tryClient, isGood: ({ kind }: TokenOutcome) => kind === 'ok' }
  const first = await how.tryOne(check, provider)
  if (!how.isGood(first.outcome)) return addFailure(check, first, how)
  const explanation = 'The server gave a token to the client itself.'
  log.add({ name: 'Token request', ...first.seen, outcome: 'ok', explanation })
}

type How = { tryOne: Try; isGood: (outcome: TokenOutcome) => boolean }

async function addFailure(check: Check, { outcome, seen }: Tried, how: How): Promise<void> {
  if (outcome.kind === 'ok') return
  const fix = await findFix(check, { code: outcome.code, answer: seen?.answer ?? null }, how)
  const advice = outcome.kind === 'config_error' ? ` ${outcome.nextStep}` : ''
  const explanation =
    fix === null ? `${outcome.message}${advice}` : `${outcome.message} Another way worked: ${fix.label}.`
  check.log.add({ name: 'Token request', ...seen, outcome: 'failed', explanation, fix })
}

async function findFix(
  check: Check,
  failure: Parameters<typeof tokenVariants>[1],
  how: How,
): Promise<DoctorStep['fix']> {
  for (const variant of (await tokenVariants(check, failure)).slice(0, MOST_VARIANTS)) {
    if (check.signal.aborted) return null
    const { outcome } = await how.tryOne(check, withVariant(check.provider, variant))
    if (how.isGood(outcome)) return { label: variant.label, spec: variant.spec }
  }
  return null
}

async function tryClient(check: Check, provider: ResolvedProvider): Promise<Tried> {
  check.recorder.take()
  const outcome = await check.clientCredentials(provider, check.scopes, check.signal)
  return { outcome, seen: check.recorder.take().at(-1) }
}

async function tryCode(check: Check, provider: ResolvedProvider): Promise<Tried> {
  const { redirectUri, recorder, signal } = check
  const plain = { ...provider, spec: withoutBrowserParts(provider.spec) }
  const request = {
    redirectUri,
    scopes: [],
    secondaryScopes: [],
    loginHint: null,
    prompt: null,
    optionalParams: {},
  }
  try {
    const { transaction } = await check.authorize(plain, request, signal)
    const callback = new URLSearchParams({ code: madeUpCode(), state: transaction.state })
    if (typeof transaction.issuer === 'string') callback.set('iss', transaction.issuer)
    recorder.take()
    const outcome = await check.exchange(plain, transaction, callback, signal)
    return { outcome, seen: recorder.take().at(-1) }
  } catch (error) {
    const { code, message, nextStep } = asKeywayError(error)
    const step = nextStepFor('window', { code, nextStep })
    return {
      outcome: { kind: 'config_error', code, message, nextStep: step },
      seen: recorder.take().at(-1),
    }
  }
}

/** What only a real answer in the browser could satisfy is left out of the rehearsal. */
function withoutBrowserParts(spec: ResolvedProvider['spec']): ResolvedProvider['spec'] {
  const authorize = {
    ...spec.authorize,
    callbackHmac: null,
    callbackHostMustMatch: null,
    par: 'never' as const,
  }
  return { ...spec, authorize, token: { ...spec.token, postExchange: null } }
}

function isGood(outcome: TokenOutcome): boolean {
  if (outcome.kind === 'ended') return true
  const codes =
    /^(?:invalid_grant|invalid_code|bad_verification_code|code_not_found|expired_code|invalid_authorization_code)$/
  return outcome.kind === 'refused' && codes.test(outcome.code)
}

/** A code that no server has given out. */
function madeUpCode(): string {
  return `keyway-check-${randomBytes(8).toString('hex')}`
}
