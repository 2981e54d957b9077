import type { Secret } from '../../../shared/contract/secret.ts'

const MOST = 20

/**
 * Registration access tokens (RFC 7592) between a discovery that registered a client and the save of the provider made from it. They
 * never travel to the window and back.
 */
export type DiscoveredRegistrations = {
  remember(clientId: string, registration: Secret): void
  take(clientId: string): Secret | null
}

export function createDiscoveredRegistrations(): DiscoveredRegistrations {
  const waiting = new Map<string, Secret>()
  return {
    remember(clientId, registration) {
      waiting.set(clientId, registration)
      for (const oldest of [...waiting.keys()].slice(0, Math.max(0, waiting.size - MOST)))
        waiting.delete(oldest)
    },
    take(clientId) {
      const registration = waiting.get(clientId) ?? null
      waiting.delete(clientId)
      return registration
    },
  }
}
