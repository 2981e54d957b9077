import {
  toIsoMoment,
  toIsoMomentOrNull,
  type ConnectionAnswer,
  type ConnectionListAnswer,
} from '../../shared/contract/http-api.ts'
import type { ConnectionView } from '../../shared/contract/connection.ts'

/** integrations-api's shape of one connection. */
export function connectionAnswer(view: ConnectionView): ConnectionAnswer {
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
    },
    createdAt: toIsoMoment(view.createdAt),
    updatedAt: toIsoMoment(view.updatedAt),
  }
}

type Page = { start: number; count: number }
type ListItem = ConnectionListAnswer['_embedded']['inf:integration-connection'][number]

/** Their HAL list, one page of it. `typeOf`: the kind of provider, which one of another slug may share. */
export function connectionListAnswer(
  views: readonly ConnectionView[],
  { start, count }: Page,
  typeOf: (providerId: string) => string | null,
): ConnectionListAnswer {
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
