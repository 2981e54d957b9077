// Who may speak to the server at all: names, origins and keys.
import { describe, expect, test } from 'vitest'
import { createFakeClock, realClock } from '../../support/fake-clock.ts'
import { everything, type LocalInMemory, sendRaw, startLocalInMemory } from '../../support/local-api.ts'
import { refused, stillServes } from './attacked.ts'

const path = '/api/integrations/slack/token'
const head = (local: LocalInMemory, lines: string[]) =>
  `GET ${path} HTTP/1.1\r\n${lines.map((line) => `${line}\r\n`).join('')}X-API-Key: ${local.key}\r\nConnection: close\r\n\r\n`

describe('a Host header that is not ours is refused even with a valid key', () => {
  test.each([
    ['another name (rebinding)', (port: number) => [`Host: attacker.example:${port}`]],
    ['a name that ends like ours', (port: number) => [`Host: localhost.attacker.example:${port}`]],
    ['a name that starts like ours', (port: number) => [`Host: 127.0.0.1.nip.io:${port}`]],
    ['another port', () => ['Host: 127.0.0.1:1']],
    ['no port', () => ['Host: 127.0.0.1']],
    ['another loopback address', (port: number) => [`Host: 127.0.0.2:${port}`]],
    ['user info', (port: number) => [`Host: 127.0.0.1:${port}@attacker.example`]],
    ['a trailing dot', (port: number) => [`Host: localhost.:${port}`]],
    ['none at all', () => []],
    ['an empty one', () => ['Host:']],
    ['two of them', (port: number) => [`Host: 127.0.0.1:${port}`, 'Host: attacker.example']],
    ['the same one twice', (port: number) => [`Host: 127.0.0.1:${port}`, `Host: 127.0.0.1:${port}`]],
  ])('%s', async (_name, lines) => {
    const local = await startLocalInMemory()
    await refused(local, () => sendRaw(local.port, head(local, lines(local.port))), {
      status: 403,
      code: 'host_refused',
    })
  })

  test.each(['127.0.0.1', 'localhost', 'LocalHost', '[::1]'])('while %s is served', async (name) => {
    const local = await startLocalInMemory()
    const answer = await sendRaw(local.port, head(local, [`Host: ${name}:${local.port}`]))
    expect(answer).toMatch(/^HTTP\/1\.1 200 /)
  })
})

describe('pages of other sites', () => {
  test.each([
    'https://attacker.example',
    'http://localhost:3000',
    'null',
    'http://127.0.0.1.attacker.example',
  ])('Origin %s is refused, key or not, and told nothing that a page could read', async (origin) => {
    const local = await startLocalInMemory()
    const attack = () => local.call(path, { key: local.key, headers: { origin } })
    await refused(local, attack, { status: 403, code: 'origin_refused' })
    expect((await attack()).headers.get('access-control-allow-origin')).toBeNull()
    const preflight = await local.call(path, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'GET' },
    })
    expect(preflight.status).toBe(403)
    expect(preflight.headers.get('access-control-allow-origin')).toBeNull()
  })

  test('the server’s own origin is no app either: a proxied page must not speak for one', async () => {
    const local = await startLocalInMemory()
    await refused(local, () => local.call(path, { key: local.key, headers: { origin: local.url } }), {
      status: 403,
      code: 'origin_refused',
    })
  })

  test.each([
    ['a navigation from another site', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }],
    ['an image on another site', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }],
    ['a page on another loopback port', { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'no-cors' }],
  ])('%s is refused', async (_name, headers) => {
    const local = await startLocalInMemory()
    await refused(local, () => local.call(path, { key: local.key, headers }), {
      status: 403,
      code: 'origin_refused',
    })
  })

  test('an origin is good for the app that registered it, and for no other key', async () => {
    const local = await startLocalInMemory()
    const origin = 'https://app.example.com'
    const { key } = local.keyway.addApp({ name: 'Page', grants: everything, origins: [origin] })
    const preflight = await local.call(path, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'GET',
        'access-control-request-headers': 'x-api-key',
      },
    })
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('access-control-allow-origin')).toBe(origin)
    const own = await local.call(path, { key, headers: { origin } })
    expect(own.status).toBe(200)
    expect(own.headers.get('access-control-allow-origin')).toBe(origin)
    expect(own.headers.get('vary')).toBe('Origin')
    await refused(local, () => local.call(path, { key: local.key, headers: { origin } }), {
      status: 403,
      code: 'origin_refused',
    })
  })
})

describe('keys', () => {
  const wrongKeys: Array<[string, (local: LocalInMemory) => Record<string, string>]> = [
    ['none', () => ({})],
    ['a made-up one', () => ({ 'x-api-key': `kw_${'A'.repeat(43)}` })],
    ['an empty one', () => ({ 'x-api-key': '' })],
    [
      'one with a byte changed',
      ({ key }) => ({ 'x-api-key': key.slice(0, -1) + (key.endsWith('A') ? 'B' : 'A') }),
    ],
    ['a prefix', ({ key }) => ({ 'x-api-key': key.slice(0, 20) })],
    ['basic authorization', ({ key }) => ({ authorization: `Basic ${btoa(`${key}:`)}` })],
    ['two that differ', ({ key }) => ({ 'x-api-key': key, authorization: `Bearer kw_${'A'.repeat(43)}` })],
    ['a cookie', ({ key }) => ({ cookie: `key=${key}; x-api-key=${key}` })],
    ['a very long one', () => ({ 'x-api-key': 'kw_'.padEnd(4000, 'A') })],
  ]
  test.each(wrongKeys)('%s is 401 with WWW-Authenticate', async (_name, headers) => {
    const local = await startLocalInMemory()
    const attack = () => local.call(path, { headers: headers(local) })
    await refused(local, attack, { status: 401, code: 'unauthorized' })
    expect((await attack()).headers.get('www-authenticate')).toContain('Bearer')
  })

  test.each(['?api_key=', '?x-api-key=', '?apikey=', '?access_token=', '?account='])(
    'in the address (%s…) is refused, so that it never becomes a habit',
    async (parameter) => {
      const local = await startLocalInMemory()
      await refused(local, () => local.call(`${path}${parameter}${local.key}`), {
        status: 400,
        code: 'invalid_request',
      })
    },
  )

  test('expired, revoked and paused keys stop working on a connection that is open already', async () => {
    const clock = createFakeClock(Date.now())
    const local = await startLocalInMemory({ clock: { ...realClock, now: clock.now } })
    for (const end of ['expire', 'pause', 'remove'] as const) {
      const { key, id } = local.keyway.addApp({ name: end, grants: everything })
      const ask = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${local.port}\r\nX-API-Key: ${key}\r\n\r\n`
      // Three times before, so that the third is answered from what is remembered on its socket; once after.
      const statuses = await onOneSocket(
        local.port,
        ask,
        4,
        (answered) => {
          if (answered !== 3) return
          if (end === 'remove') local.keyway.apps.remove(id)
          else if (end === 'pause') local.keyway.apps.update(id, { paused: true })
          else clock.jumpTo(clock.now() + 120_000)
        },
        () => {
          if (end !== 'expire') return
          // The old key counts for one more minute.
          local.keyway.apps.rotateKey(id, 1)
        },
      )
      expect([end, statuses]).toEqual([end, [200, 200, 200, 401]])
    }
    await stillServes(local)
  })

  test('a grant that is taken away or has expired counts on an open connection too', async () => {
    const clock = createFakeClock(Date.now())
    const local = await startLocalInMemory({ clock: { ...realClock, now: clock.now } })
    for (const end of ['taken', 'expired'] as const) {
      const expiresAt = end === 'expired' ? clock.now() + 60_000 : null
      const { key, id } = local.keyway.addApp({
        name: end,
        grants: [{ target: { kind: 'all' }, token: true, expiresAt }],
      })
      const ask = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${local.port}\r\nX-API-Key: ${key}\r\n\r\n`
      const statuses = await onOneSocket(local.port, ask, 4, (answered) => {
        if (answered !== 3) return
        if (end === 'taken') local.keyway.apps.update(id, { grants: [] })
        else clock.jumpTo(clock.now() + 120_000)
      })
      expect([end, statuses]).toEqual([end, [200, 200, 200, 403]])
    }
  })

  test('a locked vault and a disconnect count on an open connection too', async () => {
    const local = await startLocalInMemory()
    const ask = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${local.port}\r\nX-API-Key: ${local.key}\r\n\r\n`
    const other = await local.keyway.addConnection('slack', 'other')
    await local.keyway.connections.disconnect(other.id)
    const statuses = await onOneSocket(local.port, ask, 4, (answered) => {
      if (answered === 3) void local.keyway.connections.disconnect(local.connectionId)
    })
    expect(statuses).toEqual([200, 200, 200, 409])
  })

  test('another app’s connection is forbidden by name, by account and by id, without saying whether it exists', async () => {
    const local = await startLocalInMemory()
    const other = await local.keyway.addConnection('slack', 'private')
    const { key } = local.keyway.addApp({
      name: 'Narrow',
      grants: [{ target: { kind: 'connection', connectionId: local.connectionId }, token: true }],
    })
    for (const wrong of [
      `/api/integrations/${other.id}/token`,
      '/api/integrations/slack/token?account=private',
      '/api/integrations/slack/token?account=there-is-none',
    ]) {
      expect(await local.ask(wrong, { key })).toMatchObject({ status: 403, body: { code: 'forbidden' } })
      expect(local.keyway.activityRows.at(-1)).toMatchObject({
        kind: 'vend',
        outcome: expect.stringMatching(/refused|failed/),
      })
    }
    const own = await local.ask('/api/integrations/slack/token', { key })
    expect(own.body.data.connectionId).toBe(local.connectionId)
  })

  test('guessing is answered later and later, while a valid key is served at once', async () => {
    const clock = createFakeClock()
    const local = await startLocalInMemory({ clock })
    const idle = clock.waiting
    const guess = async (letter: string) => {
      const answer = await local.call(path, { headers: { 'x-api-key': `kw_${letter.repeat(43)}` } })
      await answer.text()
      return answer.status
    }
    const answered: number[] = []
    for (let round = 0; round < 5; round += 1) expect(await guess('B')).toBe(401)
    const slow = Array.from({ length: 5 }, async () => answered.push(await guess('B')))
    await expect.poll(() => clock.waiting).toBe(idle + 5)
    // Time stands still: whoever waits for it is not answered, and the valid key is.
    await stillServes(local)
    expect(answered).toEqual([])
    for (const [index, delayMs] of [25, 25, 50, 100, 200].entries()) {
      clock.advance(delayMs - 1)
      await stillServes(local)
      expect(answered).toHaveLength(index)
      clock.advance(1)
      await expect.poll(() => answered).toHaveLength(index + 1)
    }
    await Promise.all(slow)
    // The refusals themselves are bounded: more at once are turned away instead of held.
    const flood: number[] = []
    const flooding = Array.from({ length: 90 }, async () => flood.push(await guess('C')))
    await expect.poll(() => flood.length).toBe(26)
    expect(new Set(flood)).toEqual(new Set([429]))
    clock.advance(1000)
    await Promise.all(flooding)
    expect(flood.slice(26)).toEqual(Array<number>(64).fill(401))
    await stillServes(local)
  })
})

/** The same bytes again and again on one keep-alive connection; the statuses in order. */
async function onOneSocket(
  port: number,
  request: string,
  times: number,
  after: (answered: number) => void,
  before: () => void = () => undefined,
): Promise<number[]> {
  const { connect } = await import('node:net')
  before()
  return new Promise((resolve, reject) => {
    const statuses: number[] = []
    let text = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(request))
    socket.once('error', reject)
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
      const length = /content-length: (\d+)/i.exec(text)?.[1]
      const end = text.indexOf('\r\n\r\n')
      if (length === undefined || end === -1 || text.length < end + 4 + Number(length)) return
      statuses.push(Number(text.slice(9, 12)))
      text = text.slice(end + 4 + Number(length))
      if (statuses.length === times) {
        socket.destroy()
        resolve(statuses)
        return
      }
      after(statuses.length)
      socket.write(request)
    })
  })
}
