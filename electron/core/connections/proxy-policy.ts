// The targets that proxy requests of a connection may reach: the provider's API, the hosts of its
// description, and the person's additions. A host from a response alone never counts: it must match the
// provider's own pattern (fillUrl checks that).
import { lookup } from 'node:dns/promises'
import type { ConnectionRecord } from '../../../shared/contract/connection.ts'
import { isLoopbackHost } from '../../../shared/contract/provider-template.ts'
import type { ProviderRecord, ProviderView } from '../../../shared/contract/provider.ts'
import type { ProviderSpec } from '../../../shared/contract/provider-spec.ts'
import { fillMap, fillTemplate, fillUrl, resolveParameters } from '../../../shared/domain/template.ts'
import type { ProviderCheckStep } from '../../../shared/contract/ui-api.ts'
import { resolveTarget } from '../../../shared/domain/proxy-target.ts'
import type { ProxyPolicy } from '../keyway.ts'
import { isPrivateAddress, isPrivateEntry } from '../network/private-addresses.ts'
import { matchPattern } from '../providers/data-patterns.ts'
import type { ProviderStore } from '../providers/store.ts'

/** Built once per connection and provider; a change replaces these objects. */
export function createProxyPolicies(
  providers: Pick<ProviderStore, 'getOrThrow' | 'specOf'>,
): (connection: ConnectionRecord) => ProxyPolicy {
  const known = new WeakMap<ConnectionRecord, { provider: ProviderRecord; policy: ProxyPolicy }>()
  return (connection) => {
    const provider = providers.getOrThrow(connection.providerId)
    const found = known.get(connection)
    if (found?.provider === provider) return found.policy
    const policy = proxyPolicy(provider, providers.specOf(provider), connection)
    known.set(connection, { provider, policy })
    return policy
  }
}

export function proxyPolicy(
  provider: Pick<ProviderRecord, 'clientId' | 'parameters' | 'allowedHosts' | 'privateHosts' | 'extraCa'>,
  spec: ProviderSpec,
  connection: Pick<ConnectionRecord, 'values'>,
): ProxyPolicy {
  const parameters = resolveParameters(spec.templateParameters, provider.parameters, matchPattern).values
  const values = {
    ...connection.values,
    ...parameters,
    client_id: provider.clientId,
    app_name: 'Keyway',
    user_agent: 'Keyway',
  }
  const baseUrl = apiBaseUrl(provider, spec, connection)
  const base = baseUrl === null ? null : new URL(baseUrl)
  return {
    baseUrl,
    hosts: [
      ...(base === null ? [] : [base.host]),
      ...spec.api.hosts.flatMap((host) => fillTemplate(host, parameters) ?? []),
      ...provider.allowedHosts,
    ],
    // The person entered a provider on this machine as such, so its address is allowed. The same holds for a
    // private address that is written out among the allowed hosts: it can mean nothing else.
    privateHosts: [
      ...provider.privateHosts,
      ...provider.allowedHosts.filter(isPrivateEntry),
      ...(base !== null && isLoopbackHost(base.hostname) ? [base.host] : []),
    ],
    headers: fillMap(spec.api.headers, values),
    extraCa: provider.extraCa,
  }
}

export function apiBaseUrl(
  provider: Pick<ProviderRecord, 'parameters'>,
  spec: ProviderSpec,
  connection: Pick<ConnectionRecord, 'values'>,
): string | null {
  if (spec.api.baseUrl === null) return null
  const parameters = resolveParameters(spec.templateParameters, provider.parameters, matchPattern).values
  const filled = fillUrl(spec.api.baseUrl, {
    values: { ...connection.values, ...parameters },
    checked: Object.keys(parameters),
    dynamicHostPattern: spec.api.dynamicHostPattern,
    match: matchPattern,
  })
  return filled.ok ? filled.url : null
}

type Addresses = (hostname: string) => Promise<readonly string[]>

const addressesOf: Addresses = async (hostname) =>
  (await lookup(hostname, { all: true })).map(({ address }) => address)

/**
 * The step of the provider check that no sign-in shows: whether requests may go to the API's own host. None
 * where the host is known only after a sign-in, or cannot be resolved here.
 */
export async function checkApiHost(
  provider: Pick<
    ProviderView,
    'clientId' | 'parameters' | 'allowedHosts' | 'privateHosts' | 'extraCa' | 'spec'
  >,
  resolve: Addresses = addressesOf,
): Promise<ProviderCheckStep[]> {
  const policy = proxyPolicy(provider, provider.spec, { values: {} })
  const target = policy.baseUrl === null ? null : resolveTarget(policy, '')
  if (target?.kind !== 'ok') return []
  const { host, hostname } = target.url
  const step = { name: 'API host', request: null, answer: null }
  const addresses = await resolve(hostname.replace(/^\[|\]$/g, '')).catch(() => [])
  if (addresses.length === 0) return []
  if (target.privateAllowed || !addresses.every(isPrivateAddress)) {
    return [{ ...step, outcome: 'ok', explanation: `Requests may go to ${host}.`, fix: null }]
  }
  return [
    {
      ...step,
      outcome: 'failed',
      explanation: `${host} has an address in a private network, so requests to it are refused until you allow that.`,
      fix: {
        label: `Allow ${host} in your own network`,
        spec: {},
        privateHosts: [...provider.privateHosts, host],
      },
    },
  ]
}
