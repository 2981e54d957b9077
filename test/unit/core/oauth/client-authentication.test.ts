import { expect, it } from 'vitest'
import { basicHeader } from '../../../../electron/core/oauth/client-authentication.ts'
import { providerSpec, type ProviderSpecInput } from '../../../../shared/contract/provider-spec.ts'

const decoded = (client: ProviderSpecInput['client'], id: string, secret: string): string => {
  const header = basicHeader({ spec: providerSpec.parse({ client }) }, id, secret)
  return Buffer.from(header.replace(/^Basic /, ''), 'base64').toString()
}

it('leaves a UUID as it is, for servers that do not decode Basic credentials', () => {
  const id = '5b2c7f9e-0000-4000-8000-1d2e3f4a5b6c'
  expect(decoded({}, id, 'made_up.secret-1')).toBe(`${id}:made_up.secret-1`)
})

it('encodes what would be read wrongly, as RFC 6749 2.3.1 says', () => {
  expect(decoded({}, 'made up', 'a:b/c+d%é')).toBe('made+up:a%3Ab%2Fc%2Bd%25%C3%A9')
})

it('sends the raw characters where the provider is known not to decode', () => {
  expect(decoded({ basicEncoding: 'raw' }, 'made up', 'a:b/c+d%')).toBe('made up:a:b/c+d%')
})
