// Caches issuer metadata for an hour, and a failure for a minute, so that a sign-in does not wait for an
// unreachable address each time. If an issuer answered before and fails now, the last good metadata is used,
// because its token endpoint may still work.
import { asKeywayError, KeywayError } from '../../../../shared/contract/errors.ts'
import { BoundedMap } from '../../bounded-map.ts'
import type { Clock } from '../../ports.ts'
import type { HttpTransport } from '../transport/http-exchange.ts'
import {
  asDiscoveryError,
  type DiscoveredMetadata,
  getDocument,
  issuerMatches,
  type IssuerRules,
  parseMetadata,
  discoveryRefused,
} from './metadata.ts'

export type MetadataRequest = {
  /** The cache key: addresses, rules and extra certificate authorities. */
  key: string
  addresses: readonly string[]
  /** Null: any issuer at the configured address is accepted. */
  issuer: string | null
  rules: IssuerRules
}

export type MetadataCache = {
  /** Drops cached failures, so that these addresses are requested again at once. */
  forgetFailures(): void
  get(request: MetadataRequest, transport: HttpTransport, userAgent: string): Promise<DiscoveredMetadata>
}

const GOOD_FOR_MS = 3_600_000
const BAD_FOR_MS = 60_000
const REMEMBERED = 200

type Entry = { until: number; found: DiscoveredMetadata | KeywayError; lastGood: DiscoveredMetadata | null }

export function createMetadataCache(clock: Clock): MetadataCache {
  const entries = new BoundedMap<string, Entry>(REMEMBERED)
  return {
    forgetFailures() {
      for (const [key, { found }] of entries) if (found instanceof KeywayError) entries.delete(key)
    },
    async get(request, transport, userAgent) {
      const known = entries.get(request.key)
      if (known !== undefined && known.until > clock.monotonicMs()) {
        if (known.found instanceof KeywayError) throw known.found
        return known.found
      }
      try {
        const found = await fetchMetadata(request, transport, userAgent)
        entries.set(request.key, { until: clock.monotonicMs() + GOOD_FOR_MS, found, lastGood: found })
        return found
      } catch (error) {
        const failure = asDiscoveryError(error)
        // If the caller's own signal or deadline ended the request, nothing is known about the server.
        const lastGood = known?.lastGood ?? null
        if (failure instanceof KeywayError && !transport.signal.aborted) {
          entries.set(request.key, {
            until: clock.monotonicMs() + BAD_FOR_MS,
            found: lastGood ?? failure,
            lastGood,
          })
          if (lastGood !== null) return lastGood
        }
        throw failure
      }
    },
  }
}

async function fetchMetadata(
  request: MetadataRequest,
  transport: HttpTransport,
  userAgent: string,
): Promise<DiscoveredMetadata> {
  const failures: unknown[] = []
  for (const address of request.addresses) {
    try {
      const reply = await getDocument(transport, address, userAgent)
      const metadata = await parseMetadata(address, reply)
      if (request.issuer === null || issuerMatches(request.issuer, metadata.issuer, request.rules))
        return metadata
      throw discoveryRefused(
        `The metadata at ${address} belongs to ${metadata.issuer}, not to ${request.issuer}.`,
      )
    } catch (error) {
      failures.push(error)
      if (transport.signal.aborted) throw error
    }
  }
  throw asKeywayError(
    asDiscoveryError(failures[0] ?? discoveryRefused('There is no address to look for metadata at.')),
  )
}
