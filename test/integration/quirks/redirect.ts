import { expect } from 'vitest'
import { providerSpec, type ProviderSpecInput } from '../../../shared/contract/provider-spec.ts'
import { planRedirect, type RedirectChoice, withPort } from '../../../shared/domain/redirect-uri.ts'
import type { Quirk } from './quirk.ts'

/** The address that the planner gives for these rules. */
function planned(
  redirect: ProviderSpecInput['redirect'],
  choice: Partial<RedirectChoice> = {},
): string | null {
  const spec = providerSpec.parse({ redirect })
  const base = { redirect: 'auto', redirectHost: 'auto', flow: 'authorization_code' } as const
  const plan = planRedirect({ spec, ...base, ...choice })
  return plan.way === 'any-port' && plan.redirectUri !== null
    ? withPort(plan.redirectUri, 50_123)
    : plan.redirectUri
}

function redirectQuirk(
  classes: readonly number[],
  title: string,
  about: {
    redirect: NonNullable<ProviderSpecInput['redirect']>
    choice?: Partial<RedirectChoice>
    registered: (uri: string | null) => boolean
    expected: string | null
  },
): Quirk {
  const uri = planned(about.redirect, about.choice)
  return {
    classes,
    title,
    rules: { authorize: { redirect: about.registered } },
    spec: () => ({ redirect: about.redirect }),
    request: { redirectUri: uri },
    check: () => expect(uri).toBe(about.expected),
    plain: 'authorize',
    plainRequest: { redirectUri: 'http://[::1]:9/other' },
  }
}

const fixed = 'http://127.0.0.1:7317/oauth2/callback'

/** Classes 71 to 76: where the browser may be sent back to. */
export const redirectQuirks: readonly Quirk[] = [
  redirectQuirk([71], 'loopback with any port', {
    redirect: { loopback: 'yes', anyPort: 'yes' },
    choice: { redirect: 'any-port' },
    registered: (uri) => /^http:\/\/127\.0\.0\.1:\d+\/oauth2\/callback$/.test(uri ?? ''),
    expected: 'http://127.0.0.1:50123/oauth2/callback',
  }),
  redirectQuirk([72], 'loopback with one fixed port', {
    redirect: { loopback: 'yes', anyPort: 'no' },
    registered: (uri) => uri === fixed,
    expected: fixed,
  }),
  redirectQuirk([73], 'loopback by name only', {
    redirect: { loopback: 'yes', hosts: ['localhost'] },
    registered: (uri) => uri?.startsWith('http://localhost:7317/') === true,
    expected: 'http://localhost:7317/oauth2/callback',
  }),
  redirectQuirk([73], 'loopback by IPv6 address, because the person says so', {
    redirect: { loopback: 'yes', hosts: ['127.0.0.1', '[::1]'] },
    choice: { redirectHost: '[::1]' },
    registered: (uri) => uri === 'http://[::1]:7317/oauth2/callback',
    expected: 'http://[::1]:7317/oauth2/callback',
  }),
  redirectQuirk([74], 'https only: a page of the person’s own', {
    redirect: { loopback: 'no', httpsRequired: 'yes', uri: 'https://me.example/back' },
    registered: (uri) => uri?.startsWith('https://') === true,
    expected: 'https://me.example/back',
  }),
  redirectQuirk([74], 'https only, but a custom scheme is taken', {
    redirect: { loopback: 'no', httpsRequired: 'yes', customScheme: 'yes' },
    registered: (uri) => uri === 'keyway://oauth2/callback',
    expected: 'keyway://oauth2/callback',
  }),
  redirectQuirk([76], 'one address for the whole app', {
    redirect: { loopback: 'yes', anyPort: 'no', onePerApp: true },
    registered: (uri) => uri === fixed,
    expected: fixed,
  }),
  redirectQuirk([75], 'rules that nobody has established: the fixed port', {
    redirect: { loopback: 'unknown', anyPort: 'unknown', httpsRequired: 'unknown' },
    registered: (uri) => uri === fixed,
    expected: fixed,
  }),
]
