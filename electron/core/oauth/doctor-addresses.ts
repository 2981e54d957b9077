// Where an endpoint may be when there is nothing at the typed address: where metadata says, and with or without a slash at the end.
import type { Check } from './doctor-check.ts'
import type { Variant } from './doctor-variants.ts'
import { issuerMatches } from './issuer-rules.ts'
import { getDocument, parseMetadata, type DiscoveredMetadata } from './metadata.ts'
import { metadataAddresses } from './well-known.ts'
import { withoutTrailing } from '../../../shared/domain/without-trailing.ts'

type Name = 'token' | 'authorization'

export async function addressVariants(check: Check, name: Name): Promise<Variant[]> {
  const typed = check.server?.endpoint(name) ?? null
  if (typed === null) return []
  const metadata = check.server?.discovered ?? (await metadataAbove(check, typed))
  const told = metadata?.[`${name}_endpoint`]
  const candidates = [...(told === undefined ? [] : [told]), withOtherEnd(typed)]
  return [...new Set(candidates)]
    .filter((address) => address !== typed)
    .map((address) => ({ label: `Use ${address}`, spec: { endpoints: { [name]: address } } }))
}

/** Servers that insist on a slash at the end, or on none, have nothing at the other address. */
function withOtherEnd(address: string): string {
  const url = new URL(address)
  url.pathname = url.pathname.endsWith('/') ? withoutTrailing(url.pathname, '/') : `${url.pathname}/`
  return url.href
}

/** Metadata of an issuer on the way from the address up to its origin. */
async function metadataAbove(check: Check, typed: string): Promise<DiscoveredMetadata | null> {
  const { deps, provider, signal } = check
  const { origin, pathname } = new URL(typed)
  const parts = pathname.split('/').filter(Boolean)
  const issuers = parts.map((_part, index) => [origin, ...parts.slice(0, index)].join('/')).slice(0, 3)
  const wire = { fetch: deps.fetchFor(provider), clock: deps.clock, signal }
  for (const issuer of issuers) {
    for (const address of metadataAddresses(issuer, 'oidc-then-oauth2')) {
      try {
        const found = await parseMetadata(address, await getDocument(wire, address, deps.userAgent))
        if (issuerMatches(issuer, found.issuer, { issuerPattern: null, issuerTrailingSlash: false }))
          return found
      } catch (error) {
        if (signal.aborted) throw error
        deps.logger.debug('No metadata above a typed address', { provider: provider.slug, address })
      }
    }
  }
  return null
}
