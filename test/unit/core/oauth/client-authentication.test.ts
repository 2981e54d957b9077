import { expect, it } from 'vitest'
import { authMethods, basicHeader } from '../../../../electron/core/oauth/client-authentication.ts'
import { resolvedProvider } from '../../../support/oauth.ts'

const decoded = (encoding: 'form' | 'raw', id: string, secret: string): string => {
  const header = basicHeader(encoding, id, secret)
  return Buffer.from(header.replace(/^Basic /, ''), 'base64').toString()
}

it('leaves a UUID as it is, for servers that do not decode Basic credentials', () => {
  const id = '5b2c7f9e-0000-4000-8000-1d2e3f4a5b6c'
  expect(decoded('form', id, 'made_up.secret-1')).toBe(`${id}:made_up.secret-1`)
})

it('encodes what would be read wrongly, as RFC 6749 2.3.1 says', () => {
  expect(decoded('form', 'made up', 'a:b/c+d%é')).toBe('made+up:a%3Ab%2Fc%2Bd%25%C3%A9')
})

it('sends the raw characters where the provider is known not to decode', () => {
  expect(decoded('raw', 'made up', 'a:b/c+d%')).toBe('made up:a:b/c+d%')
})

it('has raw Basic as a last try where nobody has said how, and only where it would read otherwise', () => {
  const methods = (clientSecret: string, spec = {}) =>
    authMethods(resolvedProvider(spec, { clientSecret }), { supported: null })
  const [first, second, last] = ['client_secret_basic', 'client_secret_post', 'basic_with_client_id']
  expect(methods('a:b%')).toEqual([first, second, 'basic_raw', last])
  expect(methods('plain')).toEqual([first, second, last])
  expect(methods('a:b%', { client: { auth: 'client_secret_basic' } })).toEqual(['client_secret_basic'])
  expect(methods('a:b%', { client: { basicEncoding: 'raw' } })).toEqual([first, second, last])
})
