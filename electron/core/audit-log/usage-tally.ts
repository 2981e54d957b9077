// Limits the audit log rows of one app: its first rows of each second are written individually, similar ones
// after them as one row with a count. Nothing is omitted, and no app can flood the log, the disk or the
// memory.
import type { ActivityEntry } from '../../../shared/contract/activity.ts'
import type { AuditLog } from '../keyway.ts'
import type { Clock } from '../ports.ts'

const SINGLE_ROWS_A_SECOND = 50
const GATHER_MS = 100
/** Rows of one app within a second; above it, counts are written once per second. */
const GATHERED_ROWS_A_SECOND = 50
/**
 * Different rows counted per app. Further ones are counted without address and text, and finally by outcome
 * only.
 */
const MAX_DIFFERENT = 20
const MAX_ALIKE = 40
const MAX_PATH = 500

/** Actions of the person or of a timer always have their own row. */
const NEVER_GATHERED: ReadonlySet<ActivityEntry['kind']> = new Set(['vault', 'system', 'refresh'])

type Tally = {
  row: ActivityEntry
  count: number
  firstAt: number
  bytesIn: number | undefined
  bytesOut: number | undefined
}
type AppState = {
  second: number
  singles: number
  gathered: number
  tallies: Map<string, Tally>
  /** The last counted row; the next one is usually similar. */
  last: Tally | null
  cancel: (() => void) | null
}

/** The audit log with this limit. `close` writes pending counts and may be called twice. */
export function createUsageTally(clock: Clock, journal: AuditLog): AuditLog & { close(): void } {
  const apps = new Map<string, AppState>()

  const flush = (state: AppState): void => {
    state.cancel?.()
    state.cancel = null
    const { tallies } = state
    state.tallies = new Map()
    state.last = null
    state.gathered += tallies.size
    for (const { row, count, firstAt, bytesIn, bytesOut } of tallies.values())
      journal.append({
        ...row,
        count,
        firstAt,
        ...(bytesIn === undefined ? {} : { bytesIn }),
        ...(bytesOut === undefined ? {} : { bytesOut }),
      })
  }
  const flushAll = (): void => {
    for (const state of apps.values()) flush(state)
  }
  const stateOf = (appId: string): AppState => {
    const second = Math.floor(clock.monotonicMs() / 1000)
    const state = apps.get(appId) ?? {
      second,
      singles: 0,
      gathered: 0,
      tallies: new Map(),
      last: null,
      cancel: null,
    }
    apps.set(appId, state)
    if (state.second !== second) Object.assign(state, { second, singles: 0, gathered: 0 })
    return state
  }

  return {
    append(given) {
      const entry = withShortPath(given)
      if (NEVER_GATHERED.has(entry.kind)) {
        journal.append(entry)
        return
      }
      const state = stateOf(entry.appId ?? '')
      if (state.tallies.size === 0 && state.singles < SINGLE_ROWS_A_SECOND) {
        state.singles += 1
        journal.append(entry)
        return
      }
      gather(state, entry, clock.now())
      const waitMs = state.gathered < GATHERED_ROWS_A_SECOND ? GATHER_MS : 1000
      state.cancel ??= clock.after(waitMs, () => flush(state))
    },
    query(query) {
      flushAll()
      return journal.query(query)
    },
    verify: () => journal.verify(),
    close: flushAll,
  }
}

function gather(state: AppState, entry: ActivityEntry, now: number): void {
  const { tallies, last } = state
  const isLikeLast = last !== null && isAlike(last.row, entry)
  const tally = isLikeLast ? last : (tallies.get(keyOf(entry)) ?? newTally(tallies, entry, now))
  state.last = tally
  tally.count += entry.count ?? 1
  if (entry.bytesIn !== undefined) tally.bytesIn = (tally.bytesIn ?? 0) + entry.bytesIn
  if (entry.bytesOut !== undefined) tally.bytesOut = (tally.bytesOut ?? 0) + entry.bytesOut
}

/** Counted by the exact row while there is room, then by what it has in common with others. */
function newTally(tallies: Map<string, Tally>, entry: ActivityEntry, now: number): Tally {
  const { durationMs: _duration, bytesIn: _in, bytesOut: _out, count: _count, ...exact } = entry
  const { method: _method, host: _host, path: _path, note: _note, account: _account, ...alike } = exact
  const { connectionId: _connection, providerSlug: _provider, status: _status, code: _code, ...least } = alike
  const row = tallies.size < MAX_DIFFERENT ? exact : tallies.size < MAX_ALIKE ? alike : least
  const key = keyOf(row)
  const known = tallies.get(key) ?? tallies.get(keyOf(alike))
  if (known !== undefined) return known
  const tally: Tally = { row, count: 0, firstAt: now, bytesIn: undefined, bytesOut: undefined }
  tallies.set(key, tally)
  return tally
}

/** Compares like {@link keyOf}, without building the key. */
function isAlike(one: ActivityEntry, other: ActivityEntry): boolean {
  return (
    one.kind === other.kind &&
    one.outcome === other.outcome &&
    one.appName === other.appName &&
    one.connectionId === other.connectionId &&
    one.account === other.account &&
    one.method === other.method &&
    one.host === other.host &&
    one.path === other.path &&
    one.status === other.status &&
    one.code === other.code &&
    one.note === other.note
  )
}

function keyOf({
  kind,
  outcome,
  appName,
  connectionId,
  account,
  method,
  host,
  path,
  status,
  code,
  note,
}: ActivityEntry) {
  return [kind, outcome, appName, connectionId, account, method, host, path, status, code, note].join('\n')
}

function withShortPath(entry: ActivityEntry): ActivityEntry {
  const { path } = entry
  if (path === undefined || path.length <= MAX_PATH) return entry
  return { ...entry, path: `${path.slice(0, MAX_PATH - 1)}…` }
}
