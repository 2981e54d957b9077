// app://keyway/ serves the window's bundle from the package, with the strictest policy that the bundle works
// with, and nothing else.
import { isLoopbackHost } from '../../shared/contract/provider-template.ts'
import { readFile } from 'node:fs/promises'
import { extname, join, normalize, sep } from 'node:path'
import type { Protocol, Session } from 'electron'
import { withoutTrailing } from '../../shared/domain/without-trailing.ts'
import { APP_ORIGIN, APP_SCHEME, LINK_SCHEME } from './channels.ts'

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
}

/**
 * No remote content, no inline scripts, no frames, no forms. Inline styles are allowed, because radix
 * positions its layers with style attributes.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** Must run before the app is ready. */
export function registerAppScheme(protocol: Protocol): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: APP_SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true } },
  ])
}

export function serveBundle(session: Session, folder: string): void {
  session.protocol.handle(APP_SCHEME, async (request) => {
    const path = fileFor(request.url, folder)
    if (path === null || request.method !== 'GET') return new Response(null, { status: 404 })
    const type = types[extname(path)]
    if (type === undefined) return new Response(null, { status: 404 })
    try {
      return new Response(new Uint8Array(await readFile(path)), { headers: headers(type) })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Response(null, { status: 404 })
      throw error
    }
  })
}

/** The file for a URL path, inside the folder, or null. */
export function fileFor(address: string, folder: string): string | null {
  if (!URL.canParse(address)) return null
  const url = new URL(address)
  if (`${url.protocol}//${url.host}` !== APP_ORIGIN) return null
  const wanted = decoded(url.pathname === '/' ? '/index.html' : url.pathname)
  if (wanted === null) return null
  const path = normalize(join(folder, wanted))
  return path.startsWith(folder.endsWith(sep) ? folder : folder + sep) ? path : null
}

function decoded(path: string): string | null {
  try {
    return decodeURIComponent(path)
  } catch {
    return null
  }
}

function headers(type: string): Record<string, string> {
  return {
    'content-type': type,
    'content-security-policy': CONTENT_SECURITY_POLICY,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
  }
}

// keyway:// URLs. Any web page can open one, so they start nothing by themselves: a callback still needs a
// pending state, and a navigation only changes the page that the window shows.

export type DeepLink =
  | { kind: 'callback'; parameters: URLSearchParams }
  | { kind: 'navigate'; to: string }
  | { kind: 'ignored'; reason: string }

const MAX_LENGTH = 20_000
const PAGES = new Set(['connections', 'providers', 'apps', 'activity', 'settings', 'add'])

/** Parses any URL, hostile ones included; never throws. */
export function parseDeepLink(text: string): DeepLink {
  if (text.length > MAX_LENGTH || !URL.canParse(text)) return { kind: 'ignored', reason: 'not an address' }
  const url = new URL(text)
  if (url.protocol !== `${LINK_SCHEME}:`) return { kind: 'ignored', reason: 'another scheme' }
  const path = withoutTrailing(`${url.host}${url.pathname}`, '/')
  if (path === 'oauth2/callback') return { kind: 'callback', parameters: url.searchParams }
  const page = path.startsWith('show/') ? path.slice('show/'.length) : ''
  return PAGES.has(page)
    ? { kind: 'navigate', to: `/${page}` }
    : { kind: 'ignored', reason: 'nothing is at that address' }
}

/**
 * The keyway:// URL among a second instance's arguments, if there is one (Windows and Linux pass it that
 * way).
 */
export function findDeepLink(argv: readonly string[]): string | null {
  return argv.find((argument) => argument.startsWith(`${LINK_SCHEME}://`)) ?? null
}

/**
 * The URL as it may be passed to the operating system, or null. Only web URLs without credentials: https, and
 * http on this machine (a practice provider). Any other scheme (file:, smb:, custom schemes) could start
 * programs.
 */
export function externalUrl(text: string): string | null {
  if (!URL.canParse(text)) return null
  const url = new URL(text)
  if (url.username !== '' || url.password !== '') return null
  if (url.protocol === 'https:') return url.href
  return url.protocol === 'http:' && isLoopbackHost(url.hostname) ? url.href : null
}
