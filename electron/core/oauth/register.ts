import { KeywayError } from '../../../shared/contract/errors.ts'
import { secretOrNull } from '../../../shared/contract/secret.ts'
import { readText } from '../../../shared/domain/json-path.ts'
import { fillMap } from '../../../shared/domain/template.ts'
import { readTokenBody } from '../../../shared/domain/token-body.ts'
import { withinDeadline } from './deadline.ts'
import { asDiscoveryError, serverMetadataSchema } from './metadata.ts'
import type { OAuthClient, RegisteredClient, ResolvedProvider } from './oauth-client.ts'
import { DISCOVERY_DEADLINE_MS, type OAuthDeps } from './oauth-deps.ts'
import { fillProviderUrl } from './provider-values.ts'
import { registerClient } from './register-client.ts'
import type { Server, Servers } from './servers.ts'
import { shapeRequest } from './shape-request.ts'
import { sendWire, type Wire } from './wire.ts'

type Tools = { deps: OAuthDeps; servers: Servers }
type Wishes = { redirectUris: readonly string[]; scopes: readonly string[] }

/** By the provider's own API where it has one (a client for each instance), else by RFC 7591. */
export function createRegister({ deps, servers }: Tools): OAuthClient['register'] {
  return async (provider, wishes, signal) => {
    const own = provider.spec.client.registrationRequest
    const need = own === null ? (['registration'] as const) : []
    const server = await servers.find(provider, { need, discovery: 'when-needed', signal })
    const { clock } = deps
    try {
      return await withinDeadline({ clock, timeoutMs: DISCOVERY_DEADLINE_MS, signal }, (inner) => {
        const wire = { fetch: deps.fetchFor(provider), clock, signal: inner }
        if (own !== null) return registerByApi({ deps, wire }, provider, { server, wishes })
        server.need('registration')
        return registerClient({ deps, wire }, serverMetadataSchema.parse(server.metadata), wishes)
      })
    } catch (error) {
      throw asDiscoveryError(error)
    }
  }
}

async function registerByApi(
  { deps, wire }: { deps: OAuthDeps; wire: Wire },
  provider: ResolvedProvider,
  about: { server: Server; wishes: Wishes },
): Promise<RegisteredClient> {
  const rule = provider.spec.client.registrationRequest
  if (rule === null)
    throw new KeywayError('config_error', { message: `${provider.name} takes no registrations.` })
  const { redirectUris, scopes } = about.wishes
  const values = {
    ...about.server.values,
    redirect_uri: redirectUris.join('\n'),
    scope: scopes.join(provider.spec.scopes.separator),
  }
  const request = shapeRequest(
    {
      url: fillProviderUrl(provider, rule.url, values),
      headers: { accept: 'application/json', 'user-agent': deps.userAgent },
      parameters: [],
    },
    {
      method: 'POST',
      format: rule.format,
      omit: [],
      add: fillMap(rule.fields, values),
      rename: {},
      headers: {},
    },
  )
  const reply = await sendWire(wire, request)
  const read = readTokenBody(reply.text)
  const body = read.kind === 'object' ? read.body : {}
  const clientId = readText(body, rule.clientIdPath)
  const clientSecret = secretOrNull(readText(body, rule.clientSecretPath))
  // The id is shown and stands in every sign-in's address.
  const isSecret = clientSecret !== null && (clientId ?? '').includes(clientSecret.reveal())
  if (reply.status < 200 || reply.status > 299 || clientId === null || isSecret) {
    throw new KeywayError('provider_error', {
      message: `${provider.name} did not register a client (HTTP ${reply.status}).`,
      details: { status: reply.status },
    })
  }
  return {
    clientId,
    clientSecret,
    auth: clientSecret === null ? 'none' : 'client_secret_post',
    registration: null,
  }
}
