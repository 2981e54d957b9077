// toolshed's curl lines and helper, with only base URL and key changed, and jsworkflows' class over the
// client library.
import { expect, test } from 'vitest'
import { createKeywayClient, KeywayCallError } from '../../shared/client/index.ts'
import { presets } from '../../shared/presets/presets.ts'
import { startRealLocal } from '../support/local-api.ts'
import { signInWithHttp } from '../support/user-agent.ts'

test("toolshed's login link connects the account that userId names and answers its JSON", async () => {
  const local = await startRealLocal({ slug: 'github' })
  const key = local.addApp()

  function buildConnectUrl(provider: string, userId: string, serverUrl: string): string {
    const params = new URLSearchParams({ userId })
    return `${serverUrl}/api/auth/${provider}/login?${params.toString()}`
  }

  const url = buildConnectUrl('github', 'user_abc123', local.url)
  const start = await fetch(url, { headers: { 'x-api-key': key }, redirect: 'manual' })
  expect(start.status).toBe(302)
  const outcome = await signInWithHttp(start.headers.get('location')!, {
    account: 'ada@example.test',
    stopAtCallback: true,
  })
  if (outcome.kind !== 'stopped') throw new Error(outcome.kind)
  const result = (await (await fetch(outcome.callbackUrl)).json()) as object
  // Field by field what the document shows, and nothing else.
  expect(result).toEqual({
    success: true,
    provider: 'github',
    userId: 'user_abc123',
    scopes: expect.arrayContaining(['openid', 'files.read']),
  })
})

test('its connections and disconnect calls answer as documented', async () => {
  const local = await startRealLocal({ slug: 'github' })
  await local.signIn('ada@example.test', 'user_abc123')
  const key = local.addApp()
  const list = await local.ask('/api/auth/connections?userId=user_abc123', { key })
  expect(list.body).toEqual({ userId: 'user_abc123', providers: ['github'] })
  const nobody = await local.ask('/api/auth/connections?userId=user_other', { key })
  expect(nobody.body).toEqual({ userId: 'user_other', providers: [] })
  const without = await local.ask('/api/auth/connections', { key })
  expect(without).toMatchObject({ status: 400, body: { field: 'userId' } })
  const gone = await local.ask('/api/auth/github?userId=user_abc123', { key, method: 'DELETE' })
  expect(gone.body).toEqual({ disconnected: true, provider: 'github', userId: 'user_abc123' })
  expect(gone.headers.get('keyway-revocation')).toBe('at_provider')
  expect(local.keyway.connections.list()).toEqual([])
})

test('an app that declares authProviders sees what is missing, and sees it met after the sign-in', async () => {
  const local = await startRealLocal({ slug: 'github' })
  const key = local.addApp()
  const declared = await local.ask('/api/apps/me', {
    key,
    method: 'PATCH',
    json: {
      authProviders: [{ id: 'github', type: 'oauth2', provider: 'github', scopes: ['files.read'] }],
    },
  })
  expect(declared.body.missing).toEqual([{ provider: 'github', scopes: expect.any(Array) }])
  await local.signIn()
  expect((await local.ask('/api/apps/me', { key })).body.missing).toEqual([])
})

test("jsworkflows' workflow runs with the client library's getOAuthToken", async () => {
  const local = await startRealLocal({ slug: 'my-custom-handle' })
  await local.signIn()
  const lines: string[] = []
  const resource = local.practice.url('/api/me')

  class Workflow {
    async start(
      _data: unknown,
      _headers: unknown,
      api: { getOAuthToken(handle: string): Promise<{ token: string | null; error: string | null }> },
    ) {
      const { token, error } = await api.getOAuthToken('my-custom-handle')
      if (error || !token) throw new Error(error || 'Missing OAuth token')
      const res = await fetch(resource, {
        headers: { Authorization: `Bearer ${token}` },
      })
      if (!res.ok) {
        throw new Error(`API ${res.status}: ${await res.text()}`)
      }
      const json = await res.json()
      lines.push(`Response: ${JSON.stringify(json)}`)
    }
  }

  const client = createKeywayClient({ url: local.url, key: local.addApp() })
  await new Workflow().start(null, null, client)
  expect(lines[0]).toContain('ada@example.test')
  expect(await client.getOAuthToken('other')).toEqual({ token: null, error: 'provider_not_found' })
})

test('a preset that was never set up is named as one, with what to do; a misspelt name is not', async () => {
  const local = await startRealLocal({ presets })
  const key = local.addApp({ manage: true })
  const asked = [
    await local.ask('/api/integrations/token', { key, json: { provider: 'github' } }),
    await local.ask('/api/integrations/github/token', { key }),
    await local.ask('/api/integrations/github/request/user', { key }),
    await local.ask('/api/integrations/github', { key }),
  ]
  for (const { status, body } of asked) {
    expect({ status, body }).toMatchObject({
      status: 404,
      body: { code: 'provider_not_found', preset: 'github' },
    })
    expect(body.message).toMatch(/^GitHub is a built-in preset/)
    expect(body.nextStep).toMatch(/Add connection.*GitHub/)
  }
  const unknown = await local.ask('/api/integrations/githup/request/user', { key })
  expect(unknown.body).toMatchObject({
    code: 'provider_not_found',
    message: 'No provider has that slug or id.',
  })
})

test('the client library tells the outcomes apart, pages through connections, and hands the API its own answers', async () => {
  const local = await startRealLocal()
  const client = createKeywayClient({ url: local.url, key: local.addApp() })
  const failure = await client.token('rehearsal').catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(KeywayCallError)
  expect(failure).toMatchObject({ code: 'not_connected', outcome: 'reconnect_needed', retryable: false })
  const { connectUrl } = await client.connect('rehearsal', { account: 'work' })
  await signInWithHttp(connectUrl, { account: 'ada@example.test' })
  expect(await client.connections()).toHaveLength(1)
  expect((await client.token('rehearsal', { account: 'work' })).account).toBe('work')
  const me = await client.request('rehearsal', { url: '/me' })
  expect(await me.json()).toMatchObject({ email: 'ada@example.test' })
  const missing = await client.request('rehearsal', { url: '/nothing-here' })
  expect(missing.status).toBe(404)
  await expect(client.request('rehearsal', { url: 'https://elsewhere.example.test/' })).rejects.toMatchObject(
    {
      code: 'target_not_allowed',
    },
  )
  const stranger = createKeywayClient({ url: local.url, key: `kw_${'x'.repeat(43)}` })
  await expect(stranger.connections()).rejects.toMatchObject({ code: 'unauthorized', status: 401 })
})
