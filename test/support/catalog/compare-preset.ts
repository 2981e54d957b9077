// Signs in, renews, identifies and disconnects with a preset through the real OAuth client, and says wherever
// a request or what was understood of a reply is not what the provider's record demands.
import { createHash } from 'node:crypto'
import { apiBaseUrl } from '../../../electron/core/connections/proxy-policy.ts'
import type {
  AuthorizeRequest,
  OAuthClient,
  ResolvedProvider,
  TokenResponse,
} from '../../../electron/core/oauth/types.ts'
import { KeywayError } from '../../../shared/contract/errors.ts'
import { fullSpecOf, type Preset } from '../../../shared/contract/preset.ts'
import { Secret } from '../../../shared/contract/secret.ts'
import { makeOAuthClient } from '../oauth.ts'
import { compareDevice } from './compare-device.ts'
import { comparePushed } from './compare-pushed.ts'
import { compareRegistration, compareValidation } from './compare-upkeep.ts'
import { completed, needsMetadata, typedAddresses } from './completed-record.ts'
import { apiBase, identityDemand, resourceDemand, tokenHeader } from './demand-api.ts'
import { askedOf, authorizationDemand, pkceOf } from './demand-authorization.ts'
import { revocationDemand } from './demand-revocation.ts'
import { exchangeDemand, FIRST, postExchangeDemand, refreshDemand } from './demand-token.ts'
import {
  ACCOUNT,
  callbackOf,
  CLIENT_ID,
  CONTACT,
  learnedValues,
  parametersOf,
  REDIRECT_URI,
  setupsOf,
  type Setup,
} from './person.ts'
import type { CatalogRecord } from './record.ts'
import { hasRefreshToken, issuerOf, RESOURCES, RESOURCES_WITHOUT_ADDRESS, understoodOf } from './replies.ts'
import { createScriptedProvider, type ScriptedProvider } from './scripted-provider.ts'
import { differences, unequal, viewOf, type WireView } from './wire-view.ts'

type Bench = {
  record: CatalogRecord
  setup: Setup
  client: OAuthClient
  provider: ResolvedProvider
  /** The preset's own scopes, and two more. */
  scopes: readonly string[]
  server: ScriptedProvider
}

/** Empty: everything is as demanded, in every way in which the record lets the client be set up. */
export async function compareWithRecord(preset: Preset, record: CatalogRecord): Promise<string[]> {
  const found: string[] = []
  if (record.options.supported === false) {
    const setup: Setup = { secret: null, parameters: 'examples', discovery: 'answers' }
    return comparePushed(resolvedFor(preset, record, setup), record).catch((error: unknown) => [
      wordsOf(error),
    ])
  }
  for (const setup of setupsOf(record)) {
    const name = `${setup.secret === null ? 'without' : 'with'} secret, ${setup.parameters}, discovery ${setup.discovery}`
    found.push(...(await compareSetup(preset, record, setup)).map((difference) => `${name}: ${difference}`))
  }
  return found
}

/** One scope alone would hide a wrong separator. */
const MORE_SCOPES = ['made.up:one', 'made.up:two']

function withMoreScopes(record: CatalogRecord): CatalogRecord {
  return { ...record, defaultScopes: [...record.defaultScopes, ...MORE_SCOPES] }
}

export function resolvedFor(preset: Preset, record: CatalogRecord, setup: Setup): ResolvedProvider {
  const typed = typedAddresses(record)
  const spec = fullSpecOf(typed === null ? preset : { ...preset, spec: { ...preset.spec, endpoints: typed } })
  const own = spec.templateParameters.some(({ name }) => name === 'contact') ? { contact: CONTACT } : {}
  return {
    id: `provider-${preset.slug}`,
    slug: preset.slug,
    name: preset.name,
    clientId: record.options.noClientRegistration === true ? '' : CLIENT_ID,
    clientSecret: setup.secret === null ? null : new Secret(setup.secret),
    spec,
    parameters: { ...own, ...parametersOf(record, setup) },
    extraCa: null,
  }
}

async function compareSetup(preset: Preset, written: CatalogRecord, setup: Setup): Promise<string[]> {
  const record = withMoreScopes(completed(written))
  const server = createScriptedProvider(record, setup)
  const client = makeOAuthClient({ fetchFor: () => server.fetch })
  const provider = resolvedFor(preset, written, setup)
  const scopes = [...preset.defaultScopes, ...MORE_SCOPES]
  const bench: Bench = { record, setup, client, provider, scopes, server }
  try {
    if (needsMetadata(written) && setup.discovery === 'unreachable') return await failsInWords(bench)
    const { found, answer } = await signIn(bench)
    if (answer === null) return found
    return [
      ...found,
      ...(needsMetadata(written) ? [] : await compareDevice(provider, record, setup, scopes)),
      ...(await identify(bench, answer)),
      ...(await chooseResource(bench, answer)),
      ...(await compareValidation(bench, answer)),
      ...(await compareRegistration(bench)),
      ...(await refresh(bench, answer)),
      ...(await revoke(bench, answer)),
      ...discovery(bench),
    ]
  } catch (error) {
    return [wordsOf(error)]
  }
}

function wordsOf(error: unknown): string {
  return `failed: ${error instanceof Error ? error.message : String(error)}`
}

/** Without metadata there is no address to go to, and the person is told which server did not answer. */
async function failsInWords({ client, provider, record, scopes }: Bench): Promise<string[]> {
  const asked = client.authorize(provider, request(record, scopes))
  const code = await asked.then(
    () => 'an address all the same',
    (error: unknown) => (error instanceof KeywayError ? error.code : wordsOf(error)),
  )
  return unequal('sign-in without metadata', 'provider_unreachable', code)
}

function request(record: CatalogRecord, scopes: readonly string[]): AuthorizeRequest {
  const { secondaryScopes, optional } = askedOf(record)
  return {
    redirectUri: REDIRECT_URI,
    scopes,
    secondaryScopes,
    loginHint: null,
    prompt: null,
    optionalParams: optional,
  }
}

async function signIn(bench: Bench): Promise<{ found: string[]; answer: TokenResponse | null }> {
  const { record, setup, client, provider, scopes, server } = bench
  const { url, authorizationState } = await client.authorize(provider, request(record, scopes))
  const asked = viewOf(url)
  const found = [
    ...differences('authorization', authorizationDemand(record, setup, authorizationState.state), asked),
    ...stateIsLong(record, authorizationState.state),
  ]
  server.enter('exchange', { nonce: asked.query['nonce'] ?? null })
  const iss =
    setup.discovery === 'answers'
      ? (issuerOf(record, setup) ?? server.metadataAddress?.replace(/\/\.well-known\/.*$/, '') ?? null)
      : null
  const outcome = await client.exchange(
    provider,
    authorizationState,
    callbackOf(record, authorizationState.state, { ...setup, iss }),
  )
  const [exchanged, longer] = server.requests('exchange')
  found.push(...differences('exchange', exchangeDemand(record, setup), exchanged))
  found.push(...provesItself(bench, asked.query['code_challenge'], exchanged?.fields['code_verifier']))
  const second = postExchangeDemand(record, setup)
  if (second !== null) found.push(...differences('second exchange', second, longer))
  if (second === null && longer !== undefined) found.push('exchange: more than one request was sent')
  if (outcome.kind !== 'ok')
    return {
      found: [...found, `exchange: ${outcome.kind}, ${outcome.code}: ${outcome.message}`],
      answer: null,
    }
  found.push(...understood('exchange', bench, outcome.response))
  return { found, answer: outcome.response }
}

function stateIsLong({ options }: CatalogRecord, state: string): string[] {
  const least = Math.max(options.stateMinLength ?? 0, 32)
  return state.length >= least
    ? []
    : [`authorization: state has ${state.length} characters, demanded are ${least}`]
}

function provesItself({ record, setup }: Bench, challenge: unknown, verifier: unknown): string[] {
  const kind = pkceOf(record, setup)
  if (kind === null) return []
  const digest = createHash('sha256')
    .update(typeof verifier === 'string' ? verifier : '')
    .digest(kind)
  return challenge === digest ? [] : [`PKCE: the challenge is not the verifier's SHA-256 in ${kind}`]
}

function understood(step: 'exchange' | 'refresh', { record }: Bench, answer: TokenResponse): string[] {
  const must = understoodOf({ record, step })
  const near = (what: string, demanded: number | null, at: number | null): string[] => {
    const seconds = at === null ? null : (at - answer.receivedAt) / 1000
    const close = demanded !== null && seconds !== null && Math.abs(demanded - seconds) < 10
    return close ? [] : unequal(`${step}: ${what}`, demanded, seconds)
  }
  return [
    ...unequal(`${step}: access token`, must.accessToken, answer.accessToken.reveal()),
    ...unequal(`${step}: refresh token`, must.refreshToken, answer.refreshToken?.reveal() ?? null),
    ...near('seconds to live', must.lifeSeconds, answer.expiresAt),
    ...near('seconds to renew', must.refreshLifeSeconds, answer.refreshTokenExpiresAt),
    ...unequal(`${step}: scopes`, must.scopes, answer.scopes),
    ...unequal(`${step}: account id`, must.accountId, answer.accountId),
    ...unequal(`${step}: account label`, must.accountLabel, answer.accountLabel),
    ...unequal(`${step}: second token`, must.secondToken, answer.second?.accessToken.reveal() ?? null),
  ]
}

function credentialOf(answer: TokenResponse) {
  const { accessToken, tokenType, dpopKey, values, idToken } = answer
  return { accessToken, tokenType, dpopKey, values, idToken }
}

async function identify(bench: Bench, answer: TokenResponse): Promise<string[]> {
  const { record, setup, client, provider, server } = bench
  server.enter('identify')
  const [name, value] = tokenHeader(record, answer.accessToken.reveal())
  const [header] = await client.apiHeaders(provider, credentialOf(answer), {
    method: 'GET',
    url: 'https://api.example.test/',
    nonce: null,
  })
  const found = unequal(
    'token header',
    [name, value],
    header === undefined ? undefined : [header[0].toLowerCase(), header[1]],
  )
  const demand = identityDemand(record, setup, answer.accessToken.reveal())
  if (demand === null) return found
  const told = await client.identify(provider, credentialOf(answer))
  const id = record.identity?.idPath === record.identity?.labelPath ? ACCOUNT.label : ACCOUNT.id
  const base = apiBaseUrl(provider, provider.spec, {
    values: { ...answer.values, ...told.values, ...boundResource(bench) },
  })
  return [
    ...found,
    ...differences('identity', demand, server.requests('identify')[0]),
    ...unequal('identity: id', id, told.id),
    ...unequal('identity: label', ACCOUNT.label, told.label),
    ...unequal(
      'API address',
      apiBase(record, setup, RESOURCES[1]?.id ?? ''),
      base?.replace(/\/$/, '') ?? null,
    ),
    ...strangersAreRefused(bench),
  ]
}

function boundResource({ provider }: Bench): Record<string, string> {
  const rule = provider.spec.account.resource
  return rule === null ? {} : { [`resource.${rule.bindAs}`]: RESOURCES[1]?.id ?? '' }
}

/** A host that a reply or callback invents must not get the token. */
function strangersAreRefused({ record, provider }: Bench): string[] {
  const dynamic = /^\{((?:token|identity|callback)\.[^}]+)\}/.exec(record.apiBaseUrl ?? '')?.[1]
  if (dynamic === undefined) return []
  const strangers = [
    'https://evil.example',
    'https://salesforce.com.evil.example',
    'https://www.zohoapis.com.evil.example',
  ]
  return strangers.flatMap((stranger) => {
    const base = apiBaseUrl(provider, provider.spec, { values: { [dynamic]: stranger } })
    return base === null ? [] : [`API address: ${stranger} is believed`]
  })
}

async function chooseResource(bench: Bench, answer: TokenResponse): Promise<string[]> {
  const { record, setup, client, provider, server } = bench
  const demand = resourceDemand(record, setup, answer.accessToken.reveal())
  server.enter('resources')
  const listed = await client.listResources(provider, credentialOf(answer))
  if (demand === null) return unequal('resources', [], listed)
  const hasAddress = record.options.resourceDiscovery?.urlPath !== undefined
  return [
    ...differences('resources', demand, server.requests('resources')[0]),
    ...unequal('resources: list', hasAddress ? RESOURCES : RESOURCES_WITHOUT_ADDRESS, listed),
  ]
}

async function refresh(bench: Bench, answer: TokenResponse): Promise<string[]> {
  const { record, setup, client, provider, server } = bench
  const demand = refreshDemand(record, setup)
  if (demand === null) return unequal('refresh: supported', 'no', provider.spec.refresh.supported)
  server.enter('refresh')
  const values = { ...answer.values }
  const outcome = await client.refresh(provider, { ...grant(bench, answer), values })
  const found = differences('refresh', demand, server.requests('refresh')[0])
  if (outcome.kind !== 'ok')
    return [...found, `refresh: ${outcome.kind}, ${outcome.code}: ${outcome.message}`]
  return [...found, ...understood('refresh', bench, outcome.response)]
}

function grant({ scopes }: Bench, answer: TokenResponse) {
  const { refreshToken, accessToken, dpopKey, values } = answer
  return { refreshToken, accessToken, scopes, redirectUri: REDIRECT_URI, dpopKey, values }
}

async function revoke(bench: Bench, answer: TokenResponse): Promise<string[]> {
  const { record, setup, client, provider, server } = bench
  const access = answer.accessToken.reveal()
  const tokens = { access, refresh: hasRefreshToken(record) ? FIRST.refresh : null }
  const demand = revocationDemand(record, setup, tokens)
  if (demand === 'impossible') return []
  server.enter('revoke')
  const values = { ...learnedValues(record, setup), ...answer.values }
  const { revoked } = await client.revoke(provider, { ...grant(bench, answer), values })
  // Without metadata nobody can say that there is no way.
  const unknown = server.metadataAddress !== null && setup.discovery === 'unreachable'
  if (demand === null) return unequal('revocation', unknown ? 'failed' : 'not_supported', revoked)
  return [
    ...differences('revocation', demand, withoutHint(server.requests('revoke')[0], tokens)),
    ...unequal('revocation: outcome', 'at_provider', revoked),
  ]
}

/** RFC 7009 2.1 leaves the hint to the client; a wrong one would still be found. */
function withoutHint(
  view: WireView | undefined,
  { refresh: token }: { refresh: string | null },
): WireView | undefined {
  if (view?.fields['token_type_hint'] !== (token === null ? 'access_token' : 'refresh_token')) return view
  const { token_type_hint: _hint, ...fields } = view.fields
  return { ...view, fields }
}

/** Metadata is asked for where the record says, and nowhere else. */
function discovery({ setup, server }: Bench): string[] {
  if (server.metadataAddress === null) return unequal('discovery', [], server.metadataAsked)
  return setup.discovery === 'answers'
    ? unequal('discovery', [server.metadataAddress], [...new Set(server.metadataAsked)])
    : unequal('discovery: first address', server.metadataAddress, server.metadataAsked[0])
}
