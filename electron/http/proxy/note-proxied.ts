import type { ConnectionRecord } from '../../../shared/contract/connection.ts'
import type { KeywayError } from '../../../shared/contract/errors.ts'
import type { AppSession, Keyway } from '../../core/keyway.ts'
import { noteUse } from '../note-use.ts'
import type { ProxiedCall } from './proxied-call.ts'
import type { Tried } from './relay.ts'

type Proxied = {
  session: AppSession
  connection: ConnectionRecord | null
  call: ProxiedCall
  /** Null when it was refused before there was one. */
  url: URL | null
  tried?: Tried
  failure?: KeywayError
  startedAt: number
}

/** One line for the person: who sent what where, and what came of it. The path without its query, which may hold anything. */
export function noteProxied(keyway: Keyway, proxied: Proxied): void {
  const { session, connection, call, url, tried, failure, startedAt } = proxied
  const provider = keyway.providers.find(connection?.providerId ?? call.wanted.id)
  const status =
    failure?.status ?? (tried?.kind === 'relayed' || tried?.kind === 'dropped' ? tried.status : undefined)
  const bytesIn = tried === undefined || tried.kind === 'dropped' ? undefined : tried.bytes
  keyway.activity.append({
    kind: 'proxy',
    outcome: outcomeOf(tried, failure),
    appId: session.app.id,
    appName: session.app.name,
    method: call.method,
    durationMs: keyway.clock.monotonicMs() - startedAt,
    ...(connection === null ? {} : { connectionId: connection.id, account: connection.account }),
    ...(provider === null ? {} : { providerSlug: provider.slug }),
    ...(url === null ? {} : { host: url.host, path: url.pathname }),
    ...(status === undefined ? {} : { status }),
    ...(call.bodyBytes === null ? {} : { bytesOut: call.bodyBytes }),
    ...(bytesIn === undefined ? {} : { bytesIn }),
    ...(failure === undefined ? {} : { code: failure.code }),
    ...(tried?.kind === 'caller_gone' ? { note: 'The caller went away before the end.' } : {}),
    ...(tried?.kind === 'failed' ? { note: 'The answer broke off.' } : {}),
  })
  if (connection !== null && failure === undefined) {
    noteUse(keyway, session, connection.id)
  }
}

function outcomeOf(tried: Tried | undefined, failure: KeywayError | undefined): 'ok' | 'refused' | 'failed' {
  if (failure !== undefined) return failure.status === 403 || failure.status === 400 ? 'refused' : 'failed'
  return tried?.kind === 'relayed' && tried.status < 400 ? 'ok' : 'failed'
}
