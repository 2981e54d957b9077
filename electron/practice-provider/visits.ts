// Log of all requests in order, and the counts that tests and the demo use. Never holds a token, code or
// secret.
import type { PracticeEndpoint } from './endpoints.ts'

export type RevokedTokenType = 'refresh_token' | 'access_token' | 'unknown'

/** One request with its result. */
export type RecordedRequest = {
  /** 1 for the first request of this provider; never reused. */
  readonly sequence: number
  /** Arrival, epoch milliseconds. */
  readonly at: number
  readonly endpoint: PracticeEndpoint
  readonly method: string
  /** Without the query, which may contain codes. */
  readonly path: string
  readonly clientId: string | null
  /** Token requests only. */
  readonly grantType: string | null
  /** The fault that was applied to this request. */
  readonly fault: string | null
  /** Null while the request is running, and afterwards when no complete response was sent. */
  readonly status: number | null
  /** When the response ended, epoch milliseconds. */
  readonly endedAt: number | null
  /** The OAuth error code of the response. */
  readonly error: string | null
  /** Refreshes only: the result for the refresh token. */
  readonly refresh: 'rotated' | 'kept' | 'reuse-detected' | null
  /** Revocations only: the kind of token; `unknown` when this provider did not issue it. */
  readonly revoked: RevokedTokenType | null
}

export type PracticeStats = {
  /** Every request that reached the token endpoint, with or without a response. */
  tokenRequests: number
  tokenRequestsByGrantType: Record<string, number>
  /** Refreshes that the provider processed, also when a fault changed the response afterwards. */
  refreshes: number
  /** Reuse of refresh tokens that were used up; each revoked its grant. */
  reuseDetections: number
  revocations: Record<RevokedTokenType, number>
  /** Dynamic client registrations. */
  registrations: number
  apiCalls: number
  /**
   * Internal errors of the provider. Anything in here is a defect of the practice provider, not of its
   * client.
   */
  failures: readonly string[]
  /** The latest 5,000 requests, oldest first. */
  visits: readonly RecordedRequest[]
}

export type VisitNote = { -readonly [Key in keyof RecordedRequest]: RecordedRequest[Key] }

export type VisitLog = {
  arrived(
    request: Pick<RecordedRequest, 'endpoint' | 'method' | 'path' | 'clientId' | 'grantType'>,
  ): VisitNote
  /** `status` null: no complete response was sent. */
  ended(visit: VisitNote, status: number | null): void
  refreshed(visit: VisitNote, refresh: 'rotated' | 'kept'): void
  reused(visit: VisitNote): void
  revoked(visit: VisitNote, tokenType: RevokedTokenType): void
  registered(): void
  failed(failure: unknown): void
  /** A copy; later requests do not change it. */
  stats(): PracticeStats
  clear(): void
}

const KEPT_VISITS = 5000

type Counts = Omit<PracticeStats, 'visits' | 'failures'> & { failures: string[] }

const noCounts = (): Counts => ({
  tokenRequests: 0,
  tokenRequestsByGrantType: {},
  refreshes: 0,
  reuseDetections: 0,
  revocations: { refresh_token: 0, access_token: 0, unknown: 0 },
  registrations: 0,
  apiCalls: 0,
  failures: [],
})

export function createVisitLog(onChanged: () => void = () => undefined): VisitLog {
  let sequence = 0
  let counts = noCounts()
  let visits: VisitNote[] = []

  function keep(visit: VisitNote): void {
    visits.push(visit)
    // Removed in blocks, so that a benchmark does not shift the whole list for each request.
    if (visits.length >= KEPT_VISITS * 2) visits = visits.slice(-KEPT_VISITS)
    if (visit.endpoint === 'api') counts.apiCalls += 1
    if (visit.endpoint !== 'token') return
    counts.tokenRequests += 1
    const grantType = visit.grantType ?? 'none'
    counts.tokenRequestsByGrantType[grantType] = (counts.tokenRequestsByGrantType[grantType] ?? 0) + 1
  }

  return {
    arrived(request) {
      sequence += 1
      const visit: VisitNote = { ...untouched, ...request, sequence, at: Date.now() }
      keep(visit)
      onChanged()
      return visit
    },
    ended(visit, status) {
      visit.status = status
      visit.endedAt = Date.now()
      onChanged()
    },
    refreshed(visit, refresh) {
      visit.refresh = refresh
      counts.refreshes += 1
    },
    reused(visit) {
      visit.refresh = 'reuse-detected'
      counts.reuseDetections += 1
    },
    revoked(visit, tokenType) {
      visit.revoked = tokenType
      counts.revocations[tokenType] += 1
    },
    registered() {
      counts.registrations += 1
    },
    failed(failure) {
      counts.failures.push(failure instanceof Error ? `${failure.name}: ${failure.message}` : String(failure))
    },
    stats: () => structuredClone({ ...counts, visits: visits.slice(-KEPT_VISITS) }),
    clear() {
      counts = noCounts()
      visits = []
    },
  }
}

const untouched = {
  fault: null,
  status: null,
  endedAt: null,
  error: null,
  refresh: null,
  revoked: null,
} as const
