// oauth2-mock-server: OpenID Connect by its issuer, and answers in the words of servers that differ.
import { expect, test } from 'vitest'
import { Events } from 'oauth2-mock-server'
import {
  asksAt,
  openKeyway,
  registerByForm,
  signIn,
  tokenOf,
  walkCircle,
} from '../../support/real-servers/circle.ts'
import { signInAs, startMockServer } from '../../support/real-servers/mock-server.ts'

const ada = { sub: 'ada', email: 'ada@example.test' }
const byIssuer = (issuer: string) => ({
  clientSecret: '',
  scopes: ['openid', 'email'],
  spec: { discovery: { issuer } },
})

test('a whole circle by the issuer', async () => {
  const { server, issuer } = await startMockServer()
  signInAs(server, ada)
  const opened = await openKeyway()
  const provider = await registerByForm(opened, byIssuer(issuer))
  expect(await walkCircle(opened, provider.id, { api: asksAt(`${issuer}/userinfo`) })).toMatchObject({
    connection: { account: 'ada@example.test', hasRefreshToken: true },
    disconnected: 'at_provider',
  })
})

test('a lifetime that only the token itself names', async () => {
  const { server, issuer } = await startMockServer()
  signInAs(server, ada)
  server.service.on(Events.BeforeResponse, ({ body }) => {
    if (typeof body === 'object') delete body['expires_in']
  })
  const opened = await openKeyway()
  const provider = await registerByForm(opened, byIssuer(issuer))
  const connection = await signIn(opened, provider.id)
  const { expiresAt } = await tokenOf(opened, connection.id)
  expect(expiresAt).toBeGreaterThan(Date.now())
  expect(expiresAt).toBeLessThanOrEqual(Date.now() + 3_600_000)
})

test('a token that the server gives again is never served to a caller whom the API refused it', async () => {
  const { server, issuer } = await startMockServer()
  signInAs(server, ada)
  server.service.on(Events.BeforeResponse, ({ body }) => {
    if (typeof body === 'object') body['access_token'] = 'made-up-token-that-stays'
  })
  const opened = await openKeyway()
  const provider = await registerByForm(opened, byIssuer(issuer))
  const { id } = await signIn(opened, provider.id)
  expect((await tokenOf(opened, id)).token).toBe('made-up-token-that-stays')
  const again = await opened.keyway.tokens.get(id, { rejected: 'current' })
  expect(again).toMatchObject({ kind: 'retrying', failure: { code: 'retrying' } })
  expect((await tokenOf(opened, id)).token).toBe('made-up-token-that-stays')
})
