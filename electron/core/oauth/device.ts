// RFC 8628. The polling is Keyway's own, because the library waits by the machine's clock; each poll is the library's grant.
import { KeywayError } from '../../../shared/contract/errors.ts'
import { Secret } from '../../../shared/contract/secret.ts'
import { joinScopes } from '../../../shared/domain/scopes.ts'
import { resourcesOf, wantsDpop } from './authorize.ts'
import { delay } from './deadline.ts'
import { requestDeviceCode } from './device-code.ts'
import type { DpopKeys, PrivateJwk } from './dpop-keys.ts'
import { loadLibrary } from './library.ts'
import type { DeviceCode, OAuthClient, ResolvedProvider, TokenOutcome } from './oauth-client.ts'
import type { OAuthDeps } from './oauth-deps.ts'
import { requireClientId } from './require-client.ts'
import type { Server, Servers } from './servers.ts'
import { outcomeOfPreparation, type TokenCaller } from './token-caller.ts'
import { tokenShaping } from './token-shaping.ts'

type Tools = { deps: OAuthDeps; servers: Servers; caller: TokenCaller; dpopKeys: DpopKeys }
type Inner = { deviceCode: Secret; scopes: readonly string[]; dpopKey: PrivateJwk | null }

const GRANT = 'urn:ietf:params:oauth:grant-type:device_code'
const LONGEST_INTERVAL_SECONDS = 60

export function createDevice(tools: Tools): Pick<OAuthClient, 'startDevice' | 'pollDevice'> {
  const { deps, servers, dpopKeys } = tools
  return {
    async startDevice(provider, scopes, signal) {
      requireClientId(provider)
      const need = ['deviceAuthorization', 'token'] as const
      const server = await servers.find(provider, { need, discovery: 'when-needed', signal })
      const { deviceCode, ...shown } = await requestDeviceCode(deps, { provider, server, scopes, signal })
      const dpopKey = wantsDpop(provider, server) ? await dpopKeys.make(await loadLibrary()) : null
      const inner: Inner = { deviceCode: new Secret(deviceCode), scopes, dpopKey }
      return { ...shown, inner }
    },
    async pollDevice(provider, device, signal) {
      try {
        const server = await servers.find(provider, { need: ['token'], discovery: 'when-needed', signal })
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

type Poll = { provider: ResolvedProvider; server: Server; device: DeviceCode }

async function pollUntilDecided(tools: Tools, poll: Poll, signal: AbortSignal): Promise<TokenOutcome> {
  const { clock } = tools.deps
  // By the monotonic clock: a jump of the wall clock must neither end a sign-in nor keep a dead one.
  const endsAt = clock.monotonicMs() + Math.max(0, poll.device.expiresAt - clock.now())
  let interval = poll.device.intervalSeconds
  let pause = interval
  for (;;) {
    await delay(clock, Math.min(pause * 1000, Math.max(0, endsAt - clock.monotonicMs())), signal)
    if (clock.monotonicMs() >= endsAt) throw new KeywayError('flow_expired')
    const outcome = await pollOnce(tools, poll, signal)
    if (signal.aborted) throw new KeywayError('flow_cancelled')
    const next = nextStep(poll.provider, outcome)
    if (next === 'done') return outcome
    // RFC 8628 3.5: slow_down adds five seconds for good; silence backs off.
    if (next === 'slower') interval += 5
    if (next === 'back off') interval = Math.min(interval * 2, LONGEST_INTERVAL_SECONDS)
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
  { deps, caller }: Tools,
  { provider, server, device }: Poll,
  signal: AbortSignal,
): Promise<TokenOutcome> {
  const { deviceCode, scopes, dpopKey } = device.inner as Inner
  const parameters: Array<[string, string]> = [['device_code', deviceCode.reveal()]]
  // A server with its own name for scopes here wants them again with every poll.
  const { scopeParam } = provider.spec.device
  if (scopeParam !== null && scopes.length > 0) {
    parameters.push([scopeParam, joinScopes(scopes, provider.spec.scopes.separator)])
  }
  for (const resource of resourcesOf(provider, server.values)) parameters.push(['resource', resource])
  const { userAgent } = deps
  return caller.call({
    provider,
    server,
    url: server.need('token'),
    purpose: 'device',
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
