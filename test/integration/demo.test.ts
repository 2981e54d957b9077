// `npm run demo` as a person runs it, and unattended.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { signInWithHttp } from '../support/robot-browser.ts'
import { root } from '../../scripts/build/parts.ts'
import { openWindowClient } from '../../scripts/demo/window-client.ts'
import { tempFolder } from '../support/temp-folder.ts'

const STEPS = ['register', 'connect', 'token', 'proxied call', 'forced refresh', 'disconnect']

type Demo = {
  output: () => string
  heard(pattern: RegExp): Promise<string>
  ended: Promise<number | null>
  kill(signal: NodeJS.Signals): void
  stopReading(): void
  /** Where it keeps what it throws away. */
  temporary: string
}

function startDemo(...parameters: string[]): Demo {
  const temporary = join(tempFolder(), 'tmp')
  mkdirSync(temporary)
  const child = spawn(process.execPath, [join(root, 'scripts/demo.ts'), ...parameters], {
    env: { ...process.env, TMPDIR: temporary, TEMP: temporary },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const watchers = new Set<() => void>()
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString('utf8')
      for (const watcher of watchers) watcher()
    })
  }
  const ended = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)))
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  return {
    temporary,
    output: () => output,
    ended,
    kill: (signal) => void child.kill(signal),
    stopReading: () => void child.stdout.destroy(),
    heard: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = pattern.exec(output)
          if (found !== null) resolve(found[1] ?? found[0])
        }
        watchers.add(look)
        look()
        void ended.then(() => reject(new Error(`The demo ended without ${pattern}:\n${output}`)))
      }),
  }
}

async function untilThereIs(folder: string, start: string): Promise<void> {
  while (!readdirSync(folder).some((name) => name.startsWith(start))) await new Promise(setImmediate)
}

const stepsIn = (output: string): string[] =>
  output
    .split('\n')
    .filter((line) => line.startsWith('ok  '))
    .map((line) => line.slice(4).split('  ')[0] ?? '')

test.each([
  ['a real browser', ['--auto', '--port', '0']],
  ['a plain HTTP user agent', ['--auto', '--port', '0', '--no-browser']],
])(
  'unattended with %s, every step happens and is said',
  async (name, parameters) => {
    const demo = startDemo(...parameters)
    expect([await demo.ended, demo.output()]).toEqual([0, expect.any(String)])
    expect(stepsIn(demo.output())).toEqual(STEPS)
    expect(demo.output()).toContain(
      name === 'a real browser' ? 'with Chromium' : 'with a plain HTTP user agent',
    )
    expect(demo.output()).toContain('1 refresh at the provider')
    expect(readdirSync(demo.temporary).filter((entry) => entry.startsWith('keyway-demo-'))).toEqual([])
  },
  180_000,
)

test('a person gets a link, connects, and the printed curl line gives a token that works', async () => {
  const demo = startDemo('--port', '0', '--no-open')
  const launchUrl = await demo.heard(/(http:\S+\/launch\?ticket=\S+)/)
  const { origin } = new URL(launchUrl)
  const key = await demo.heard(/X-API-Key: (kw_[\w-]+)'/)
  expect(demo.output()).toContain(`curl -s ${origin}/api/integrations/token`)

  const window = await openWindowClient(launchUrl)
  const { providers } = await window.call('snapshot.get', undefined)
  expect(providers.map(({ name }) => name)).toEqual(['Rehearsal'])
  const flow = await window.call('connections.connect', {
    providerId: providers[0]?.id ?? '',
    open: 'link-only',
  })
  const address = flow.kind === 'waiting_for_browser' ? flow.authorizationUrl : ''
  expect(await signInWithHttp(address, { account: 'grace@example.test' })).toMatchObject({ status: 200 })
  await demo.heard(/Connected as grace@example\.test/)

  const answer = await fetch(`${origin}/api/integrations/token`, {
    method: 'POST',
    headers: { 'X-API-Key': key, 'Content-Type': 'application/json' },
    body: '{"provider":"rehearsal"}',
  })
  expect(answer.status).toBe(200)

  const [folder = ''] = readdirSync(demo.temporary)
  demo.kill('SIGTERM')
  expect(await demo.ended).toBe(0)
  expect(existsSync(join(demo.temporary, folder))).toBe(false)
}, 180_000)

test.skipIf(process.platform === 'win32').each([
  ['before anything is there', ['--port', '0', '--no-open'], null, 'SIGINT', 130],
  ['in the middle of a sign-in', ['--port', '0', '--auto'], /ok {2}register/, 'SIGINT', 130],
  ['by a terminal that closes', ['--port', '0', '--auto', '--no-browser'], /Keyway at/, 'SIGHUP', 129],
] as const)(
  'stopped %s it leaves nothing behind',
  async (_when, parameters, moment, signal, code) => {
    const demo = startDemo(...parameters)
    if (moment === null) await untilThereIs(demo.temporary, 'keyway-demo-')
    else await demo.heard(moment)
    demo.kill(signal)
    expect(await demo.ended).toBe(code)
    expect(readdirSync(demo.temporary)).toEqual([])
    expect(demo.output()).not.toMatch(/\n\s+at /)
  },
  180_000,
)

test('it goes on, and cleans up, when nobody reads along any more', async () => {
  const demo = startDemo('--auto', '--port', '0', '--no-browser')
  await demo.heard(/ok {2}register/)
  demo.stopReading()
  expect(await demo.ended).toBe(0)
  expect(readdirSync(demo.temporary)).toEqual([])
}, 180_000)

test('when its usual port is taken, the demo takes a free one', async () => {
  const server = createServer()
  // Taken here, or by another program already: both are fine.
  await new Promise<void>((resolve) =>
    server.once('error', () => resolve()).listen(7317, '127.0.0.1', resolve),
  )
  onTestFinished(() => void server.close())
  const demo = startDemo('--no-open')
  const launchUrl = await demo.heard(/(http:\S+\/launch\?ticket=\S+)/)
  expect(new URL(launchUrl).port).not.toBe('7317')
}, 180_000)

test('a port that was asked for and is taken ends it in one line', async () => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  const demo = startDemo('--port', String(port), '--no-open')
  expect(await demo.ended).toBe(1)
  expect(demo.output().trim()).toMatch(new RegExp(`Port ${port} is in use by another program\\.[^\\n]*$`))
  expect(demo.output()).not.toMatch(/\n\s+at /)
}, 180_000)
