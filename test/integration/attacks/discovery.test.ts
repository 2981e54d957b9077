// A server that is asked who it is, and answers with somebody else's address.
import { describe, expect, test } from 'vitest'
import { pointsInside } from '../../../electron/core/oauth/metadata/metadata.ts'
import { makeOAuthClient } from '../../support/oauth.ts'
import { always, startAnswering } from '../../support/providers/answering-server.ts'

describe('an address in metadata or a redirect', () => {
  const remote = 'https://as.example/.well-known/openid-configuration'
  test.each([
    ['this machine', remote, 'http://127.0.0.1:631/token'],
    ['this machine by name', remote, 'http://localhost/token'],
    ['this machine in IPv6', remote, 'https://[::1]/token'],
    ['this machine inside IPv6', remote, 'https://[::ffff:127.0.0.1]/token'],
    ['this machine in another spelling', remote, 'https://2130706433/token'],
    ['a private network', remote, 'https://10.0.0.1/token'],
    ['a private network in IPv6', remote, 'https://[fd12::1]/token'],
    ['cloud metadata', remote, 'https://169.254.169.254/token'],
    ['cloud metadata, by this machine', 'http://127.0.0.1:1/', 'https://169.254.169.254/token'],
    ['cloud metadata in IPv6, by this machine', 'http://127.0.0.1:1/', 'https://[fd00:ec2::254]/token'],
    ['a neighbour, by this machine', 'http://127.0.0.1:1/', 'https://[fe80::1]/token'],
  ])('may not be %s', (_name, from, to) => expect(pointsInside(from, to)).toBe(true))

  test.each([
    ['elsewhere', remote, 'https://login.example/token'],
    ['on this machine when the server is', 'http://127.0.0.1:1/', 'http://localhost:2/token'],
    ['in the private network when the server is', 'https://10.0.0.1/', 'https://10.0.0.2/token'],
  ])('may be %s', (_name, from, to) => expect(pointsInside(from, to)).toBe(false))
})

test.each([
  'http://169.254.169.254/latest',
  'https://169.254.169.254/latest',
  'file:///etc/passwd',
  'http://10.0.0.1/token',
])('a server whose token address is %s is not registered', async (token) => {
  const server = await startAnswering((request, response) => {
    const issuer = `http://${request.headers.host ?? ''}`
    const metadata = { issuer, authorization_endpoint: `${issuer}/authorize`, token_endpoint: token }
    always(request.url?.includes('openid-configuration') === true ? 200 : 404, metadata)(request, response)
  })
  await expect(makeOAuthClient().discover(server.origin, { redirectUris: [] })).rejects.toMatchObject({
    code: 'discovery_failed',
  })
})
