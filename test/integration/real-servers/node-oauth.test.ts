// @node-oauth/oauth2-server: opaque tokens, everything typed by hand, a secret with special characters.
import { expect, test } from 'vitest'
import { asksAt, openKeyway, registerByForm, walkCircle } from '../../support/real-servers/circle.ts'
import { nodeOAuthSecret, startNodeOAuth } from '../../support/real-servers/node-oauth.ts'

test('a whole circle with typed addresses, and Basic with special characters', async () => {
  const origin = await startNodeOAuth()
  const opened = await openKeyway()
  const provider = await registerByForm(opened, {
    clientSecret: nodeOAuthSecret,
    scopes: ['read'],
    spec: {
      endpoints: {
        authorization: `${origin}/authorize`,
        token: `${origin}/token`,
        revocation: `${origin}/revoke`,
      },
      account: { request: { url: `${origin}/me` }, idPath: 'id', labelPath: 'email' },
    },
  })
  expect(await walkCircle(opened, provider.id, { api: asksAt(`${origin}/me`) })).toMatchObject({
    connection: { account: 'ada@example.test', hasRefreshToken: true },
    api: [200, 200, 401],
    disconnected: 'at_provider',
  })
})
