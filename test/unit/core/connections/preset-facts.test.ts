// The facts of presets are used where a person or a program sees them.
import { describe, expect, it } from 'vitest'
import { manageUrl } from '../../../../electron/core/connections/connections.ts'
import { proxyPolicy } from '../../../../electron/core/connections/proxy-policy.ts'
import { fullSpecOf, type Preset } from '../../../../shared/contract/preset.ts'
import { missingScopes } from '../../../../shared/domain/scope-comparison.ts'
import { presets } from '../../../../shared/presets/presets.ts'

const presetOf = (slug: string): Preset => presets.find((preset) => preset.slug === slug) as Preset
const link = (slug: string, parameters: Record<string, string> = {}): string | null =>
  manageUrl(presetOf(slug), fullSpecOf(presetOf(slug)), { parameters })
const headers = (slug: string, parameters: Record<string, string> = {}): Readonly<Record<string, string>> => {
  const provider = {
    clientId: 'made-up-client',
    parameters,
    allowedHosts: [],
    privateHosts: [],
    extraCa: null,
  }
  return proxyPolicy(provider, fullSpecOf(presetOf(slug)), { values: {} }).headers
}

describe('the page where a person ends what Keyway cannot', () => {
  it('is that of the account, at the server that was typed in', () => {
    expect(link('spotify')).toBe('https://www.spotify.com/account/apps/')
    expect(link('forgejo', { host: 'git.example.org' })).toBe(
      'https://git.example.org/user/settings/applications',
    )
  })

  it('is the console where no other is known, and none while its address is incomplete', () => {
    expect(link('atlassian')).toBe('https://id.atlassian.com/manage-profile/apps')
    expect(link('figma')).toBe('https://www.figma.com/developers/apps')
    expect(link('zendesk', { subdomain: 'acme' })).toBe(
      'https://acme.zendesk.com/admin/apps-integrations/apis/oauth-clients',
    )
    expect(link('zendesk')).toBeNull()
    expect(manageUrl(null, { templateParameters: [] }, { parameters: {} })).toBeNull()
  })
})

it('proxied requests carry the name that Reddit and Basecamp insist on', () => {
  expect(headers('reddit')).toEqual({ 'User-Agent': 'Keyway' })
  expect(headers('basecamp', { contact: 'you@example.com' })).toEqual({
    'User-Agent': 'Keyway (you@example.com)',
  })
})

it('a Google sign-in that was granted in full lacks nothing, though Google answers with other names', () => {
  const { scopes } = fullSpecOf(presetOf('gmail'))
  const granted = [
    'openid',
    'https://www.googleapis.com/auth/userinfo.email',
    'https://www.googleapis.com/auth/userinfo.profile',
    'https://www.googleapis.com/auth/gmail.readonly',
  ]
  expect(missingScopes(presetOf('gmail').defaultScopes, granted, scopes)).toEqual([])
})
