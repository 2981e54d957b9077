// The steps of a provider check: discovery, sign-in page, device code, token endpoint and client credentials.
import { randomBytes } from 'node:crypto'
import { asKeywayError, nextStepFor, sentencesFor } from '../../../../shared/contract/errors.ts'
import { Secret } from '../../../../shared/contract/secret.ts'
import type { ProviderCheckStep } from '../../../../shared/contract/ui-api.ts'
import { makeClientKey, signingAlgorithmFor } from '../client-keys.ts'
import type { AuthorizationServer, Endpoint } from '../metadata/endpoints.ts'
import { asDiscoveryError, type DiscoveredMetadata } from '../metadata/metadata.ts'
import { leftOutSentence } from '../members.ts'
import { sendHttp } from '../transport/http-exchange.ts'
import type { RecordedExchange } from '../transport/recording.ts'
import type { ProviderCheckRequest, ResolvedProvider, TokenOutcome } from '../types.ts'
import type { Check } from './context.ts'
import { signInVariants, tokenVariants, withVariant } from './variants.ts'
import { complaintIn, signInVerdict, type SignInVerdict } from './verdict.ts'

type Asked = { verdict: SignInVerdict; seen: RecordedExchange | undefined }

/**
 * Requests the sign-in page like a browser without cookies. If it is rejected, tries variants until one is
 * accepted.
 */
export async function checkAuthorization(check: Check): Promise<void> {
  const { provider, redirectUri, log } = check
  const { verdict, seen } = await requestSignInPage(check, provider, redirectUri)
  const step = { name: 'Sign-in page', ...seen, outcome: verdict.outcome }
  if (verdict.outcome === 'ok') {
    log.add({ ...step, explanation: verdict.explanation })
    return
  }
  const found = await findAuthorizationFix(check, verdict)
  log.add({
    ...step,
    explanation: found === null ? verdict.explanation : `${verdict.explanation} ${found.explanation}`,
    fix: found?.fix ?? null,
  })
}

async function findAuthorizationFix(
  check: Check,
  { complaint }: SignInVerdict & { outcome: 'warning' | 'failed' },
): Promise<{ explanation: string; fix: ProviderCheckStep['fix'] } | null> {
  const { provider, redirectUri, signal } = check
  const variants = await signInVariants(check, complaint)
  for (const variant of variants) {
    if (signal.aborted) return null
    const address = variant.redirectUri ?? redirectUri
    const { verdict } = await requestSignInPage(check, withVariant(provider, variant), address)
    if (verdict.outcome !== 'ok') continue
    const { label, spec } = variant
    return { explanation: `Another way worked: ${label}.`, fix: { label, spec } }
  }
  return null
}

async function requestSignInPage(
  check: Check,
  provider: ResolvedProvider,
  redirectUri: string | null,
): Promise<Asked> {
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
    const wire = { fetch: deps.fetchFor(provider.extraCa), clock: deps.clock, signal }
    const reply = await sendHttp(wire, { method: 'GET', url, headers, body: null })
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

const needed: Record<ProviderCheckRequest['flow'], readonly Endpoint[]> = {
  authorization_code: ['authorization', 'token'],
  device_code: ['deviceAuthorization', 'token'],
  client_credentials: ['token'],
}

/** Resolves the addresses and metadata. Null if no further step is possible without them. */
export async function checkDiscovery(
  check: Check,
  flow: ProviderCheckRequest['flow'],
): Promise<AuthorizationServer | null> {
  const { provider, servers, recorder, log, signal } = check
  const { discovery } = provider.spec
  const named = discovery.issuer !== null || discovery.url !== null
  try {
    const server = await servers.resolveEndpoints(provider, {
      need: needed[flow],
      discovery: 'if-possible',
      signal,
    })
    const [last] = recorder.take().slice(-1)
    if (named && server.discovered === null) {
      log.add({
        name: 'Discovery',
        outcome: 'warning',
        ...last,
        explanation: 'The issuer did not answer with usable metadata; the typed addresses are used.',
      })
    } else {
      const explanation = named
        ? `Issuer ${server.issuer ?? ''}.`
        : 'No issuer is set; the typed addresses are used.'
      log.add({
        name: 'Discovery',
        outcome: named ? 'ok' : 'skipped',
        ...last,
        explanation: explanation + leftOutSentence(server.leftOut),
      })
    }
    for (const name of needed[flow]) server.endpointOrThrow(name)
    hints(check, server)
    return server
  } catch (error) {
    const explanation = sentencesFor('window', asKeywayError(error))
    const [last] = recorder.take().slice(-1)
    log.add({ name: 'Discovery', outcome: 'failed', ...last, explanation })
    return null
  }
}

/** Compares the setup with the metadata before any request. */
function hints({ provider, log }: Check, server: AuthorizationServer): void {
  const { discovered } = server
  if (discovered === null) return
  const methods = discovered.code_challenge_methods_supported
  const { pkce } = provider.spec.authorize
  if (methods?.includes('S256') === true && pkce !== 'S256') {
    log.add({
      name: 'PKCE',
      outcome: 'warning',
      explanation: `The server takes PKCE with S256; this provider is set to "${pkce}".`,
      fix: { label: 'Use PKCE with S256', spec: { authorize: { pkce: 'S256' } } },
    })
  }
  hintAboutClient({ provider, log }, discovered)
}

const usual = ['client_secret_basic', 'client_secret_post', 'none']

function hintAboutClient(
  { provider, log }: Pick<Check, 'provider' | 'log'>,
  metadata: DiscoveredMetadata,
): void {
  const supported = metadata.token_endpoint_auth_methods_supported
  const { auth, signingAlgorithm } = provider.spec.client
  if (supported === undefined) return
  const name = 'Client authentication'
  const signingFits = signingAlgorithmFor(metadata)
  const named = metadata.token_endpoint_auth_signing_alg_values_supported
  const hasUsual = usual.some((one) => supported.includes(one))
  if (auth !== 'private_key_jwt' && !hasUsual && supported.includes('private_key_jwt')) {
    const client = { auth: 'private_key_jwt', signingAlgorithm: signingFits }
    log.add({
      name,
      outcome: 'warning',
      explanation: `The server wants a signature of the client (${supported.join(', ')}); this provider is set to ${auth}.`,
      fix: { label: 'Make a key and sign with it', spec: { client } },
    })
  } else if (auth === 'private_key_jwt' && named !== undefined && !named.includes(signingAlgorithm)) {
    log.add({
      name,
      outcome: 'warning',
      explanation: `The server takes signatures with ${named.join(', ')}; the key here is for ${signingAlgorithm}.`,
      fix: { label: `Make a key for ${signingFits}`, spec: { client: { signingAlgorithm: signingFits } } },
    })
  } else if (auth !== 'auto' && !supported.includes(auth)) {
    log.add({
      name,
      outcome: 'warning',
      explanation: `The server names ${supported.join(', ')}; this provider is set to ${auth}.`,
      fix: { label: 'Choose the way by the metadata', spec: { client: { auth: 'auto' } } },
    })
  }
}

/** Requests a device code that nobody will enter; it expires by itself. */
export async function checkDeviceCode(check: Check): Promise<void> {
  const { provider, scopes, log, recorder, signal } = check
  const name = 'Device code'
  recorder.take()
  try {
    const { verificationUri } = await check.startDevice(provider, scopes, signal)
    const explanation = `The server gives a code to enter at ${verificationUri}.`
    log.add({ name, outcome: 'ok', ...recorder.take().at(-1), explanation })
  } catch (error) {
    const explanation = sentencesFor('window', asKeywayError(asDiscoveryError(error)))
    log.add({ name, outcome: 'failed', ...recorder.take().at(-1), explanation })
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
  for (const variant of (await tokenVariants(check, failure)).slice(0, MAX_VARIANTS)) {
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
