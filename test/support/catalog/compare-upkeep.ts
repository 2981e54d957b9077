// What a few providers want beside signing in: a client registered by their API, a token checked every hour.
import type { OAuthClient, ResolvedProvider, TokenResponse } from '../../../electron/core/oauth/types.ts'
import { fill } from './placeholders.ts'
import { knownValues, REDIRECT_URI, type Setup } from './person.ts'
import type { CatalogRecord } from './record.ts'
import type { ScriptedProvider } from './scripted-provider.ts'
import { differences, splitUrl, unequal } from './wire-view.ts'

type Bench = {
  record: CatalogRecord
  setup: Setup
  client: OAuthClient
  provider: ResolvedProvider
  scopes: readonly string[]
  server: ScriptedProvider
}

/** Registration by the provider's own API, or at the address of RFC 7591 that the record names. */
export async function compareRegistration({
  record,
  setup,
  client,
  provider,
  scopes,
  server,
}: Bench): Promise<string[]> {
  const { appRegistration: own, dynamicClientRegistration: standard } = record.options
  const address = own?.url ?? (typeof standard === 'string' ? standard : undefined)
  if (address === undefined) return []
  server.enter('register')
  const wishes = { redirectUris: [REDIRECT_URI], scopes }
  const registered = await client.register(provider, wishes)
  const [sent] = server.requests('register')
  const said: Record<string, string> = {
    client_name: 'Keyway',
    redirect_uris: REDIRECT_URI,
    scopes: record.defaultScopes.join(record.scopeSeparator),
  }
  const fields = own === undefined ? (sent?.fields ?? {}) : said
  const unknown = Object.keys(said).filter((name) => own !== undefined && !own.fields.includes(name))
  const format = own === undefined ? 'json' : own.format
  const at = splitUrl(fill(address, knownValues(record, setup)))
  return [
    ...differences('registration', { method: 'POST', ...at, headers: {}, format, fields }, sent),
    ...unequal('registration: fields that the record does not know', [], unknown),
    ...unequal('registration: client', 'registered-client', registered.clientId),
  ]
}

export async function compareValidation(
  { record, client, provider, server }: Bench,
  { accessToken, tokenType, dpopKey, values }: TokenResponse,
): Promise<string[]> {
  const rule = record.options.mandatoryTokenValidation
  server.enter('validate')
  const told = await client.validate(provider, { accessToken, tokenType, dpopKey, values })
  if (rule === undefined) return unequal('validation', 'unknown', told)
  const headers = { authorization: `${rule.scheme} ${accessToken.reveal()}` }
  const demand = { method: 'GET', ...splitUrl(rule.url), headers, format: 'none', fields: {} } as const
  return [
    ...differences('validation', demand, server.requests('validate')[0]),
    ...unequal('validation: outcome', 'valid', told),
    ...unequal('validation: every', rule.everySeconds, provider.spec.account.validation?.everySeconds),
  ]
}
