// Decides where a proxied request may go, from the connection's policy and the requested URL. The request
// carries credentials, so anything that two parsers could read differently is refused instead of repaired.
import { KeywayError } from '../contract/errors.ts'

export type TargetPolicy = {
  /** Base URL of relative addresses. Its own host is always allowed. */
  readonly baseUrl: string | null
  /** `host` or `host:port`; `*.` matches subdomains. Without a port: the scheme's default. */
  readonly hosts: readonly string[]
  /**
   * Hosts that may have private or loopback addresses and may be reached over plain http. One without `*`
   * need not be among `hosts` as well.
   */
  readonly privateHosts: readonly string[]
}

/** The URL as it will be sent, with the members of a URL object. */
export type TargetUrl = Readonly<
  Pick<URL, 'origin' | 'protocol' | 'host' | 'hostname' | 'port' | 'pathname' | 'search' | 'href'>
>

export type Target =
  | { kind: 'ok'; url: TargetUrl; privateAllowed: boolean }
  | {
      kind: 'refused'
      code: 'target_not_allowed' | 'invalid_request'
      reason: string
      /** What the person would have to allow; absent where nothing helps but another address. */
      missing?: MissingHost
    }

/** `host`: as it would be added, with the port if it needs one. */
export type MissingHost = { host: string; why: 'host' | 'port' | 'plain_http' }

/** `requested`: relative (`/files?x=1`, `files`), empty for the base itself, or absolute. */
export function resolveTarget(policy: TargetPolicy, requested: string): Target {
  if (/[\s\p{Cc}\\]/u.test(requested))
    return invalid('The address holds a space, a backslash or a control character.')
  if (requested.includes('#')) return invalid('The address holds a fragment.')
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(requested)) return absolute(policy, requested)
  if (/^https?:/i.test(requested)) return invalid('The address is neither relative nor a full https address.')
  return relative(policy, requested)
}

function relative(policy: TargetPolicy, requested: string): Target {
  if (requested.startsWith('//'))
    return refused('An address that starts with two slashes names another host.')
  const base = baseOf(policy)
  if (base === null) {
    return refused('This connection has no base address; send the whole address of an allowed host.')
  }
  if (isPlain(requested)) return plainTarget(base, requested)
  const { path, query } = split(requested)
  const checked = checkPath(`/${path.replace(/^\//, '')}`)
  if (checked.kind === 'refused') return invalid(checked.reason)
  const { prefix } = base
  const text = `${base.url.origin}${pathAt(base, path)}${query}`
  const url = new URL(text)
  if (url.origin !== base.url.origin || !url.pathname.startsWith(prefix))
    return refused('The address leaves its base.')
  return allowed(policy, url)
}

/** An empty path is the base as it is registered, with or without a slash at its end. */
function pathAt({ url, prefix }: Base, path: string): string {
  if (path === '') return url.pathname
  return path.startsWith('/') ? `${prefix}${path}` : `${prefix}/${path}`
}

type Base = { readonly url: URL; readonly prefix: string; readonly privateAllowed: boolean }

// Policy objects are replaced, never changed, so a parsed policy can be cached by its object.
const bases = new WeakMap<TargetPolicy, Base | null>()

function baseOf(policy: TargetPolicy): Base | null {
  const known = bases.get(policy)
  if (known !== undefined) return known
  const url = policy.baseUrl === null ? null : new URL(policy.baseUrl)
  const base =
    url === null
      ? null
      : {
          url,
          prefix: url.pathname.replace(/\/$/, ''),
          privateAllowed: matchesAny(policy.privateHosts, url, 'any-port'),
        }
  bases.set(policy, base)
  return base
}

const PLAIN = /^\/[\w\-~!$&()*+,;=:@./]*(?:\?[\w\-~!$%&()*+,;=:@./?[\]]*)?$/

/**
 * Matches nearly every URL: nothing encoded in the path, no dot segments, nothing that a URL parser would
 * rewrite.
 */
function isPlain(requested: string): boolean {
  return PLAIN.test(requested) && !/\/[./]/.test(split(requested).path)
}

/** The result of parsing, without parsing. A property test compares the two. */
function plainTarget(
  { url: { origin, protocol, host, hostname, port }, prefix, privateAllowed }: Base,
  requested: string,
): Target {
  const { path, query } = split(requested)
  const pathname = `${prefix}${path}`
  const search = query === '?' ? '' : query
  const url = {
    origin,
    protocol,
    host,
    hostname,
    port,
    pathname,
    search,
    href: `${origin}${pathname}${query}`,
  }
  return { kind: 'ok', url, privateAllowed }
}

function absolute(policy: TargetPolicy, requested: string): Target {
  if (!URL.canParse(requested)) return invalid('The address cannot be read.')
  const authorityEnd = requested.indexOf('/', requested.indexOf('://') + 3)
  const { path } = split(authorityEnd === -1 ? '/' : requested.slice(authorityEnd))
  const checked = checkPath(path)
  if (checked.kind === 'refused') return invalid(checked.reason)
  const url = new URL(requested)
  if (url.username !== '' || url.password !== '') return refused('The address holds a user name.')
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    return refused('Only http and https can be proxied.')
  // Refuses 127.1, 0x7f.1 and full-width digits: a host must be written as the URL parser reads it, so that
  // allowed and requested hosts can be compared.
  if (authorityIn(requested) !== url.host && authorityIn(requested) !== `${url.host}:${effectivePort(url)}`)
    return invalid(`The host is written in another way than it is used (${url.host}).`)
  return isAllowed(policy, url) ? allowed(policy, url) : notAllowed(policy, url)
}

function notAllowed(policy: TargetPolicy, url: URL): Target {
  const { host, hostname } = url
  const lists = [...policy.hosts, ...policy.privateHosts]
  if (url.protocol === 'http:' && !matchesAny(policy.privateHosts, url, 'any-port')) {
    return refused(`${host} would be reached without encryption, which only private hosts may be.`, {
      host,
      why: 'plain_http',
    })
  }
  const isKnown = lists.some((pattern) => nameFits(splitPattern(pattern.toLowerCase()).name, hostname))
  return isKnown
    ? refused(`${hostname} may be reached, but not on port ${effectivePort(url)}.`, { host, why: 'port' })
    : refused(`${host} is not among the hosts that this connection may reach.`, { host, why: 'host' })
}

function authorityIn(requested: string): string {
  return (/^[^:]+:\/\/([^/?#]*)/.exec(requested)?.[1] ?? '').toLowerCase()
}

function isAllowed(policy: TargetPolicy, url: URL): boolean {
  const base = baseOf(policy)?.url ?? null
  if (base?.origin === url.origin) return true
  if (url.protocol === 'http:' && !matchesAny(policy.privateHosts, url, 'any-port')) return false
  return (
    (base !== null && base.protocol === url.protocol && base.host === url.host) ||
    matchesAny(policy.hosts, url, 'own-port') ||
    matchesAny(policy.privateHosts.filter(isOneHost), url, 'own-port')
  )
}

function allowed(policy: TargetPolicy, url: URL): Target {
  return { kind: 'ok', url, privateAllowed: matchesAny(policy.privateHosts, url, 'any-port') }
}

/** `any-port`: a pattern without a port matches every port; `own-port`: only the scheme's default. */
function matchesAny(patterns: readonly string[], url: TargetUrl, ports: 'any-port' | 'own-port'): boolean {
  return patterns.some((pattern) => {
    const { name, port } = splitPattern(pattern.toLowerCase())
    const portFits = port === null ? ports === 'any-port' || url.port === '' : port === effectivePort(url)
    return portFits && nameFits(name, url.hostname)
  })
}

function nameFits(pattern: string, hostname: string): boolean {
  if (!pattern.startsWith('*.')) return hostname === pattern
  return hostname.endsWith(pattern.slice(1)) && hostname.length > pattern.length - 1
}

/** Only what the person wrote out in full: a private zone alone says nothing about where tokens may go. */
const isOneHost = (pattern: string): boolean => !pattern.startsWith('*')

function splitPattern(pattern: string): { name: string; port: string | null } {
  const match = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(pattern)
  return { name: match?.[1] ?? pattern, port: match?.[2] ?? null }
}

function effectivePort(url: TargetUrl): string {
  if (url.port !== '') return url.port
  return url.protocol === 'https:' ? '443' : '80'
}

function split(text: string): { path: string; query: string } {
  const at = text.indexOf('?')
  return at === -1 ? { path: text, query: '' } : { path: text.slice(0, at), query: text.slice(at) }
}

function refused(reason: string, missing?: MissingHost): Target {
  return { kind: 'refused', code: 'target_not_allowed', reason, ...(missing !== undefined && { missing }) }
}

/** The refusal as an error, whose details name the host that is missing. */
export function targetError(target: Extract<Target, { kind: 'refused' }>): KeywayError {
  const { code, reason, missing } = target
  return new KeywayError(code, {
    message: reason,
    details: { field: 'url', ...(missing !== undefined && { host: missing.host, missing: missing.why }) },
    ...(missing !== undefined && { nextStep: nextStepFor(missing) }),
  })
}

function nextStepFor({ host, why }: MissingHost): string {
  if (why === 'plain_http')
    return `Use https. If ${host} is in your own network, add it to the provider's private hosts.`
  return `Add ${host} to the provider's hosts, if this connection's token may go there.`
}

function invalid(reason: string): Target {
  return { kind: 'refused', code: 'invalid_request', reason }
}

// What a path must not contain. An upstream may decode once more than Keyway and then normalize, so each
// decoding is checked.
export type PathCheck = { kind: 'ok' } | { kind: 'refused'; reason: string }

/** A path that still changes after this many decodings was made to hide something. */
const MOST_DECODINGS = 8

/**
 * `path`: as sent, without query. An encoded slash alone is allowed (project ids such as `group%2Fname` need
 * it).
 */
export function checkPath(path: string): PathCheck {
  // Only the path as sent must be well-formed; a decoded one may contain a literal percent sign.
  if (decoded(path) === null) return pathRefused('The path has a broken percent-encoding.')
  const forms = decodings(path)
  if (forms === null) return pathRefused('The path is percent-encoded too often.')
  for (const [round, form] of [path, ...forms].entries()) {
    // Servers that normalize look-alike characters (full-width dots and slashes) read another path.
    const flaw = flawOf(form, round) ?? flawOf(form.normalize('NFKC'), round)
    if (flaw !== null) return pathRefused(flaw)
  }
  return { kind: 'ok' }
}

const pathRefused = (reason: string): PathCheck => ({ kind: 'refused', reason })

/** The path decoded once, twice and so on, until it stays the same; null when that takes too many steps. */
export function decodings(path: string): string[] | null {
  const forms: string[] = []
  let current = path
  while (current.includes('%')) {
    const next = current.replaceAll(/(?:%[0-9a-f]{2})+/gi, decodeRun)
    if (next === current) break
    if (forms.length === MOST_DECODINGS) return null
    forms.push(next)
    current = next
  }
  return forms
}

/** A lenient server decodes the rest even next to a broken escape or bytes that are not UTF-8. */
function decodeRun(run: string): string {
  return (
    decoded(run) ??
    run.replaceAll(/%([0-7][0-9a-f])/gi, (_whole, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    )
  )
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text)
  } catch (error) {
    if (error instanceof URIError) return null
    throw error
  }
}

function flawOf(path: string, round: number): string | null {
  if (/[\\\p{Cc}]/u.test(path)) return 'The path holds a backslash or a control character.'
  // Overlong two-byte encodings (RFC 3629 3): lenient servers decode them to `/` and `.`.
  if (/%c[01]%[89ab]/i.test(path)) return 'The path holds an overlong encoding.'
  if (round > 0 && path.includes('//')) return 'The path hides an empty segment.'
  if (path.startsWith('//')) return 'The path starts with two slashes.'
  // `..;x` is `..` to servers that strip path parameters.
  if (path.split('/').some((segment) => /^\.{1,2}(?:;.*)?$/s.test(segment))) {
    return 'The path holds a dot segment.'
  }
  return null
}
