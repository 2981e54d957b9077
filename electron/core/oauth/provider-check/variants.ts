// The variants that are tried when a server rejects a request. Each is one small, known deviation; the first
// that works is suggested.
import type { ProviderSpec } from '../../../../shared/contract/provider-spec.ts'
import type { ProviderCheckStep } from '../../../../shared/contract/ui-api.ts'
import { tokenFieldsIn } from '../../../../shared/domain/token-fields.ts'
import { withoutTrailing } from '../../../../shared/domain/without-trailing.ts'
import { isClientRefusal } from '../client-authentication.ts'
import {
  type DiscoveredMetadata,
  getDocument,
  issuerMatches,
  metadataAddresses,
  parseMetadata,
} from '../metadata/metadata.ts'
import type { ResolvedProvider } from '../types.ts'
import type { Check } from './context.ts'
import type { Complaint } from './verdict.ts'

type Section = 'token' | 'client' | 'authorize' | 'scopes' | 'redirect' | 'endpoints'
export type Variant = {
  label: string
  spec: { [Name in Section]?: Partial<ProviderSpec[Name]> } & Partial<
    Pick<ProviderSpec, 'dpop' | 'resources'>
  >
  /** The scopes of this variant, if those are what changes. */
  scopes?: string[]
  /** The redirect URI of this variant, if that is what changes. */
  redirectUri?: string
}

const formats: readonly Variant[] = [
  { label: 'Send token requests as JSON', spec: { token: { format: 'json' } } },
  { label: 'Send token requests as a form', spec: { token: { format: 'form' } } },
  { label: 'Send token parameters in the query', spec: { token: { format: 'query' } } },
]
const methods: readonly Variant[] = [
  { label: 'Ask for tokens with GET', spec: { token: { method: 'GET' } } },
  { label: 'Ask for tokens with POST', spec: { token: { method: 'POST' } } },
]
const withSecret: readonly Variant[] = [
  { label: 'Send client id and secret in the body', spec: { client: { auth: 'client_secret_post' } } },
  {
    label: 'Send client id and secret with Basic',
    spec: { client: { auth: 'client_secret_basic', basicEncoding: 'form' } },
  },
  {
    label: 'Send client id and secret with Basic, without form-encoding them first',
    spec: { client: { auth: 'client_secret_basic', basicEncoding: 'raw' } },
  },
  { label: 'Try the usual ways of sending the client secret', spec: { client: { auth: 'auto' } } },
  { label: 'Send no client secret', spec: { client: { auth: 'none' } } },
]
const withoutSecret: readonly Variant[] = [
  { label: 'Send Basic with an empty secret', spec: { client: { basicWithEmptySecret: true } } },
]
const pkce: readonly Variant[] = [
  { label: 'Use PKCE with S256', spec: { authorize: { pkce: 'S256' } } },
  { label: 'Use PKCE with the plain method', spec: { authorize: { pkce: 'plain' } } },
  { label: 'Use PKCE with the challenge in hexadecimal', spec: { authorize: { pkce: 'S256-hex' } } },
  { label: 'Use no PKCE', spec: { authorize: { pkce: 'off' } } },
]
const bound: readonly Variant[] = [
  { label: 'Bind tokens to a key (DPoP)', spec: { dpop: 'always' } },
  { label: 'Do not bind tokens to a key', spec: { dpop: 'off' } },
]
const separators: readonly Variant[] = [
  { label: 'Separate scopes with a space', spec: { scopes: { separator: ' ' } } },
  { label: 'Separate scopes with a comma', spec: { scopes: { separator: ',' } } },
  { label: 'Separate scopes with a plus sign', spec: { scopes: { separator: '+' } } },
]
const responseModes: readonly Variant[] = [
  { label: 'Let the server choose the response mode', spec: { authorize: { responseMode: 'default' } } },
]
const notPushed: Variant = {
  label: 'Send the sign-in request through the browser only',
  spec: { authorize: { par: 'never' } },
}

const noResource: Variant = { label: 'Name no resource', spec: { resources: [] } }

/** The address has no such endpoint, whatever the body says. */
const nowhere = /^HTTP (?:404|405|410|30\d)\b/

/** Most likely first for this failure. Variants that change nothing are omitted. */
export async function tokenVariants(
  check: Check,
  { code, answer }: { code: string; answer: string | null },
): Promise<Variant[]> {
  const { provider } = check
  const own = ownVariants(check, code, answer ?? '')
  if (own.length > 0) return own
  const auth = provider.clientSecret === null ? withoutSecret : withSecret
  const isClient = isClientRefusal(code, answer ?? '')
  const addresses = nowhere.test(answer ?? '') ? await addressVariants(check, 'token') : []
  const ordered = isAboutDpop(code, answer ?? '')
    ? bound
    : isClient
      ? [...auth, ...formats]
      : code === 'http_405'
        ? [...methods, ...addresses, ...formats]
        : [...addresses, ...formats, ...auth]
  // A server may refuse a client without a proof in words that do not name DPoP.
  const offered = check.server?.discovered?.dpop_signing_alg_values_supported ?? []
  const first = offered.length > 0 && provider.spec.dpop === 'off' ? bound.slice(0, 1) : []
  const resource = /resource/i.test(answer ?? '') ? [noResource, ...ordered] : [...ordered, noResource]
  return [...new Set([...first, ...resource])].filter((variant) => changes(provider.spec, variant))
}

/** For errors that name their cause. */
function ownVariants(check: Check, code: string, answer: string): Variant[] {
  const { provider, scopes } = check
  const found: Readonly<Record<string, () => readonly Variant[]>> = {
    invalid_scope: () => [...(scopes.length > 1 ? separators : []), ...scopeVariants(check)],
    invalid_target: () => [noResource],
    invalid_resource: () => [noResource],
    no_token_in_answer: () => tokenFieldVariants(answer),
  }
  return (found[code]?.() ?? []).filter((variant) => changes(provider.spec, variant))
}

/** Without the scopes that the metadata does not name, then without each alone, then without any. */
function scopeVariants({ scopes, server }: Check): Variant[] {
  const named = server?.discovered?.scopes_supported ?? []
  const unknown = scopes.filter((scope) => !named.includes(scope))
  const sets = [
    ...(named.length > 0 && unknown.length > 0 ? [unknown] : []),
    ...(scopes.length > 1 ? scopes.map((scope) => [scope]) : []),
    [...scopes],
  ].filter((left) => left.length > 0)
  return sets.map((left) => ({
    label: left.length === scopes.length ? 'Ask for no scopes' : `Leave out ${left.join(', ')}`,
    spec: {},
    scopes: scopes.filter((scope) => !left.includes(scope)),
  }))
}

function tokenFieldVariants(answer: string): Variant[] {
  return tokenFieldsIn(answer.slice(answer.indexOf('\n\n') + 2)).map((paths) => ({
    label: `Read the token at ${paths.accessToken}`,
    spec: { token: { paths } },
  }))
}

export function fixOf({ label, spec, scopes }: Variant): NonNullable<ProviderCheckStep['fix']> {
  return { label, spec, ...(scopes === undefined ? {} : { scopes }) }
}

/** RFC 9449 5 and 8: the server wants a proof, or does not take this one. */
function isAboutDpop(code: string, answer: string): boolean {
  return code === 'invalid_dpop_proof' || code === 'use_dpop_nonce' || /dpop/i.test(answer)
}

export async function signInVariants(check: Check, complaint: Complaint): Promise<Variant[]> {
  const { provider } = check
  const found: Record<Complaint, readonly Variant[]> = {
    redirect: otherHosts(check),
    scope: [...(check.scopes.length > 1 ? separators : []), ...scopeVariants(check)],
    resource: [noResource],
    pkce,
    'response mode': responseModes,
    client: [],
    address: complaint === 'address' ? await addressVariants(check, 'authorization') : [],
    other: [...pkce, ...responseModes, noResource],
  }
  const push = provider.spec.authorize.par === 'always' ? [notPushed] : []
  return [...found[complaint], ...push].filter((variant) => changes(provider.spec, variant))
}

/** The same redirect URI with the other loopback names; only if the person did not choose one. */
function otherHosts({ redirectUri, choosesHost }: Check): Variant[] {
  if (redirectUri === null || !choosesHost || !redirectUri.startsWith('http://')) return []
  return (['127.0.0.1', 'localhost', '[::1]'] as const)
    .filter((host) => new URL(redirectUri).hostname !== host)
    .map((host) => {
      const address = new URL(redirectUri)
      address.hostname = host
      const spec = { redirect: { hosts: [host] } }
      return { label: `Come home to ${address.href}`, spec, redirectUri: address.href }
    })
}

export function withVariant(provider: ResolvedProvider, { spec }: Variant): ResolvedProvider {
  const changed = Object.entries(spec).map(([name, part]) => [
    name,
    isWhole(part) ? part : { ...provider.spec[name as Section], ...part },
  ])
  return { ...provider, spec: { ...provider.spec, ...Object.fromEntries(changed) } }
}

/** A field that is no section. */
const isWhole = (part: unknown): part is string | string[] => typeof part === 'string' || Array.isArray(part)

function changes(spec: ProviderSpec, variant: Variant): boolean {
  if (variant.scopes !== undefined) return true
  return Object.entries(variant.spec).some(([name, part]) => {
    if (isWhole(part)) return JSON.stringify(Reflect.get(spec, name)) !== JSON.stringify(part)
    return Object.entries(part).some(([field, value]) => {
      const now: unknown = Reflect.get(spec[name as Section], field)
      return JSON.stringify(now) !== JSON.stringify(value)
    })
  })
}

// Other addresses to try if there is nothing at the configured one: the address in the metadata, and the same
// address with or without a trailing slash.

type ProbedSection = 'token' | 'authorization'

async function addressVariants(check: Check, name: ProbedSection): Promise<Variant[]> {
  const typed = check.server?.endpoint(name) ?? null
  if (typed === null) return []
  const metadata = check.server?.discovered ?? (await metadataAbove(check, typed))
  const told = metadata?.[`${name}_endpoint`]
  const candidates = [...(told === undefined ? [] : [told]), withOtherEnd(typed)]
  return [...new Set(candidates)]
    .filter((address) => address !== typed)
    .map((address) => ({ label: `Use ${address}`, spec: { endpoints: { [name]: address } } }))
}

/** Some servers require a trailing slash or its absence and return 404 otherwise. */
function withOtherEnd(address: string): string {
  const url = new URL(address)
  url.pathname = url.pathname.endsWith('/') ? withoutTrailing(url.pathname, '/') : `${url.pathname}/`
  return url.href
}

/** Looks for issuer metadata at each path from the address up to its origin. */
async function metadataAbove(check: Check, typed: string): Promise<DiscoveredMetadata | null> {
  const { deps, provider, signal } = check
  const { origin, pathname } = new URL(typed)
  const parts = pathname.split('/').filter(Boolean)
  const issuers = parts.map((_part, index) => [origin, ...parts.slice(0, index)].join('/')).slice(0, 3)
  const wire = { fetch: deps.fetchFor(provider.extraCa), clock: deps.clock, signal }
  for (const issuer of issuers) {
    for (const address of metadataAddresses(issuer, 'oidc-then-oauth2')) {
      try {
        const { metadata: found } = parseMetadata(address, await getDocument(wire, address, deps.userAgent))
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
