import type { ProviderView } from '../../shared/contract/provider.ts'

/**
 * The hosts that receive a provider's secrets and tokens: its endpoints, its API, and the hosts that the
 * person added. Without duplicates, in that order.
 */
export function credentialHosts({ spec, allowedHosts, privateHosts }: ProviderView): string[] {
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
  return [...new Set([...addresses.flatMap(hostIn), ...api.hosts, ...allowedHosts, ...privateHosts])]
}

/** Also for a template, whose placeholders stay as they are. */
function hostIn(address: string | null | undefined): string[] {
  const host = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]+)/i.exec(address ?? '')?.[1]
  return host === undefined ? [] : [host]
}

/** The hosts of the API itself, as the provider's description names them. They are always allowed. */
export function apiHosts({ api }: Pick<ProviderView['spec'], 'api'>): string[] {
  return [...new Set([...hostIn(api.baseUrl), ...api.hosts])]
}

export type HostLists = Pick<ProviderView, 'allowedHosts' | 'privateHosts'>
export type ListedHost = { host: string; isPrivate: boolean }

/** The two stored lists as the one that a person sees. */
export function listedHosts({ allowedHosts, privateHosts }: HostLists): ListedHost[] {
  return [...new Set([...allowedHosts, ...privateHosts])].map((host) => ({
    host,
    isPrivate: privateHosts.includes(host),
  }))
}

export function withHost(lists: HostLists, { host, isPrivate }: ListedHost): HostLists {
  const { allowedHosts, privateHosts } = withoutHost(lists, host)
  return {
    allowedHosts: [...allowedHosts, host],
    privateHosts: isPrivate ? [...privateHosts, host] : privateHosts,
  }
}

export function withoutHost({ allowedHosts, privateHosts }: HostLists, host: string): HostLists {
  const others = (list: readonly string[]) => list.filter((other) => other !== host)
  return { allowedHosts: others(allowedHosts), privateHosts: others(privateHosts) }
}

const HOST = /^(?:(?:\*\.)?[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?|\[[0-9a-f:.]+\])(?::\d{1,5})?$/

/** `host` or `host:port` from what was typed or pasted, such as a whole address; null if there is none. */
export function hostFrom(typed: string): string | null {
  const text = typed.trim().toLowerCase()
  const bare = /^[a-z][a-z0-9+.-]*:\/\//.test(text) ? (hostIn(text)[0] ?? '') : text.replace(/[/?#].*$/s, '')
  const host = bare.replace(/\.$/, '')
  return HOST.test(host) ? host : null
}

const PRIVATE =
  /^(?:localhost|127\.|10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|169\.254\.|\[(?:::1|f[cd][0-9a-f]{2}:|fe80:)|[^.:[\]]+(?::\d+)?$|.*\.(?:local|lan|internal|home\.arpa|localdomain)(?::\d+)?$)/

/** Whether a host is most likely in the person's own network. A first choice, which the person can change. */
export function looksPrivate(host: string): boolean {
  return PRIVATE.test(host)
}
