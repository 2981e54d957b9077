// Attacks on the way to a connection: tickets, states and return addresses, against the real core and a real
// provider.
import { describe, expect, test } from 'vitest'
import { startRealLocal, type RealLocal } from '../../support/local-api.ts'
import { signInWithHttp } from '../../support/user-agent.ts'

const linkFor = async (local: RealLocal, key: string, json: object = {}): Promise<string> => {
  const { status, body } = await local.ask('/api/integrations/rehearsal/connect-link', { key, json })
  expect(status).toBe(201)
  return body.connectUrl
}

const follow = (url: string, headers: Record<string, string> = {}) =>
  fetch(url, { redirect: 'manual', headers })

const callbackOf = async (authorizationUrl: string, account = 'ada@example.test'): Promise<URL> => {
  const outcome = await signInWithHttp(authorizationUrl, { account, stopAtCallback: true })
  if (outcome.kind !== 'stopped') throw new Error(JSON.stringify(outcome))
  return new URL(outcome.callbackUrl)
}

describe('connect tickets', () => {
  test('work once', async () => {
    const local = await startRealLocal()
    const link = await linkFor(local, local.addApp())
    expect((await follow(link)).status).toBe(302)
    const again = await follow(link)
    expect(again.status).toBe(410)
    expect(await again.json()).toMatchObject({ code: 'expired_link' })
    expect(local.keyway.flows.list()).toHaveLength(1)
  })

  test('made up or cut short start nothing', async () => {
    const local = await startRealLocal()
    const link = new URL(await linkFor(local, local.addApp()))
    for (const ticket of ['made-up', link.searchParams.get('ticket')!.slice(0, -1), '']) {
      link.searchParams.set('ticket', ticket)
      expect((await follow(link.href)).status).toBe(410)
    }
    expect(local.keyway.flows.list()).toEqual([])
  })

  test('of one provider start nothing at another', async () => {
    const local = await startRealLocal()
    const { clientId, clientSecret } = local.practice.clients.basic
    const key = local.addApp({ manage: true })
    const made = await local.ask('/api/integrations', {
      key,
      json: {
        slug: 'other',
        name: 'Other',
        clientId,
        clientSecret,
        scopes: ['openid'],
        spec: { discovery: { issuer: local.practice.issuer } },
      },
    })
    expect(made.status).toBe(201)
    const link = await linkFor(local, key)
    expect((await follow(link.replace('/rehearsal/', '/other/'))).status).toBe(410)
    expect(local.keyway.flows.list()).toEqual([])
    expect((await follow(link)).status).toBe(302)
  })

  test('of an app that was removed meanwhile start nothing', async () => {
    const local = await startRealLocal()
    const link = await linkFor(local, local.addApp())
    for (const { id } of local.keyway.apps.list()) local.keyway.apps.remove(id)
    expect((await follow(link)).status).toBe(410)
  })

  test('are not used up by a browser that only looks ahead, nor by HEAD', async () => {
    const local = await startRealLocal()
    const link = await linkFor(local, local.addApp())
    expect((await follow(link, { 'sec-purpose': 'prefetch;prerender' })).status).toBe(503)
    expect((await fetch(link, { method: 'HEAD', redirect: 'manual' })).status).toBe(405)
    expect(local.keyway.flows.list()).toEqual([])
    expect((await follow(link)).status).toBe(302)
  })

  test('an app without a grant for the provider gets none', async () => {
    const local = await startRealLocal()
    const key = local.addApp({ grants: [] })
    const { status, body } = await local.ask('/api/integrations/rehearsal/connect-link', { key, json: {} })
    expect([status, body.code]).toEqual([403, 'forbidden'])
  })
})

describe('return addresses', () => {
  test.each([
    'https://attacker.example/',
    '//attacker.example/',
    'http://127.0.0.1@attacker.example/',
    'http://attacker.example\\@127.0.0.1/',
    'http://localhost.attacker.example/',
    'javascript:alert(1)',
    'data:text/html,hello',
    'http:attacker.example',
    ' https://attacker.example/',
    'https://app.example.com.attacker.example/',
    'https://app.example.com:8443/',
  ])('%j is refused, in the link as in the body, and no ticket is used up', async (returnUrl) => {
    const local = await startRealLocal()
    const key = local.addApp({ origins: ['https://app.example.com'] })
    const made = await local.ask('/api/integrations/rehearsal/connect-link', { key, json: { returnUrl } })
    expect(made).toMatchObject({ status: 400, body: { code: 'invalid_request' } })
    const link = new URL(await linkFor(local, key))
    const plain = link.href
    link.searchParams.set('return_url', returnUrl)
    expect((await follow(link.href)).status).toBe(400)
    expect((await follow(plain)).status).toBe(302)
  })

  test('loopback and the app’s own origin are taken', async () => {
    const local = await startRealLocal()
    const key = local.addApp({ origins: ['https://app.example.com'] })
    for (const returnUrl of [
      'http://localhost:3000/back?x=1',
      'http://[::1]:3000/',
      'https://app.example.com/settings',
    ]) {
      await linkFor(local, key, { returnUrl })
    }
  })
})

describe('states', () => {
  test('a callback acts once: the same one shows the same result, another under its state is refused', async () => {
    const local = await startRealLocal()
    const start = await follow(await linkFor(local, local.addApp()))
    const { pathname, search } = await callbackOf(start.headers.get('location')!)
    expect((await local.ask(pathname + search)).body).toMatchObject({ success: true })
    expect((await local.ask(pathname + search)).body).toMatchObject({ success: true })
    const code = new URLSearchParams(search).get('code')!
    const again = await local.ask(pathname + search.replace(code, 'another-code'))
    expect(again).toMatchObject({ status: 410, body: { success: false, code: 'callback_replayed' } })
    expect(local.keyway.connections.list()).toHaveLength(1)
  })

  test('a browser that only looks ahead uses nothing up', async () => {
    const local = await startRealLocal()
    const start = await follow(await linkFor(local, local.addApp()))
    const { pathname, search } = await callbackOf(start.headers.get('location')!)
    for (const headers of [
      { 'Sec-Purpose': 'prefetch' },
      { 'Sec-Purpose': 'prefetch;prerender' },
      { Purpose: 'prefetch' },
      { 'X-Moz': 'prefetch' },
    ]) {
      const ahead = await fetch(`${local.url}${pathname}${search}`, {
        headers: headers as Record<string, string>,
      })
      expect([ahead.status, await ahead.text(), ahead.headers.get('cache-control')]).toEqual([
        503,
        '',
        'no-store',
      ])
    }
    const head = await fetch(`${local.url}${pathname}${search}`, { method: 'HEAD' })
    expect(head.status).toBeGreaterThanOrEqual(400)
    expect(local.keyway.connections.list()).toHaveLength(0)
    expect((await local.ask(pathname + search)).body).toMatchObject({ success: true })
    expect(local.keyway.connections.list()).toHaveLength(1)
  })

  test('a code under another flow’s state connects nothing', async () => {
    const local = await startRealLocal()
    const key = local.addApp()
    const starts = await Promise.all(
      ['one', 'two'].map(async (account) => follow(await linkFor(local, key, { account }))),
    )
    const [one, two] = await Promise.all(
      starts.map(async ({ headers }) => callbackOf(headers.get('location')!)),
    )
    const swapped = new URLSearchParams(one!.search)
    swapped.set('state', two!.searchParams.get('state')!)
    const answer = await local.ask(`/oauth2/callback?${swapped.toString()}`)
    expect(answer.status).toBeGreaterThanOrEqual(400)
    expect(answer.body).toMatchObject({ success: false })
    expect(local.keyway.connections.list()).toEqual([])
  })

  test('two states, two codes, or another issuer are refused', async () => {
    const local = await startRealLocal()
    const key = local.addApp()
    const changes: Array<(parameters: URLSearchParams) => void> = [
      (parameters) => parameters.append('state', 'second'),
      (parameters) => parameters.append('code', 'second'),
      (parameters) => parameters.set('iss', 'https://attacker.example'),
    ]
    for (const change of changes) {
      const start = await follow(await linkFor(local, key))
      const parameters = (await callbackOf(start.headers.get('location')!)).searchParams
      change(parameters)
      const answer = await local.ask(`/oauth2/callback?${parameters.toString()}`)
      expect(answer.status).toBeGreaterThanOrEqual(400)
    }
    expect(local.keyway.connections.list()).toEqual([])
  })

  test('nothing of a callback is reflected into the page as markup', async () => {
    const local = await startRealLocal()
    const attack = encodeURIComponent('<script>alert(1)</script>')
    const page = await local.call(`/oauth2/callback?state=x&error=${attack}&error_description=${attack}`, {
      headers: { accept: 'text/html' },
    })
    expect(await page.text()).not.toContain('<script')
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'")
  })
})
