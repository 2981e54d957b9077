// Behind a corporate proxy and a private certificate authority: every phase goes the same way out, none
// forgets one of the two.
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import type { OpenedKeyway } from '../../electron/core/open-keyway.ts'
import { aConnect, aProvider, anApp } from '../support/builders.ts'
import { testCertificates } from '../support/certificates/certificates.ts'
import { startConnectProxy, type ConnectProxy } from '../support/connect-proxy.ts'
import { startLocal } from '../support/local-api.ts'
import { openTestKeyway } from '../support/open-test-keyway.ts'
import { startSecureProvider, type SecureProvider } from '../support/providers/secure-provider.ts'
import { answerTo } from '../support/start-keyway.ts'
import { tempFolder } from '../support/temp-folder.ts'

let proxy: ConnectProxy
let server: SecureProvider
let opened: OpenedKeyway

beforeEach(async () => {
  proxy = await startConnectProxy()
  onTestFinished(proxy.close)
  server = await startSecureProvider()
  opened = await openTestKeyway(tempFolder(), { environment: { HTTPS_PROXY: proxy.url } })
  onTestFinished(() => opened.close())
})

const register = (extraCa: string | null) =>
  opened.keyway.providers.create(
    aProvider({
      extraCa,
      spec: {
        discovery: { issuer: server.origin, kind: 'oauth2' },
        api: { baseUrl: `${server.origin}/api` },
      },
    }),
  )

/**
 * Does one thing and says what it asked the server for; each request came through the proxy, as one tunnel.
 */
async function phase(task: () => Promise<unknown>): Promise<string[]> {
  const [tunnels, requests] = [proxy.seen.length, server.asked.length]
  await task()
  const asked = server.asked.slice(requests)
  expect(proxy.seen.slice(tunnels)).toEqual(asked.map(() => `CONNECT ${new URL(server.origin).host}`))
  return asked
}

async function connected(extraCa: string | null): Promise<string> {
  const { keyway } = opened
  const provider = register(extraCa)
  const flow = await keyway.connections.connect(aConnect({ providerId: provider.id, open: 'link-only' }))
  const { flow: after } = await keyway.flows.callback(answerTo(flow, 'made-up-code'))
  if (after?.kind !== 'done') throw new Error(JSON.stringify(after))
  return after.connectionId
}

describe('with the authority added', () => {
  test.each(['for the provider', 'for all'])('%s, each phase passes the proxy', async (place) => {
    const { keyway } = opened
    const ofProvider = place === 'for the provider' ? testCertificates.authority : null
    if (place === 'for all') await keyway.ui['settings.update']({ extraCa: testCertificates.authority })
    let id = ''
    expect(await phase(async () => (id = await connected(ofProvider)))).toEqual([
      expect.stringMatching(/^\/\.well-known\//),
      '/token',
      '/userinfo',
    ])
    expect(await phase(() => keyway.connections.refresh(id))).toEqual(['/token'])
    expect(await phase(() => keyway.ui['connections.testCall']({ id, method: 'GET', url: '' }))).toEqual([
      '/api',
    ])
    const { key } = keyway.apps.create(anApp({ grants: [{ target: { kind: 'all' }, proxy: true }] }))
    const local = await startLocal(keyway, { outgoing: opened.outgoing })
    const proxied = await phase(async () =>
      expect((await local.call('/api/integrations/acme/request/files', { key })).status).toBe(200),
    )
    expect(proxied).toEqual(['/api/files'])
    const { providerId } = keyway.connections.get(id)!
    const device = aConnect({ providerId, account: 'tv', kind: 'device_code' })
    expect(await phase(() => keyway.connections.connect(device))).toEqual(['/device'])
    const ownToken = aConnect({ providerId, account: 'robot', kind: 'client_credentials' })
    expect(await phase(() => keyway.connections.connect(ownToken))).toContain('/token')
    expect(await phase(() => keyway.connections.disconnect(id))).toEqual(['/revoke', '/revoke'])
    expect(await phase(() => keyway.ui['providers.doctor']({ id: providerId }))).toContain('/token')
    if (place === 'for the provider') return
    const discover = { url: server.origin, client: 'typed', extraCa: null } as const
    expect((await phase(() => keyway.ui['providers.discover'](discover))).length).toBeGreaterThan(0)
  })
})

test('without the authority a refresh is a configuration error that says so; nothing is lost, and adding it mends it', async () => {
  const { keyway } = opened
  const id = await connected(testCertificates.authority)
  const { providerId } = keyway.connections.get(id)!
  // Another authority than the server's: its certificate is one nobody knows now.
  keyway.providers.update(providerId, { extraCa: null })
  const before = server.asked.length
  const result = await keyway.tokens.get(id, { rejected: 'current' })
  expect(result).toMatchObject({ kind: 'config_error', failure: { code: 'config_error' } })
  expect(result.kind === 'ok' ? '' : result.failure.nextStep).toMatch(/certificate/)
  expect(server.asked.length).toBe(before)
  keyway.providers.update(providerId, { extraCa: testCertificates.authority })
  expect((await keyway.tokens.get(id, { rejected: 'current' })).kind).toBe('ok')
})
