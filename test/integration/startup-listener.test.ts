// A host listens before it is ready: who asks how it is gets told, everybody else waits and is then answered
// as ever.
import { expect, onTestFinished, test } from 'vitest'
import { openLocalServer } from '../../electron/http/server/local-server.ts'
import { type StartupListener, openStartupListener } from '../../electron/http/server/startup-listener.ts'
import { startMemoryCore } from '../support/start-keyway.ts'
import { everything, sendRaw } from '../support/local-api.ts'

async function openEarly(): Promise<StartupListener> {
  const startupListener = await openStartupListener(0)
  if (startupListener === null) throw new Error('no free port')
  onTestFinished(() => startupListener.listening.close(0))
  return startupListener
}

async function becomeReady(startupListener: StartupListener, port = 0) {
  const keyway = await startMemoryCore()
  keyway.addProvider({ slug: 'slack' })
  onTestFinished(() => keyway.close())
  await keyway.addConnection('slack')
  const { key } = keyway.addApp({ name: 'Early', grants: everything })
  const ready = async () => {
    const server = await openLocalServer(keyway, {
      port,
      startupListener,
      socketPath: null,
      onListening: () => Promise.resolve(),
      whenBusy: 'fail',
    })
    onTestFinished(() => server.close())
    return server
  }
  return { key, ready }
}

const turns = () => new Promise((resolve) => setTimeout(resolve, 50))

test('its health says that it starts, and then that it is there, on the same port', async () => {
  const startupListener = await openEarly()
  const { url } = startupListener.listening
  const health = async () => (await fetch(`${url}/healthz`)).json()
  expect(await health()).toEqual({ status: 'starting', service: 'keyway', vault: 'locked' })
  const server = await (await becomeReady(startupListener)).ready()
  expect(server.url).toBe(url)
  expect(await health()).toEqual({ status: 'ok', service: 'keyway', vault: 'unlocked' })
})

test('calls that come early wait, whole bodies and pipelined ones included', async () => {
  const startupListener = await openEarly()
  const { url, port } = startupListener.listening
  const { key, ready } = await becomeReady(startupListener)
  const get = fetch(`${url}/api/integrations/slack/token`, { headers: { 'x-api-key': key } })
  const post = fetch(`${url}/api/integrations/token`, {
    method: 'POST',
    headers: { 'x-api-key': key, 'content-type': 'application/json' },
    body: JSON.stringify({ provider: 'slack', account: 'work' }),
  })
  const head = `Host: 127.0.0.1:${port}\r\nX-API-Key: ${key}\r\n`
  const pipelined = sendRaw(
    port,
    `GET /api/integrations/slack/token HTTP/1.1\r\n${head}\r\nGET /healthz HTTP/1.1\r\n${head}Connection: close\r\n\r\n`,
  )
  await turns()
  await ready()
  for (const answer of [await get, await post]) {
    expect(answer.status).toBe(200)
    expect((await answer.json()).data.account).toBe('work')
  }
  expect((await pipelined).match(/HTTP\/1\.1 200 OK/g)).toHaveLength(2)
})

test('unauthenticated callers learn nothing from the startup listener: their calls wait for the guard', async () => {
  const startupListener = await openEarly()
  const { port } = startupListener.listening
  const health = (headers: string) =>
    sendRaw(port, `GET /healthz HTTP/1.1\r\n${headers}Connection: close\r\n\r\n`)
  const rebound = health(`Host: attacker.example:${port}\r\n`)
  const page = health(`Host: 127.0.0.1:${port}\r\nOrigin: http://attacker.example\r\n`)
  await turns()
  await (await becomeReady(startupListener)).ready()
  expect(await rebound).toMatch(/^HTTP\/1\.1 403 /)
  expect(await page).toMatch(/^HTTP\/1\.1 403 /)
})

test('who has gone meanwhile is not answered', async () => {
  const startupListener = await openEarly()
  const { key, ready } = await becomeReady(startupListener)
  const gone = new AbortController()
  const call = fetch(`${startupListener.listening.url}/api/integrations/slack/token`, {
    headers: { 'x-api-key': key },
    signal: gone.signal,
  })
  await turns()
  gone.abort()
  await expect(call).rejects.toThrow('aborted')
  await ready()
  expect((await fetch(`${startupListener.listening.url}/healthz`)).status).toBe(200)
})

test('a busy port opens no startup listener and is not yet a failure', async () => {
  const taken = await openEarly()
  expect(await openStartupListener(taken.listening.port)).toBeNull()
})
