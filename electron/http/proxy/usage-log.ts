// Records proxied requests in the audit log: the path without its query, which may hold anything.
import type { ActivityEntry } from '../../../shared/contract/activity.ts'
import type { ConnectionRecord } from '../../../shared/contract/connection.ts'
import type { KeywayError } from '../../../shared/contract/errors.ts'
import type { AppSession, Keyway } from '../../core/keyway.ts'
import { noteUse } from '../tokens/usage-log.ts'
import type { ProxiedCall } from './parse.ts'
import type { AttemptResult } from './relay.ts'
import type { ProxyRequest } from './request.ts'

export type ProxyUsageLog = {
  note(proxyRequest: ProxyRequest, tried: AttemptResult): void
  /** Nothing of the API was handed on. `url`: null when it was refused before there was one. */
  noteFailure(asked: Asked, failure: KeywayError): void
}

type Asked = {
  session: AppSession
  connection: ConnectionRecord | null
  call: ProxiedCall
  url: ProxyRequest['url'] | null
  startedAt: number
}

export function createProxyUsageLog(keyway: Keyway): ProxyUsageLog {
  return {
    note(proxyRequest, tried) {
      noteUse(keyway, proxyRequest.session, proxyRequest.connection.id)
      const durationMs = keyway.clock.monotonicMs() - proxyRequest.startedAt
      keyway.activity.append(entryOf(proxyRequest, tried, durationMs))
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
        ...(url === null && typeof failure.details['host'] === 'string'
          ? { host: failure.details['host'] }
          : {}),
        status: failure.status,
        ...(call.bodyBytes === null ? {} : { bytesOut: call.bodyBytes }),
        code: failure.code,
      })
    },
  }
}

/** Made for every request, hence without spreads. The fields are stored in this order. */
function entryOf(
  { session, connection, call, url, token }: ProxyRequest,
  tried: AttemptResult,
  durationMs: number,
): ActivityEntry {
  const entry: ActivityEntry = {
    kind: 'proxy',
    outcome: isGood(tried) ? 'ok' : 'failed',
    appId: session.app.id,
    appName: session.app.name,
    method: call.method,
    connectionId: connection.id,
    account: connection.account,
    providerSlug: token.providerSlug,
    host: url.host,
    path: url.pathname,
  }
  if (call.bodyBytes !== null) entry.bytesOut = call.bodyBytes
  if (tried.kind === 'relayed' || tried.kind === 'dropped') entry.status = tried.status
  if (tried.kind !== 'dropped') entry.bytesIn = tried.bytes
  if (tried.kind === 'failed') entry.note = 'The answer broke off.'
  if (tried.kind === 'caller_gone') entry.note = 'The caller went away before the end.'
  entry.durationMs = durationMs
  return entry
}

function isGood(tried: AttemptResult): boolean {
  return (tried.kind === 'relayed' || tried.kind === 'dropped') && tried.status < 400
}
