// The steps of a provider check that ask for tokens: with a made-up code, for a device code, and for the
// client itself.
import { randomBytes } from 'node:crypto'
import { asKeywayError, nextStepFor, sentencesFor } from '../../../../shared/contract/errors.ts'
import { Secret } from '../../../../shared/contract/secret.ts'
import type { ProviderCheckStep } from '../../../../shared/contract/ui-api.ts'
import { makeClientKey } from '../client-keys.ts'
import { asDiscoveryError } from '../metadata/metadata.ts'
import type { RecordedExchange } from '../transport/recording.ts'
import type { ResolvedProvider, TokenOutcome } from '../types.ts'
import type { Check } from './context.ts'
import { fixOf, tokenVariants, type Variant, withVariant } from './variants.ts'

/** Requests device codes that nobody will enter; they expire by themselves. */
export async function checkDeviceCode(check: Check): Promise<void> {
  const { log } = check
  const name = 'Device code'
  const first = await tryDevice(check, check.provider)
  const { seen } = first
  if (first.verificationUri !== undefined) {
    const explanation = `The server gives a code to enter at ${first.verificationUri}.`
    log.add({ name, outcome: 'ok', ...seen, explanation })
    return
  }
  const { code, explanation } = first.failure
  const isGoodDevice = async (variant: Variant): Promise<boolean> =>
    (await tryDevice(withScopes(check, variant), withVariant(check.provider, variant))).verificationUri !==
    undefined
  const variants = await tokenVariants(check, { code, answer: seen?.answer ?? null })
  // The format of token requests does not matter here.
  const fix = await firstGood(
    check,
    variants.filter(({ spec }) => spec.token === undefined && spec.endpoints === undefined),
    isGoodDevice,
  )
  const found = fix === null ? '' : ` Another way worked: ${fix.label}.`
  log.add({ name, outcome: 'failed', ...seen, explanation: `${explanation}${found}`, fix })
}

type TriedDevice = { seen: RecordedExchange | undefined } & (
  | { verificationUri: string; failure?: undefined }
  | { verificationUri?: undefined; failure: { code: string; explanation: string } }
)

async function tryDevice(check: Check, provider: ResolvedProvider): Promise<TriedDevice> {
  const { scopes, recorder, signal } = check
  recorder.take()
  try {
    const { verificationUri } = await check.startDevice(provider, scopes, signal)
    return { verificationUri, seen: recorder.take().at(-1) }
  } catch (error) {
    const failure = asKeywayError(asDiscoveryError(error))
    const told = failure.details['providerCode']
    const code = typeof told === 'string' ? told : failure.code
    const explanation = sentencesFor('window', failure)
    return { failure: { code, explanation }, seen: recorder.take().at(-1) }
  }
}

type Tried = { outcome: TokenOutcome; seen: RecordedExchange | undefined }
type Try = (check: Check, provider: ResolvedProvider) => Promise<Tried>

const MAX_VARIANTS = 8

/**
 * Sends a code that no server issued. `invalid_grant` is the expected response: everything except the code
 * was accepted.
 */
export async function checkTokenEndpoint(check: Check): Promise<void> {
  const { provider, log } = check
  const first = await tryCode(check, provider)
  const { outcome, seen } = first
  const step = { name: 'Token request', ...seen }
  if (isGood(outcome)) {
    const isClientSeen = await seesClient(check)
    const hint = offersUnusedDpop(check) ? dpopHint : { explanation: '', fix: null }
    const explanation = isClientSeen
      ? 'The server understood the request and the client; only the made-up code was refused.'
      : 'The server understood the request. It refused the made-up code before it looked at the client, so the client is not checked.'
    log.add({
      ...step,
      outcome: isClientSeen ? 'ok' : 'warning',
      explanation: `${explanation}${hint.explanation}`,
      fix: hint.fix,
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
  const isPassing = !outcome.code.endsWith('_answer') && !tellsMore.has(outcome.code)
  if (outcome.kind === 'retry' && isPassing) {
    log.add({ ...step, outcome: 'warning', explanation: outcome.message })
    return
  }
  await addFailure(check, first, { tryOne: tryCode, isGood })
}

/** Outcomes to retry of which another setting may be the cause. */
const tellsMore: ReadonlySet<string> = new Set(['redirected', 'use_dpop_nonce'])

const dpopHint = {
  explanation:
    ' This server can bind tokens to a key (DPoP). If it demands that of this client, switch it on.',
  fix: { label: 'Bind tokens to a key when the server offers it (DPoP)', spec: { dpop: 'auto' } },
}

/** A made-up code does not show whether the server demands DPoP of this client. */
function offersUnusedDpop({ provider, server }: Check): boolean {
  const offered = server?.discovered?.dpop_signing_alg_values_supported ?? []
  return offered.length > 0 && provider.spec.dpop === 'off'
}

/**
 * Whether the response depends on the client secret. Some servers look at the code first and would accept a
 * made-up secret as well, so their response says nothing about the client.
 */
async function seesClient(check: Check): Promise<boolean> {
  const { provider } = check
  const { auth, signingAlgorithm } = provider.spec.client
  const isSigned = auth === 'private_key_jwt'
  if (auth === 'none' || (provider.clientSecret === null && !isSigned)) return true
  const other = isSigned
    ? { clientKeys: new Secret(JSON.stringify([makeClientKey(signingAlgorithm)])) }
    : { clientSecret: new Secret(madeUpCode()) }
  const { outcome } = await tryCode(check, { ...provider, ...other })
  return !isGood(outcome)
}

/** Requests a token for the client itself, like every use of this provider. */
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
  const fix = await findTokenFix(check, { code: outcome.code, answer: seen?.answer ?? null }, how)
  const advice = outcome.kind === 'config_error' ? ` ${outcome.nextStep}` : ''
  const explanation =
    fix === null ? `${outcome.message}${advice}` : `${outcome.message} Another way worked: ${fix.label}.`
  check.log.add({ name: 'Token request', ...seen, outcome: 'failed', explanation, fix })
}

async function findTokenFix(
  check: Check,
  failure: Parameters<typeof tokenVariants>[1],
  how: How,
): Promise<ProviderCheckStep['fix']> {
  return firstGood(check, await tokenVariants(check, failure), async (variant) => {
    const { outcome } = await how.tryOne(withScopes(check, variant), withVariant(check.provider, variant))
    return how.isGood(outcome)
  })
}

async function firstGood(
  { signal }: Check,
  variants: readonly Variant[],
  isGoodVariant: (variant: Variant) => Promise<boolean>,
): Promise<ProviderCheckStep['fix']> {
  for (const variant of variants.slice(0, MAX_VARIANTS)) {
    if (signal.aborted) return null
    if (await isGoodVariant(variant)) return fixOf(variant)
  }
  return null
}

const withScopes = (check: Check, { scopes }: Variant): Check =>
  scopes === undefined ? check : { ...check, scopes }

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
    const { authorizationState } = await check.authorize(plain, request, signal)
    const callback = new URLSearchParams({ code: madeUpCode(), state: authorizationState.state })
    if (typeof authorizationState.issuer === 'string') callback.set('iss', authorizationState.issuer)
    recorder.take()
    const outcome = await check.exchange(plain, authorizationState, callback, signal)
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

/** Removes the requirements that only a real authorization response could meet. */
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
  if (outcome.kind === 'ended' || isAboutTheCode(outcome)) return true
  const codes =
    /^(?:invalid_grant|invalid_code|bad_verification_code|code_not_found|expired_code|invalid_authorization_code)$/
  return outcome.kind === 'refused' && codes.test(outcome.code)
}

/**
 * Servers whose codes have a form of their own (signed, encrypted) refuse any other with invalid_request. A
 * code that is missing was not found in the request.
 */
function isAboutTheCode(outcome: TokenOutcome): boolean {
  if (outcome.kind !== 'config_error' || outcome.code !== 'invalid_request') return false
  const said = outcome.message.slice(outcome.message.indexOf(outcome.code))
  return /\bjw[est]\b|\bcode\b(?! ?(?:verifier|challenge))/i.test(said) && !/missing|required/i.test(said)
}

/** A code that no server issued. */
function madeUpCode(): string {
  return `keyway-check-${randomBytes(8).toString('hex')}`
}
