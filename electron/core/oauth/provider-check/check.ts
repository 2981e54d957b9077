// The provider check: runs every step of a sign-in up to the token request, with a code that no server
// issued. It uses the code of the real flows with a fetch that records the HTTP exchanges.
import { asKeywayError, sentencesFor } from '../../../../shared/contract/errors.ts'
import { parseTokenReply } from '../../../../shared/domain/token-response.ts'
import { withDeadline } from '../../async.ts'
import { createAuthorize } from '../authorization/request.ts'
import { createClientAuthentication, requireClientId } from '../client-authentication.ts'
import { createDpopKeys } from '../dpop.ts'
import { type AuthorizationServer, createEndpointResolver } from '../metadata/endpoints.ts'
import { templateValues } from '../request-format.ts'
import { createExchange } from '../token/authorization-code.ts'
import { createClientCredentials } from '../token/client-credentials.ts'
import { createDevice } from '../token/device.ts'
import { createTokenEndpointClient } from '../token/endpoint.ts'
import { recordExchanges } from '../transport/recording.ts'
import type { ProviderCheckRequest, OAuthClient, OAuthDeps, ResolvedProvider } from '../types.ts'
import { type Check, createStepLog } from './context.ts'
import { checkAuthorization, checkDiscovery } from './probes.ts'
import { checkClientCredentials, checkDeviceCode, checkTokenEndpoint } from './token-request.ts'

const PROVIDER_CHECK_DEADLINE_MS = 60_000

export function createProviderCheck(deps: OAuthDeps): OAuthClient['checkProvider'] {
  return async (provider, about, signal) => {
    const log = createStepLog()
    try {
      const deadline = { clock: deps.clock, timeoutMs: PROVIDER_CHECK_DEADLINE_MS, signal }
      await withDeadline(deadline, (inner) =>
        examine(makeCheck(deps, provider, { ...about, log, signal: inner }), about.flow),
      )
    } catch (error) {
      log.add({
        name: 'Check',
        outcome: 'failed',
        explanation: `The check did not finish: ${asKeywayError(error).message}`,
      })
    }
    return log.steps
  }
}

function makeCheck(
  deps: OAuthDeps,
  provider: ResolvedProvider,
  about: Pick<Check, 'redirectUri' | 'choosesHost' | 'scopes' | 'log' | 'signal'>,
): Check {
  const recorder = recordExchanges(deps.fetchFor(provider.extraCa), (answer) =>
    secretsIn(deps, provider, answer),
  )
  const recorded: OAuthDeps = { ...deps, fetchFor: () => recorder.fetch }
  // The check has its own caches, so that cached values do not hide the server's current answers.
  const servers = createEndpointResolver(recorded)
  const dpopKeys = createDpopKeys()
  const clients = createClientAuthentication()
  const tokenEndpoint = createTokenEndpointClient(recorded, { dpopKeys, clients })
  return {
    deps: recorded,
    provider,
    servers,
    recorder,
    ...about,
    authorize: createAuthorize({ deps: recorded, servers, dpopKeys, clients }),
    exchange: createExchange({ deps: recorded, servers, tokenEndpoint }),
    clientCredentials: createClientCredentials({ deps: recorded, servers, tokenEndpoint, dpopKeys }),
    startDevice: createDevice({ deps: recorded, servers, tokenEndpoint, dpopKeys, clients }).startDevice,
    server: null,
  }
}

/** The client secret, and the tokens of a response wherever this provider puts them. */
function secretsIn({ clock }: OAuthDeps, { clientSecret, spec }: ResolvedProvider, text: string): string[] {
  const now = clock.now()
  const parsed = parseTokenReply({ status: 200, text, receivedAt: now, serverNow: now }, spec.token)
  return [clientSecret?.reveal() ?? '', ...(parsed.kind === 'unreadable' ? [] : parsed.secrets)]
}

async function examine(check: Check, flow: ProviderCheckRequest['flow']): Promise<void> {
  if (!checkSetup(check)) return
  const server = await checkDiscovery(check, flow)
  if (server === null) return
  const known = { ...check, server }
  if (flow === 'client_credentials') await checkClientCredentials(known)
  if (flow === 'device_code') await checkDeviceCode(known)
  if (flow === 'authorization_code') {
    await checkAuthorization(known)
    await checkTokenEndpoint(known)
  }
  noteOthers(check, server)
}

function checkSetup({ deps, provider, log }: Check): boolean {
  try {
    requireClientId(provider)
    templateValues(deps, provider)
  } catch (error) {
    const explanation = sentencesFor('window', asKeywayError(error))
    log.add({ name: 'Setup', outcome: 'failed', explanation })
    return false
  }
  log.add({ name: 'Setup', outcome: 'ok', explanation: 'Client id and parameters are there.' })
  return true
}

function noteOthers({ provider, log }: Check, server: AuthorizationServer): void {
  const canRevoke = server.endpoint('revocation') !== null || provider.spec.revocation?.url != null
  log.add({
    name: 'Disconnect',
    outcome: canRevoke ? 'ok' : 'warning',
    explanation: canRevoke
      ? 'Grants can be ended at the provider.'
      : 'No revocation address is known: a disconnect removes the tokens here only.',
  })
}
