// Writes down who sent what where, and what came of it: the path without its query, which may hold anything. A program that asks thousands of
// times a second gets its first calls of each second noted one by one, and the like of them afterwards as rows with a count, ten a second:
// nothing is left out, and the journal is not flooded. Whatever went wrong has a row of its own.
import type { ActivityEntry } from '../../../shared/contract/activity.ts'
import type { ConnectionRecord } from '../../../shared/contract/connection.ts'
import type { KeywayError } from '../../../shared/contract/errors.ts'
import type { AppSession, Keyway } from '../../core/keyway.ts'
import { noteUse } from '../note-use.ts'
import type { ProxiedCall } from './proxied-call.ts'
import type { Tried } from './relay.ts'
import type { Trip } from './trip.ts'

const SINGLE_ROWS_A_SECOND = 50
const GATHER_MS = 100

export type ProxyNotes = {
  note(trip: Trip, tried: Tried): void
  /** Nothing of the API was handed on. `url`: null when it was refused before there was one. */
  noteFailure(asked: Asked, failure: KeywayError): void
  /** Writes what is gathered. Twice is fine. */
  close(): void
}

type Asked = {
  session: AppSession
  connection: ConnectionRecord | null
  call: ProxiedCall
  url: Trip['url'] | null
  startedAt: number
}

type Tally = { entry: ActivityEntry; count: number; bytesIn: number; bytesOut: number }

export function createProxyNotes(keyway: Keyway): ProxyNotes {
  const singles = new Map<string, { second: number; rows: number }>()
  let tallies = new Map<string, Tally>()
  let cancel: (() => void) | null = null

  const flush = (): void => {
    cancel?.()
    cancel = null
    const gathered = tallies
    tallies = new Map()
    for (const { entry, count, bytesIn, bytesOut } of gathered.values())
      keyway.activity.append({ ...entry, count, bytesIn, bytesOut })
  }
  const mayStandAlone = (appId: string): boolean => {
    const second = Math.floor(keyway.clock.monotonicMs() / 1000)
    const seen = singles.get(appId)
    if (seen?.second !== second) singles.set(appId, { second, rows: 1 })
    else seen.rows += 1
    return (singles.get(appId)?.rows ?? 0) <= SINGLE_ROWS_A_SECOND
  }
  const gather = (trip: Trip, status: number, bytes: number): void => {
    const { session, connection, call, url } = trip
    const key = `${session.app.id} ${connection.id} ${call.method} ${status} ${url.host}${url.pathname}`
    const tally = tallies.get(key) ?? { entry: entryOf(trip, { status }), count: 0, bytesIn: 0, bytesOut: 0 }
    tally.count += 1
    tally.bytesIn += bytes
    tally.bytesOut += call.bodyBytes ?? 0
    tallies.set(key, tally)
    cancel ??= keyway.clock.after(GATHER_MS, flush)
  }

  return {
    note(trip, tried) {
      noteUse(keyway, trip.session, trip.connection.id)
      if (tried.kind === 'relayed' && tried.status < 400 && !mayStandAlone(trip.session.app.id)) {
        gather(trip, tried.status, tried.bytes)
        return
      }
      const durationMs = keyway.clock.monotonicMs() - trip.startedAt
      keyway.activity.append({ ...entryOf(trip, outcomeOf(tried)), durationMs })
    },
    noteFailure({ session, connection, call, url, startedAt }, failure) {
      const provider = keyway.providers.find(connection?.providerId ?? call.wanted.id)
      keyway.activity.append({
        kind: 'proxy',
        outcome: failure.status === 403 || failure.status === 400 ? 'refused' : 'failed',
        appId: session.app.id,
        appName: session.app.name,
        method: call.method,
        durationMs: keyway.clock.monotonicMs() - startedAt,
        ...(connection === null ? {} : { connectionId: connection.id, account: connection.account }),
        ...(provider === null ? {} : { providerSlug: provider.slug }),
        ...(url === null ? {} : { host: url.host, path: url.pathname }),
        status: failure.status,
        ...(call.bodyBytes === null ? {} : { bytesOut: call.bodyBytes }),
        code: failure.code,
      })
    },
    close: flush,
  }
}

function entryOf(
  { session, connection, call, url, token }: Trip,
  came: Pick<ActivityEntry, 'status' | 'bytesIn' | 'note'>,
): ActivityEntry {
  const isGood = came.note === undefined && came.status !== undefined && came.status < 400
  return {
    kind: 'proxy',
    outcome: isGood ? 'ok' : 'failed',
    appId: session.app.id,
    appName: session.app.name,
    method: call.method,
    connectionId: connection.id,
    account: connection.account,
    providerSlug: token.providerSlug,
    host: url.host,
    path: url.pathname,
    ...(call.bodyBytes === null ? {} : { bytesOut: call.bodyBytes }),
    ...came,
  }
}

function outcomeOf(tried: Tried): Pick<ActivityEntry, 'status' | 'bytesIn' | 'note'> {
  if (tried.kind === 'relayed') return { status: tried.status, bytesIn: tried.bytes }
  if (tried.kind === 'dropped') return { status: tried.status }
  const note = tried.kind === 'failed' ? 'The answer broke off.' : 'The caller went away before the end.'
  return { bytesIn: tried.bytes, note }
}
