// The example request for snippets and test calls, filled for a connection so that it succeeds unchanged.
import type { ConnectionRecord, Probe } from '../../../shared/contract/connection.ts'
import type { ProviderRecord } from '../../../shared/contract/provider.ts'
import type { ProviderSpec } from '../../../shared/contract/provider-spec.ts'
import { resolveTarget } from '../../../shared/domain/proxy-target.ts'
import { fillKnown, fillMap, fillUrl, resolveParameters } from '../../../shared/domain/template.ts'
import type { ProxyPolicy } from '../keyway.ts'
import { matchPattern } from '../providers/data-patterns.ts'
import type { ProviderStore } from '../providers/store.ts'

type ProbeSpec = NonNullable<ProviderSpec['api']['probe']>

/** The provider's own probe, else its identity request. */
export function probeSpecOf({ api, account, endpoints }: ProviderSpec): ProbeSpec | null {
  if (api.probe !== null) return api.probe
  const url = account.request?.method === 'GET' ? account.request.url : endpoints.userinfo
  return url === null ? null : { method: 'GET', url, headers: {}, body: null }
}

/** Built once per connection and provider; a change replaces these objects. */
export function createProbes(
  providers: Pick<ProviderStore, 'getOrThrow' | 'specOf'>,
  policyOf: (connection: ConnectionRecord) => ProxyPolicy,
): (connection: ConnectionRecord) => Probe | null {
  const known = new WeakMap<ConnectionRecord, { provider: ProviderRecord; probe: Probe | null }>()
  return (connection) => {
    const provider = providers.getOrThrow(connection.providerId)
    const found = known.get(connection)
    if (found?.provider === provider) return found.probe
    const probe = probeOf(provider, providers.specOf(provider), connection, policyOf(connection))
    known.set(connection, { provider, probe })
    return probe
  }
}

/** Null also if a value is missing or the proxy policy forbids the address. */
export function probeOf(
  provider: Pick<ProviderRecord, 'clientId' | 'parameters'>,
  spec: ProviderSpec,
  connection: Pick<ConnectionRecord, 'values'>,
  policy: ProxyPolicy,
): Probe | null {
  const wanted = probeSpecOf(spec)
  if (wanted === null) return null
  const parameters = resolveParameters(spec.templateParameters, provider.parameters, matchPattern).values
  const values = { ...connection.values, ...parameters, client_id: provider.clientId }
  const filled = fillUrl(wanted.url, {
    values,
    checked: Object.keys(parameters),
    dynamicHostPattern: spec.api.dynamicHostPattern,
    match: matchPattern,
  })
  if (!filled.ok || resolveTarget(policy, filled.url).kind !== 'ok') return null
  return {
    method: wanted.method,
    url: filled.url,
    path: pathUnder(policy.baseUrl, filled.url),
    headers: fillMap(wanted.headers, values),
    body: wanted.body === null ? null : fillKnown(wanted.body, values),
  }
}

function pathUnder(baseUrl: string | null, url: string): string | null {
  if (baseUrl === null) return null
  const base = baseUrl.endsWith('/') ? baseUrl : `${baseUrl}/`
  return url.startsWith(base) ? url.slice(base.length) : null
}
