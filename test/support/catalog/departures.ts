// Where a preset knowingly does something else than its record says, and why. The record is changed to what
// is then demanded, so that everything else is still compared; a test holds that each of these makes a
// difference.
import type { CatalogRecord } from './record.ts'

export type Departure = {
  slug: string
  /** Seen in a request, or only in the data. */
  where: 'requests' | 'data'
  why: string
  demanded(record: CatalogRecord): CatalogRecord
}

const options = (record: CatalogRecord, more: CatalogRecord['options']): CatalogRecord => ({
  ...record,
  options: { ...record.options, ...more },
})

const redirectRules = (
  record: CatalogRecord,
  more: Partial<CatalogRecord['redirectRules']>,
): CatalogRecord => ({
  ...record,
  redirectRules: { ...record.redirectRules, ...more },
})

const pattern = (record: CatalogRecord, which: RegExp, other: string): CatalogRecord => ({
  ...record,
  templateParameters: record.templateParameters.map((parameter) =>
    which.test(parameter.pattern ?? '') ? { ...parameter, pattern: other } : parameter,
  ),
})

export const departures: readonly Departure[] = [
  ...['slack', 'slack_user'].map((slug): Departure => ({
    slug,
    where: 'requests',
    why: 'An app with a secret has not been switched to PKCE, which Slack takes only from apps that have.',
    demanded: (record) => options(record, { confidentialAppsRejectPkce: true }),
  })),
  {
    slug: 'netlify',
    where: 'requests',
    why: 'The record says in words that there are no scopes, and leaves out the option.',
    demanded: (record) => options(record, { noScopes: true }),
  },
  {
    slug: 'cloudflare',
    where: 'requests',
    why: 'The record names offline_access as what a refresh token needs and leaves it out of the scopes; a default sign-in is to last.',
    demanded: (record) => ({ ...record, defaultScopes: [...record.defaultScopes, 'offline_access'] }),
  },
  {
    slug: 'salesforce',
    where: 'data',
    why: 'Its index names it among those whose refresh tokens depend on the app; the record says plainly yes.',
    demanded: (record) => ({ ...record, refresh: { ...record.refresh, supported: 'optional' } }),
  },
  {
    slug: 'oidc',
    where: 'requests',
    why: 'OpenID Connect Core 11 grants offline access with prompt=consent only, and an unknown server may hold to it.',
    demanded: (record) => ({
      ...record,
      extraAuthorizeParams: { ...record.extraAuthorizeParams, prompt: 'consent' },
    }),
  },
  {
    slug: 'square',
    where: 'requests',
    why: 'The record leaves the body of the revocation open; Square wants the token and the client in it.',
    demanded: (record) =>
      options(record, {
        revocation: {
          ...record.options.revocation,
          method: 'POST',
          body: { access_token: '{access_token}', client_id: '{client_id}' },
        },
      }),
  },
  {
    slug: 'adobe',
    where: 'data',
    why: 'The scheme that Adobe takes is one that Adobe makes up, so that Keyway cannot be reached by its own.',
    demanded: (record) => redirectRules(record, { customSchemeAllowed: 'no' }),
  },
  {
    slug: 'bluesky',
    where: 'data',
    why: 'The record holds it for impossible. With the server typed in and its metadata read, it is not.',
    demanded: (record) => ({
      ...redirectRules(record, { anyPortAllowed: 'yes' }),
      templateParameters: [],
    }),
  },
  {
    slug: 'zoho',
    where: 'data',
    why: 'The pattern of the record also matches accounts.zoho.evil.example; only the data centres are meant.',
    demanded: (record) =>
      pattern(
        record,
        /zoho/,
        '^accounts\\.(zoho\\.(com|eu|in|com\\.au|com\\.cn|jp|sa|uk|ae)|zohocloud\\.ca)$',
      ),
  },
  {
    slug: 'oidc',
    where: 'data',
    why: 'A server on this machine is spoken to in plain http; anywhere else the finished address is refused.',
    demanded: (record) => pattern(record, /./, '^https?://[^\\s?#]+$'),
  },
]

export function demandedRecord(record: CatalogRecord): CatalogRecord {
  return departures
    .filter(({ slug }) => slug === record.slug)
    .reduce((changed, { demanded }) => demanded(changed), record)
}
