// Finds the authorization server of an address. Each attempt is a step that is shown to the person.
import { leftOutSentence } from '../members.ts'
import {
  asDiscoveryError,
  type DiscoveredMetadata,
  discoveryRefused,
  getDocument,
  issuerMatches,
  metadataAddresses,
  MetadataNotFound,
  parseMetadata,
  type ServerDocument,
} from '../metadata/metadata.ts'
import type { StepLog } from '../provider-check/context.ts'
import type { HttpTransport } from '../transport/http-exchange.ts'
import {
  challengeOf,
  type ProtectedResource,
  readProtectedResource,
  resourceAddresses,
} from './protected-resource.ts'

export type FoundServer = {
  /** Null only if a resource names no authorization server and none was found near it. */
  metadata: DiscoveredMetadata | null
  resource: ProtectedResource | null
  /** The resource, or the issuer. */
  address: string
  /** The issuer whose metadata was asked for. Metadata of shared tenants names a placeholder instead. */
  asked: string
}
type Search = { transport: HttpTransport; userAgent: string; log: StepLog }

/** Further authorization servers of a resource are not asked. */
const MAX_SERVERS = 20

const exact = { issuerPattern: null, issuerTrailingSlash: false }

/** @throws KeywayError discovery_failed | provider_unreachable | config_error */
export async function findServer(search: Search, url: string): Promise<FoundServer> {
  const failures: unknown[] = []
  if (new URL(url).pathname.includes('/.well-known/oauth-protected-resource')) {
    const described = url.replace('/.well-known/oauth-protected-resource', '')
    const resource = await attempt(search, failures, () => readResource(search, url, described))
    if (resource !== null) return serverOfResource(search, resource)
    throw asDiscoveryError(failures[0])
  }
  if (new URL(url).pathname.includes('/.well-known/')) {
    return serverAlone(await readMetadata(search, url, null), url.replace(/\/\.well-known\/[^/?#]*/, ''))
  }
  const resource =
    (await resourceByAddress(search, url, failures)) ?? (await challenged(search, url, failures, 'GET'))
  if (resource !== null) return serverOfResource(search, resource)
  const own = await tryIssuer(search, url, failures)
  if (own !== null) return serverAlone(own, url)
  // POST comes last, because an address that is not a protected resource should not receive an unexpected
  // request body.
  const posted = await challenged(search, url, failures, 'POST')
  if (posted !== null) return serverOfResource(search, posted)
  const metadata = await tryOrigin(search, url, failures)
  if (metadata !== null) return serverAlone(metadata, new URL(url).origin)
  throw asDiscoveryError(mostTelling(failures) ?? notFound(search, url))
}

const serverAlone = (metadata: DiscoveredMetadata, asked: string): FoundServer => ({
  metadata,
  asked,
  resource: null,
  address: metadata.issuer,
})

async function serverOfResource(search: Search, resource: ProtectedResource): Promise<FoundServer> {
  const failures: unknown[] = []
  const named = (resource.authorization_servers ?? []).slice(0, MAX_SERVERS)
  for (const issuer of named) {
    const metadata = await tryIssuer(search, issuer, failures)
    if (metadata !== null) return { metadata, resource, address: resource.resource, asked: issuer }
  }
  if (named.length > 0) throw asDiscoveryError(mostTelling(failures) ?? failures[0])
  // Without authorization servers (RFC 9728 2 makes them optional), the resource may be its own.
  const metadata =
    (await tryIssuer(search, resource.resource, failures)) ??
    (await tryOrigin(search, resource.resource, failures))
  return { metadata, resource, address: resource.resource, asked: resource.resource }
}

/** Older servers publish one metadata document at the origin for everything below it. */
async function tryOrigin(
  search: Search,
  url: string,
  failures: unknown[],
): Promise<DiscoveredMetadata | null> {
  const { origin, pathname } = new URL(url)
  return pathname === '/' ? null : tryIssuer(search, origin, failures)
}

/** An unusable document explains the failure better than an address without a document. */
function mostTelling(failures: readonly unknown[]): unknown {
  return failures.find((failure) => !(failure instanceof MetadataNotFound)) ?? null
}

function notFound({ log }: Search, url: string): unknown {
  const tried = new Set(log.steps.map(({ request }) => request)).size
  return discoveryRefused(`There is no server metadata for ${url}: ${tried} addresses were tried.`)
}

async function resourceByAddress(
  search: Search,
  url: string,
  failures: unknown[],
): Promise<ProtectedResource | null> {
  for (const address of resourceAddresses(url)) {
    const found = await attempt(search, failures, () => readResource(search, address, url))
    if (found === null) continue
    const { transport, userAgent } = search
    for (const method of ['GET', 'POST'] as const) {
      const challenge = await attempt(search, [], () => challengeOf(transport, url, { method, userAgent }))
      // The scopes of the challenge take precedence over all scopes that the resource supports.
      if (challenge !== null) return withScopes(found, challenge.scopes)
    }
    return found
  }
  return null
}

async function challenged(
  search: Search,
  url: string,
  failures: unknown[],
  method: 'GET' | 'POST',
): Promise<ProtectedResource | null> {
  const { transport, userAgent, log } = search
  const answered = beginStep(log, 'Challenge', `${method} ${url}`)
  const challenge = await attempt(search, failures, async () => {
    try {
      return await challengeOf(transport, url, { method, userAgent })
    } catch (error) {
      if (!transport.signal.aborted) answered('skipped', wordsOf(error))
      throw error
    }
  })
  const address = challenge?.address ?? null
  if (address === null) {
    answered('skipped', 'The answer names no resource metadata (RFC 9728).')
    return null
  }
  answered('ok', `The answer names ${address}.`)
  const found = await attempt(search, failures, () => readResource(search, address, url))
  return found === null ? null : withScopes(found, challenge?.scopes ?? null)
}

type Answered = (outcome: 'ok' | 'skipped', explanation: string, answer?: string) => void

/** The step of one address. It stands as unanswered until its result is known. */
function beginStep(log: StepLog, name: string, request: string): Answered {
  log.add({ name, request, outcome: 'skipped', explanation: UNANSWERED })
  const step = log.steps.at(-1)
  return (outcome, explanation, answer) => {
    if (step?.explanation === UNANSWERED)
      Object.assign(step, { outcome, explanation, answer: answer ?? null })
  }
}

const UNANSWERED = 'No answer before the time was over.'

/** The result of one address, for its step. */
function wordsOf(error: unknown): string {
  return error instanceof Error ? `${error.message.replace(/\.$/, '')}.` : 'It cannot be read.'
}

function withScopes(resource: ProtectedResource, scopes: string[] | null): ProtectedResource {
  return scopes === null ? resource : { ...resource, scopes_supported: scopes }
}

async function tryIssuer(
  search: Search,
  issuer: string,
  failures: unknown[],
): Promise<DiscoveredMetadata | null> {
  for (const address of metadataAddresses(issuer, 'oidc-then-oauth2')) {
    const found = await attempt(search, failures, () => readMetadata(search, address, issuer))
    if (found !== null) return found
  }
  return null
}

/**
 * The origin may show the metadata of an issuer at a longer path. It is accepted only if the same metadata is
 * also at that issuer's own address.
 */
async function atOwnPlace(search: Search, issuer: string): Promise<ServerDocument | null> {
  for (const address of metadataAddresses(issuer, 'oidc-then-oauth2')) {
    const found = await attempt(search, [], async () => {
      const reply = await getDocument(search.transport, address, search.userAgent)
      return parseMetadata(address, reply)
    })
    if (found !== null && issuerMatches(issuer, found.metadata.issuer, exact)) return found
  }
  return null
}

/** Records a failed attempt. If the caller's own signal or deadline ended it, the error is passed on. */
async function attempt<T>(
  search: Search,
  failures: unknown[],
  work: () => Promise<T | null>,
): Promise<T | null> {
  try {
    return await work()
  } catch (error) {
    if (search.transport.signal.aborted) throw error
    failures.push(error)
    return null
  }
}

async function readResource(search: Search, address: string, resource: string): Promise<ProtectedResource> {
  const { transport, userAgent, log } = search
  const answered = beginStep(log, 'Protected resource', `GET ${address}`)
  try {
    const found = await readProtectedResource(transport, address, { resource, userAgent })
    const servers = found.resource.authorization_servers ?? []
    const trusts = servers.length === 0 ? 'names no authorization server' : `trusts ${servers.join(', ')}`
    const explanation = `${found.resource.resource} ${trusts}.${leftOutSentence(found.leftOut)}`
    answered('ok', explanation)
    return found.resource
  } catch (error) {
    if (!transport.signal.aborted) answered('skipped', wordsOf(error))
    throw error
  }
}

async function readMetadata(
  search: Search,
  address: string,
  issuer: string | null,
): Promise<DiscoveredMetadata> {
  const { transport, userAgent, log } = search
  const answered = beginStep(log, 'Server metadata', `GET ${address}`)
  try {
    const reply = await getDocument(transport, address, userAgent)
    const shown = parseMetadata(address, reply)
    const named = shown.metadata.issuer
    const isOwn = issuer === null || issuerMatches(issuer, named, exact)
    const fits = belongs(named, address)
    const document = isOwn ? shown : fits ? await atOwnPlace(search, named) : null
    if (document === null || (issuer === null && !fits)) {
      throw discoveryRefused(`The metadata at ${address} belongs to ${named}.`)
    }
    checkSignInAddresses(address, document)
    const explanation = `Issuer ${document.metadata.issuer}.${leftOutSentence(document.leftOut)}`
    answered('ok', explanation, `HTTP ${reply.status}`)
    return document.metadata
  } catch (error) {
    if (!transport.signal.aborted) answered('skipped', wordsOf(error))
    throw error
  }
}

/**
 * A sign-in needs these addresses. A wrong one is reported as what it is, and not asked of the person. With
 * null or an empty text the server has none.
 */
function checkSignInAddresses(address: string, { leftOut }: ServerDocument): void {
  const wrong = leftOut.filter(
    (member) => /^(?:authorization|token)_endpoint \(/.test(member) && !/\((?:null|empty)\)$/.test(member),
  )
  if (wrong.length > 0) {
    throw discoveryRefused(`The metadata at ${address} is not usable: ${wrong.join(', ')}.`)
  }
}

/**
 * For a metadata document that was entered directly: its issuer must be on the host where the document was
 * found.
 */
function belongs(issuer: string, address: string): boolean {
  return new URL(issuer).origin === new URL(address).origin
}
