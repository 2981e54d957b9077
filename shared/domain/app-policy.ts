// Decides what an app may do, as a pure function of its permissions. The most permissive matching one wins
// (allow before ask), so adding a permission never removes a right. An expired permission is ignored.
import type { Grant } from '../contract/app.ts'
import { decodings } from './proxy-target.ts'

/**
 * What the app wants to do with a connection. `host` is `host[:port]`; `path` is the path as it will be sent,
 * without query.
 */
export type AppUse =
  { what: 'token' } | { what: 'proxy'; method: string; host: string; path: string } | { what: 'see' }

export type AppVerdict =
  { kind: 'allow'; grant: Grant } | { kind: 'ask'; grant: Grant } | { kind: 'deny'; reason: string }

export function may(
  app: { paused: boolean; grants: readonly Grant[] },
  use: AppUse,
  connection: { id: string; providerId: string },
  nowMs: number,
): AppVerdict {
  if (app.paused) return { kind: 'deny', reason: 'The app is paused.' }
  let fitting: Grant | null = null
  // Runs for every request, so it builds no lists before it allows.
  for (const grant of app.grants) {
    if (!reaches(grant, connection) || hasEnded(grant, nowMs) || !covers(grant, use)) continue
    if (grant.approval === 'allow') return { kind: 'allow', grant }
    fitting ??= grant
  }
  if (fitting === null) return { kind: 'deny', reason: refusal(app.grants, use, { connection, nowMs }) }
  // Listing a connection gives nothing out, so it needs no approval.
  return { kind: use.what === 'see' ? 'allow' : fitting.approval, grant: fitting }
}

const hasEnded = ({ expiresAt }: Grant, nowMs: number): boolean => expiresAt !== null && nowMs >= expiresAt

function reaches({ target }: Grant, connection: { id: string; providerId: string }): boolean {
  if (target.kind === 'all') return true
  return target.kind === 'provider'
    ? target.providerId === connection.providerId
    : target.connectionId === connection.id
}

function covers(grant: Grant, use: AppUse): boolean {
  if (use.what === 'see') return true
  if (use.what === 'token') return grant.token
  return (
    grant.proxy &&
    (grant.methods.length === 0 || grant.methods.some((method) => method === use.method)) &&
    (grant.hosts.length === 0 || grant.hosts.some((pattern) => hostMatches(pattern, use.host))) &&
    (grant.paths.length === 0 || grant.paths.some((pattern) => pathMatches(pattern, use.path)))
  )
}

function refusal(
  all: readonly Grant[],
  use: AppUse,
  { connection, nowMs }: { connection: { id: string; providerId: string }; nowMs: number },
): string {
  const reaching = all.filter((grant) => reaches(grant, connection))
  if (reaching.length === 0) return 'The app has no grant for this connection.'
  const grants = reaching.filter((grant) => !hasEnded(grant, nowMs))
  if (grants.length === 0) return "The app's grant for this connection has expired."
  if (use.what !== 'proxy')
    return 'The app may not be handed the token itself; it may send requests through Keyway.'
  if (!grants.some(({ proxy }) => proxy)) return 'The app may not send requests with this connection.'
  return `The app may not send ${use.method} ${use.path} to ${use.host}.`
}

/** `*.example.com` matches subdomains, not the domain itself. A pattern without a port matches every port. */
export function hostMatches(pattern: string, host: string): boolean {
  const wanted = pattern.toLowerCase()
  const actual = host.toLowerCase()
  const candidate = /:\d+$/.test(wanted) ? actual : actual.replace(/:\d+$/, '')
  return wanted.startsWith('*.')
    ? candidate.endsWith(wanted.slice(1)) && candidate.length > wanted.length - 1
    : candidate === wanted
}

// Parts that a server might decode to another path than the one compared here: encoded dots, slashes and
// backslashes, and dot segments, however often they were encoded.
const AMBIGUOUS = /%2e|%2f|%5c|\\|\/\/|(?:^|\/)\.{1,2}(?:\/|$)/i

/** The pattern that matches this path and no other. */
export const exactPath = (path: string): string => path.replaceAll('*', '\\*')

/**
 * `*` matches one segment, `**` any number of segments, `\*` a literal star. A path that servers may read
 * differently matches no pattern.
 */
export function pathMatches(pattern: string, path: string): boolean {
  if (isAmbiguous(path)) return pattern === '/**'
  return segmentsMatch(pattern.split('/').slice(1), path.split('/').slice(1))
}

function isAmbiguous(path: string): boolean {
  if (AMBIGUOUS.test(path)) return true
  if (!path.includes('%')) return false
  const forms = decodings(path)
  return forms === null || forms.some((form) => AMBIGUOUS.test(form))
}

/**
 * Backtracks only to the last `**`, so a long path with many of them takes polynomial, not exponential, time.
 */
function segmentsMatch(pattern: readonly string[], path: readonly string[]): boolean {
  let at = 0
  let next = 0
  let rest: { at: number; from: number } | null = null
  while (next < path.length) {
    const head = pattern[at]
    if (head === '**') {
      at += 1
      rest = { at, from: next }
      if (at === pattern.length) return true
    } else if (head !== undefined && segmentMatches(head, path[next] ?? '')) {
      at += 1
      next += 1
    } else if (rest === null) return false
    else {
      rest.from += 1
      at = rest.at
      next = rest.from
    }
  }
  return pattern.slice(at).every((head) => head === '**')
}

function segmentMatches(pattern: string, segment: string): boolean {
  if (pattern === '*') return segment !== ''
  if (!pattern.includes('*')) return pattern === segment
  // `repo-*` inside a segment: the pieces must occur in order, the first at the start and the last at the
  // end.
  const pieces = pattern.split(/(?<!\\)\*/).map((piece) => piece.replaceAll('\\*', '*'))
  if (pieces.length === 1) return pieces[0] === segment
  const first = pieces[0] ?? ''
  const last = pieces.at(-1) ?? ''
  if (!segment.startsWith(first) || !segment.endsWith(last) || segment.length < first.length + last.length)
    return false
  let at = first.length
  for (const piece of pieces.slice(1, -1)) {
    const found = segment.indexOf(piece, at)
    if (found === -1 || found + piece.length > segment.length - last.length) return false
    at = found + piece.length
  }
  return true
}
