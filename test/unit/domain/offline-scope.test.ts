import { describe, expect, it } from 'vitest'
import { providerSpec } from '../../../shared/contract/provider-spec.ts'
import { offlineScope } from '../../../shared/domain/scopes.ts'

const openId = { discovery: { issuer: 'https://auth.example.test', kind: 'oidc' as const } }

describe('the scope that would bring a refresh token', () => {
  it('is offline_access at an OpenID server that was not asked for it', () => {
    expect(offlineScope(providerSpec.parse(openId), ['openid', 'email'])).toBe('offline_access')
  })

  it('is what the provider is known to want', () => {
    const spec = providerSpec.parse({ refresh: { needsScope: 'refresh_token' } })
    expect(offlineScope(spec, ['read'])).toBe('refresh_token')
  })

  it.each([
    ['it was asked for', openId, ['openid', 'offline_access']],
    ['the server is no OpenID server', {}, ['read']],
    [
      'a parameter brings it instead',
      { ...openId, refresh: { needsParam: 'access_type=offline' } },
      ['openid'],
    ],
    ['the provider gives none', { ...openId, refresh: { supported: 'no' as const } }, ['openid']],
  ])('is none when %s', (_when, spec, requested) => {
    expect(offlineScope(providerSpec.parse(spec), requested)).toBeNull()
  })
})
