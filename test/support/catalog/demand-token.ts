import { pkceOf, askedOf } from './demand-authorization.ts'
import { fill, fillAll } from './placeholders.ts'
import { CLIENT_ID, CODE, knownValues, learnedValues, REDIRECT_URI, type Setup } from './person.ts'
import type { CatalogRecord, Texts } from './record.ts'
import { SOMETHING, splitUrl, type Demand } from './wire-view.ts'

export const FIRST = { access: 'made-up-access-1', refresh: 'made-up-refresh-1' }
export const SECOND = { access: 'made-up-access-2', refresh: 'made-up-refresh-2' }
export const LONGER = 'made-up-access-longer'

type Authentication = { headers: Record<string, string | null>; fields: Record<string, string> }

/** RFC 6749 2.3.1: form-encoded before they are joined. */
export function basic(id: string, secret: string): string {
  const encoded = [id, secret].map((text) => new URLSearchParams({ t: text }).toString().slice(2)).join(':')
  return `Basic ${Buffer.from(encoded).toString('base64')}`
}

export function authenticationOf(
  { options, clientAuthMethod }: CatalogRecord,
  { secret }: Setup,
): Authentication {
  if (options.noClientRegistration === true) return { headers: { authorization: null }, fields: {} }
  const id = { [options.clientIdParam ?? 'client_id']: CLIENT_ID }
  if (secret === null) {
    return options.publicClientBasicWithEmptySecret === true
      ? { headers: { authorization: basic(CLIENT_ID, '') }, fields: {} }
      : { headers: { authorization: null }, fields: id }
  }
  const method = clientAuthMethod === 'none' ? options.confidentialAuthMethod : clientAuthMethod
  return method === 'client_secret_basic'
    ? { headers: { authorization: basic(CLIENT_ID, secret) }, fields: {} }
    : { headers: { authorization: null }, fields: { ...id, client_secret: secret } }
}

/** The server that the browser's answer named takes the place of the typed one. */
export function tokenServer(record: CatalogRecord, template: string, setup: Setup): string {
  const values = learnedValues(record, setup)
  const address = new URL(fill(template, values))
  const named = record.options.tokenHostFromCallback
  const host = named === undefined ? undefined : values[`callback.${named}`]
  if (host !== undefined) address.host = new URL(host).host
  return address.href
}

function tokenRequest(
  record: CatalogRecord,
  setup: Setup,
  request: { template: string; fields: Record<string, string>; omit: readonly string[]; extra: Texts },
): Demand {
  const authentication = authenticationOf(record, setup)
  const values = knownValues(record, setup)
  const fields = { ...request.fields, ...authentication.fields }
  const kept = Object.entries(fields).filter(([name]) => !request.omit.includes(name))
  const format = record.tokenRequestFormat
  return {
    method: 'POST',
    ...splitUrl(tokenServer(record, request.template, setup)),
    headers: {
      'content-type': format === 'json' ? 'application/json' : 'application/x-www-form-urlencoded',
      accept: 'application/json',
      ...fillAll(record.extraTokenHeaders, { ...values, user_agent: SOMETHING }),
      ...authentication.headers,
    },
    format,
    fields: { ...Object.fromEntries(kept), ...fillAll(request.extra, values) },
  }
}

export function exchangeDemand(record: CatalogRecord, setup: Setup): Demand {
  const { options } = record
  return tokenRequest(record, setup, {
    template: record.tokenUrl ?? '',
    fields: {
      grant_type: 'authorization_code',
      code: CODE,
      redirect_uri: REDIRECT_URI,
      ...(pkceOf(record, setup) === null ? {} : { code_verifier: SOMETHING }),
    },
    omit: options.omitTokenParams ?? [],
    extra: { ...record.extraTokenParams, ...options.addTokenParams },
  })
}

/** Null: this provider's tokens are not refreshed. */
export function refreshDemand(record: CatalogRecord, setup: Setup): Demand | null {
  const { refresh, options } = record
  if (refresh.supported === false) return null
  if (refresh.style === 'exchange_access_token') {
    return getDemand(refresh.url ?? '', refresh.params ?? {}, knownOf(record, setup, LONGER))
  }
  return tokenRequest(record, setup, {
    template: refresh.url ?? record.tokenUrl ?? '',
    fields: {
      grant_type: 'refresh_token',
      refresh_token: FIRST.refresh,
      ...(refresh.sendRedirectUri === true ? { redirect_uri: REDIRECT_URI } : {}),
      ...(options.scopeOnRefresh === true
        ? { scope: askedOf(record).scopes.join(record.scopeSeparator) }
        : {}),
    },
    omit: [...(options.omitTokenParams ?? []), ...(refresh.omitParams ?? [])],
    extra: { ...record.extraTokenParams, ...refresh.params },
  })
}

/** The exchange of the first token for a longer one. Null: there is none. */
export function postExchangeDemand(record: CatalogRecord, setup: Setup): Demand | null {
  const rule = record.options.postExchange
  return rule === undefined ? null : getDemand(rule.url, rule.params, knownOf(record, setup, FIRST.access))
}

function knownOf(record: CatalogRecord, setup: Setup, accessToken: string): Texts {
  return { ...knownValues(record, setup), access_token: accessToken }
}

function getDemand(template: string, params: Texts, values: Texts): Demand {
  const { url, query } = splitUrl(fill(template, values))
  return {
    method: 'GET',
    url,
    query: { ...query, ...fillAll(params, values) },
    headers: { authorization: null },
    format: 'none',
    fields: {},
  }
}
