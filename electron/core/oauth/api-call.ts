// A JSON call to a provider's API with the connection's token: identity, resources. A DPoP nonce is taken up once.
import { KeywayError } from '../../../shared/contract/errors.ts'
import { parseJson } from '../../../shared/domain/exact-json.ts'
import { fillMap } from '../../../shared/domain/template.ts'
import { withinDeadline } from './deadline.ts'
import { claimsOf } from './id-token.ts'
import { asDiscoveryError } from './metadata.ts'
import type { ApiCredential, OAuthClient, ResolvedProvider } from './oauth-client.ts'
import { DISCOVERY_DEADLINE_MS, type OAuthDeps } from './oauth-deps.ts'
import { templateValues } from './provider-values.ts'
import { sendWire, type Wire, type WireReply } from './wire.ts'

export type ApiCall = {
  method: 'GET' | 'POST'
  url: string
  headers: Readonly<Record<string, string>>
  body: string | null
}

export type ApiCaller = (
  provider: ResolvedProvider,
  credential: ApiCredential,
  call: ApiCall,
  signal?: AbortSignal,
) => Promise<unknown>

/** The parsed JSON. @throws KeywayError provider_error | provider_response_invalid | provider_unreachable | deadline_exceeded */
export function createApiCaller(deps: OAuthDeps, apiHeaders: OAuthClient['apiHeaders']): ApiCaller {
  const sendWith = async (
    wire: Wire,
    about: { provider: ResolvedProvider; credential: ApiCredential; call: ApiCall },
    nonce: string | null,
  ): Promise<WireReply> => {
    const { provider, credential, call } = about
    const { method, url, body } = call
    const values = templateValues(deps, provider, credential.values)
    const headers = {
      accept: 'application/json',
      'user-agent': deps.userAgent,
      ...lowerCase(fillMap(provider.spec.api.headers, values)),
      ...Object.fromEntries(await apiHeaders(provider, credential, { method, url, nonce })),
      ...lowerCase(call.headers),
    }
    return sendWire(wire, { method, url, headers, body })
  }

  return async (provider, credential, call, signal) => {
    const { clock } = deps
    try {
      return await withinDeadline({ clock, timeoutMs: DISCOVERY_DEADLINE_MS, signal }, async (inner) => {
        const wire = { fetch: deps.fetchFor(provider), clock, signal: inner }
        const about = { provider, credential, call }
        let reply = await sendWith(wire, about, null)
        const nonce = reply.headers.get('dpop-nonce')
        if (reply.status === 401 && nonce !== null && credential.dpopKey !== null) {
          reply = await sendWith(wire, about, nonce)
        }
        return readJson(provider, reply)
      })
    } catch (error) {
      throw asDiscoveryError(error)
    }
  }
}

function readJson(provider: ResolvedProvider, reply: WireReply): unknown {
  if (reply.status < 200 || reply.status > 299) {
    throw new KeywayError('provider_error', {
      message: `The API of ${provider.name} answered ${reply.status}.`,
      details: { status: reply.status },
    })
  }
  try {
    return isJwt(reply) ? claimsOf(reply.text) : parseJson(reply.text)
  } catch (cause) {
    throw new KeywayError('provider_response_invalid', {
      message: `The API of ${provider.name} answered with something that is not JSON.`,
      cause,
    })
  }
}

/** Userinfo may be signed (OIDC Core 5.3.2). What vouches for it here is the connection to the server, as for plain JSON. */
export const isJwt = ({ headers }: Pick<WireReply, 'headers'>): boolean =>
  /^application\/jwt\b/i.test(headers.get('content-type') ?? '')

function lowerCase(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}
