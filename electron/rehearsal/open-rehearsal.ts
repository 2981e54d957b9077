// The rehearsal provider as the window drives it: situations instead of switches, and pausing instead of ending, so that grants outlive a stop.
import type { RehearsalCounts, RehearsalSituation, RehearsalVisit } from '../../shared/contract/rehearsal.ts'
import { createRehearsalProvider } from './create-rehearsal-provider.ts'
import type { RehearsalProvider } from './create-rehearsal-provider.ts'
import type { TokenKeeping } from './token-store.ts'
import { behaviourFor } from './situations.ts'

const SHOWN_VISITS = 30

export type OpenedRehearsal = {
  readonly issuer: string
  readonly port: number
  /** A public client that may come home to any loopback port. */
  readonly clientId: string
  readonly accounts: ReadonlyArray<{ email: string; name: string }>
  /** What is in force; an outage with an end is over by itself. */
  situation(): RehearsalSituation
  /** @throws KeywayError `port_busy` when the port cannot be had back after an outage. */
  behave(situation: RehearsalSituation): Promise<void>
  /** Lets go of the port and keeps what was issued. */
  pause(): Promise<void>
  /** Back at the same port, behaving normally. @throws KeywayError `port_busy` */
  resume(): Promise<void>
  look(): { counts: RehearsalCounts; visits: RehearsalVisit[] }
  close(): Promise<void>
}

/** @throws KeywayError `port_busy` */
export async function openRehearsal(options: {
  /** 0: any free one. */
  port: number
  redirectUris: readonly string[]
  /** A request came or was answered, or a situation ended by itself. */
  onChanged: () => void
  /** What the provider before it had issued, and where it goes on keeping that. */
  keeping: TokenKeeping
}): Promise<OpenedRehearsal> {
  const provider = await createRehearsalProvider({
    port: options.port,
    redirectUris: options.redirectUris,
    onVisit: options.onChanged,
    keeping: options.keeping,
  })
  let situation: RehearsalSituation = { situation: 'normal' }
  let end: NodeJS.Timeout | null = null

  const behave = async (next: RehearsalSituation): Promise<void> => {
    if (end !== null) clearTimeout(end)
    end = null
    await provider.behave(behaviourFor(next))
    if (next.situation === 'revoked_grant') revoke(provider, next.account)
    situation = next
    if (next.situation === 'outage' && next.forSeconds !== null) {
      end = setTimeout(() => {
        // A port that somebody took meanwhile stays closed; the next situation or start says so.
        void behave({ situation: 'normal' }).then(options.onChanged, options.onChanged)
      }, next.forSeconds * 1000)
      end.unref()
    }
  }

  return {
    issuer: provider.issuer,
    port: provider.port,
    clientId: provider.clients.native.clientId,
    accounts: provider.accounts.map(({ email, name }) => ({ email, name })),
    situation: () => situation,
    behave,
    pause: () => behave({ situation: 'outage', how: 'refused', forSeconds: null }),
    resume: () => behave({ situation: 'normal' }),
    look: () => lookAt(provider),
    async close() {
      if (end !== null) clearTimeout(end)
      await provider.close()
    },
  }
}

function revoke(provider: RehearsalProvider, account: string | null): void {
  provider.revokeGrants(account === null ? {} : { account })
}

function lookAt(provider: RehearsalProvider): { counts: RehearsalCounts; visits: RehearsalVisit[] } {
  const { tokenRequests, refreshes, reuseDetections, revocations, apiCalls, visits } = provider.stats()
  return {
    counts: {
      tokenRequests,
      refreshes,
      reuseDetections,
      revocations: revocations.refresh_token + revocations.access_token,
      apiCalls,
      grants: provider.grants().length,
    },
    visits: visits
      .slice(-SHOWN_VISITS)
      .toReversed()
      .map(({ sequence, at, endpoint, method, grantType, status, error, fault, refresh }) => ({
        sequence,
        at,
        endpoint,
        method,
        grantType,
        status,
        error,
        fault,
        refresh,
      })),
  }
}
