// Redirects of the API (RFC 9110 15.4). A client that follows one sends its headers along, Keyway's key
// included, to whatever address stands in Location. So a redirect within the base address comes back as a
// path of Keyway; any other one loses its Location, and the API's own value stands in Keyway-Location.
import { resolveTarget, type TargetUrl } from '../../../shared/domain/proxy-target.ts'
import type { ProxyPolicy } from '../../core/keyway.ts'
import type { ReturnedHeaders } from './headers.ts'

export type Redirected = { kind: 'redirect'; url: TargetUrl; privateAllowed: boolean }

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])
const MOST_REDIRECTS = 5

/**
 * The next address, if Keyway follows for the caller: within the same origin, where the API asks for the same
 * request again. Null: the caller gets the redirect. The body, if there is one, must still be at hand.
 */
export function followedRedirect(
  status: number,
  location: string | null,
  request: { method: string; url: TargetUrl; policy: ProxyPolicy; redirects: number },
): Redirected | null {
  if (!REDIRECTS.has(status) || location === null || request.redirects >= MOST_REDIRECTS) return null
  // 307 and 308 keep method and body; after the others, clients change POST to GET.
  const isRepeated = request.method === 'GET' || request.method === 'HEAD' || status >= 307
  const url = isRepeated ? absolute(location, request.url) : null
  if (url === null || url.origin !== request.url.origin) return null
  const target = resolveTarget(request.policy, url.href)
  return target.kind === 'ok'
    ? { kind: 'redirect', url: target.url, privateAllowed: target.privateAllowed }
    : null
}

/** Replaces Location in an answer that a client may follow. `id`: of the connection, for the path form. */
export function withOwnLocation(
  head: ReturnedHeaders,
  status: number,
  { url, policy, id }: { url: TargetUrl; policy: ProxyPolicy; id: string },
): void {
  if (head.location === null || status < 300) return
  const target = absolute(head.location, url)
  const own = target === null ? null : pathInKeyway(target, policy, id)
  const headers: string[] = []
  for (let index = 0; index + 1 < head.headers.length; index += 2) {
    const name = head.headers[index] ?? ''
    if (name.toLowerCase() !== 'location') headers.push(name, head.headers[index + 1] ?? '')
  }
  headers.push('keyway-location', target?.href ?? head.location)
  if (own !== null) headers.push('location', own)
  head.headers = headers
}

function absolute(location: string, from: TargetUrl): URL | null {
  if (!URL.canParse(location, from.href)) return null
  const url = new URL(location, from.href)
  url.hash = ''
  return url
}

/** Null if the path form does not lead to exactly this address. */
function pathInKeyway(target: URL, policy: ProxyPolicy, id: string): string | null {
  if (policy.baseUrl === null) return null
  const base = new URL(policy.baseUrl)
  const prefix = base.pathname.replace(/\/$/, '')
  if (target.origin !== base.origin || !target.pathname.startsWith(prefix)) return null
  const rest = target.pathname === base.pathname ? '' : target.pathname.slice(prefix.length)
  // `request/` alone is the base as it was registered, with or without a slash at its end.
  if (rest !== '' && (rest === '/' || !rest.startsWith('/'))) return null
  const reached = resolveTarget(policy, `${rest}${target.search}`)
  if (reached.kind === 'refused' || reached.url.href !== target.href) return null
  return `/api/integrations/${id}/request${rest === '' ? '/' : rest}${target.search}`
}
