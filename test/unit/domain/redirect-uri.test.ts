import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { providerSpec, type ProviderSpecInput } from '../../../shared/contract/provider-spec.ts'
import {
  isRedirectTarget,
  planRedirect,
  withPort,
  type RedirectChoice,
} from '../../../shared/domain/redirect-uri.ts'

function plan(spec: ProviderSpecInput, choice: Partial<RedirectChoice> = {}) {
  return planRedirect({
    spec: providerSpec.parse(spec),
    redirect: 'auto',
    redirectHost: 'auto',
    flow: 'authorization_code',
    ...choice,
  })
}

describe('the redirect planner', () => {
  it('takes the local server at its fixed port unless something speaks against it', () => {
    expect(plan({ redirect: { loopback: 'yes' } })).toEqual({
      way: 'fixed-port',
      redirectUri: 'http://127.0.0.1:7317/oauth2/callback',
      note: null,
    })
    expect(plan({}, { port: 8000 }).redirectUri).toBe('http://127.0.0.1:8000/oauth2/callback')
    expect(plan({}).note).toMatch(/Nobody has established/)
  })

  it('spells the host as the provider wants it, and warns when the person wants another', () => {
    const spec: ProviderSpecInput = { redirect: { loopback: 'yes', hosts: ['localhost'] } }
    expect(plan(spec).redirectUri).toBe('http://localhost:7317/oauth2/callback')
    const other = plan(spec, { redirectHost: '[::1]' })
    expect(other.redirectUri).toBe('http://[::1]:7317/oauth2/callback')
    expect(other.note).toMatch(/localhost/)
  })

  it('registers an ephemeral port without a port and sends it with one', () => {
    const any = plan({ redirect: { loopback: 'yes', anyPort: 'yes' } }, { redirect: 'any-port' })
    expect(any).toMatchObject({ way: 'any-port', redirectUri: 'http://127.0.0.1/oauth2/callback' })
    expect(withPort(any.redirectUri ?? '', 50_123)).toBe('http://127.0.0.1:50123/oauth2/callback')
    const doubtful = plan({ redirect: { loopback: 'yes', anyPort: 'no' } }, { redirect: 'any-port' })
    expect(doubtful.note).toMatch(/fixed port/)
  })

  it('leaves loopback where the provider refuses it', () => {
    const https: ProviderSpecInput = { redirect: { loopback: 'no', httpsRequired: 'yes' } }
    expect(plan(https)).toMatchObject({ way: 'paste', redirectUri: null })
    expect(plan(https).note).toMatch(/https page of your own/)
    const scheme = { redirect: { ...https.redirect, customScheme: 'yes' as const } }
    expect(plan(scheme)).toMatchObject({ way: 'custom-scheme', redirectUri: 'keyway://oauth2/callback' })
    expect(plan(scheme, { customSchemeWorks: false }).way).toBe('paste')
    const own = { redirect: { ...https.redirect, uri: 'https://me.example/back' } }
    expect(plan(own)).toMatchObject({ way: 'paste', redirectUri: 'https://me.example/back' })
  })

  it('pastes a shown code where the server can show one', () => {
    const oob = 'urn:ietf:wg:oauth:2.0:oob'
    expect(plan({ authorize: { outOfBandRedirectUri: oob } }, { redirect: 'paste' }).redirectUri).toBe(oob)
    expect(
      plan({ authorize: { outOfBandRedirectUri: 'omit' } }, { redirect: 'paste' }).redirectUri,
    ).toBeNull()
    expect(plan({ redirect: { loopback: 'yes' } }, { redirect: 'paste' })).toMatchObject({
      way: 'paste',
      redirectUri: 'http://127.0.0.1:7317/oauth2/callback',
    })
  })

  it('plans nothing for flows without a redirect', () => {
    expect(plan({}, { flow: 'device_code' })).toEqual({ way: 'none', redirectUri: null, note: null })
  })

  it('always gives an address that is safe to register, whatever the rules', () => {
    const yesNo = fc.constantFrom('yes' as const, 'no' as const, 'unknown' as const)
    const rules = fc.record({ loopback: yesNo, anyPort: yesNo, customScheme: yesNo, httpsRequired: yesNo })
    const redirect = fc.constantFrom('auto', 'fixed-port', 'any-port', 'custom-scheme', 'paste' as const)
    const redirectHost = fc.constantFrom('auto', '127.0.0.1', 'localhost', '[::1]' as const)
    fc.assert(
      fc.property(rules, redirect, redirectHost, (spec, way, host) => {
        const { redirectUri } = plan({ redirect: spec }, { redirect: way, redirectHost: host })
        const safe = /^(?:http:\/\/(?:127\.0\.0\.1|localhost|\[::1\])(?::7317)?|keyway:\/)\/oauth2\/callback$/
        expect(redirectUri === null || safe.test(redirectUri)).toBe(true)
      }),
    )
  })

  it('knows its own address again, and no other', () => {
    const sent = 'http://127.0.0.1:7317/oauth2/callback'
    expect(isRedirectTarget(`${sent}?code=c`, sent)).toBe(true)
    const foreign = [
      'http://127.0.0.1:7318/oauth2/callback',
      'https://127.0.0.1:7317/oauth2/callback',
      'http://localhost:7317/oauth2/callback',
      'http://127.0.0.1:7317/oauth2/callback/x',
      'http://127.0.0.1:7317@evil.example/oauth2/callback',
      'not a url',
    ]
    expect(foreign.filter((other) => isRedirectTarget(other, sent))).toEqual([])
    fc.assert(
      fc.property(fc.webUrl(), (url) => {
        expect(isRedirectTarget(url, sent)).toBe(false)
      }),
    )
  })
})
