// The MCP SDK's authorization server: only an address is typed.
import { expect, test } from 'vitest'
import {
  asksAt,
  openKeyway,
  registerByUrl,
  signIn,
  tokenOf,
  walkCircle,
} from '../../support/real-servers/circle.ts'
import { startMcp } from '../../support/real-servers/mcp-sdk.ts'

test('a whole circle from the address of an MCP server alone', async () => {
  const { url, resources } = await startMcp()
  const opened = await openKeyway()
  const provider = await registerByUrl(opened, url)
  expect(provider).toMatchObject({ spec: { resources: [url], api: { baseUrl: url } } })
  expect(await walkCircle(opened, provider.id, { api: asksAt(url) })).toMatchObject({
    api: [200, 200, 401],
    disconnected: 'at_provider',
  })
  expect(resources).toEqual([url, url])
})

test('a secret that has ended: its end was shown, and a new sign-in registers another client', async () => {
  const { url, clients } = await startMcp(3600)
  const opened = await openKeyway()
  const { keyway } = opened
  const provider = await registerByUrl(opened, url)
  const [client] = [...clients.values()]
  if (client?.client_secret_expires_at === undefined) throw new Error('a secret without an end')
  expect(provider.clientSecretExpiresAt).toBe(client.client_secret_expires_at * 1000)
  const { id } = await signIn(opened, provider.id)

  client.client_secret_expires_at = 1
  const refused = await keyway.tokens.get(id, { rejected: 'current' })
  expect(refused).toMatchObject({
    kind: 'reconnect_needed',
    failure: {
      code: 'token_expired',
      message: expect.stringContaining('The next sign-in registers a new client') as string,
    },
  })
  expect(await signIn(opened, provider.id, { connectionId: id })).toMatchObject({ id })
  expect(clients.size).toBe(2)
  expect((await tokenOf(opened, id, 'refused')).token).not.toBe('')
})
