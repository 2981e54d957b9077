// What to try when a token endpoint does not like the request: other formats, other ways to authenticate. The first that gets as far as
// looking at the code is suggested.
import type { ProviderSpec } from '../../../shared/contract/provider-spec.ts'
import type { ResolvedProvider } from './oauth-client.ts'

export type Variant = {
  label: string
  spec: { token?: Partial<ProviderSpec['token']>; client?: Partial<ProviderSpec['client']> }
}

const formats: readonly Variant[] = [
  { label: 'Send token requests as JSON', spec: { token: { format: 'json' } } },
  { label: 'Send token requests as a form', spec: { token: { format: 'form' } } },
  { label: 'Send token parameters in the query', spec: { token: { format: 'query' } } },
]
const methods: readonly Variant[] = [
  { label: 'Ask for tokens with GET', spec: { token: { method: 'GET' } } },
  { label: 'Ask for tokens with POST', spec: { token: { method: 'POST' } } },
]
const withSecret: readonly Variant[] = [
  { label: 'Send client id and secret in the body', spec: { client: { auth: 'client_secret_post' } } },
  {
    label: 'Send client id and secret with Basic',
    spec: { client: { auth: 'client_secret_basic', basicEncoding: 'form' } },
  },
  {
    label: 'Send client id and secret with Basic, without form-encoding them first',
    spec: { client: { auth: 'client_secret_basic', basicEncoding: 'raw' } },
  },
  { label: 'Send no client secret', spec: { client: { auth: 'none' } } },
]
const withoutSecret: readonly Variant[] = [
  { label: 'Send Basic with an empty secret', spec: { client: { basicWithEmptySecret: true } } },
]

/** In the order of likelihood for this failure; those that change nothing are left out. */
export function variantsFor(provider: ResolvedProvider, code: string): Variant[] {
  const auth = provider.clientSecret === null ? withoutSecret : withSecret
  const isClient = code === 'invalid_client' || code === 'unauthorized_client' || code === 'http_401'
  const ordered = isClient
    ? [...auth, ...formats]
    : code === 'http_405'
      ? [...methods, ...formats]
      : [...formats, ...auth]
  return ordered.filter((variant) => changes(provider.spec, variant))
}

export function withVariant(provider: ResolvedProvider, { spec }: Variant): ResolvedProvider {
  return {
    ...provider,
    spec: {
      ...provider.spec,
      token: { ...provider.spec.token, ...spec.token },
      client: { ...provider.spec.client, ...spec.client },
    },
  }
}

function changes(spec: ProviderSpec, variant: Variant): boolean {
  const differs = (now: object, then: object = {}): boolean =>
    Object.entries(then).some(([name, value]) => Reflect.get(now, name) !== value)
  return differs(spec.token, variant.spec.token) || differs(spec.client, variant.spec.client)
}
