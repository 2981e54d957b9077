// Chromium cannot be told about schemes such as app:// from outside, so their pages live at
// https://<host>.<scheme>.stand-in.invalid. Everything the app under test sees (getURL, senderFrame,
// will-navigate, protocol.handle) is translated back. Real servers cannot be meant by such a name: .invalid
// never resolves.

const suffix = '.stand-in.invalid'
const pageUrlPattern = /^https:\/\/([a-z0-9-]+)\.([a-z][a-z0-9+-]*)\.stand-in\.invalid(?=[/?#]|$)/i
const hostPattern = /^[a-z0-9-]+$/i

export type CustomSchemes = {
  register(schemes: ReadonlyArray<{ scheme: string; privileges?: SchemePrivileges }>): void
  isKnown(scheme: string): boolean
  /** The address that Chromium uses for an address of the app. */
  toPage(url: string): string
  /** The address that the app knows for an address of Chromium. */
  toApp(url: string): string
  /** The scheme when `pageUrl` belongs to one of the custom ones. */
  schemeOf(pageUrl: string): string | null
  /** Source expressions of a policy (`app:`, `app://keyway`) as Chromium must read them. */
  toPagePolicy(policy: string): string
}

type SchemePrivileges = { standard?: boolean; secure?: boolean; bypassCSP?: boolean }

export function createCustomSchemes(): CustomSchemes {
  const known = new Set<string>()

  return {
    register: (schemes) => {
      for (const { scheme, privileges = {} } of schemes) {
        if (privileges.standard !== true || privileges.secure !== true || privileges.bypassCSP === true) {
          throw new Error(
            `The Electron stand-in serves ${scheme}: only as a standard, secure scheme that keeps its policy.`,
          )
        }
        known.add(scheme)
      }
    },
    isKnown: (scheme) => known.has(scheme),
    toPage: (url) => {
      const [, scheme = '', host = '', rest = ''] = /^([a-z][a-z0-9+-]*):\/\/([^/?#]*)(.*)$/is.exec(url) ?? []
      if (!known.has(scheme)) return url
      if (!hostPattern.test(host)) throw new Error(`The Electron stand-in cannot serve the host of ${url}.`)
      return `https://${host}.${scheme}${suffix}${rest}`
    },
    toApp: (url) => {
      const [origin, host, scheme] = pageUrlPattern.exec(url) ?? []
      return origin === undefined ? url : `${scheme}://${host}${url.slice(origin.length)}`
    },
    schemeOf: (pageUrl) => {
      const scheme = pageUrlPattern.exec(pageUrl)?.[2]
      return scheme !== undefined && known.has(scheme) ? scheme : null
    },
    toPagePolicy: (policy) =>
      [...known].reduce(
        (text, scheme) =>
          text.replaceAll(
            new RegExp(`(^|[\\s;])${scheme}:(?://([a-z0-9-]+))?(?=[/\\s;]|$)`, 'gi'),
            (_all, before, host) =>
              `${String(before)}https://${typeof host === 'string' ? host : '*'}.${scheme}${suffix}`,
          ),
        policy,
      ),
  }
}
