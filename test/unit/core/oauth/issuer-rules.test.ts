import { describe, expect, it } from 'vitest'
import { issuerMatches, relaxedIssuer } from '../../../../electron/core/oauth/metadata/metadata.ts'

const exact = { issuerPattern: null, issuerTrailingSlash: false }
const shared = { issuerPattern: 'https://login.example/{tenantid}/v2.0', issuerTrailingSlash: false }

describe('an issuer', () => {
  it('is the one that was asked, but for a trailing slash', () => {
    expect(issuerMatches('https://as.example', 'https://as.example/', exact)).toBe(true)
    for (const other of [
      'https://as.example.evil.example',
      'https://as.example/x',
      'http://as.example',
      'https://AS.example',
    ]) {
      expect(issuerMatches('https://as.example', other, exact)).toBe(false)
    }
  })

  it('may be of the provider’s pattern, where a placeholder is one path segment and dots are dots', () => {
    expect(issuerMatches('https://login.example/common/v2.0', 'https://login.example/t-1/v2.0', shared)).toBe(
      true,
    )
    for (const other of [
      'https://loginXexample/t-1/v2.0',
      'https://login.example/a/b/v2.0',
      'https://evil.example/t-1/v2.0',
    ]) {
      expect(issuerMatches('https://login.example/common/v2.0', other, shared)).toBe(false)
    }
  })

  it('of an id_token is the tenant’s that the token itself names, and nobody else’s', () => {
    const expected = 'https://login.example/common/v2.0'
    const issuer = 'https://login.example/t-1/v2.0'
    expect(relaxedIssuer(expected, { iss: issuer, tid: 't-1' }, shared)).toBe(issuer)
    expect(relaxedIssuer(expected, { iss: issuer, tid: 't-2' }, shared)).toBeNull()
    expect(relaxedIssuer(expected, { iss: issuer }, shared)).toBeNull()
    expect(relaxedIssuer(expected, { iss: issuer, tid: 't-1' }, exact)).toBeNull()
    expect(relaxedIssuer(expected, { iss: 7 }, shared)).toBeNull()
  })
})
