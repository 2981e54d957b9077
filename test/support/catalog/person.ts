// One made-up person's registration and sign-in at a provider: what was typed in, and what the provider's
// browser answer brings.
import { createHmac } from 'node:crypto'
import type { CatalogRecord, Texts } from './record.ts'

export const CLIENT_ID = 'made-up-client'
/** With characters that the ways of sending a secret encode differently. */
const CLIENT_SECRET = 'made:up/secret +1'
export const REDIRECT_URI = 'http://127.0.0.1:7317/oauth2/callback'
export const CONTACT = 'you@example.com'
export const CODE = 'made-up-code'

/**
 * How a sign-in is set up: with or without secret, with the parameters' examples or their defaults, with
 * discovery answering or not.
 */
export type Setup = {
  secret: string | null
  parameters: 'examples' | 'defaults'
  discovery: 'answers' | 'unreachable'
}

/**
 * Values of the record's template parameters. An example may go on with words; its first word is the value.
 */
export function parametersOf(record: CatalogRecord, { parameters }: Pick<Setup, 'parameters'>): Texts {
  return Object.fromEntries(
    record.templateParameters.map((parameter) => [
      parameter.name,
      parameters === 'defaults' ? (parameter.default ?? '') : (parameter.example.split(/[ ,(]/)[0] ?? ''),
    ]),
  )
}

export function setupsOf(record: CatalogRecord): Setup[] {
  const { noClientRegistration, confidentialAuthMethod, nativeAuthorizationUrl } = record.options
  const keepsSecret = record.clientAuthMethod !== 'none' || confidentialAuthMethod !== undefined
  const goesWithout =
    record.publicClientPossible !== false ||
    noClientRegistration === true ||
    nativeAuthorizationUrl !== undefined
  const secrets = [...(keepsSecret ? [CLIENT_SECRET] : []), ...(goesWithout ? [null] : [])]
  const hasDefaults = record.templateParameters.every(
    ({ required, default: value }) => !required || value !== null,
  )
  const choices =
    record.templateParameters.length > 0 && hasDefaults
      ? (['examples', 'defaults'] as const)
      : (['examples'] as const)
  const told = record.issuer !== null || metadataAddressOf(record) !== undefined
  const discoveries = told ? (['answers', 'unreachable'] as const) : (['unreachable'] as const)
  return secrets.flatMap((secret) =>
    choices.flatMap((parameters) => discoveries.map((discovery) => ({ secret, parameters, discovery }))),
  )
}

/** Where the record says that metadata is, if not at the issuer's usual place. */
export function metadataAddressOf({ options }: CatalogRecord): string | undefined {
  return options.discoveryUrl ?? options.authorizationServerMetadata
}

/** What the replies of providers with moving hosts name. */
const tokenReplies: Readonly<Record<string, Texts>> = {
  pipedrive: { api_domain: 'https://acme.pipedrive.com' },
  zoho: { api_domain: 'https://www.zohoapis.in' },
  salesforce: { instance_url: 'https://acme.my.salesforce.com' },
}
const identityReplies: Readonly<Record<string, Texts>> = {
  mailchimp: { api_endpoint: 'https://us21.api.mailchimp.com' },
  docusign: { 'accounts[0].base_uri': 'https://demo.docusign.net' },
}
const callbacks: Readonly<Record<string, Texts>> = {
  quickbooks: { realmId: '9341450000000000' },
  zoho: { location: 'in', 'accounts-server': 'https://accounts.zoho.in' },
  shopify: { shop: 'acme.myshopify.com', host: 'YWNtZQ', timestamp: '1794000000' },
}

export const inTokenReply = ({ slug }: CatalogRecord): Texts => tokenReplies[slug] ?? {}
export const inIdentityReply = ({ slug }: CatalogRecord): Texts => identityReplies[slug] ?? {}
export const inCallback = ({ slug }: CatalogRecord): Texts => callbacks[slug] ?? {}

/** Everything that a template of the record may name, before anything was answered. */
export function knownValues(record: CatalogRecord, setup: Setup): Texts {
  return {
    ...parametersOf(record, setup),
    client_id: CLIENT_ID,
    client_secret: setup.secret ?? '',
    app_name: 'Keyway',
    contact_email: CONTACT,
  }
}

/** … and after the sign-in. */
export function learnedValues(record: CatalogRecord, setup: Setup): Texts {
  const named = (prefix: string, values: Texts): Texts =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}.${name}`, value]))
  return {
    ...knownValues(record, setup),
    ...named('token', { stripe_user_id: ACCOUNT.id, ...inTokenReply(record) }),
    ...named('identity', inIdentityReply(record)),
    ...named('callback', inCallback(record)),
  }
}

export const ACCOUNT = { id: 'account-1', label: 'ada@example.test' }

/** The parameters with which the browser comes home. */
export function callbackOf(
  record: CatalogRecord,
  state: string,
  setup: Setup & { iss: string | null },
): URLSearchParams {
  const { options } = record
  const parameters = new URLSearchParams({
    code: `${CODE}${options.stripCodeSuffix ?? ''}`,
    state,
    ...inCallback(record),
  })
  if (options.grantedScopeInCallback !== undefined) {
    parameters.set(
      options.grantedScopeInCallback,
      record.defaultScopes.slice(0, 1).join(record.scopeSeparator),
    )
  }
  if (setup.iss !== null) parameters.set('iss', setup.iss)
  if (options.callbackHmac !== undefined) {
    const signed = [...parameters]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => `${name}=${value}`)
    const mac = createHmac('sha256', setup.secret ?? '')
      .update(signed.join('&'))
      .digest('hex')
    parameters.set(options.callbackHmac.param, mac)
  }
  return parameters
}
