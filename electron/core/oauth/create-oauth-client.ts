// Builds the OAuth client. It holds metadata, DPoP nonces and which authentication a server took; nothing secret outlives a call.
import { createApiCaller } from './api-call.ts'
import { createApiHeaders } from './api-headers.ts'
import { createAuthorize } from './authorize.ts'
import { createClientCredentials } from './client-credentials.ts'
import { createDevice } from './device.ts'
import { createDiscover } from './discover.ts'
import { createDoctor } from './doctor.ts'
import { createDpopKeys } from './dpop-keys.ts'
import { createExchange } from './exchange.ts'
import { createIdentify } from './identify.ts'
import type { OAuthClient } from './oauth-client.ts'
import type { OAuthDeps } from './oauth-deps.ts'
import { createRefresh } from './refresh.ts'
import { createRegister } from './register.ts'
import { createListResources } from './resources.ts'
import { createRevoke } from './revoke.ts'
import { createServers } from './servers.ts'
import { createTokenCaller } from './token-caller.ts'
import { createValidate } from './validate.ts'

export function createOAuthClient(deps: OAuthDeps): OAuthClient {
  const servers = createServers(deps)
  const dpopKeys = createDpopKeys()
  const caller = createTokenCaller(deps, dpopKeys)
  const apiHeaders = createApiHeaders({ deps, dpopKeys })
  const callApi = createApiCaller(deps, apiHeaders)
  return {
    authorize: createAuthorize({ deps, servers, dpopKeys }),
    exchange: createExchange({ deps, servers, caller }),
    refresh: createRefresh({ deps, servers, caller }),
    clientCredentials: createClientCredentials({ deps, servers, caller, dpopKeys }),
    ...createDevice({ deps, servers, caller, dpopKeys }),
    revoke: createRevoke({ deps, servers }),
    identify: createIdentify({ deps, servers, callApi, apiHeaders }),
    listResources: createListResources(deps, callApi),
    apiHeaders,
    discover: createDiscover(deps),
    register: createRegister({ deps, servers }),
    validate: createValidate(deps),
    doctor: createDoctor(deps),
    forgetFailures: servers.forgetFailures,
  }
}
