import type { ConnectionView } from '../../../shared/contract/connection.ts'
import { KeywayError } from '../../../shared/contract/errors.ts'
import {
  type ConnectionResponse,
  type ConnectionListResponse,
  toIsoMoment,
  toIsoMomentOrNull,
} from '../../../shared/contract/http-api.ts'
import type { DisconnectResult } from '../../../shared/contract/ui-api.ts'
import type { AppSession } from '../../core/keyway.ts'
import { requireConnectionManagement } from '../security/authorize.ts'
import type { HttpContext } from '../server/context.ts'

/** integrations-api's shape of one connection. */
export function connectionAnswer(view: ConnectionView): ConnectionResponse {
  return {
    id: view.id,
    integrationId: view.providerId,
    ownerId: view.account,
    isShared: false,
    tokenExpiresAt: toIsoMomentOrNull(view.expiresAt),
    refreshTokenExpiresAt: toIsoMomentOrNull(view.refreshTokenExpiresAt),
    lastAuthorizedAt: toIsoMoment(view.lastAuthorizedAt),
    apiBaseUri: view.apiBaseUrl,
    data: {
      provider: view.providerSlug,
      identity: view.identity.label,
      scopes: view.grantedScopes,
      missingScopes: view.missingScopes,
      status: view.lastOutcome.status,
      statusMessage: view.lastOutcome.message,
      isDefault: view.isDefault,
      refreshable: view.hasRefreshToken,
      signInBefore: toIsoMomentOrNull(view.stopsWorkingAt),
    },
    createdAt: toIsoMoment(view.createdAt),
    updatedAt: toIsoMoment(view.updatedAt),
  }
}

type Page = { start: number; count: number }
type ListItem = ConnectionListResponse['_embedded']['inf:integration-connection'][number]

/** Their HAL list, one page of it. `typeOf`: the kind of provider, which one of another slug may share. */
export function connectionListAnswer(
  views: readonly ConnectionView[],
  { start, count }: Page,
  typeOf: (providerId: string) => string | null,
): ConnectionListResponse {
  const shown = views.slice(start, start + count)
  const href = (from: number): string => `/api/integration-connections?start=${from}&count=${count}`
  const isWhole = start === 0 && shown.length === views.length
  return {
    _links: {
      self: { href: isWhole ? '/api/integration-connections' : href(start) },
      ...(start + count < views.length ? { next: { href: href(start + count) } } : {}),
      ...(start > 0 ? { prev: { href: href(Math.max(0, start - count)) } } : {}),
    },
    _embedded: { 'inf:integration-connection': shown.map((view) => listItem(view, typeOf(view.providerId))) },
    start,
    count: shown.length,
    total: views.length,
  }
}

function listItem(view: ConnectionView, type: string | null): ListItem {
  return {
    id: view.id,
    integrationId: view.providerId,
    ownerId: view.account,
    isShared: false,
    tokenExpiresAt: toIsoMomentOrNull(view.expiresAt),
    lastAuthorizedAt: toIsoMoment(view.lastAuthorizedAt),
    status: view.lastOutcome.status,
    provider: view.providerSlug,
    _embedded: {
      'inf:integration': {
        id: view.providerId,
        name: view.providerName,
        type: type ?? view.providerSlug,
      },
    },
  }
}

const WHAT_HAPPENED = {
  at_provider: 'revoked at the provider',
  local_only: 'removed here only',
  queued: 'removed here, to be revoked at the provider at the next unlock',
} as const

/**
 * Ends a connection for an app that may do so, and writes down which app it was. @throws KeywayError
 * forbidden | connection_not_found
 */
export async function disconnect(
  { keyway }: HttpContext,
  { app }: AppSession,
  connectionId: string,
): Promise<DisconnectResult> {
  const view = keyway.connections.get(connectionId)
  const provider = view === null ? null : keyway.providers.find(view.providerId)
  if (view === null || provider === null) throw new KeywayError('connection_not_found')
  requireConnectionManagement(keyway, app, { provider, connection: view })
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
