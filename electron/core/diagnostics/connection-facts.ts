import type { ConnectionView, LifeEvent } from '../../../shared/contract/connection.ts'
import { redactText } from '../../../shared/domain/redact.ts'

/** A connection as a stranger may see it: states, times and fingerprints. */
export function connectionFacts(connection: ConnectionView): Record<string, unknown> {
  const { identity, lastOutcome, life, values, account, ...rest } = connection
  const { providerName: _name, ...facts } = rest
  return {
    ...facts,
    account: redactText(account),
    identity: {
      id: identity.id === null ? 'unknown' : 'known',
      label: identity.label === null ? null : 'known',
    },
    values: Object.keys(values),
    lastOutcome: { ...lastOutcome, at: iso(lastOutcome.at), message: words(lastOutcome.message) },
    issuedAt: iso(connection.issuedAt),
    expiresAt: iso(connection.expiresAt),
    refreshTokenExpiresAt: iso(connection.refreshTokenExpiresAt),
    nextRefreshAt: iso(connection.nextRefreshAt),
    stopsWorkingAt: iso(connection.stopsWorkingAt),
    lastUsedAt: iso(connection.lastUsedAt),
    verifiedAt: iso(connection.verifiedAt),
    lastAuthorizedAt: iso(connection.lastAuthorizedAt),
    createdAt: iso(connection.createdAt),
    updatedAt: iso(connection.updatedAt),
    life: life.map(lifeFacts),
  }
}

function lifeFacts(event: LifeEvent): Record<string, unknown> {
  const shown = {
    ...event,
    at: iso(event.at),
    expiresAt: iso(event.expiresAt),
    message: words(event.message),
  }
  return Object.fromEntries(Object.entries(shown).filter(([, value]) => value !== null))
}

export const words = (text: string | null): string | null => (text === null ? null : redactText(text))

export function iso(at: number | null): string | null {
  return at === null || Number.isNaN(new Date(at).getTime()) ? null : new Date(at).toISOString()
}
