// keyway:// addresses. They come from anywhere (any page can open one), so they start nothing by themselves: a callback still needs a state
// that is pending, and a navigation only moves the window.
import { LINK_SCHEME } from './channels.ts'
import { withoutTrailing } from '../../shared/domain/without-trailing.ts'

export type DeepLink =
  | { kind: 'callback'; parameters: URLSearchParams }
  | { kind: 'navigate'; to: string }
  | { kind: 'ignored'; reason: string }

const MAX_LENGTH = 20_000
const PAGES = new Set(['connections', 'providers', 'apps', 'activity', 'settings', 'add'])

/** A hostile address as data; never throws. */
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

/** The keyway:// address among a second instance's arguments, if there is one (Windows and Linux hand it over that way). */
export function deepLinkIn(argv: readonly string[]): string | null {
  return argv.find((argument) => argument.startsWith(`${LINK_SCHEME}://`)) ?? null
}
