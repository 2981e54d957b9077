import type { ProviderView } from '../../../shared/contract/provider.ts'
import { shortenedId } from '../../../shared/domain/private-text.ts'
import { redactText } from '../../../shared/domain/redact.ts'

/** Maps of parameters and headers: what a person typed in there may be a key, so only the names are shown. */
const MAPS = new Set([
  'extraParams',
  'exchangeParams',
  'headers',
  'params',
  'body',
  'fields',
  'tokenHeader',
  'authHeader',
])

/** A provider without secrets: what is set, and how it departs from its preset. */
export function providerFacts(provider: ProviderView): Record<string, unknown> {
  const { id, slug, name, preset, clientId, hasClientSecret, scopes, flow, redirect, redirectHost } = provider
  return {
    id,
    slug,
    name: redactText(name),
    preset,
    clientId: shortenedId(clientId),
    hasClientSecret,
    scopes,
    flow,
    redirect,
    redirectHost,
    redirectUri: provider.redirectUri,
    parameters: Object.keys(provider.parameters),
    allowedHosts: provider.allowedHosts,
    privateHosts: provider.privateHosts,
    hasExtraCa: provider.extraCa !== null,
    connections: provider.connectionCount,
    departures: Object.fromEntries(departures(provider.overrides, '')),
    createdAt: provider.createdAt,
    updatedAt: provider.updatedAt,
  }
}

function departures(value: unknown, path: string): [string, unknown][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [[path, plain(value)]]
  return Object.entries(value).flatMap(([name, inner]): [string, unknown][] => {
    const at = path === '' ? name : `${path}.${name}`
    if (!MAPS.has(name)) return departures(inner, at)
    return [[at, typeof inner === 'object' && inner !== null ? Object.keys(inner) : '[set]']]
  })
}

function plain(value: unknown): unknown {
  if (typeof value === 'string') return redactText(value)
  return Array.isArray(value) ? value.map(plain) : value
}
