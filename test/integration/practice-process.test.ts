// The practice provider as something to start and stop: ports, control from another process, no noise,
// nothing left behind.
import { execFile } from 'node:child_process'
import { createConnection } from 'node:net'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { createPracticeProvider } from '../../electron/practice-provider/provider.ts'
import {
  callApi,
  discoverAs,
  signInForTokens,
  startPracticeProvider,
} from '../support/start-practice-provider.ts'

const run = promisify(execFile)
const moduleFile = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url))

describe('starting and stopping', () => {
  it('listens on 127.0.0.1 only, at a given port or any free one', async () => {
    const first = await startPracticeProvider()
    expect(first.issuer).toBe(`http://127.0.0.1:${first.port}`)
    await expect(createPracticeProvider({ port: first.port })).rejects.toMatchObject({
      code: 'port_busy',
      details: { port: first.port },
    })
    await first.close()
    const second = await startPracticeProvider({ port: first.port })
    expect(second.port).toBe(first.port)
  })

  it('closing ends open connections and answers under way, and closing twice is fine', async () => {
    const provider = await startPracticeProvider({
      behaviour: { faults: [{ kind: 'hang', at: 'discovery' }] },
    })
    const config = await discoverAs(await startPracticeProvider())
    const idle = createConnection(provider.port, '127.0.0.1')
    const idleClosed = new Promise<void>((resolve) => idle.once('close', () => resolve()))
    const hanging = fetch(provider.url('/.well-known/openid-configuration'))
    await expect.poll(() => provider.stats().visits.length).toBe(1)
    const closed = provider.close()
    await expect(hanging).rejects.toThrow('fetch failed')
    await Promise.all([closed, provider.close(), idleClosed])
    await provider.close()
    expect(config.serverMetadata().issuer).not.toBe(provider.issuer)
  })

  it('closing during a long answer or an outage leaves no defect behind', async () => {
    const provider = await startPracticeProvider()
    const { access_token: token } = await signInForTokens(await discoverAs(provider))
    const slow = callApi(provider, '/api/slow?ms=60000', token).then(
      ({ status }) => `answered ${status}`,
      String,
    )
    await expect.poll(() => provider.stats().apiCalls).toBe(1)
    await provider.behave({ outage: { kind: 'refused', forMs: 60_000 } })
    expect(await slow).toContain('fetch failed')
    await provider.close()
    expect(provider.stats().failures).toEqual([])
  })

  it('prints nothing, lets the process end, and loads the authorization server only when it is wanted', async () => {
    const script = `
      import { registerHooks } from 'node:module'
      const loaded = []
      registerHooks({ resolve: (name, context, next) => { loaded.push(name); return next(name, context) } })
      const { createPracticeProvider } = await import(${JSON.stringify(moduleFile('electron/practice-provider/provider.ts'))})
      const { signInWithHttp } = await import(${JSON.stringify(moduleFile('test/support/robot-browser.ts'))})
      if (loaded.includes('oidc-provider')) throw new Error('loaded too early')
      const provider = await createPracticeProvider({ behaviour: { issueRefreshTokens: 'always' } })
      const url = new URL(provider.url('/auth'))
      url.search = new URLSearchParams({ client_id: 'rehearsal-basic', response_type: 'code', state: 's', scope: 'openid email',
        redirect_uri: 'http://127.0.0.1:7317/oauth2/callback' })
      const outcome = await signInWithHttp(url.href, { account: 'ada@example.test', stopAtCallback: true })
      const answer = await fetch(provider.url('/token'), { method: 'POST',
        headers: { authorization: 'Basic ' + btoa('rehearsal-basic:' + provider.clients.basic.clientSecret) },
        body: new URLSearchParams({ grant_type: 'authorization_code', redirect_uri: 'http://127.0.0.1:7317/oauth2/callback',
          code: new URL(outcome.callbackUrl).searchParams.get('code') }) })
      const tokens = await answer.json()
      await fetch(provider.url('/token'), { method: 'POST', body: 'not=a&token=request' })
      await fetch(provider.url('/device'))
      await provider.close()
      if (!tokens.refresh_token || !loaded.includes('oidc-provider')) throw new Error('nothing happened')
      process.exitCode = 7
    `
    const ended = await run(process.execPath, ['--input-type=module', '--eval', script], {
      timeout: 15_000,
    }).catch((failure: { code: number; stdout: string; stderr: string }) => failure)
    expect(ended).toMatchObject({ code: 7, stdout: '', stderr: '' })
  })
})

describe('control from another process', () => {
  const control = 'made-up-control-token-for-this-test'
  const ask = (url: string, method: string, body?: unknown, token = control): Promise<Response> =>
    fetch(url, {
      method,
      headers: { authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })

  it('exists only when a token was given, and only for who has it', async () => {
    const closed = await startPracticeProvider()
    expect((await ask(closed.url('/control/stats'), 'GET')).status).toBe(404)
    const open = await startPracticeProvider({ control })
    expect((await ask(open.url('/control/stats'), 'GET', undefined, 'another')).status).toBe(401)
    expect((await fetch(open.url('/control/behave'), { method: 'POST' })).status).toBe(401)
    expect((await ask(open.url('/control/stats'), 'GET')).status).toBe(200)
  })

  it('changes behaviour, tells what is wrong with a change, reads and clears the counts', async () => {
    const provider = await startPracticeProvider({ control })
    const changed = await ask(provider.url('/control/behave'), 'POST', { accessTokenSeconds: 5 })
    expect(await changed.json()).toMatchObject({ accessTokenSeconds: 5, rotateRefreshTokens: true })
    const wrong = await ask(provider.url('/control/behave'), 'POST', { accessTokenSecond: 5 })
    expect([wrong.status, await wrong.json()]).toEqual([
      400,
      expect.objectContaining({ code: 'invalid_request' }),
    ])

    const tokens = await signInForTokens(await discoverAs(provider))
    expect(tokens.expires_in).toBe(5)
    const stats = await (await ask(provider.url('/control/stats'), 'GET')).json()
    expect(stats).toMatchObject({ tokenRequests: 1 })
    await ask(provider.url('/control/stats'), 'DELETE')
    expect(provider.stats().visits).toEqual([])
    await ask(provider.url('/control/reset'), 'POST')
    expect(provider.behaviour().accessTokenSeconds).toBe(3600)
  })

  it('revokes grants and lets tokens run out', async () => {
    const provider = await startPracticeProvider({ control })
    const { access_token: token } = await signInForTokens(await discoverAs(provider))
    const grants = await (await ask(provider.url('/control/grants'), 'GET')).json()
    expect(grants).toMatchObject([{ account: 'ada@example.test', accessTokens: 1, refreshTokens: 1 }])
    expect(JSON.stringify(grants)).not.toContain(token)
    const expired = await ask(provider.url('/control/expire'), 'POST', {})
    expect(await expired.json()).toEqual({ expired: 1 })
    const revoked = await ask(provider.url('/control/revoke'), 'POST', { account: 'ada@example.test' })
    expect(await revoked.json()).toEqual({ revoked: 1 })
    expect((await ask(provider.url('/control/revoke'), 'POST', { who: 'ada' })).status).toBe(400)
  })

  it('an outage that is asked for this way is confirmed before the port closes', async () => {
    const provider = await startPracticeProvider({ control })
    const asked = await ask(provider.url('/control/behave'), 'POST', {
      outage: { kind: 'refused', forMs: 600 },
    })
    expect(asked.status).toBe(200)
    expect((await asked.json()).outage).toEqual({ kind: 'refused', forMs: 600 })
    await expect(fetch(provider.url('/'))).rejects.toThrow('fetch failed')
    await expect
      .poll(() =>
        fetch(provider.url('/')).then(
          ({ status }) => status,
          () => null,
        ),
      )
      .toBe(200)
  })
})
