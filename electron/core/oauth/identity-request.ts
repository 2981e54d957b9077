import type { z } from 'zod'
import type { accountSpec } from '../../../shared/contract/provider-api-spec.ts'
import type { Secret } from '../../../shared/contract/secret.ts'
import { fillKnown, fillMap } from '../../../shared/domain/template.ts'
import type { ApiCall } from './api-call.ts'
import type { ApiCredential, ResolvedProvider } from './oauth-client.ts'
import type { OAuthDeps } from './oauth-deps.ts'
import { fillProviderUrl, templateValues, withSecrets } from './provider-values.ts'

type RequestSpec = NonNullable<z.output<typeof accountSpec>['request']>
type Json = RequestSpec['body']

/** The provider's identity call with its templates filled; a body is JSON unless its content type says form. */
export function identityRequest(
  deps: OAuthDeps,
  provider: ResolvedProvider,
  credential: ApiCredential & { idToken?: Secret | null },
  spec: RequestSpec,
): ApiCall {
  const open = templateValues(deps, provider, credential.values)
  const url = fillProviderUrl(provider, spec.url, open)
  const values = withSecrets(provider, open, credential)
  const headers = fillMap(spec.headers, values)
  const body = fillLeaves(spec.body, values)
  if (spec.method === 'GET' || body === null) return { method: spec.method, url, headers, body: null }
  const type = Object.entries(headers).find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? ''
  if (type.includes('form') && typeof body === 'object' && !Array.isArray(body)) {
    const fields = Object.entries(body).map(([name, value]): [string, string] => [name, asText(value)])
    return { method: spec.method, url, headers, body: new URLSearchParams(fields).toString() }
  }
  const typed = type === '' ? { ...headers, 'content-type': 'application/json' } : headers
  return { method: spec.method, url, headers: typed, body: JSON.stringify(body) }
}

function asText(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function fillLeaves(body: Json, values: Readonly<Record<string, string>>): Json {
  if (typeof body === 'string') return fillKnown(body, values)
  if (Array.isArray(body)) return body.map((item) => fillLeaves(item, values))
  if (body === null || typeof body !== 'object') return body
  return Object.fromEntries(Object.entries(body).map(([name, value]) => [name, fillLeaves(value, values)]))
}
