// What to try when a server does not like a request. The first that gets further is suggested, so each is a small, known deviation.
import type { ProviderSpec } from '../../../shared/contract/provider-spec.ts'
import type { Check } from './doctor-check.ts'
import { addressVariants } from './doctor-addresses.ts'
import type { Complaint } from './doctor-verdict.ts'
import type { ResolvedProvider } from './oauth-client.ts'

type Section = 'token' | 'client' | 'authorize' | 'scopes' | 'redirect' | 'endpoints'
export type Variant = {
  label: string
  spec: { [Name in Section]?: Partial<ProviderSpec[Name]> }
  /** Where this way comes home, when it is that which changes. */
  redirectUri?: string
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
const pkce: readonly Variant[] = [
  { label: 'Use PKCE with S256', spec: { authorize: { pkce: 'S256' } } },
  { label: 'Use PKCE with the plain method', spec: { authorize: { pkce: 'plain' } } },
  { label: 'Use PKCE with the challenge in hexadecimal', spec: { authorize: { pkce: 'S256-hex' } } },
  { label: 'Use no PKCE', spec: { authorize: { pkce: 'off' } } },
]
const separators: readonly Variant[] = [
  { label: 'Separate scopes with a space', spec: { scopes: { separator: ' ' } } },
  { label: 'Separate scopes with a comma', spec: { scopes: { separator: ',' } } },
  { label: 'Separate scopes with a plus sign', spec: { scopes: { separator: '+' } } },
]
const responseModes: readonly Variant[] = [
  { label: 'Let the server choose the response mode', spec: { authorize: { responseMode: 'default' } } },
]
const notPushed: Variant = {
  label: 'Send the sign-in request through the browser only',
  spec: { authorize: { par: 'never' } },
}

/** Nothing there, or something else: whatever words come with it. */
const nowhere = /^HTTP (?:404|405|410|30\d)\b/

/** In the order of likelihood for this failure; those that change nothing are left out. */
export async function tokenVariants(
  check: Check,
  { code, answer }: { code: string; answer: string | null },
): Promise<Variant[]> {
  const { provider } = check
  const auth = provider.clientSecret === null ? withoutSecret : withSecret
  const isClient = code === 'invalid_client' || code === 'unauthorized_client' || code === 'http_401'
  const addresses = nowhere.test(answer ?? '') ? await addressVariants(check, 'token') : []
  const ordered = isClient
    ? [...auth, ...formats]
    : code === 'http_405'
      ? [...methods, ...addresses, ...formats]
      : [...addresses, ...formats, ...auth]
  return ordered.filter((variant) => changes(provider.spec, variant))
}

export async function signInVariants(check: Check, complaint: Complaint): Promise<Variant[]> {
  const { provider } = check
  const found: Record<Complaint, readonly Variant[]> = {
    redirect: otherHosts(check),
    scope: check.scopes.length > 1 ? separators : [],
    pkce,
    'response mode': responseModes,
    client: [],
    address: complaint === 'address' ? await addressVariants(check, 'authorization') : [],
    other: [...pkce, ...responseModes],
  }
  const push = provider.spec.authorize.par === 'always' ? [notPushed] : []
  return [...found[complaint], ...push].filter((variant) => changes(provider.spec, variant))
}

/** The same place under the other names of this machine; only while nobody has chosen one by hand. */
function otherHosts({ redirectUri, choosesHost }: Check): Variant[] {
  if (redirectUri === null || !choosesHost || !redirectUri.startsWith('http://')) return []
  return (['127.0.0.1', 'localhost', '[::1]'] as const)
    .filter((host) => new URL(redirectUri).hostname !== host)
    .map((host) => {
      const address = new URL(redirectUri)
      address.hostname = host
      const spec = { redirect: { hosts: [host] } }
      return { label: `Come home to ${address.href}`, spec, redirectUri: address.href }
    })
}

export function withVariant(provider: ResolvedProvider, { spec }: Variant): ResolvedProvider {
  const changed = Object.entries(spec).map(([name, part]) => [
    name,
    { ...provider.spec[name as Section], ...part },
  ])
  return { ...provider, spec: { ...provider.spec, ...Object.fromEntries(changed) } }
}

function changes(spec: ProviderSpec, variant: Variant): boolean {
  return Object.entries(variant.spec).some(([name, part]) =>
    Object.entries(part).some(([field, value]) => {
      const now: unknown = Reflect.get(spec[name as Section], field)
      return JSON.stringify(now) !== JSON.stringify(value)
    }),
  )
}
