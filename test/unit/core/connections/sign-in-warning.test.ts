import { expect, it } from 'vitest'
import { signInWarning } from '../../../../electron/core/connections/sign-in/finish.ts'
import { providerSpec, type ProviderSpecInput } from '../../../../shared/contract/provider-spec.ts'

const warning = (spec: ProviderSpecInput, requestedScopes: string[], hasRefreshToken = false) =>
  signInWarning(
    { how: 'authorization_code', hasRefreshToken, expiresAt: Date.UTC(2030, 0, 1, 14, 5), requestedScopes },
    providerSpec.parse(spec),
  )

it('without a refresh token the end is named, and what would bring one', () => {
  expect(warning({}, ['read'])).toContain('stops working at 2030-01-01T14:05:00.000Z')
  expect(warning({}, ['read'])).toContain('prompt=consent')
  expect(warning({ refresh: { needsScope: 'offline' } }, ['read'])).toContain('Ask for the scope "offline"')
  expect(warning({ refresh: { needsParam: 'access_type=offline' } }, [])).toContain('access_type=offline')
  expect(warning({ refresh: { supported: 'no' } }, [])).toContain('gives none')
})

it('at an OpenID Connect issuer that is the scope offline_access, when it was not asked for', () => {
  const spec = { discovery: { issuer: 'https://as.example' } }
  expect(warning(spec, ['openid', 'email'])).toContain('Ask for the scope "offline_access"')
  expect(warning(spec, ['openid', 'offline_access'])).toContain('prompt=consent')
  expect(warning(spec, ['read'])).toContain('prompt=consent')
})

it('there is none when a refresh token came', () => {
  expect(warning({}, ['read'], true)).toBeNull()
})
