import type { ProviderView } from '../../shared/contract/provider.ts'

/**
 * The hosts that receive a provider's secrets and tokens: its endpoints, its API, and the hosts that the
 * person added. Without duplicates, in that order.
 */
export function credentialHosts({ spec, allowedHosts }: ProviderView): string[] {
  const { endpoints, discovery, api, account } = spec
  const addresses = [
    ...Object.values(endpoints),
    discovery.issuer,
    discovery.url,
    api.baseUrl,
    account.request?.url,
    account.resource?.url,
    account.validation?.url,
  ]
  return [...new Set([...addresses.flatMap(hostIn), ...api.hosts, ...allowedHosts])]
}

/** Also for a template, whose placeholders stay as they are. */
function hostIn(address: string | null | undefined): string[] {
  const host = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]+)/i.exec(address ?? '')?.[1]
  return host === undefined ? [] : [host]
}
