import { tokenServer } from './demand-token.ts'
import { fill, fillAll, fillJson } from './placeholders.ts'
import { learnedValues, type Setup } from './person.ts'
import type { CatalogRecord, Json } from './record.ts'
import { SOMETHING, splitUrl, type Demand } from './wire-view.ts'

/** Header name and value with which a token goes to the API. */
export function tokenHeader(
  { accessTokenHeader }: CatalogRecord,
  accessToken: string,
): [name: string, value: string] {
  const filled = fill(accessTokenHeader ?? 'Authorization: Bearer {access_token}', {
    access_token: accessToken,
  })
  const colon = filled.indexOf(':')
  return [filled.slice(0, colon).toLowerCase(), filled.slice(colon + 1).trim()]
}

/** The call that tells whose account it is. Null: the record has none. */
export function identityDemand(record: CatalogRecord, setup: Setup, accessToken: string): Demand | null {
  const call = record.identity
  if (call === null) return null
  const values = { ...learnedValues(record, setup), access_token: accessToken }
  const headers = {
    ...apiHeaders(record, setup, accessToken),
    ...lowerCase(fillAll(call.headers, values)),
  }
  const at = splitUrl(tokenServer(record, call.url, setup))
  const fields = call.body === null ? {} : (fillJson(call.body, values) as Record<string, Json>)
  const isForm = headers['content-type'] === 'application/x-www-form-urlencoded'
  const format = call.body === null ? 'none' : isForm ? 'form' : 'json'
  return { method: call.method, ...at, headers, format, fields }
}

/** The list of sites or tenants to choose from. */
export function resourceDemand(record: CatalogRecord, setup: Setup, accessToken: string): Demand | null {
  const rule = record.options.resourceDiscovery
  if (rule === undefined) return null
  const at = splitUrl(fill(rule.url, learnedValues(record, setup)))
  return { method: 'GET', ...at, headers: apiHeaders(record, setup, accessToken), format: 'none', fields: {} }
}

function apiHeaders(record: CatalogRecord, setup: Setup, accessToken: string): Record<string, string> {
  const [name, value] = tokenHeader(record, accessToken)
  const values = { ...learnedValues(record, setup), user_agent: SOMETHING }
  const wanted = Object.entries(record.extraApiHeaders).filter(([, text]) => !text.includes('{resource.'))
  return { ...lowerCase(fillAll(Object.fromEntries(wanted), values)), [name]: value }
}

/** Where calls of a connection go. Null: the record does not say. */
export function apiBase(record: CatalogRecord, setup: Setup, resourceId: string): string | null {
  if (record.apiBaseUrl === null) return null
  const bound = record.options.resourceDiscovery?.bindAs
  return fill(record.apiBaseUrl, {
    ...learnedValues(record, setup),
    ...(bound === undefined ? {} : { [bound]: resourceId }),
  })
}

function lowerCase(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}
