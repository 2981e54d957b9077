// The device authorization grant (RFC 8628). Keyway polls by itself, because the library waits by the system
// clock; each poll is one grant of the library.
import type { CustomFetch } from 'openid-client'
import { z } from 'zod'
import { KeywayError } from '../../../../shared/contract/errors.ts'
import { isLoopbackHost } from '../../../../shared/contract/provider-template.ts'
import { Secret } from '../../../../shared/contract/secret.ts'
import { parseLifetime } from '../../../../shared/domain/expiry.ts'
import { textOf } from '../../../../shared/domain/json-path.ts'
import { joinScopes } from '../../../../shared/domain/scopes.ts'
import { namedSecrets } from '../../../../shared/domain/redact.ts'
import { errorOf, readTokenBody } from '../../../../shared/domain/token-response.ts'
import { sleep, withDeadline } from '../../async.ts'
import { secretTraces } from '../../secret-traces.ts'
import { resourcesOf, wantsDpop } from '../authorization/request.ts'
import {
  type AuthMethod,
  buildConfiguration,
  type ClientAuthentication,
  requireClientId,
} from '../client-authentication.ts'
import type { DpopKeys, PrivateJwk } from '../dpop.ts'
import type { AuthorizationServer, EndpointResolver } from '../metadata/endpoints.ts'
import { asDiscoveryError } from '../metadata/metadata.ts'
import { sendHttp, httpFailureOf, type HttpFailure, type HttpResponse } from '../transport/http-exchange.ts'
import { loadLibrary } from '../transport/openid-client.ts'
import {
  type DeviceCode,
  DISCOVERY_DEADLINE_MS,
  type OAuthClient,
  type OAuthDeps,
  type ResolvedProvider,
  type TokenOutcome,
} from '../types.ts'
import { outcomeOfPreparation, type TokenEndpointClient } from './endpoint.ts'
import { adviceFor, isUnreadable, LATER, refusedRequestCode, scrub } from './errors.ts'
import { shapeRequest, tokenShaping } from '../request-format.ts'
import { jsonResponse } from './response.ts'

type Tools = {
  deps: OAuthDeps
  servers: EndpointResolver
  tokenEndpoint: TokenEndpointClient
  dpopKeys: DpopKeys
  clients: ClientAuthentication
}
type Inner = { deviceCode: Secret; scopes: readonly string[]; dpopKey: PrivateJwk | null }

const GRANT = 'urn:ietf:params:oauth:grant-type:device_code'
const MAX_INTERVAL_SECONDS = 60
/** So many responses that cannot be read are passed over. */
const UNREADABLE_POLLS = 3

export function createDevice(tools: Tools): Pick<OAuthClient, 'startDevice' | 'pollDevice'> {
  const { servers, dpopKeys } = tools
  return {
    async startDevice(provider, scopes, signal) {
      requireClientId(provider)
      const need = ['deviceAuthorization', 'token'] as const
      const server = await servers.resolveEndpoints(provider, { need, discovery: 'when-needed', signal })
      const { deviceCode, ...shown } = await requestDeviceCode(tools, { provider, server, scopes, signal })
      const dpopKey = wantsDpop(provider, server) ? await dpopKeys.make(await loadLibrary()) : null
      const inner: Inner = { deviceCode: new Secret(deviceCode), scopes, dpopKey }
      return { ...shown, inner }
    },
    async pollDevice(provider, device, signal) {
      try {
        const server = await servers.resolveEndpoints(provider, {
          need: ['token'],
          discovery: 'when-needed',
          signal,
        })
        return await pollUntilDecided(tools, { provider, server, device }, signal)
      } catch (error) {
        if (signal.aborted) throw new KeywayError('flow_cancelled', { cause: error })
        return outcomeOfFailure(provider, error)
      }
    },
  }
}

function outcomeOfFailure(provider: ResolvedProvider, error: unknown): TokenOutcome {
  const decided =
    error instanceof KeywayError && (error.code === 'access_denied' || error.code === 'flow_expired')
  if (decided) throw error
  return outcomeOfPreparation(provider, error)
}

type Poll = { provider: ResolvedProvider; server: AuthorizationServer; device: DeviceCode }

async function pollUntilDecided(tools: Tools, poll: Poll, signal: AbortSignal): Promise<TokenOutcome> {
  const { clock } = tools.deps
  // Measured with the monotonic clock: a jump of the wall clock must neither end a sign-in nor prolong an
  // expired one.
  const endsAt = clock.monotonicMs() + Math.max(0, poll.device.expiresAt - clock.now())
  let interval = poll.device.intervalSeconds
  let pause = interval
  let unreadable = 0
  for (;;) {
    await sleep(clock, Math.min(pause * 1000, Math.max(0, endsAt - clock.monotonicMs())), signal)
    if (clock.monotonicMs() >= endsAt) throw new KeywayError('flow_expired')
    const outcome = await pollOnce(tools, poll, signal)
    if (signal.aborted) throw new KeywayError('flow_cancelled')
    const next = nextStep(poll.provider, outcome)
    if (next === 'done') return outcome
    if (outcome.kind === 'retry' && isUnreadable(outcome.code)) unreadable += 1
    if (unreadable > UNREADABLE_POLLS) return outcome
    // RFC 8628 3.5: slow_down adds five seconds permanently; a timeout increases the interval.
    if (next === 'slower') interval += 5
    if (next === 'back off') interval = Math.min(interval * 2, MAX_INTERVAL_SECONDS)
    const asked = outcome.kind === 'retry' ? (outcome.retryAfterMs ?? 0) / 1000 : 0
    pause = Math.max(interval, asked)
  }
}

function nextStep(
  provider: ResolvedProvider,
  outcome: TokenOutcome,
): 'done' | 'wait' | 'slower' | 'back off' {
  if (outcome.kind === 'ok') return 'done'
  const aliases = provider.spec.device.errorAliases
  const code = aliases[outcome.code] ?? outcome.code
  if (code === 'authorization_pending') return 'wait'
  if (code === 'slow_down') return 'slower'
  if (/denied|declined/i.test(code)) {
    throw new KeywayError('access_denied', { message: `Access was denied at ${provider.name}.` })
  }
  if (code === 'expired_token') throw new KeywayError('flow_expired')
  return outcome.kind === 'retry' ? 'back off' : 'done'
}

function pollOnce(
  { deps, tokenEndpoint }: Tools,
  { provider, server, device }: Poll,
  signal: AbortSignal,
): Promise<TokenOutcome> {
  const { deviceCode, scopes, dpopKey } = device.inner as Inner
  const parameters: Array<[string, string]> = [['device_code', deviceCode.reveal()]]
  // A server with its own name for the scope parameter requires the scopes with every poll.
  const { scopeParam } = provider.spec.device
  if (scopeParam !== null && scopes.length > 0) {
    parameters.push([scopeParam, joinScopes(scopes, provider.spec.scopes.separator)])
  }
  for (const resource of resourcesOf(provider, server.values)) parameters.push(['resource', resource])
  const { userAgent } = deps
  return tokenEndpoint.request({
    provider,
    server,
    url: server.endpointOrThrow('token'),
    purpose: 'device',
    scopes,
    shaping: tokenShaping({
      provider,
      values: server.values,
      userAgent,
      purpose: 'device',
      redirectUri: null,
    }),
    secrets: [deviceCode.reveal()],
    dpopKey,
    withoutSecret: provider.spec.device.withoutSecret,
    signal,
    run: ({ library, config, options }) =>
      library.genericGrantRequest(config, GRANT, new URLSearchParams(parameters), options),
  })
}

// The device authorization request: gets a user code, from standard and non-conformant responses.

type DeviceCodeRequest = {
  provider: ResolvedProvider
  server: AuthorizationServer
  scopes: readonly string[]
  signal?: AbortSignal | undefined
}
type Shown = Omit<DeviceCode, 'inner'> & { deviceCode: string }

const DEFAULT_LIFETIME_SECONDS = 600
const DEFAULT_INTERVAL_SECONDS = 5

/**
 * @throws KeywayError config_error | provider_error | provider_response_invalid | provider_unreachable |
 * deadline_exceeded
 */
async function requestDeviceCode(
  { deps, clients }: Pick<Tools, 'deps' | 'clients'>,
  request: DeviceCodeRequest,
): Promise<Shown> {
  const { provider, server } = request
  const url = server.endpointOrThrow('deviceAuthorization')
  const call = { provider, server, url, withoutSecret: provider.spec.device.withoutSecret }
  try {
    return await withDeadline(
      { clock: deps.clock, timeoutMs: DISCOVERY_DEADLINE_MS, signal: request.signal },
      (signal) =>
        clients.authenticated(
          call,
          (method) => requestOnce(deps, request, { method, signal }),
          () => 'accepted',
        ),
    )
  } catch (error) {
    throw asDiscoveryError(error)
  }
}

async function requestOnce(
  deps: OAuthDeps,
  wanted: DeviceCodeRequest,
  { method, signal }: { method: AuthMethod; signal: AbortSignal },
): Promise<Shown> {
  const { provider, server } = wanted
  const library = await loadLibrary()
  const url = server.endpointOrThrow('deviceAuthorization')
  const seen: { reply: HttpResponse | null; failure: HttpFailure | null } = { reply: null, failure: null }
  const { userAgent } = deps
  const base = tokenShaping({
    provider,
    values: server.values,
    userAgent,
    purpose: 'device',
    redirectUri: null,
  })
  const send: CustomFetch = async (_url, init) => {
    const parameters = [...new URLSearchParams(init.body instanceof URLSearchParams ? init.body : '')]
    const request = shapeRequest({ url, headers: init.headers, parameters }, { ...base, method: 'POST' })
    try {
      seen.reply = await sendHttp(
        { fetch: deps.fetchFor(provider.extraCa), clock: deps.clock, signal },
        request,
      )
    } catch (error) {
      seen.failure = httpFailureOf(error, new URL(url).host)
      throw seen.failure
    }
    return standardDeviceReply(seen.reply)
  }
  const config = buildConfiguration(library, { provider, server, method, fetch: send })
  try {
    const code = await library.initiateDeviceAuthorization(config, deviceParameters(wanted))
    return shownCode(deps, provider, { ...code })
  } catch (error) {
    if (seen.failure !== null) throw seen.failure
    throw seen.reply === null || error instanceof KeywayError ? error : refusedCode(provider, seen.reply)
  }
}

function deviceParameters({ provider, server, scopes }: DeviceCodeRequest): URLSearchParams {
  const { device, scopes: rules } = provider.spec
  const parameters = resourcesOf(provider, server.values).map((one): [string, string] => ['resource', one])
  if (scopes.length > 0 && !rules.none) {
    parameters.push([device.scopeParam ?? 'scope', joinScopes(scopes, rules.separator)])
  }
  return new URLSearchParams(parameters)
}

/** Accepts older field names, numbers as text, text as numbers, and a missing lifetime. */
function standardDeviceReply(reply: HttpResponse): Response {
  const read = readTokenBody(reply.text)
  const body = read.kind === 'object' ? read.body : {}
  const isError = (body['error'] ?? '') !== '' && body['error'] !== false
  if (reply.status < 200 || reply.status > 299 || isError) return jsonResponse(400, reply, body)
  const first = (...names: string[]): string | undefined =>
    names.map((name) => textOf(body[name])).find((text) => text !== null) ?? undefined
  return jsonResponse(200, reply, {
    device_code: first('device_code'),
    user_code: first('user_code'),
    verification_uri: first('verification_uri', 'verification_url'),
    verification_uri_complete: first('verification_uri_complete', 'verification_url_complete'),
    expires_in: secondsOf(reply, body['expires_in'], { usual: DEFAULT_LIFETIME_SECONDS, most: 86_400 * 30 }),
    interval: secondsOf(reply, body['interval'], { usual: DEFAULT_INTERVAL_SECONDS, most: 600 }),
  })
}

function secondsOf(
  { serverNow }: HttpResponse,
  value: unknown,
  { usual, most }: { usual: number; most: number },
): number {
  return Math.min(most, Math.max(1, parseLifetime(value, { unit: 'seconds', serverNow }) ?? usual))
}

const page = z
  .string()
  .max(2000)
  .refine((text) => {
    if (!URL.canParse(text)) return false
    const url = new URL(text)
    if (url.username !== '' || url.password !== '') return false
    return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopbackHost(url.hostname))
  })

const deviceReply = z.object({
  device_code: z.string().min(1).max(10_000),
  user_code: z
    .string()
    .min(1)
    .max(100)
    .regex(/^[^\p{Cc}]+$/u),
  verification_uri: page,
  verification_uri_complete: page.nullish().catch(null),
  expires_in: z
    .number()
    .min(1)
    .max(86_400 * 30),
  interval: z.number().positive().max(600).default(DEFAULT_INTERVAL_SECONDS),
})

function shownCode({ clock }: OAuthDeps, provider: ResolvedProvider, answer: unknown): Shown {
  const parsed = deviceReply.safeParse(answer)
  if (!parsed.success) {
    const fields = parsed.error.issues.map((issue) => issue.path.join('.')).join(', ')
    throw new KeywayError('provider_response_invalid', {
      message: `${provider.name} answered with a device code that cannot be used (${fields}).`,
    })
  }
  const { data } = parsed
  const complete = data.verification_uri_complete ?? null
  // The user code and the address are shown and opened, so they must not contain the device code or the
  // client secret.
  const traces = secretTraces([data.device_code, provider.clientSecret?.reveal()])
  if (traces.isIn(data.user_code) || traces.isIn(data.verification_uri)) {
    throw new KeywayError('provider_response_invalid', {
      message: `${provider.name} answered with a secret in what a person would be shown.`,
    })
  }
  return {
    deviceCode: data.device_code,
    userCode: data.user_code,
    verificationUri: data.verification_uri,
    verificationUriComplete: complete === null || traces.isIn(complete) ? null : complete,
    intervalSeconds: data.interval,
    expiresAt: clock.now() + data.expires_in * 1000,
  }
}

function refusedCode(provider: ResolvedProvider, reply: HttpResponse): KeywayError {
  const read = readTokenBody(reply.text)
  const error = read.kind === 'object' ? errorOf(read.body, provider.spec.token) : null
  const secrets = [
    provider.clientSecret?.reveal(),
    ...(read.kind === 'object' ? namedSecrets(read.body) : []),
  ]
  const code = scrub(error?.code ?? `http_${reply.status}`, secrets)
  const said = scrub(error?.description ?? '', secrets)
  const kind = refusedRequestCode(reply.status, error?.code ?? null)
  const message =
    error === null
      ? `${provider.name} answered ${reply.status} without a device code.`
      : `${provider.name} gives no device code: ${code}${said === '' ? '' : `, ${said}`}.`
  const own = kind === 'provider_unreachable' ? LATER : kind === 'config_error' ? deviceAdvice(code) : null
  return new KeywayError(kind, {
    message,
    ...(own === null ? {} : { nextStep: own }),
    details: { providerCode: code },
  })
}

/** The advice for a status without a reason is about the token address; here it is another one. */
function deviceAdvice(code: string): string {
  return /^http_(?!40[13])/.test(code)
    ? 'Check the device authorization address on the provider page.'
    : adviceFor(code)
}
