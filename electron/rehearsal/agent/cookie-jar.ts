// The cookies of one made-up browser: enough of RFC 6265 for sign-in pages (host, port-blind, path, expiry, deletion).
export type CookieJar = {
  /** The Cookie header for this address, or null. */
  header(url: URL): string | null
  /** Takes the Set-Cookie headers of an answer from this address. */
  take(url: URL, setCookies: readonly string[]): void
}

type Cookie = { name: string; value: string; host: string; path: string; expiresAt: number }

export function createCookieJar(): CookieJar {
  let cookies: Cookie[] = []
  return {
    header(url) {
      const sent = cookies.filter((cookie) => belongs(cookie, url))
      // Longer paths first (RFC 6265 section 5.4).
      sent.sort((one, other) => other.path.length - one.path.length)
      return sent.length === 0 ? null : sent.map(({ name, value }) => `${name}=${value}`).join('; ')
    },
    take(url, setCookies) {
      for (const text of setCookies) {
        const cookie = parseCookie(text, url)
        if (cookie === null) continue
        cookies = cookies.filter((old) => !isSame(old, cookie))
        if (cookie.expiresAt > Date.now()) cookies.push(cookie)
      }
    },
  }
}

function parseCookie(text: string, url: URL): Cookie | null {
  const [pair = '', ...attributes] = text.split(';').map((part) => part.trim())
  const at = pair.indexOf('=')
  if (at < 1) return null
  const given = new Map(
    attributes.map((attribute): [string, string] => {
      const [name = '', ...value] = attribute.split('=')
      return [name.toLowerCase(), value.join('=')]
    }),
  )
  const path = given.get('path')
  return {
    name: pair.slice(0, at),
    value: pair.slice(at + 1),
    host: url.hostname,
    path: path?.startsWith('/') === true ? path : defaultPath(url),
    expiresAt: expiryOf(given),
  }
}

function expiryOf(attributes: ReadonlyMap<string, string>): number {
  const maxAge = attributes.get('max-age')
  if (maxAge !== undefined && /^-?\d+$/.test(maxAge)) return Date.now() + Number(maxAge) * 1000
  const expires = Date.parse(attributes.get('expires') ?? '')
  return Number.isNaN(expires) ? Infinity : expires
}

const defaultPath = (url: URL): string => url.pathname.slice(0, Math.max(1, url.pathname.lastIndexOf('/')))

const isSame = (one: Cookie, other: Cookie): boolean =>
  one.name === other.name && one.host === other.host && one.path === other.path

function belongs(cookie: Cookie, url: URL): boolean {
  if (cookie.host !== url.hostname || cookie.expiresAt <= Date.now()) return false
  if (url.pathname === cookie.path) return true
  return url.pathname.startsWith(cookie.path.endsWith('/') ? cookie.path : `${cookie.path}/`)
}
