// The steps of a provider check before any token request: discovery, and the sign-in page.
import { asKeywayError, sentencesFor } from '../../../../shared/contract/errors.ts'
import type { ProviderCheckStep } from '../../../../shared/contract/ui-api.ts'
import { signingAlgorithmFor } from '../client-keys.ts'
import type { AuthorizationServer, Endpoint } from '../metadata/endpoints.ts'
import { asDiscoveryError, type DiscoveredMetadata } from '../metadata/metadata.ts'
import { leftOutSentence } from '../members.ts'
import { sendHttp } from '../transport/http-exchange.ts'
import type { RecordedExchange } from '../transport/recording.ts'
import type { ProviderCheckRequest, ResolvedProvider } from '../types.ts'
import type { Check } from './context.ts'
import { fixOf, signInVariants, withVariant } from './variants.ts'
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
    const asked = { ...check, scopes: variant.scopes ?? check.scopes }
    const { verdict } = await requestSignInPage(asked, withVariant(provider, variant), address)
    if (verdict.outcome !== 'ok') continue
    return { explanation: `Another way worked: ${variant.label}.`, fix: fixOf(variant) }
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
