import { KeywayError } from '../../shared/contract/errors.ts'
import type { DisconnectResult } from '../../shared/contract/ui-api.ts'
import type { AppSession } from '../core/keyway.ts'
import { needCustody } from './custody.ts'
import type { HttpContext } from './http-context.ts'

const WHAT_HAPPENED = {
  at_provider: 'revoked at the provider',
  local_only: 'removed here only',
  queued: 'removed here, to be revoked at the provider at the next unlock',
} as const

/** Ends a connection for an app that may do so, and writes down which app it was. @throws KeywayError forbidden | connection_not_found */
export async function disconnect(
  { keyway }: HttpContext,
  { app }: AppSession,
  connectionId: string,
): Promise<DisconnectResult> {
  const view = keyway.connections.get(connectionId)
  const provider = view === null ? null : keyway.providers.find(view.providerId)
  if (view === null || provider === null) throw new KeywayError('connection_not_found')
  needCustody(keyway, app, { provider, connection: view })
  const result = await keyway.connections.disconnect(connectionId)
  keyway.activity.append({
    kind: 'disconnect',
    outcome: 'ok',
    appId: app.id,
    appName: app.name,
    connectionId,
    providerSlug: view.providerSlug,
    account: view.account,
    note: `Asked for by the app; ${WHAT_HAPPENED[result.revoked]}.`,
  })
  return result
}
