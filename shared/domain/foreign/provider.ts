// Converts an OAuth client from another tool's file to a draft for the registration form. It does not guess:
// a value that is a variable, a sample text or an unsafe URL is omitted and named.
import { cleanName } from '../../contract/name.ts'
import type { ProviderSpecInput } from '../../contract/provider-spec.ts'
import { isSafeUrl } from '../../contract/provider-template.ts'
import type { ProviderInputDraft } from '../../contract/provider.ts'
import type { ImportedProvider } from '../../contract/transfer.ts'
import { ROUTE_WORDS } from '../slug-availability.ts'

/** One client as a file describes it. Values as written; unknown ones are absent. */
export type ForeignClient = {
  name: string
  issuer?: string | undefined
  discoveryUrl?: string | undefined
  authorizationUrl?: string | undefined
  tokenUrl?: string | undefined
  refreshUrl?: string | undefined
  deviceUrl?: string | undefined
  clientId?: string | undefined
  clientSecret?: string | undefined
  scopes: readonly string[]
  auth?: 'client_secret_basic' | 'client_secret_post' | undefined
  pkce?: 'S256' | 'plain' | 'off' | undefined
  flow?: 'authorization_code' | 'device_code' | 'client_credentials' | undefined
  discoveryKind?: 'oauth2' | undefined
  authorizationParams?: Readonly<Record<string, string>> | undefined
  tokenParams?: Readonly<Record<string, string>> | undefined
  refreshParams?: Readonly<Record<string, string>> | undefined
  tokenHeaders?: Readonly<Record<string, string>> | undefined
  notes: readonly string[]
}

/** Drafts for the clients; entries of the same client at the same server are merged. */
export function foreignProviders(clients: readonly ForeignClient[]): ImportedProvider[] {
  const groups = new Map<string, ForeignClient[]>()
  for (const client of clients) {
    const key = [client.issuer, client.authorizationUrl, client.tokenUrl, client.clientId, client.flow].join(
      '\n',
    )
    groups.set(key, [...(groups.get(key) ?? []), client])
  }
  const slugs = new Set<string>()
  return [...groups.values()].map((group) => {
    const provider = draftOf(merged(group))
    provider.draft.slug = freeSlug(provider.draft.slug, slugs)
    slugs.add(provider.draft.slug)
    return provider
  })
}

type ParamKey = 'authorizationParams' | 'tokenParams' | 'refreshParams' | 'tokenHeaders'

function merged(group: readonly ForeignClient[]): ForeignClient {
  const [first] = group
  if (first === undefined || group.length === 1) return first ?? { name: '', scopes: [], notes: [] }
  const union = (key: ParamKey): Record<string, string> =>
    Object.assign({}, ...group.map((client) => client[key] ?? {}))
  return {
    ...first,
    name: hostOf(first.tokenUrl ?? first.issuer ?? '') ?? first.name,
    scopes: [...new Set(group.flatMap(({ scopes }) => scopes))],
    authorizationParams: union('authorizationParams'),
    tokenParams: union('tokenParams'),
    refreshParams: union('refreshParams'),
    tokenHeaders: union('tokenHeaders'),
    notes: [
      `Stands ${group.length} times in the file (${group.map(({ name }) => name).join(', ')}): one provider, to which you can connect each account.`,
      ...new Set(group.flatMap(({ notes }) => notes)),
    ],
  }
}

function draftOf(client: ForeignClient): ImportedProvider {
  const notes = [...client.notes]
  const missing: string[] = []
  const address = (field: string, label: string, value: string | undefined): string | undefined => {
    const found = usable(value)
    if (found !== null && isSafeUrl(found)) return found
    if (value !== undefined && value.trim() !== '') {
      notes.push(
        found === null
          ? `${label}: "${shortened(value)}" is a variable or a sample, so it was left out.`
          : `${label}: "${shortened(value)}" is not an https address, so it was left out.`,
      )
      missing.push(field)
    }
    return undefined
  }
  const issuer = address('discovery.issuer', 'Issuer', client.issuer)
  const discoveryUrl = address('discovery.url', 'Discovery address', client.discoveryUrl)
  const endpoints = {
    authorization: address('endpoints.authorization', 'Authorization address', client.authorizationUrl),
    token: address('endpoints.token', 'Token address', client.tokenUrl),
    deviceAuthorization: address('endpoints.deviceAuthorization', 'Device address', client.deviceUrl),
  }
  const refreshUrl = address('refresh.url', 'Refresh address', client.refreshUrl)
  const clientId = usable(client.clientId)
  if (clientId === null) missing.push('clientId')
  if (clientId === null && (client.clientId ?? '') !== '')
    notes.push('The client id is a variable or a sample.')
  const secret = usable(client.clientSecret)
  if (secret === null && (client.clientSecret ?? '') !== '')
    notes.push('The client secret is a variable or a sample, so it was left out.')
  if (issuer === undefined && endpoints.token === undefined) missing.push('endpoints.token')
  const scopes = usableScopes(client.scopes, notes)
  const draft: ProviderInputDraft = {
    slug: slugOf(client.name),
    name: nameOf(client.name),
    clientId: clientId ?? '',
    ...(secret === null ? {} : { clientSecret: secret }),
    scopes,
    flow: client.flow ?? 'authorization_code',
    spec: specOf(client, { issuer, discoveryUrl, endpoints, refreshUrl }, notes),
  }
  return { draft, notes: [...new Set(notes)], missing: [...new Set(missing)] }
}

type Addresses = {
  issuer: string | undefined
  discoveryUrl: string | undefined
  endpoints: Record<string, string | undefined>
  refreshUrl: string | undefined
}

function specOf(client: ForeignClient, addresses: Addresses, notes: string[]): ProviderSpecInput {
  const { issuer, discoveryUrl, refreshUrl } = addresses
  const endpoints = present(addresses.endpoints)
  const refresh = { ...present({ url: refreshUrl === endpoints['token'] ? undefined : refreshUrl }) }
  const refreshParams = usableMap(client.refreshParams, 'refresh request', notes)
  const authorize = {
    ...present({ pkce: client.pkce }),
    ...filled('extraParams', usableMap(client.authorizationParams, 'authorization request', notes)),
  }
  const token = {
    ...filled('extraParams', usableMap(client.tokenParams, 'token request', notes)),
    ...filled('headers', usableMap(client.tokenHeaders, 'token request', notes)),
  }
  return {
    ...filled('discovery', present({ issuer, url: discoveryUrl, kind: client.discoveryKind })),
    ...filled('endpoints', endpoints),
    ...filled('client', present({ auth: client.auth })),
    ...filled('authorize', authorize),
    ...filled('token', token),
    ...filled('refresh', { ...refresh, ...filled('params', refreshParams) }),
  }
}

/**
 * The text, unless it is a template variable (`{{x}}`, `${x}`, `<x>`) or one of the sample texts that tools
 * ship.
 */
const SAMPLE =
  /^(?:x{3,}|to-?do|changeme|change-me|replaceme|placeholder|example|dummy|(?:your|my|insert|enter|replace|change)[-_ ](?:your[-_ ]|the[-_ ]|this[-_ ]|me[-_ ]?|with[-_ ])*(?:own[-_ ])?(?:oauth2?|google|microsoft|azure|github|app|application|client|consumer|tenant|api|secret|key|id)(?:[^a-z0-9].*)?)$/i

function usable(value: string | undefined): string | null {
  const text = value?.trim() ?? ''
  if (text === '' || /\{\{|\}\}|\$\{|\{%|<[A-Za-z][\w .-]*>|\*\*\*|^\.\.\.$/.test(text) || SAMPLE.test(text))
    return null
  return /\p{Cc}/u.test(text) ? null : text
}

function usableScopes(scopes: readonly string[], notes: string[]): string[] {
  const found = scopes.flatMap((scope) => usable(scope) ?? []).filter((scope) => scope.length <= 300)
  if (found.length < scopes.filter((scope) => scope.trim() !== '').length)
    notes.push('Scopes that are variables were left out.')
  return [...new Set(found)].slice(0, 200)
}

function usableMap(
  map: Readonly<Record<string, string>> | undefined,
  where: string,
  notes: string[],
): Record<string, string> {
  const entries = Object.entries(map ?? {}).filter(([name, value]) => {
    if (name === '' || name.length > 100 || name === '__proto__') return false
    if (usable(value) !== null) return true
    notes.push(`"${shortened(name)}" of the ${where} is a variable or empty, so it was left out.`)
    return false
  })
  return Object.fromEntries(entries)
}

function present<Value>(fields: Readonly<Record<string, Value | undefined>>): Record<string, Value> {
  return Object.fromEntries(
    Object.entries(fields).filter((entry): entry is [string, Value] => entry[1] !== undefined),
  )
}

function filled(name: string, fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.keys(fields).length === 0 ? {} : { [name]: fields }
}

/** Host of a URL; null when the text is not a URL. */
export function hostOf(address: string): string | null {
  return URL.canParse(address) ? new URL(address).hostname : null
}

const nameOf = (name: string): string => cleanName(name) || 'Imported'

function slugOf(name: string): string {
  const slug = name
    .toLowerCase()
    .normalize('NFKD')
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 55)
    .replaceAll(/^-|-$/g, '')
  return slug === '' ? 'imported' : slug
}

/** The slug, or the first free one with a number: `acme`, `acme-2`. */
export function freeSlug(wanted: string, taken: ReadonlySet<string>): string {
  const base = wanted.slice(0, 58).replace(/-$/, '')
  for (let n = 1; ; n += 1) {
    const slug = n === 1 ? wanted : `${base}-${n}`
    if (!taken.has(slug) && !ROUTE_WORDS.some((word) => word === slug)) return slug
  }
}

const shortened = (text: string): string => (text.length > 80 ? `${text.slice(0, 80)}…` : text)
