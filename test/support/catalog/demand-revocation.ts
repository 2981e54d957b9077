import { authenticationOf, basic, tokenServer } from './demand-token.ts'
import { fillAll } from './placeholders.ts'
import { CLIENT_ID, learnedValues, type Setup } from './person.ts'
import type { CatalogRecord } from './record.ts'
import { SOMETHING, splitUrl, type Demand } from './wire-view.ts'

/**
 * The first request that ends the grant. Null: the record knows no way. Impossible: it takes a secret, and
 * there is none.
 */
export function revocationDemand(
  record: CatalogRecord,
  setup: Setup,
  tokens: { access: string; refresh: string | null },
): Demand | 'impossible' | null {
  if (record.revocationUrl === null) return null
  if (record.options.revocation?.authHeader?.includes('{client_secret}') && setup.secret === null)
    return 'impossible'
  const at = splitUrl(tokenServer(record, record.revocationUrl, setup))
  return record.options.revocation === undefined
    ? standard(record, setup, at, tokens)
    : own(record, setup, at, tokens)
}

type At = ReturnType<typeof splitUrl>
type Tokens = { access: string; refresh: string | null }

/** RFC 7009, the refresh token first. */
function standard(record: CatalogRecord, setup: Setup, at: At, { access, refresh }: Tokens): Demand {
  const { headers, fields } = authenticationOf(record, setup)
  return {
    method: 'POST',
    ...at,
    headers,
    format: 'form',
    fields: {
      token: refresh ?? access,
      ...fields,
    },
  }
}

function own(record: CatalogRecord, setup: Setup, at: At, { access, refresh }: Tokens): Demand {
  const rule = record.options.revocation ?? { method: 'POST' }
  const values = { ...learnedValues(record, setup), access_token: access, refresh_token: refresh ?? '' }
  if (rule.in === 'query') {
    const query = { ...at.query, [rule.tokenParam ?? 'token']: access }
    return {
      method: rule.method,
      url: at.url,
      query,
      headers: { authorization: null },
      format: 'none',
      fields: {},
    }
  }
  const body = rule.body == null ? undefined : fillAll(rule.body, values)
  if (rule.auth === 'bearer') {
    const headers = { authorization: `Bearer ${access}` }
    return {
      method: rule.method,
      ...at,
      headers,
      format: body === undefined ? 'none' : 'json',
      fields: body ?? {},
    }
  }
  const inBody = rule.auth === 'client_secret_post' && setup.secret !== null
  const post = inBody ? { client_id: CLIENT_ID, client_secret: setup.secret ?? '' } : {}
  const authorization =
    rule.authHeader !== undefined
      ? (fillAll({ authHeader: rule.authHeader }, values)['authHeader'] ?? null)
      : rule.auth === 'client_secret_basic'
        ? basic(CLIENT_ID, setup.secret ?? '')
        : null
  return {
    method: rule.method,
    ...at,
    headers: { authorization },
    format: rule.format ?? 'form',
    fields: body === undefined ? { [rule.tokenParam ?? 'token']: SOMETHING, ...post } : { ...body, ...post },
  }
}
