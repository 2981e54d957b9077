// Pages and servers on other ports of this machine, and what a real browser lets them do to the window.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test as base } from '../support/real-window/headless-fixture.ts'

type Stranger = { url: string; cookies: string[] }

const test = base.extend<{ stranger: Stranger }>({
  stranger: async ({ browserName: _browser }, provide) => {
    const cookies: string[] = []
    const server = createServer((request, response) => {
      if (request.headers.cookie !== undefined) cookies.push(request.headers.cookie)
      response.setHeader('content-type', 'text/html').end('<!doctype html><title>Stranger</title>')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    await provide({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, cookies })
    server.closeAllConnections()
    server.close()
  },
})

test('a server on another port is sent the window’s cookie, and can do nothing with it', async ({
  page,
  host,
  stranger,
}) => {
  await page.goto(host.launchUrl())
  await expect(page.getByRole('heading', { name: 'Connections' })).toBeVisible()
  await page.goto(`${stranger.url}/ui/anything`)
  const cookie = stranger.cookies.find((each) => each.includes('keyway_window'))
  expect(cookie).toBeDefined()
  const replay = (path: string, method: string) =>
    fetch(`${host.url}${path}`, {
      method,
      headers: {
        cookie: cookie!,
        origin: host.url,
        'content-type': 'application/json',
        'x-keyway-window': '1',
      },
    })
  expect((await replay('/ui/call/snapshot.get', 'POST')).status).toBe(401)
  expect((await replay('/ui/events', 'GET')).status).toBe(401)
})

test('a page on another port reads nothing, calls nothing, frames nothing and keeps no handle', async ({
  page,
  host,
  stranger,
}) => {
  await page.goto(host.launchUrl())
  await expect(page.getByRole('heading', { name: 'Connections' })).toBeVisible()
  const before = JSON.stringify(host.keyway.snapshot())
  const theirs = await page.context().newPage()
  const served: string[] = []
  theirs.on('response', (response) => {
    const { pathname } = new URL(response.url())
    const isDocument = response.request().resourceType() === 'document'
    if (response.url().startsWith(host.url) && response.ok() && !isDocument) served.push(pathname)
  })
  await theirs.goto(stranger.url)
  const got = await theirs.evaluate(attackEverything, host.url)
  expect(got).toEqual([])
  expect(served).toEqual([])
  await expect(theirs.frameLocator('iframe').getByText('Connections')).toBeHidden()
  expect(JSON.stringify(host.keyway.snapshot())).toBe(before)
})

test('a made-up proof in an address does not sign the window out', async ({ page, host, stranger }) => {
  await page.goto(host.launchUrl())
  await expect(page.getByRole('heading', { name: 'Connections' })).toBeVisible()
  await page.goto(stranger.url)
  await page.goto(`${host.url}/#window=made-up~/apps`)
  await expect(page.getByRole('heading', { name: 'Apps' })).toBeVisible()
  expect(page.url()).toBe(`${host.url}/#/apps`)
})

/** Runs in the stranger's page; what it could read or open. */
async function attackEverything(target: string): Promise<string[]> {
  const got: string[] = []
  const settled = (open: (done: (name?: string) => void) => void): Promise<void> =>
    new Promise((resolve) => {
      setTimeout(resolve, 1000)
      open((name) => {
        if (name !== undefined) got.push(name)
        resolve()
      })
    })
  const paths = [
    '/',
    '/ui/call/snapshot.get',
    '/ui/call/vault.lock',
    '/ui/events',
    '/launch?ticket=x',
    '/oauth2/callback?state=x&code=y',
    '/api/integrations/token',
    '/api/apps/pair',
    '/api/apps/me',
    '/api/events',
    '/healthz',
    '/openapi.json',
  ]
  const json = { 'content-type': 'application/json', 'x-keyway-window': '1' }
  const ways: RequestInit[] = [
    {},
    { credentials: 'include' },
    { mode: 'no-cors', credentials: 'include' },
    { method: 'POST', mode: 'no-cors', credentials: 'include', body: 'a=b' },
    { method: 'POST', credentials: 'include', headers: json, body: '{}' },
    { method: 'DELETE', credentials: 'include' },
  ]
  const readEach = (path: string): Promise<void>[] =>
    ways.map(async (way) => {
      const answer = await fetch(target + path, { ...way, signal: AbortSignal.timeout(1000) }).catch(
        () => null,
      )
      if (answer !== null && answer.type !== 'opaque') got.push(`read ${path}`)
    })
  const embedEach = (path: string): Promise<void>[] => [
    settled((done) => {
      const image = new Image()
      image.addEventListener('load', () => done(`image ${path}`))
      image.addEventListener('error', () => done())
      image.src = target + path
    }),
    settled((done) => {
      const script = document.createElement('script')
      script.addEventListener('load', () => done(`script ${path}`))
      script.addEventListener('error', () => done())
      script.src = target + path
      document.head.append(script)
    }),
    settled((done) => {
      const events = new EventSource(target + path, { withCredentials: true })
      events.addEventListener('open', () => done(`events ${path}`))
      events.addEventListener('error', () => (events.close(), done()))
    }),
    settled((done) => {
      const socket = new WebSocket(target.replace('http', 'ws') + path)
      socket.addEventListener('open', () => done(`socket ${path}`))
      socket.addEventListener('error', () => done())
    }),
  ]
  await Promise.all(paths.flatMap((path) => readEach(path).concat(embedEach(path))))
  const frame = document.createElement('iframe')
  frame.src = `${target}/`
  document.body.append(frame)
  const opened = window.open(`${target}/`)
  await new Promise((resolve) => setTimeout(resolve, 1000))
  if (opened !== null && !opened.closed) got.push('a handle on the window')
  return got
}
