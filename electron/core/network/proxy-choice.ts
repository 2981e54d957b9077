// Which proxy a request uses: the one of the settings, or those of the environment as curl and Go read them.
import { BlockList, isIP } from 'node:net'
import { KeywayError } from '../../../shared/contract/errors.ts'

export type Environment = Readonly<Record<string, string | undefined>>

export type Proxy = {
  kind: 'http' | 'https' | 'socks4' | 'socks5'
  hostname: string
  port: number
  /** Decoded; null: none. Never part of a message. */
  credentials: { user: string; password: string } | null
  /** Whether the proxy resolves the names of targets. False: this machine does, for socks4 and socks5. */
  resolvesNames: boolean
  /** For messages: `proxy.example.com:8080`. */
  name: string
  /** Where the person can change it: `Settings` or the variable's name. */
  source: string
}

/**
 * The proxy for an address; null: direct.
 * @throws KeywayError config_error if the proxy that applies cannot be read
 */
export type ProxyChoice = (url: URL) => Proxy | null

/** `proxyUrl`: from the settings; null: the environment. */
export function chooseProxy(proxyUrl: string | null, environment: Environment): ProxyChoice {
  const find = (...names: string[]): Entry | null =>
    proxyUrl === null ? variable(environment, names) : { text: proxyUrl, source: 'Settings' }
  // HTTP_PROXY in upper case can be a header of a CGI request; curl ignores it for that reason, Go only then.
  const cgi = environment['REQUEST_METHOD'] !== undefined
  const entries = {
    http: find('http_proxy', ...(cgi ? [] : ['HTTP_PROXY']), 'all_proxy', 'ALL_PROXY'),
    https: find('https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'),
  }
  const isException = exceptionsOf(variable(environment, ['no_proxy', 'NO_PROXY'])?.text ?? '')
  return (url) => {
    const entry = url.protocol === 'https:' ? entries.https : entries.http
    return entry === null || isException(url) ? null : proxyOf(entry)
  }
}

type Entry = { text: string; source: string }

function variable(environment: Environment, names: readonly string[]): Entry | null {
  for (const name of names) {
    const text = environment[name]?.trim()
    if (text !== undefined && text !== '') return { text, source: name }
  }
  return null
}

const kinds: Readonly<Record<string, Pick<Proxy, 'kind' | 'resolvesNames'> & { port: number }>> = {
  'http:': { kind: 'http', resolvesNames: true, port: 80 },
  'https:': { kind: 'https', resolvesNames: true, port: 443 },
  'socks:': { kind: 'socks5', resolvesNames: true, port: 1080 },
  'socks5:': { kind: 'socks5', resolvesNames: false, port: 1080 },
  'socks5h:': { kind: 'socks5', resolvesNames: true, port: 1080 },
  'socks4:': { kind: 'socks4', resolvesNames: false, port: 1080 },
  'socks4a:': { kind: 'socks4', resolvesNames: true, port: 1080 },
}

function proxyOf({ text, source }: Entry): Proxy {
  const parsed = parseProxy(text)
  if (parsed !== null) return { ...parsed, source }
  throw new KeywayError('config_error', {
    message: `The proxy in ${source} is not an address that can be used.`,
    nextStep: `Set ${source === 'Settings' ? 'the proxy under Settings' : source} to an address such as http://proxy.example.com:8080 or socks5://127.0.0.1:1080.`,
    details: { proxySource: source },
  })
}

/** `host:port`, or a URL of one of the kinds, with `user:password@` before the host. Null: neither. */
export function parseProxy(text: string): Omit<Proxy, 'source'> | null {
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`
  if (!URL.canParse(address)) return null
  const url = new URL(address)
  const known = kinds[url.protocol]
  const rest = url.pathname === '' || url.pathname === '/' ? url.search + url.hash : url.pathname
  if (known === undefined || url.hostname === '' || rest !== '') return null
  // Only http and https names are normalized by the URL parser.
  const plain = `http://${url.host}`
  if (!URL.canParse(plain)) return null
  const { hostname } = new URL(plain)
  const port = explicitPort(url, address) ?? known.port
  const credentials = credentialsOf(url)
  if (credentials === 'unreadable') return null
  const { kind, resolvesNames } = known
  return { kind, resolvesNames, hostname: bare(hostname), port, credentials, name: `${hostname}:${port}` }
}

/** The URL parser drops a port that is the scheme's default. */
function explicitPort(url: URL, address: string): number | null {
  if (url.port !== '') return Number(url.port)
  const [, port] = /:(\d+)\/?$/.exec(address) ?? []
  return port === undefined ? null : Number(port)
}

function credentialsOf({ username, password }: URL): Proxy['credentials'] | 'unreadable' {
  if (username === '' && password === '') return null
  try {
    return { user: decodeURIComponent(username), password: decodeURIComponent(password) }
  } catch {
    return 'unreadable'
  }
}

/**
 * The parts of a proxy's address for storage. `url` has no password; `password` is null if there is none.
 * An address that cannot be parsed is returned as it is.
 */
export function splitProxyPassword(text: string): { url: string; password: string | null } {
  const [, scheme = '', credentials, host = ''] =
    /^([a-z][a-z0-9+.-]*:\/\/)?(?:([^@]*)@)?(.*)$/i.exec(text) ?? []
  const colon = credentials?.indexOf(':') ?? -1
  if (credentials === undefined || colon === -1) return { url: text, password: null }
  return { url: `${scheme}${credentials.slice(0, colon)}@${host}`, password: credentials.slice(colon + 1) }
}

/** The reverse of {@link splitProxyPassword}; the password as it is written in an address. */
export function withProxyPassword(url: string, password: string): string {
  return url.replace('@', () => `:${password}@`)
}

/**
 * NO_PROXY, separated by commas or spaces. A name includes its subdomains, with or without a leading dot;
 * `*.example.com` means only those; `*` elsewhere in an entry matches any text, alone everything. Addresses
 * and ranges in CIDR notation match addresses that are written in the URL. A port restricts the entry.
 */
function exceptionsOf(text: string): (url: URL) => boolean {
  const entries = text
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .map(exceptionOf)
  return (url) => {
    const hostname = bare(url.hostname.toLowerCase()).replace(/\.$/, '')
    const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port
    return entries.some((matches) => matches(hostname, port))
  }
}

function exceptionOf(entry: string): (hostname: string, port: string) => boolean {
  const range = rangeOf(entry)
  if (range !== null) return (hostname) => contains(range, hostname)
  const { name, port } = splitPort(entry)
  const matches = nameMatcher(name)
  return (hostname, actual) => (port === null || port === actual) && matches(hostname)
}

function nameMatcher(name: string): (hostname: string) => boolean {
  if (name === '*') return () => true
  if (isIP(name) !== 0) {
    const single = new BlockList()
    single.addAddress(name, isIP(name) === 6 ? 'ipv6' : 'ipv4')
    return (hostname) => contains(single, hostname)
  }
  const parts = name.split('*')
  if (parts.length > 1) return (hostname) => fitsParts(hostname, parts)
  const suffix = name.replace(/^\./, '')
  return suffix === '' ? () => false : (hostname) => hostname === suffix || hostname.endsWith(`.${suffix}`)
}

/** Whether the texts between the stars come in this order; linear, because the entry is from outside. */
function fitsParts(hostname: string, [first = '', ...others]: readonly string[]): boolean {
  const last = others.at(-1) ?? ''
  if (hostname.length < first.length + last.length) return false
  if (!hostname.startsWith(first) || !hostname.endsWith(last)) return false
  const end = hostname.length - last.length
  let at = first.length
  for (const part of others.slice(0, -1)) {
    const found = hostname.indexOf(part, at)
    if (found === -1 || found + part.length > end) return false
    at = found + part.length
  }
  return true
}

/** `10.0.0.0/8`, `fd00::/8`, `[fd00::]/8`. */
function rangeOf(entry: string): BlockList | null {
  const [, written = '', bits = ''] = /^(.+)\/(\d{1,3})$/.exec(entry) ?? []
  const address = bare(written)
  const family = isIP(address)
  if (family === 0 || Number(bits) > (family === 6 ? 128 : 32)) return null
  const list = new BlockList()
  list.addSubnet(address, Number(bits), family === 6 ? 'ipv6' : 'ipv4')
  return list
}

function contains(list: BlockList, hostname: string): boolean {
  const family = isIP(hostname)
  return family !== 0 && list.check(hostname, family === 6 ? 'ipv6' : 'ipv4')
}

function splitPort(entry: string): { name: string; port: string | null } {
  const bracketed = /^\[(.+)\](?::(\d+))?$/.exec(entry)
  if (bracketed !== null) return { name: bracketed[1] ?? '', port: bracketed[2] ?? null }
  // More than one colon: an IPv6 address without brackets.
  const [, name = entry, port = null] = /^([^:]+):(\d+)$/.exec(entry) ?? []
  return { name: name.replace(/\.$/, ''), port }
}

function bare(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '')
}
