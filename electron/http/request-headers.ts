import type { IncomingMessage } from 'node:http'

/** The headers that decide about a request, every occurrence of each: what two parsers could read differently must be seen. */
export type SeenHeaders = {
  hosts: string[]
  origins: string[]
  apiKeys: string[]
  authorizations: string[]
  cookies: string[]
  accounts: string[]
  /** Where a streamed request goes when its path does not say so. */
  targets: string[]
  /** Of the window in a browser: the half of its session that only its own origin has. */
  windowProofs: string[]
  fetchSite: string | null
  fetchMode: string | null
  /** Browsers that fetch a link before it is followed say so. */
  purpose: string | null
}

export function readHeaders(request: IncomingMessage): SeenHeaders {
  const seen: SeenHeaders = {
    hosts: [],
    origins: [],
    apiKeys: [],
    authorizations: [],
    cookies: [],
    accounts: [],
    targets: [],
    windowProofs: [],
    fetchSite: null,
    fetchMode: null,
    purpose: null,
  }
  const raw = request.rawHeaders
  for (let index = 0; index + 1 < raw.length; index += 2) {
    note(seen, (raw[index] ?? '').toLowerCase(), raw[index + 1] ?? '')
  }
  return seen
}

function note(seen: SeenHeaders, name: string, value: string): void {
  switch (name) {
    case 'host':
      seen.hosts.push(value)
      break
    case 'origin':
      seen.origins.push(value)
      break
    case 'x-api-key':
      seen.apiKeys.push(value)
      break
    case 'authorization':
      seen.authorizations.push(value)
      break
    case 'cookie':
      seen.cookies.push(value)
      break
    case 'keyway-account':
      seen.accounts.push(value)
      break
    case 'keyway-target':
      seen.targets.push(value)
      break
    case 'x-keyway-window':
      seen.windowProofs.push(value)
      break
    case 'sec-fetch-site':
      // Twice is no browser's doing, and joined it is none of the values that are let in.
      seen.fetchSite = seen.fetchSite === null ? value : `${seen.fetchSite}, ${value}`
      break
    case 'sec-fetch-mode':
      seen.fetchMode = value
      break
    case 'sec-purpose':
    case 'purpose':
      seen.purpose = value
      break
    default:
  }
}
