// The life of a grant with the built host as a process of its own, asked to end in the middle of a refresh.
import { spawn } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { openWindowClient } from '../../scripts/demo/window-client.ts'
import { createMemoryProvider } from '../support/memory-provider.ts'
import { realClock } from '../support/fake-clock.ts'
import { buildHost, startHost, untilReady, type HostProcess } from '../support/host-process.ts'
import { tempFolder } from '../support/temp-folder.ts'

beforeAll(buildHost, 180_000)

/** A rotating provider with reuse detection, whose answers to a refresh wait for `release`. */
async function startSlowProvider() {
  const books = createMemoryProvider(realClock)
  const held: Array<() => void> = []
  const release = (): void => {
    for (const send of held.splice(0)) send()
  }
  const state = { holds: false, release }
  const server = createServer((request, response) => {
    let text = ''
    request.on('data', (chunk: Buffer) => (text += chunk.toString()))
    request.on('end', () => {
      const form = new URLSearchParams(text)
      const code = form.get('code')
      const tokens = code === null ? books.refresh(form.get('refresh_token') ?? '') : books.exchange(code)
      const answer = (): void => {
        response.writeHead('error' in tokens ? 400 : 200, { 'content-type': 'application/json' })
        response.end(
          JSON.stringify(
            'error' in tokens
              ? tokens
              : {
                  access_token: tokens.accessToken,
                  refresh_token: tokens.refreshToken,
                  token_type: 'Bearer',
                  expires_in: tokens.expiresInSeconds,
                },
          ),
        )
      }
      if (state.holds && code === null) held.push(answer)
      else answer()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => new Promise((resolve) => server.close(() => resolve()).closeAllConnections()))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return Object.assign(state, { books, url, waiting: () => held.length })
}

const begin = (dataPath: string): HostProcess =>
  startHost(['--data', dataPath, '--no-open', '--passphrase-stdin', '--port', '0'], {
    input: 'a made-up passphrase\n',
  })

async function connect(host: HostProcess, provider: Awaited<ReturnType<typeof startSlowProvider>>) {
  const { url, launchUrl } = await untilReady(host)
  const window = await openWindowClient(launchUrl)
  const { id } = await window.call('providers.create', {
    slug: 'acme',
    name: 'Acme',
    clientId: 'made-up-client',
    spec: { endpoints: { authorization: `${provider.url}/authorize`, token: `${provider.url}/token` } },
  })
  const grants = [{ target: { kind: 'all' as const }, token: true }]
  const { key } = await window.call('apps.create', { name: 'Script', grants })
  const flow = await window.call('connections.connect', { providerId: id, open: 'link-only' })
  if (flow.kind !== 'waiting_for_browser') throw new Error(flow.kind)
  const state = new URL(flow.authorizationUrl).searchParams.get('state') ?? ''
  const code = provider.books.authorise(['read'])
  await fetch(`${url}/oauth2/callback?${new URLSearchParams({ code, state })}`)
  return { url, key }
}

const ask = async (
  url: string,
  key: string,
  query = '',
): Promise<{ status: number; token: string | null }> => {
  const answer = await fetch(`${url}/api/integrations/acme/token${query}`, { headers: { 'x-api-key': key } })
  const body = (await answer.json()) as { data?: { accessToken: string } }
  return { status: answer.status, token: body.data?.accessToken ?? null }
}

test(
  'asked to end in the middle of a refresh, it waits for the answer and saves it: nothing is lost',
  { timeout: 60_000 },
  async () => {
    const provider = await startSlowProvider()
    const dataPath = join(tempFolder(), 'data')
    const host = begin(dataPath)
    const { url, key } = await connect(host, provider)
    provider.holds = true
    const caller = ask(url, key, '?rejected=true').catch(() => null)
    await expect.poll(provider.waiting, { timeout: 10_000 }).toBe(1)
    host.kill('SIGTERM')
    // It says what it waits for; the provider has rotated by now.
    await host.heard(/Waiting for a provider/)
    provider.release()
    expect(await host.ended).toBe(0)
    await caller

    provider.holds = false
    const again = await untilReady(begin(dataPath))
    const { status, token } = await ask(again.url, key)
    expect(status).toBe(200)
    expect(provider.books.isAlive(token ?? '')).toBe(true)
    expect(provider.books.counts).toMatchObject({ refreshes: 1, reuses: 0 })
  },
)

/** Keeps every core of this machine busy until the test is over. */
function busyProcesses(count: number): void {
  for (let n = 0; n < count; n += 1) {
    const child = spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' })
    onTestFinished(() => void child.kill('SIGKILL'))
  }
}

test(
  'on a machine as slow as it likes one signal is one signal: the refresh under way is kept, round after round',
  { timeout: 300_000 },
  async () => {
    const provider = await startSlowProvider()
    const dataPath = join(tempFolder(), 'data')
    const first = begin(dataPath)
    let { url, key } = await connect(first, provider)
    let host = first
    busyProcesses(4)
    for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT'] as const) {
      provider.holds = true
      const caller = ask(url, key, '?rejected=true').catch(() => null)
      await expect.poll(provider.waiting, { timeout: 60_000 }).toBe(1)
      host.kill(signal)
      await host.heard(/Waiting for a provider/)
      // Neither a terminal's nor anybody else's: a second one changes nothing.
      host.kill('SIGTERM')
      host.kill('SIGINT')
      provider.release()
      expect(await host.ended).toBe(0)
      await caller
      provider.holds = false
      host = begin(dataPath)
      url = (await untilReady(host)).url
      const { status, token } = await ask(url, key)
      expect({ status, isAlive: provider.books.isAlive(token ?? '') }).toEqual({ status: 200, isAlive: true })
    }
    // Each round rotated once, and nothing came back that had been used up.
    expect(provider.books.counts).toMatchObject({ refreshes: 3, reuses: 0 })
  },
)
