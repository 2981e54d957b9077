import { Validator } from '@seriousme/openapi-schema-validator'
import { expect, test } from 'vitest'
import { startLocalInMemory } from '../support/local-api.ts'

type Document = {
  openapi: string
  servers: Array<{ url: string }>
  paths: Record<
    string,
    Record<string, { summary?: string; security?: unknown[]; responses: Record<string, unknown> }>
  >
}

test('the description is valid OpenAPI 3.1, by a validator that is not ours', async () => {
  const local = await startLocalInMemory()
  const { status, body } = await local.ask('/openapi.json')
  expect(status).toBe(200)
  const result = await new Validator().validate(body)
  expect(result).toMatchObject({ valid: true })
  expect((body as Document).openapi).toMatch(/^3\.1\./)
  expect((body as Document).servers[0]?.url).toBe(local.url)
})

test('it has every row of the table, and each says what it is for and how it fails', async () => {
  const local = await startLocalInMemory()
  const { paths } = (await local.ask('/openapi.json')).body as Document
  const calls = Object.entries(paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method} ${path}`),
  )
  expect(calls).toEqual(
    expect.arrayContaining([
      'post /api/integrations/token',
      'get /api/integrations/{id}/token',
      'get /api/integrations/connect/{slug}',
      'get /api/integrations/{id}/connect',
      'post /api/integrations/{id}/connect-link',
      'post /api/integrations/{id}/connect',
      'get /oauth2/callback',
      'post /oauth2/callback',
      'get /api/integrations/{id}/connection',
      'delete /api/integrations/{id}/connection',
      'get /api/integration-connections',
      'post /api/integrations/{id}/request',
      ...['get', 'head', 'post', 'put', 'patch', 'delete', 'options'].map(
        (method) => `${method} /api/integrations/{id}/request/{path}`,
      ),
      'get /api/auth/{provider}/login',
      'get /api/auth/connections',
      'delete /api/auth/{provider}',
      'post /api/apps/pair',
      'get /api/apps/pair/{pairingId}',
      'delete /api/apps/pair/{pairingId}',
      'get /api/apps/me',
      'patch /api/apps/me',
      'get /api/events',
      'get /healthz',
      'get /api/integrations',
      'post /api/integrations',
      'patch /api/integrations/{id}',
      'delete /api/integrations/{id}',
    ]),
  )
  for (const [path, item] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(item)) {
      expect({ path, method, summary: operation.summary }).toEqual({
        path,
        method,
        summary: expect.any(String),
      })
      const fails = path === '/healthz' || 'default' in operation.responses
      expect({ path, method, fails }).toEqual({ path, method, fails: true })
    }
  }
})

test('only what needs no key says so', async () => {
  const local = await startLocalInMemory()
  const { paths } = (await local.ask('/openapi.json')).body as Document
  const keyless = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).flatMap(([method, { security }]) =>
      security?.length === 0 ? [`${method} ${path}`] : [],
    ),
  )
  expect(keyless.sort()).toEqual([
    'get /healthz',
    'get /oauth2/callback',
    'post /api/apps/pair',
    'post /oauth2/callback',
  ])
})

test('every described call refuses to work without a key, and says 405 with Allow to another method', async () => {
  const local = await startLocalInMemory()
  const { paths } = (await local.ask('/openapi.json')).body as Document
  for (const [path, item] of Object.entries(paths)) {
    const url = `${path.replace(/\{[^}]+\}/g, 'slack')}${path.endsWith('/login') ? '?userId=work' : ''}`
    for (const [method, { security }] of Object.entries(item)) {
      if (security?.length === 0) continue
      const response = await local.call(url, { method: method.toUpperCase() })
      expect([401, 410], `${method} ${path}`).toContain(response.status)
      await response.body?.cancel()
    }
    const other = ['GET', 'PUT', 'DELETE'].find((method) => !(method.toLowerCase() in item))
    if (other === undefined) continue
    const refused = await local.call(url, { method: other, key: local.key })
    expect([refused.status, refused.headers.get('allow')], `${other} ${path}`).toEqual([
      405,
      expect.stringContaining(Object.keys(item)[0]!.toUpperCase()),
    ])
    expect(await refused.json()).toMatchObject({ code: 'method_not_allowed' })
  }
  expect(await local.ask('/api/nothing', { key: local.key })).toMatchObject({
    status: 404,
    body: { code: 'not_found' },
  })
})

test('the reference page is readable without a script and names every call', async () => {
  const local = await startLocalInMemory()
  const page = await local.call('/docs')
  const text = await page.text()
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'")
  expect(text).not.toContain('<script')
  for (const path of ['/api/integrations/token', '/api/integrations/{id}/request/{path}', '/api/apps/pair']) {
    expect(text).toContain(`<code>${path}</code>`)
  }
})
