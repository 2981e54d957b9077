// The sign-in and consent pages: what a person meets, walked by the plain HTTP user agent and looked at as
// HTML.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as oidc from 'openid-client'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  callApi,
  discoverAs,
  signInForTokens,
  startPracticeProvider,
  startSignIn,
} from '../support/start-practice-provider.ts'
import { openTab, signInWithHttp } from '../support/user-agent.ts'

describe('one browser, several people', () => {
  it('somebody signed in goes straight back to a web client, and is asked again by a native one', async () => {
    const provider = await startPracticeProvider()
    const tab = openTab()
    const web = await discoverAs(provider, 'basic')
    await signInForTokens(web, { tab })
    const before = provider.stats().visits.length
    await signInForTokens(web, { tab, scope: 'openid files.read', parameters: { prompt: '' } })
    const second = provider.stats().visits.slice(before)
    expect(second.map(({ endpoint }) => endpoint)).toEqual(['authorization', 'token'])

    const native = await discoverAs(provider, 'native')
    await signInForTokens(native, { tab, parameters: { prompt: '' } })
    expect(provider.stats().visits.filter(({ endpoint }) => endpoint === 'sign-in').length).toBeGreaterThan(4)
  })

  it('prompt=select_account lets another person in, and the first one keeps what was granted', async () => {
    const provider = await startPracticeProvider()
    const tab = openTab()
    const config = await discoverAs(provider)
    const ada = await signInForTokens(config, { tab, account: 'ada@example.test' })
    const grace = await signInForTokens(config, {
      tab,
      account: 'grace@example.test',
      parameters: { prompt: 'select_account consent' },
    })
    expect(grace.claims()).toMatchObject({ email: 'grace@example.test' })
    expect((await callApi(provider, '/api/me', ada.access_token)).status).toBe(200)
    expect((await oidc.refreshTokenGrant(config, ada.refresh_token!)).access_token).toBeTypeOf('string')
  })

  it('a login_hint for somebody else asks who it is instead of going on as the wrong one', async () => {
    const provider = await startPracticeProvider()
    const tab = openTab()
    const config = await discoverAs(provider, 'basic')
    await signInForTokens(config, { tab, account: 'ada@example.test' })
    const tokens = await signInForTokens(config, {
      tab,
      account: 'grace@example.test',
      parameters: { prompt: 'consent', login_hint: 'grace@example.test' },
    })
    expect(tokens.claims()).toMatchObject({ email: 'grace@example.test' })
  })

  it('a second consent in one browser extends the same grant: revoking one token ends both', async () => {
    const provider = await startPracticeProvider()
    const tab = openTab()
    const config = await discoverAs(provider)
    const first = await signInForTokens(config, { tab })
    const second = await signInForTokens(config, { tab })
    expect(provider.grants()).toHaveLength(1)
    await oidc.tokenRevocation(config, first.refresh_token!)
    expect((await callApi(provider, '/api/me', second.access_token)).status).toBe(401)
  })
})

describe('the decision', () => {
  it('deny sends the person back with access_denied, the state and the issuer', async () => {
    const provider = await startPracticeProvider()
    const config = await discoverAs(provider)
    const attempt = signInForTokens(config, { decision: 'deny' })
    await expect(attempt).rejects.toMatchObject({ error: 'access_denied' })
    expect(provider.grants()).toEqual([])
    expect(provider.stats().tokenRequests).toBe(0)
  })

  it('single permissions can be left out, and be given the next time', async () => {
    const provider = await startPracticeProvider()
    const tab = openTab()
    const config = await discoverAs(provider)
    const scope = 'openid email offline_access files.read files.write'
    const partial = await signInForTokens(config, { tab, scope, withhold: ['files.write', 'email'] })
    expect(partial.scope).toBe('openid offline_access files.read')
    const whole = await signInForTokens(config, { tab, scope })
    expect(whole.scope?.split(' ').sort()).toEqual(scope.split(' ').sort())
  })
})

describe('the walk of the user agent', () => {
  it('starts at a link that redirects to the provider and ends with the answer of the callback', async () => {
    const provider = await startPracticeProvider()
    const config = await discoverAs(provider)
    const heard: string[] = []
    const client = createServer((req, res) => {
      heard.push(req.url ?? '')
      if (req.url === '/start') res.writeHead(302, { location: started.url.href }).end()
      else res.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Connected</h1>')
    })
    await new Promise<void>((resolve) => client.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => {
      client.closeAllConnections()
      client.close()
    })
    const origin = `http://127.0.0.1:${(client.address() as AddressInfo).port}`
    const started = await startSignIn(config, { parameters: { redirect_uri: `${origin}/oauth2/callback` } })

    const outcome = await signInWithHttp(`${origin}/start`, { account: 'ada@example.test' })
    expect(outcome).toMatchObject({ kind: 'returned', status: 200, body: '<h1>Connected</h1>' })
    expect(heard).toEqual(['/start', expect.stringMatching(/^\/oauth2\/callback\?code=/)])
  })

  it('says where it got stuck: an unknown client, an address that is none', async () => {
    const provider = await startPracticeProvider()
    const wrong = provider.url('/auth?client_id=nobody&response_type=code&scope=openid')
    const unknown = await signInWithHttp(wrong, { account: 'ada@example.test' })
    expect(unknown).toMatchObject({
      kind: 'stuck',
      status: 400,
      words: expect.stringContaining('invalid_client'),
    })

    const { url } = await startSignIn(await discoverAs(provider))
    const typo = await signInWithHttp(url.href, { account: 'not an address' })
    expect(typo).toMatchObject({
      kind: 'stuck',
      status: 422,
      words: expect.stringContaining('Type an address'),
    })
  })

  it('any address that looks like one becomes an account, always the same one', async () => {
    const provider = await startPracticeProvider()
    const config = await discoverAs(provider)
    const one = await signInForTokens(config, { account: 'Somebody.New@example.test ' })
    const two = await signInForTokens(config, { account: 'somebody.new@example.test' })
    expect(one.claims()?.sub).toBe(two.claims()?.sub)
  })
})

describe('the pages themselves', () => {
  it('carry no script, nothing remote, and say that nothing is real', async () => {
    const provider = await startPracticeProvider()
    const config = await discoverAs(provider)
    const tab = openTab()
    const { url } = await startSignIn(config)
    const start = await tab.open({ url })
    const signIn = await tab.open({ url: start.redirectsTo! })
    const device = await fetch(provider.url('/device'))
    const home = await fetch(provider.url('/'))
    const problem = await fetch(provider.url('/auth?client_id=nobody'), { headers: { accept: 'text/html' } })
    const pages = [
      { html: signIn.html, policy: signIn.headers.get('content-security-policy') },
      ...(await Promise.all(
        [device, home, problem].map(async (answer) => ({
          html: await answer.text(),
          policy: answer.headers.get('content-security-policy'),
        })),
      )),
    ]
    for (const { html, policy } of pages) {
      expect(html).toContain('Nothing here is real')
      expect(html).not.toMatch(/<script|@import|\bon\w+="|src=|url\(/)
      expect(policy).toContain("default-src 'none'")
    }
  })

  it('shows what was sent to it as text, never as markup', async () => {
    const provider = await startPracticeProvider()
    const config = await discoverAs(provider)
    const hint = '"><b>x</b>'
    const { url } = await startSignIn(config, { parameters: { login_hint: hint } })
    const tab = openTab()
    const start = await tab.open({ url })
    const { html } = await tab.open({ url: start.redirectsTo! })
    expect(html).not.toContain('<b>')
    expect(html).toContain('&quot;&gt;&lt;b&gt;')
  })

  it('a page that is opened in another browser is refused', async () => {
    const provider = await startPracticeProvider()
    const { url } = await startSignIn(await discoverAs(provider))
    const start = await openTab().open({ url })
    const elsewhere = await openTab().open({ url: start.redirectsTo! })
    expect([elsewhere.status, elsewhere.html]).toEqual([400, expect.stringContaining('too old')])
  })
})
