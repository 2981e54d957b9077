// A browser has no app key, so a connect link carries a ticket: made for one app, one provider, one use, ten minutes.
import { isLoopbackHost } from '../contract/provider-template.ts'

export const TICKET_LIFETIME_MS = 10 * 60_000

/** What a connect ticket stands for. `addScopes`: consent wanted beside what was granted. */
export type ConnectTicket = {
  readonly appId: string | null
  readonly providerId: string
  readonly connectionId: string | null
  readonly account: string | null
  readonly addScopes: readonly string[]
  readonly returnUrl: string | null
  readonly expiresAt: number
}

/** A ticket is for the provider of the link it stands in; moved to another link it is worth nothing. */
export function ticketFits(ticket: ConnectTicket, providerId: string, nowMs: number): boolean {
  return ticket.providerId === providerId && nowMs < ticket.expiresAt
}

export type ReturnUrlCheck = { kind: 'ok'; url: string } | { kind: 'refused'; reason: string }

/**
 * Where a result page may lead: loopback, or an origin the person registered for the app. Everything else would make Keyway an open
 * redirector (RFC 9700 4.11). Compared after parsing, as a browser will read it.
 */
export function checkReturnUrl(text: string, origins: readonly string[]): ReturnUrlCheck {
  // A browser strips tabs and newlines and reads a backslash as a slash; text that needs such repair is nobody's real address.
  if (!/^https?:\/\/[^\s\\]+$/i.test(text) || /\p{Cc}/u.test(text) || !URL.canParse(text)) {
    return { kind: 'refused', reason: 'An absolute http(s) address is needed.' }
  }
  const url = new URL(text)
  if (url.username !== '' || url.password !== '') {
    return { kind: 'refused', reason: 'The address holds a user name.' }
  }
  if (isLoopbackHost(url.hostname) || origins.some((origin) => sameOrigin(origin, url))) {
    return { kind: 'ok', url: url.href }
  }
  return { kind: 'refused', reason: 'Only loopback, or an origin registered for the app.' }
}

function sameOrigin(origin: string, url: URL): boolean {
  return URL.canParse(origin) && new URL(origin).origin === url.origin
}
